"""Every registered channel keeps the contract of `munadi.ports.Channel`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from munadi.channels.registry import REGISTRY
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import Resend
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.ports import AccountImport, Answer
from tests.channels.contract import Scene
from tests.channels.making import NOW, TOKEN, GateThatCounts, Saved, bench, visible_step
from tests.channels.network import answer
from tests.channels.scenes import SCENES

scenes = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)

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


async def publish(scene: Scene, network: httpx.Response | Exception, saved: Saved | None = None) -> ChannelError:
    built = scene.failing(network)
    with pytest.raises(ChannelError) as caught:
        await built.channel.publish(
            scene.draft, scene.account, scene.handle, saved or Saved(scene.handle), visible_step()
        )
    assert len(built.network.sent(scene.visible)) == 1
    return caught.value


def test_every_registered_channel_has_a_scene() -> None:
    assert set(SCENES) == {name.value for name in REGISTRY}


@scenes
async def test_publishing_is_one_gated_mutation(scene: Scene) -> None:
    built = scene.bench()
    gate, saved = GateThatCounts(), Saved(scene.handle)
    found = await built.publish(scene.draft, scene.account, saved, gate=gate)
    assert isinstance(found, Pending) is scene.settles_later
    if scene.settles_later:
        found = await built.channel.check(scene.draft, scene.account, saved.handle)  # type: ignore[assignment]
    assert isinstance(found, Published)
    assert found.post_id
    assert found.url
    assert gate.asked == 1
    assert [request.url.path.endswith(scene.visible) for request in built.network.mutations] == [True]
    authorization = built.network.mutations[0].headers.get("authorization")
    assert authorization == (f"Bearer {TOKEN}" if scene.bears_token else None)


@scenes
async def test_a_closed_gate_stops_the_visible_request(scene: Scene) -> None:
    built = scene.bench()
    late = ChannelError(Reason.WINDOW_MISSED, Effect.NOT_SENT, "the deadline has passed")
    with pytest.raises(ChannelError, match="deadline"):
        await built.publish(scene.draft, scene.account, Saved(scene.handle), gate=GateThatCounts(late))
    assert built.network.requests == []


@scenes
async def test_an_unreachable_network_was_sent_nothing(scene: Scene) -> None:
    built = scene.bench()
    built.network.unreachable = True
    with pytest.raises(ChannelError) as caught:
        await built.publish(scene.draft, scene.account, Saved(scene.handle))
    assert caught.value.effect is Effect.NOT_SENT


@scenes
@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), httpx.ReadError("reset")], ids=["timeout", "reset"])
async def test_a_lost_answer_is_unknown(scene: Scene, lost: Exception) -> None:
    assert (await publish(scene, lost)).effect is Effect.UNKNOWN


@scenes
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_undocumented_5xx_is_unknown(scene: Scene, status: int) -> None:
    error = await publish(scene, answer(status, "<html>bad gateway</html>"))
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)


@scenes
@pytest.mark.parametrize("said", ["not json", {}], ids=["not json", "nothing in it"])
async def test_a_success_that_proves_nothing_is_unknown(scene: Scene, said: object) -> None:
    saved = Saved(scene.handle)
    error = await publish(scene, answer(200, said), saved)
    assert (error.reason, error.effect, error.provider_code) == (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "NO_PROOF")
    assert saved.history == []


@scenes
@pytest.mark.parametrize("said", ["not json", {}], ids=["not json", "nothing in it"])
async def test_find_without_the_networks_proof_is_unknown(scene: Scene, said: object) -> None:
    built = scene.down(scene.empty(), answer(200, said))
    assert isinstance(await built.channel.find(scene.draft, scene.account, scene.handle, NOW), Unknown)


@scenes
def test_every_draft_has_a_resend_rule(scene: Scene) -> None:
    channel = bench(scene.name).channel
    assert isinstance(channel.resend(scene.draft), Resend)
    assert isinstance(channel.resend(scene.draft.model_copy(update={"options": {"nosuch": 1}})), Resend)


@scenes
async def test_429_was_not_sent_and_names_the_wait(scene: Scene) -> None:
    error = await publish(scene, answer(429, "<html>slow down</html>", {"retry-after": "77"}))
    assert (error.reason, error.effect) == (Reason.RATE_LIMITED, Effect.NOT_SENT)
    assert error.retry_after == timedelta(seconds=77)


@scenes
async def test_an_expired_token_was_not_sent(scene: Scene) -> None:
    error = await publish(scene, scene.expired)
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)


@scenes
async def test_an_error_contains_no_token(scene: Scene) -> None:
    error = await publish(
        scene, answer(418, {"error": "Teapot", "message": f"what is {TOKEN}", "access_token": "x1y2"})
    )
    kept = f"{error.raw} {error.provider_message} {error.message}"
    assert "Teapot" in kept
    assert TOKEN not in kept
    assert "x1y2" not in kept


@scenes
async def test_an_unknown_code_is_unknown(scene: Scene) -> None:
    error = await publish(scene, answer(418, {"error": "Teapot"}))
    assert (error.reason, error.effect) == (Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN)


@scenes
@pytest.mark.parametrize("given", ODD_ANSWERS, ids=lambda given: f"{given.status}-{given.text[:9]}")
def test_any_answer_is_explained(scene: Scene, given: Answer) -> None:
    error = bench(scene.name).channel.explain(given)
    assert error.message
    assert error.provider_code
    assert error.effect is not Effect.SENT
    if given.status >= 500:
        assert error.effect is Effect.UNKNOWN


@scenes
async def test_find_reads_only(scene: Scene) -> None:
    built = scene.bench()
    found = await built.channel.find(scene.draft, scene.account, scene.handle, NOW)
    assert isinstance(found, Published)
    assert found.post_id
    assert built.network.mutations == []


@scenes
async def test_find_proves_absence(scene: Scene) -> None:
    built = bench(scene.name, scene.settings)
    scene.absent(built.network)
    assert await built.channel.find(scene.draft, scene.account, scene.handle, NOW) == Absent()


@scenes
@pytest.mark.parametrize(
    "down", [httpx.ReadTimeout("slow"), answer(503, "<html>"), answer(403, "<html>")], ids=["timeout", "503", "403"]
)
async def test_find_whose_reads_fail_is_unknown(scene: Scene, down: httpx.Response | Exception) -> None:
    built = scene.down(scene.empty(), down)
    assert isinstance(await built.channel.find(scene.draft, scene.account, scene.handle, NOW), Unknown)


@scenes
async def test_check_reads_only(scene: Scene) -> None:
    built = scene.bench()
    assert isinstance(await built.channel.check(scene.draft, scene.account, scene.handle), Published)
    assert built.network.mutations == []


@scenes
async def test_verify_names_the_owner_of_the_credentials(scene: Scene) -> None:
    built = scene.bench()
    method, path, identity = scene.identity
    built.network.on(method, path, identity)
    for read, found in scene.identity_reads.items():
        built.network.on("GET", read, found)
    connection = await built.channel.verify(scene.credentials)
    assert connection.profile.external_id == scene.account.external_id
    assert connection.profile.handle
    assert len(built.network.requests) == scene.identity_calls


@scenes
async def test_verify_refuses_credentials_of_somebody_else(scene: Scene) -> None:
    built = scene.bench()
    built.network.on(*scene.identity)
    with pytest.raises(ChannelError) as caught:
        await built.channel.verify(replace(scene.credentials, external_id="somebody-else"))
    assert (caught.value.reason, caught.value.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


@scenes
async def test_verify_never_renews_an_expired_token(scene: Scene) -> None:
    """Only `munadi.tokens` renews, under the account's lease: a second renewal may end the grant."""
    built = scene.bench()
    account = scene.account
    built.network.on("GET", "", scene.expired)
    given = AccountImport.of(
        account.credentials, external_id=account.external_id, service_url=account.service_url, login=account.login
    )
    with pytest.raises(ChannelError) as caught:
        await built.channel.verify(given)
    assert caught.value.reason is Reason.TOKEN_EXPIRED
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
    with pytest.raises(ChannelError) as caught:
        await built.channel.verify(AccountImport())
    assert (caught.value.reason, caught.value.effect) == (Reason.MISSING_FIELD, Effect.REJECTED)
    assert built.network.requests == []


@scenes
async def test_a_host_may_carry_a_path_prefix(scene: Scene) -> None:
    built = scene.bench()
    account: ConnectedAccount = scene.account.model_copy(update={"service_url": None})
    await built.channel.publish(scene.draft, account, scene.handle, Saved(), visible_step())
    prefixes = tuple(scene.settings["hosts"].values())
    assert all(str(request.url).startswith(prefixes) for request in built.network.requests)
