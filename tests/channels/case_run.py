"""The one runner of cases: it makes the calls of a case, and compares each with what the case says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes
from functools import reduce
from typing import Any
from urllib.parse import unquote

import httpx

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.live_edit import Version
from munadi.domain.publication import POST, Pending, Preparation, Published, Ready
from munadi.domain.withdrawal import PostedObject
from munadi.ports import Attempt, PublicationDraft
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.case import Call, Case, Fails, Live, Net, script, state
from tests.channels.making import Bench, error_of
from tests.channels.network import form_of


async def run(case: Case) -> None:
    """Make the calls of a case, and compare each with what it says."""
    built = case.net.bench(case.replies, **case.settings)
    built.cards.card_of_page = case.card
    handle = case.state if isinstance(case.state, Preparation) or case.state is None else state(**case.state)
    saved = Saved(handle)
    with case.net.patched():
        for call in case.calls:
            built.clock.forward(minutes=call.minutes, seconds=call.seconds)
            script(built, call.replies)
            before, writes = len(built.network.requests), len(saved.history)
            await _compare(_made(built, case, call, saved), call.outcome)
            sent = built.network.requests[before:]
            if call.requests is not None:
                _compare_requests(sent, call.requests)
            if call.name.split()[0] in ("check", "find", "look", "watch", "read"):
                assert not [one for one in sent if one in built.network.mutations], "a look changes nothing"
            _compare_saved(saved, len(saved.history) - writes, call)
    assert case.renditions is None or built.media.renditions == case.renditions


async def _made(built: Bench, case: Case, call: Call, saved: Saved) -> Any:
    name, _, step = call.name.partition(" ")
    who = case.account or case.net.account
    match name:
        case "prepare":
            return await built.prepare(case.draft, who, saved)
        case "ready":
            return await _until_ready(built, case.draft, who, saved)
        case "publish":
            return await published(built, case.net, case.draft, saved, step or POST, who, doubtful=call.doubtful)
        case "steady":
            return await until_sent(built, case.net, case.draft, saved, step)
        case "check":
            return await built.check(case.draft, who, saved.handle)
        case "withdraw":
            return await withdrawn(built, who, step)
        case "edit":
            return await edited(built, case, who, step)
        case "read":
            return await built.channel.read_live(version(case, step), who)
        case "look":
            return await built.channel.look([posted(each) for each in step.split()], who)
        case "watch":
            return await built.channel.watch([posted(each) for each in step.split()], who)
    return await built.find(case.draft, who, saved.handle, call.since, step or POST)


async def published(
    built: Bench,
    net: Net,
    draft: PublicationDraft,
    saved: Saved,
    step: str,
    who: ConnectedAccount | None = None,
    *,
    doubtful: bool = False,
) -> Any:
    """The call of a step, which opens the gate once for each visible request."""
    gate, before = GateThatCounts(), len(built.network.requests)
    try:
        return await built.publish(draft, who or net.account, saved, step, gate, doubtful=doubtful)
    finally:
        sent = [one for one in built.network.requests[before:] if one in built.network.mutations]
        visible = [one for one in sent if one.url.path.endswith(net.visible or ("\0",))]
        assert not net.visible or gate.asked == len(visible), "each visible request is gated"


def posted(given: str) -> PostedObject:
    """An object: its step before a `=`, its id, its version after a `#`, and a `!` if we asked for its removal."""
    step, _, named = given.removesuffix("!").rpartition("=")
    key, _, version = named.partition("#")
    return PostedObject(step=step or POST, id=key, version=version or None, asked=int(given.endswith("!")))


async def withdrawn(built: Bench, who: ConnectedAccount, given: str) -> None:
    """The one request that removes an object, behind its gate."""
    gate = GateThatCounts()
    attempt = Attempt("att_1", 1, built.clock.now(), built.clock.now() + timedelta(seconds=30), deadline=gate)
    try:
        await built.channel.withdraw(posted(given), who, attempt)
    finally:
        sent = [one for one in built.network.requests if one in built.network.mutations]
        assert gate.asked == len(sent), "each request is gated"


def version(case: Case, given: str) -> Version:
    """The edit of a case: the object that is edited, and the case's draft with `edited`."""
    return Version(object=posted(given), new=case.draft.model_copy(update=dict(case.edited)), old=(case.draft,))


async def edited(built: Bench, case: Case, who: ConnectedAccount, given: str) -> None:
    """The one request that edits a live post, behind its gate."""
    gate = GateThatCounts()
    attempt = Attempt("att_1", 1, built.clock.now(), built.clock.now() + timedelta(seconds=30), deadline=gate)
    try:
        await built.channel.edit(version(case, given), who, attempt)
    finally:
        sent = [one for one in built.network.requests if one in built.network.mutations]
        assert gate.asked == len(sent), "each request is gated"


async def until_sent(built: Bench, net: Net, draft: PublicationDraft, saved: Saved, step: str) -> Any:
    """A step has four tries, after the waits that it is told."""
    for left in (3, 2, 1, 0):
        try:
            return await published(built, net, draft, saved, step)
        except ChannelError as error:
            if error.effect is not Effect.NOT_SENT or error.retry_after is None or not left:
                raise
            built.clock.forward(seconds=error.retry_after.total_seconds())
    return None


async def _until_ready(built: Bench, draft: PublicationDraft, who: ConnectedAccount, saved: Saved) -> Ready:
    for _ in range(40):
        found = await built.prepare(draft, who, saved)
        if isinstance(found, Ready):
            return found
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError("never ready")


def _compare_saved(saved: Saved, writes: int, call: Call) -> None:
    assert call.writes is None or writes == call.writes
    assert call.ready is None or saved.kept.ready is call.ready
    assert call.until is None or saved.kept.expires_at == (call.until or None)
    if call.saved is not None:
        known = saved.kept.state
        found = {name: reduce(lambda part, key: part and part.get(key), name.split("."), known) for name in call.saved}
        assert found == call.saved


async def _compare(made: Any, wanted: Any) -> None:
    if isinstance(wanted, Fails):
        error: ChannelError = await error_of(made, wanted.reason, wanted.effect, wanted.code)
        assert wanted.words in error.message
        assert wanted.wait is None or error.retry_after == timedelta(seconds=wanted.wait)
        assert wanted.said is None or error.provider_message == wanted.said
        assert wanted.ours is None or error.may_be_ours is wanted.ours
        return
    found = await made
    if isinstance(wanted, type):
        assert isinstance(found, wanted), found
    elif isinstance(wanted, Live):
        assert isinstance(found, Published), found
        assert (found.post_id, found.by_likeness) == (wanted.post_id, wanted.alike)
        assert wanted.url is None or found.url == wanted.url
        assert wanted.at is None or found.published_at == wanted.at
        shown = [f"{one.code} {one.pointer}" if " " in "".join(wanted.warnings) else one.code for one in found.warnings]
        assert tuple(shown) == wanted.warnings
    elif isinstance(wanted, Pending) and not wanted.note:
        assert isinstance(found, Pending), found
        assert found.after == wanted.after
    elif isinstance(wanted, Published) and isinstance(found, Published) and not wanted.objects:
        assert found.model_copy(update={"objects": ()}) == wanted
    else:
        assert found == wanted


def _compare_requests(sent: Sequence[httpx.Request], wanted: Sequence[Any]) -> None:
    if wanted and wanted[0] is ...:
        sent, wanted = sent[1 - len(wanted) :], wanted[1:]
    made = [f"{one.method} {one.url.host}{one.url.path}" for one in sent]
    assert len(made) == len(wanted), made
    for got, each_wanted, request in zip(made, wanted, sent, strict=True):
        name, body, headers = (*((each_wanted,) if isinstance(each_wanted, str) else each_wanted), None, None)[:3]
        method, _, path = name.partition(" ")
        got = f"{got}?{unquote(request.url.query.decode())}" if "?" in path else got
        assert (got.split()[0], got.endswith(path)) == (method, True), made
        given = body_of(request) if body is not None else {}
        assert body is None or given == body or (method == "GET" and body.items() <= given.items()), given
        assert {name: request.headers.get(name) for name in headers or {}} == (headers or {})


def body_of(request: httpx.Request) -> Any:
    """The fields of a request: its JSON, its form with what is JSON in it, its parts, its bytes, or its query."""
    kind = request.headers.get("content-type", "")
    if "json" in kind:
        return json.loads(request.content)
    if "x-www-form" in kind:
        return {name: json.loads(text) if text[:1] in ("[", "{") else text for name, text in form_of(request).items()}
    if "multipart" in kind:
        return {name: content for name, _, content in parts_of(request)}
    return request.content if request.content else dict(request.url.params)


def parts_of(request: httpx.Request) -> list[tuple[str, str | None, bytes]]:
    """The parts of a multipart body, in order: name, file name and content."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    assert int(request.headers["content-length"]) == len(request.content)
    assert "transfer-encoding" not in request.headers
    whole: Any = message_from_bytes(head + request.content)
    disposition = "content-disposition"
    return [
        (one.get_param("name", header=disposition), one.get_filename(), one.get_payload(decode=True))
        for one in whole.get_payload()
    ]


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
