"""Every registered channel keeps the contract of `munadi.ports.Channel`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import FrameType

import httpx
import pytest

from munadi.channels.http import ChannelHttp, Request
from munadi.channels.registry import REGISTRY
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import Resend
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.ports import AccountImport, Answer, Gate
from tests.channels.calls import GateThatCounts, Saved, explained
from tests.channels.contract import Scene
from tests.channels.making import TOKEN, bench, error_of
from tests.channels.network import answer
from tests.channels.scenes import SCENES, scenes
from tests.uncertain.lagging import as_response, refusals

LOST = [httpx.ReadTimeout("slow"), httpx.ReadError("reset")]
ODD_ANSWERS = [
    Answer(status, {}, body, text)
    for status in (200, 302, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504, 599)
    for body, text in (
        (None, ""),
        (None, "<html>oops</html>"),
        ({}, "{}"),
        ([], "[]"),
        ({"error": None}, "…"),
        ({"error": "NeverSeenBefore"}, "…"),
        ({"error": {"code": "x", "error_subcode": [1]}}, "…"),
        ({"error": {"code": 424242, "error_subcode": 2207999}}, "…"),
    )
]


def test_every_registered_channel_has_a_scene() -> None:
    assert set(SCENES) == {name.value for name in REGISTRY}


@scenes
async def test_publishing_is_one_gated_mutation(scene: Scene) -> None:
    built, gate, saved = scene.bench(), GateThatCounts(), Saved(scene.handle)
    found = await scene.publish(built, saved, gate)
    assert isinstance(found, Pending) is scene.settles_later
    if scene.settles_later:
        found = await scene.check(built, saved)
    assert isinstance(found, Published)
    assert found.post_id
    assert found.url
    assert gate.asked == 1
    assert [request.url.path.endswith(scene.visible) for request in built.network.mutations] == [True]
    authorization = built.network.mutations[0].headers.get("authorization")
    assert authorization == (f"{scene.scheme} {TOKEN}" if scene.bears_token else None)


@scenes
async def test_a_closed_gate_stops_the_visible_request(scene: Scene) -> None:
    built = scene.bench()
    late = ChannelError(Reason.WINDOW_MISSED, Effect.NOT_SENT, "the deadline has passed")
    assert await error_of(scene.publish(built, gate=GateThatCounts(late))) is late
    assert built.network.requests == []


@scenes
async def test_an_unreachable_network_is_sent_nothing(scene: Scene) -> None:
    built, gate = scene.bench(), GateThatCounts()
    built.network.unreachable = True
    await error_of(scene.publish(built, gate=gate), Reason.NETWORK_UNREACHABLE, Effect.NOT_SENT)
    assert gate.asked == 0


PROOFLESS = [answer(200, "not json"), answer(200, {})]
TEAPOT = {"error": "Teapot", "access_token": "x1y2"}
UNKNOWN_CODE = answer(418, TEAPOT)
ENDS: list[tuple[str, httpx.Response | Exception, Reason, Effect]] = [
    *((str(lost), lost, Reason.PROVIDER_OUTAGE, Effect.UNKNOWN) for lost in LOST),
    *(
        (f"{status}", answer(status, "<html>bad gateway</html>"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
        for status in (500, 502, 503, 504)
    ),
    *((f"no proof {said.text}", said, Reason.PROVIDER_OUTAGE, Effect.UNKNOWN) for said in PROOFLESS),
    ("unknown code", UNKNOWN_CODE, Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN),
    ("429", answer(429, "<html>slow down</html>", {"retry-after": "77"}), Reason.RATE_LIMITED, Effect.NOT_SENT),
]


@scenes
@pytest.mark.parametrize(("said", "reason", "effect"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
async def test_the_meaning_of_each_end_of_the_visible_call(
    scene: Scene, said: httpx.Response | Exception, reason: Reason, effect: Effect
) -> None:
    token = scene.account.token
    if said is UNKNOWN_CODE:
        said = answer(418, {**TEAPOT, "message": f"what is {token}"})
    built, saved = scene.failing(said), Saved(scene.handle)
    error = await error_of(scene.publish(built, saved), reason, effect)
    assert len(built.network.sent(scene.visible)) == 1
    if said in PROOFLESS:
        assert (error.provider_code, saved.history) == ("NO_PROOF", [])
    if reason is Reason.RATE_LIMITED:
        assert error.retry_after == timedelta(seconds=77)
    if reason is Reason.UNKNOWN_PROVIDER_ERROR:
        kept = f"{error.raw} {error.provider_message} {error.message}"
        assert ("Teapot" in kept, token in kept, "x1y2" in kept) == (True, False, False)


@scenes
async def test_an_expired_token_was_not_sent(scene: Scene) -> None:
    await error_of(scene.publish(scene.failing(scene.expired)), Reason.TOKEN_EXPIRED, Effect.NOT_SENT)


@scenes
def test_every_draft_has_a_resend_rule(scene: Scene) -> None:
    channel = bench(scene.name).channel
    assert isinstance(channel.resend(scene.draft, "post"), Resend)
    assert isinstance(channel.resend(scene.draft.model_copy(update={"options": {"nosuch": 1}}), "post"), Resend)


@scenes
@pytest.mark.parametrize("given", ODD_ANSWERS, ids=lambda given: f"{given.status}-{given.text[:9]}")
def test_every_answer_is_explained(scene: Scene, given: Answer) -> None:
    error = explained(bench(scene.name).channel, given)
    assert error.message
    assert error.provider_code
    assert error.effect is not Effect.SENT
    if given.status >= 500:
        assert error.effect is Effect.UNKNOWN


@scenes
async def test_find_and_check_only_read(scene: Scene) -> None:
    built = scene.bench()
    for found in (await scene.find(built), await scene.check(built)):
        assert isinstance(found, Published)
        assert found.post_id
    assert built.network.mutations == []


@scenes
async def test_find_proves_absence(scene: Scene) -> None:
    built = bench(scene.name, scene.settings)
    scene.absent(built.network)
    assert isinstance(await scene.find(built), Absent)


@scenes
@pytest.mark.parametrize("said", [*PROOFLESS, LOST[0], answer(503, "<html>"), answer(403, "<html>")], ids=str)
async def test_find_that_cannot_read_is_unknown(scene: Scene, said: httpx.Response | Exception) -> None:
    assert isinstance(await scene.find(scene.down(scene.empty(), said)), Unknown)


@scenes
async def test_verify_refuses_credentials_of_another_profile(scene: Scene) -> None:
    built = scene.bench()
    built.network.on(*scene.identity)
    given = replace(scene.credentials, external_id="somebody-else")
    await error_of(built.channel.verify(given), Reason.INVALID_FIELD, Effect.REJECTED)


@scenes
async def test_verify_never_renews_an_expired_token(scene: Scene) -> None:
    """Only `munadi.accounts.tokens` renews, under the account's lease: a second renewal may end the grant."""
    built = scene.bench()
    account = scene.account
    built.network.on("GET", "", scene.expired)
    given = AccountImport.of(
        account.credentials, external_id=account.external_id, service_url=account.service_url, login=account.login
    )
    await error_of(built.channel.verify(given), Reason.TOKEN_EXPIRED)
    assert given.refresh_token is not None
    refresh_token = given.refresh_token.get_secret_value()
    assert built.network.requests, "the network was not asked"
    for request in built.network.requests:
        assert request.method == "GET"
        assert refresh_token not in f"{request.url} {request.headers} {request.content!r}"
        assert not {"refresh_access_token", "access_token", "token"} & set(request.url.path.split("/"))


@scenes
async def test_verify_needs_credentials(scene: Scene) -> None:
    built = scene.bench()
    await error_of(built.channel.verify(AccountImport()), Reason.MISSING_FIELD, Effect.REJECTED)
    assert built.network.requests == []


@scenes
async def test_a_host_may_carry_a_path_prefix(scene: Scene) -> None:
    built = scene.bench()
    prefixes = tuple(scene.settings.get("hosts", {}).values())
    account: ConnectedAccount = scene.account.model_copy(update={"service_url": None}) if prefixes else scene.account
    await built.publish(scene.draft, account, Saved(scene.handle))
    assert built.network.requests
    assert all(
        str(request.url).startswith(prefixes or (str(account.service_url),)) for request in built.network.requests
    )


@scenes
async def test_no_channel_judges_a_refusal_that_an_earlier_request_may_have_caused(scene: Scene) -> None:
    """Only the core knows of that request: the refusal comes out as the table has it, and nothing else is called."""
    channel = bench(scene.name, scene.settings).channel
    if channel.resend(scene.draft, "post") is Resend.SAME_HANDLE:
        return  # the post has a key of its own, which the channel reads: that is no judgement
    for key, refusal in refusals(scene.name).items():
        wanted = explained(channel, refusal)
        if not wanted.may_be_ours:
            continue
        built = scene.empty()
        built.network.on(scene.method, scene.visible, as_response(refusal))
        raised = await error_of(built.publish(scene.draft, scene.account, Saved(scene.handle), doubtful=True))
        assert (raised.effect, raised.reason, raised.may_be_ours) == (wanted.effect, wanted.reason, True), key
        assert len(built.network.requests) == 1, key


def test_the_networks_that_refuse_copies_say_so() -> None:
    """Where their facts name such an answer, the table marks it."""
    marked = {
        name
        for name, scene in SCENES.items()
        for one in refusals(name).values()
        if explained(bench(name, scene.settings).channel, one).may_be_ours
    }
    assert marked == {
        "bluesky", "discord", "facebook", "instagram", "linkedin", "mastodon", "threads", "x", "youtube",
    }  # fmt: skip


@scenes
async def test_a_visible_request_passes_through_three_frames_at_most(scene: Scene) -> None:
    """Between the step runner and the HTTP client: the port, the network, and one part of it."""
    built, depth = scene.bench(), list[list[str]]()
    send = ChannelHttp.send

    async def counted(http: ChannelHttp, request: Request, gate: Gate | None = None) -> Answer:
        if gate is not None:
            depth.append(list(_awaiting("munadi")))
        return await send(http, request, gate)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChannelHttp, "send", counted)
        await scene.publish(built)
    (frames,) = depth
    assert frames[-1] == "publish"
    assert len(frames) <= 3, frames


def _awaiting(package: str) -> Iterator[str]:
    """The coroutines of a package that await the caller, from the innermost on."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        is_coroutine = bool(frame.f_code.co_flags & inspect.CO_COROUTINE)
        if is_coroutine and frame.f_globals.get("__name__", "").startswith(f"{package}."):
            yield frame.f_code.co_name
        frame = frame.f_back
