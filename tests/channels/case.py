"""A case: what a network answers, which requests it gets, what comes out, and what is saved. `case_run.py` runs it.

A network's file in `cases/` is data: a `Net`, on which everything goes well, and `CASES` by their names. A case has one
call, or several of the same publication one after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Preparation
from munadi.ports import LinkCard, PublicationDraft
from tests.channels.calls import NOW
from tests.channels.making import Bench, bench

# `POST /path` → its answers in order, the last of which repeats; the path is the end of the request's.
Replies = Mapping[str, Any]


@dataclass(frozen=True)
class Net:
    """A channel whose network takes everything, unless a case replies otherwise. `files` are stored media by id.

    `visible` are the ends of the paths of visible requests, each of which opens the gate once; `constants` are those of
    the product by their full names, where a case would need a larger file.
    """

    name: str
    account: ConnectedAccount
    replies: Replies = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    reading_posts: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)

    def bench(self, replies: Replies | None = None, **settings: Any) -> Bench:
        built = bench(self.name, {**self.settings, **settings})
        built.media.files = dict(self.files)
        built.network.reading_posts = self.reading_posts
        script(built, {**self.replies, **(replies or {})})
        return built

    @contextmanager
    def patched(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.constants.items():
                patch.setattr(name, value)
            yield


def script(built: Bench, replies: Replies) -> None:
    for request, answers in replies.items():
        method, _, path = request.partition(" ")
        built.network.on(method, path, *(answers if isinstance(answers, list) else [answers]))


@dataclass(frozen=True)
class Fails:
    """A ChannelError; what is None is not compared. `words` stand in its message, `wait` are seconds.

    `said` are the network's words, `ours` is whether an earlier request may have caused it.
    """

    reason: Reason | None = None
    effect: Effect | None = None
    code: str | None = None
    wait: float | None = None
    words: str = ""
    said: str | None = None
    ours: bool | None = None


@dataclass(frozen=True)
class Live:
    """A Published with this id. `alike`: found by its likeness. `warnings` are their codes, or `CODE /pointer`."""

    post_id: str | None
    alike: bool = False
    url: str | None = None
    at: datetime | None = None
    warnings: tuple[str, ...] = ()


def after(seconds: float, note: str = "") -> Pending:
    return Pending(after=timedelta(seconds=seconds), note=note)


@dataclass(frozen=True)
class Call:
    """`name` is prepare, publish, check or find, with the step after a blank: `publish part-2`.

    `ready` prepares until it is, and `steady` publishes until it is, each after the waits that it is told. `outcome` is
    a result, its type, `Live` or `Fails`. `requests` are all of this call in order, or after `...` the last; each is
    `POST /path` (perhaps with the end of the host before it, or the query after it), or that with the whole body, or a
    part of the query, and with some headers. `saved` is what the state has at least, of `a.field` of a part; it was
    saved `writes` times, is `ready`, and holds `until` then (False: for ever). `replies` hold from this call on.
    `minutes` and `seconds` pass first.
    """

    name: str
    outcome: Any
    requests: Sequence[Any] | None = None
    saved: Mapping[str, Any] | None = None
    replies: Replies = field(default_factory=dict)
    minutes: float = 0
    seconds: float = 0
    writes: int | None = None
    ready: bool | None = None
    until: datetime | Literal[False] | None = None
    doubtful: bool = False
    since: datetime = NOW


@dataclass(frozen=True)
class Case:
    """`state` is what was prepared before, or a handle. `renditions` are all that were made; `card` is the link's.

    `edited` are the fields of the draft that an edit changes.
    """

    net: Net
    draft: PublicationDraft
    calls: Sequence[Call]
    state: Mapping[str, Any] | Preparation | None = None
    replies: Replies = field(default_factory=dict)
    account: ConnectedAccount | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    renditions: Sequence[tuple[str, str, int | None, int | None]] | None = None
    card: LinkCard | None = None
    edited: Mapping[str, Any] = field(default_factory=dict)


def one(
    name: str, net: Net, draft: PublicationDraft, outcome: Any, replies: Replies | None = None, **more: Any
) -> Case:
    """A case of one call."""
    case = {key: more.pop(key) for key in ("state", "account", "settings", "card", "renditions") if key in more}
    return Case(net, draft, [Call(name, outcome, **more)], replies=replies or {}, **case)


def state(**values: Any) -> Preparation:
    return Preparation(draft_version=1, state=values, ready=True)


def each(cases: Mapping[str, Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases.values(), ids=list(cases))
