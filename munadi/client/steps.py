"""The client's operations as steps without I/O: no socket, no clock, no thread.

An operation is a `Call`, or a generator that yields steps and receives each result. The sync and the async
transport run the same steps, so every rule of this package is written once.

Rule: a request is repeated only if it is a read or carries an idempotency key.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from munadi.client.errors import ClientError, NotReachable, problem_of
from munadi.client.metadata import json_of
from munadi.client.retrying import pause_before_repeat

T = TypeVar("T")

_BARE_KEY = re.compile(r"[\x21\x23-\x7e][\x21-\x7e]{0,254}")
_ANY_KEY = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True)
class Upload:
    """A file for a multipart POST, or for one whose body it is, as this type. `on_bytes` gets the number of bytes sent
    so far; a repeat starts at 0."""

    file: Path
    on_bytes: Callable[[int], None] | None = None
    body_type: str | None = None


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request and how its 2xx response is read. Inside an operation, `yield from` it."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    fields: Mapping[str, str] | None = None
    upload: Upload | None = None
    idempotency_key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[httpx.Response], Any] = json_of

    @property
    def may_be_repeated(self) -> bool:
        """Whether a repeat has no second effect."""
        return self.method == "GET" or self.idempotency_key is not None or self.upload is not None

    def __iter__(self) -> Generator[Step, Any, T]:
        answer = yield from _answered(self)
        return self._result(answer)

    def once(self) -> Generator[Step, Any, T]:
        """The result of one try, for an operation that repeats the call by a rule of its own."""
        answer = yield Try(self, self.idempotency_key)
        return self._result(_accepted(answer))

    def unless_known(self) -> Generator[Step, Any, T | None]:
        """The result of one try; None if the answer is 304: the state that `If-None-Match` names."""
        answer = yield Try(self, self.idempotency_key)
        return None if answer.status_code == httpx.codes.NOT_MODIFIED else self._result(_accepted(answer))

    def _result(self, answer: httpx.Response) -> T:
        try:
            result: T = self.read(answer)
        except ValueError:
            # A 2xx without JSON: a proxy's page.
            raise problem_of(answer) from None
        return result


@dataclass(frozen=True)
class Try:
    """Send the call once. The transport sends the response back, or raises NotReachable here."""

    call: Call[Any]
    idempotency_key: str | None


@dataclass(frozen=True)
class Repeats:
    """Ask how a call is repeated. The transport sends back the seconds before each repeat."""


@dataclass(frozen=True)
class Digest:
    """Hash this file. The transport sends back its SHA-256 in hexadecimal."""

    file: Path


@dataclass(frozen=True)
class Pause:
    """Wait this many seconds before the next step."""

    seconds: float


@dataclass(frozen=True)
class Emit(Generic[T]):
    """Yield this value to the caller that iterates over the operation."""

    value: T


Step = Try | Repeats | Digest | Pause | Emit[Any]
# An operation with one result, and one that yields values.
Steps = Generator[Step, Any, T]
StreamSteps = Generator[Try | Repeats | Digest | Pause | Emit[T], Any, None]


class RunningOperation(Generic[T]):
    """A running operation. A transport asks for the next step, runs it, and reports its result."""

    def __init__(self, operation: Iterable[Step]) -> None:
        self._steps: Any = iter(operation)
        self._answer: Any = None
        self._error: ClientError | None = None
        self.result: Any = None

    def next(self) -> Step | None:
        """The next step; None when it has ended with `result`. Raises what the operation raises."""
        answer, error = self._answer, self._error
        self._answer = self._error = None
        try:
            step: Step = self._steps.send(answer) if error is None else self._steps.throw(error)
        except StopIteration as end:
            self.result = end.value
            return None
        return step

    def answer(self, value: Any) -> None:
        """Report the last step's result."""
        self._answer = value

    def fail(self, error: ClientError) -> None:
        """Report the last step's error."""
        self._error = error


def post(path: str, body: Any = None, idempotency_key: str | None = None) -> Call[Any]:
    """A POST that may be repeated, under a key of its own unless one is given."""
    return Call("POST", path, body=body, idempotency_key=key_or_new(idempotency_key))


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def segment(value: str) -> str:
    """A value as one segment of a path: percent-encoded, slashes too."""
    return quote(value, safe="")


def nothing(answer: httpx.Response) -> None:
    """Read an answer that has no body: the result is None."""


def json_or_none(answer: httpx.Response) -> Any:
    """The JSON of an answer; None for an answer without a body."""
    return json_of(answer) if answer.content else None


def new_key() -> str:
    """A random idempotency key, a UUID."""
    return str(uuid.uuid4())


def key_or_new(given: str | None) -> str:
    """The given key, else a new one. An empty one stays, and is refused: it may be a variable that was never set, and a
    new key for each repetition would make a new post each time."""
    return new_key() if given is None else given


def key_header(key: str) -> str:
    """A key as a header carries it. ValueError unless it is 1 to 255 printable ASCII characters."""
    if not _ANY_KEY.fullmatch(key):
        raise ValueError("an idempotency key is 1 to 255 printable ASCII characters")
    if _BARE_KEY.fullmatch(key):
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _answered(call: Call[Any]) -> Steps[httpx.Response]:
    """The 2xx answer, after repeats where they are safe."""
    key = call.idempotency_key
    if call.upload is not None and key is None:
        # The same bytes again are the same upload, not another one.
        digest = yield Digest(call.upload.file)
        key = f"file-{digest}"
    attempt = Try(call, key)
    pauses: Sequence[float] = (yield Repeats()) if call.may_be_repeated else ()
    for pause in pauses:
        try:
            answer = yield attempt
        except NotReachable as error:
            if error.is_no_address:
                raise
        else:
            asked = pause_before_repeat(answer, pause)
            if asked is None:
                return _accepted(answer)
            pause = asked
        yield Pause(pause)
    return _accepted((yield attempt))


def _accepted(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise problem_of(answer)
    return answer
