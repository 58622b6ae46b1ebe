"""Write an operation once; it becomes a typed method of `Client` and a typed coroutine of `AsyncClient`.

class Contents(Group[M]):
    @operation
    def get(self, content_id: str) -> Call[Content]: ...

client.contents.get("cnt_…")              # Content
await async_client.contents.get("cnt_…")  # Content
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from dataclasses import replace
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from munadi.client.answers import Page
from munadi.client.steps import Call, Emit, Step, StreamSteps

P = ParamSpec("P")
T = TypeVar("T")


class Now:
    """Marks `Client`: an operation returns its result."""


class Later:
    """Marks `AsyncClient`: an operation returns an awaitable."""


M = TypeVar("M")


class Driver(Protocol):
    """A transport. `run` returns the result, `iterate` each yielded value, directly or awaited."""

    url: str
    clock: Callable[[], float]

    def run(self, operation: Any) -> Any: ...
    def iterate(self, operation: Any) -> Any: ...


class Group(Generic[M]):
    """Operations of one kind, over one transport."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver


class Operation(Generic[P, T]):
    """An operation with one result."""

    def __init__(self, build: Callable[Concatenate[Any, P], Call[T] | Generator[Step, Any, T]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> Operation[P, T]: ...
    @overload
    def __get__(self, group: Group[Now], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, group: Group[Later], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, group: Any, owner: type) -> Any:
        if group is None:
            return self

        @functools.wraps(self.build)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return group._driver.run(self.build(group, *args, **kwargs))

        return call


class Stream(Generic[P, T]):
    """An operation that yields values."""

    def __init__(self, build: Callable[Concatenate[Any, P], StreamSteps[T]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> Stream[P, T]: ...
    @overload
    def __get__(self, group: Group[Now], owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, group: Group[Later], owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, group: Any, owner: type) -> Any:
        if group is None:
            return self

        @functools.wraps(self.build)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return group._driver.iterate(self.build(group, *args, **kwargs))

        return call


operation = Operation
stream = Stream


def every(listing: Operation[P, Page[T]]) -> Stream[P, T]:
    """The entries of all pages of a list, read one page at a time. Its arguments are those of the list."""

    def build(group: Any, /, *args: P.args, **kwargs: P.kwargs) -> StreamSteps[T]:
        call = listing.build(group, *args, **kwargs)
        assert isinstance(call, Call)
        return _entries(call)

    build.__doc__ = "The entries of all pages, read one page at a time."
    return Stream(build)


def _entries(call: Call[Page[T]]) -> StreamSteps[T]:
    place = "after" if "after" in call.params else "cursor"
    while True:
        page = yield from call
        for entry in page["data"]:
            yield Emit(entry)
        if page["nextCursor"] is None:
            return
        call = replace(call, params={**call.params, place: page["nextCursor"]})
