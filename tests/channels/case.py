"""A case: what a network answers, which requests it gets, what comes out, and what is saved. `test_cases.py` runs them.

A network's file in `cases/` is data: a `Net`, on which everything goes well, and `CASES` by their names. A case has one
call, or several of the same publication one after another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Pending, Preparation, Published, Ready
from munadi.ports import PublicationDraft
from tests.channels.calls import NOW, Saved
from tests.channels.making import Bench, bench, error_of
from tests.channels.network import form_of

# `POST /path` → its answers in order, the last of which repeats; the path is the end of the request's.
Replies = Mapping[str, Any]


@dataclass(frozen=True)
class Net:
    """A channel whose network takes everything, unless a case replies otherwise. `files` are stored media by id."""

    name: str
    account: ConnectedAccount
    replies: Replies = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    reading_posts: tuple[str, ...] = ()

    def bench(self, replies: Replies | None = None, **settings: Any) -> Bench:
        built = bench(self.name, {**self.settings, **settings})
        built.media.files = dict(self.files)
        built.network.reading_posts = self.reading_posts
        script(built, {**self.replies, **(replies or {})})
        return built


def script(built: Bench, replies: Replies) -> None:
    for request, answers in replies.items():
        method, _, path = request.partition(" ")
        built.network.on(method, path, *(answers if isinstance(answers, list) else [answers]))


@dataclass(frozen=True)
class Fails:
    """A ChannelError; what is None is not compared. `words` stand in its message, `wait` are seconds."""

    reason: Reason | None = None
    effect: Effect | None = None
    code: str | None = None
    wait: float | None = None
    words: str = ""


@dataclass(frozen=True)
class Live:
    """A Published with this id. `alike`: found by its likeness. `warnings` are their codes."""

    post_id: str | None
    alike: bool = False
    url: str | None = None
    warnings: tuple[str, ...] = ()


def after(seconds: float, note: str = "") -> Pending:
    return Pending(after=timedelta(seconds=seconds), note=note)


@dataclass(frozen=True)
class Call:
    """`name` is prepare, publish, check or find, with the step after a blank: `publish part-2`.

    `outcome` is a result, its type, `Live` or `Fails`. `requests` are all of this call in order: `POST /path`, or
    that with the whole body, or with a part of the query. `saved` is what the state has at least; `replies` hold from
    this call on. `minutes` pass first.
    """

    name: str
    outcome: Any
    requests: Sequence[Any] | None = None
    saved: Mapping[str, Any] | None = None
    replies: Replies = field(default_factory=dict)
    minutes: float = 0
    doubtful: bool = False
    since: datetime = NOW


@dataclass(frozen=True)
class Case:
    """`state` is what was prepared before, or a handle."""

    net: Net
    draft: PublicationDraft
    calls: Sequence[Call]
    state: Mapping[str, Any] | Preparation | None = None
    replies: Replies = field(default_factory=dict)
    account: ConnectedAccount | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def one(
    name: str, net: Net, draft: PublicationDraft, outcome: Any, replies: Replies | None = None, **more: Any
) -> Case:
    """A case of one call."""
    case = {key: more.pop(key) for key in ("state", "account", "settings") if key in more}
    return Case(net, draft, [Call(name, outcome, **more)], replies=replies or {}, **case)


async def run(case: Case) -> None:
    """Make the calls of a case, and compare each with what it says."""
    built = case.net.bench(case.replies, **case.settings)
    handle = case.state if isinstance(case.state, Preparation) or case.state is None else state(**case.state)
    saved, who = Saved(handle), case.account or case.net.account
    for call in case.calls:
        built.clock.forward(minutes=call.minutes)
        script(built, call.replies)
        before = len(built.network.requests)
        await _compare(built, _made(built, case, call, who, saved), call.outcome)
        sent = built.network.requests[before:]
        if call.requests is not None:
            _compare_requests(sent, call.requests)
        if call.name.split()[0] in ("check", "find"):
            assert not [one for one in sent if one in built.network.mutations], "a look changes nothing"
        if call.saved is not None:
            known = saved.kept.state
            assert {name: known.get(name) for name in call.saved} == call.saved


async def _made(built: Bench, case: Case, call: Call, who: ConnectedAccount, saved: Saved) -> Any:
    name, _, step = call.name.partition(" ")
    match name:
        case "prepare":
            return await built.prepare(case.draft, who, saved)
        case "publish":
            return await built.publish(case.draft, who, saved, step or POST, doubtful=call.doubtful)
        case "check":
            return await built.check(case.draft, who, saved.handle)
    return await built.find(case.draft, who, saved.handle, call.since, step or POST)


async def _compare(built: Bench, made: Any, wanted: Any) -> None:
    if isinstance(wanted, Fails):
        error: ChannelError = await error_of(made, wanted.reason, wanted.effect, wanted.code)
        assert wanted.words in error.message
        assert wanted.wait is None or error.retry_after == timedelta(seconds=wanted.wait)
        return
    found = await made
    if isinstance(wanted, type):
        assert isinstance(found, wanted), found
    elif isinstance(wanted, Live):
        assert isinstance(found, Published), found
        assert (found.post_id, found.by_likeness) == (wanted.post_id, wanted.alike)
        assert wanted.url is None or found.url == wanted.url
        assert tuple(warning.code for warning in found.warnings) == wanted.warnings
    elif isinstance(wanted, Pending) and not wanted.note:
        assert isinstance(found, Pending), found
        assert found.after == wanted.after
    else:
        assert found == wanted


def _compare_requests(sent: Sequence[httpx.Request], wanted: Sequence[Any]) -> None:
    made = [f"{one.method} {one.url.path}" for one in sent]
    assert len(made) == len(wanted), made
    for got, each_wanted, request in zip(made, wanted, sent, strict=True):
        name, body = (each_wanted, None) if isinstance(each_wanted, str) else each_wanted
        method, _, path = name.partition(" ")
        assert (got.split()[0], got.endswith(path)) == (method, True), made
        given = body_of(request) if body is not None else {}
        assert body is None or given == body or (method == "GET" and body.items() <= given.items()), given


def body_of(request: httpx.Request) -> Any:
    """The fields of a request: its JSON, its form, or its query."""
    kind = request.headers.get("content-type", "")
    if "json" in kind:
        return json.loads(request.content)
    return form_of(request) if "x-www-form" in kind else dict(request.url.params)


def state(**values: Any) -> Preparation:
    return Preparation(draft_version=1, state=values, ready=True)


async def until_ready(built: Bench, draft: PublicationDraft, who: ConnectedAccount, saved: Saved) -> None:
    """Prepare as the workflow does: waits pass, and an error that is no refusal is tried once more."""
    for _ in range(40):
        try:
            found = await built.prepare(draft, who, saved)
        except ChannelError as error:
            if error.effect is Effect.REJECTED:
                raise
            continue
        if isinstance(found, Ready):
            return
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError("never ready")


def each(cases: Mapping[str, Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases.values(), ids=list(cases))
