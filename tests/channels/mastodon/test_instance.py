"""The limits of the account's own server: read when it is verified, and applied to every draft of the account."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.ports import AccountImport
from tests.channels.making import TOKEN, Bench, account, bench, draft, error_of, image, video
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import ACCOUNT, ID, SERVER, refusal

GIVEN = AccountImport(access_token=SecretStr(TOKEN), service_url=f"{SERVER}/")
ME, V1, V2 = "/api/v1/accounts/verify_credentials", "/api/v1/instance", "/api/v2/instance"
LINKS = {"links": [{"rel": "x", "href": f"{SERVER}/nodeinfo/2.0"}]}
CONFIGURATION: dict[str, Any] = {
    "statuses": {"max_characters": 5000, "characters_reserved_per_url": 30, "max_media_attachments": 6},
    "media_attachments": {
        "supported_mime_types": ["image/png", "video/webm"],
        "description_limit": 10,
        "image_size_limit": 100,
        "video_frame_rate_limit": 60,
    },
    "polls": {"max_options": 10, "max_characters_per_option": 5, "min_expiration": 60, "max_expiration": 120},
}
INSTANCE = {"version": "4.7.2", "configuration": CONFIGURATION, "api_versions": {"mastodon": 11}}


def serving(instance: Any = None, software: Any = "mastodon", **answers: httpx.Response) -> Bench:
    built = bench("mastodon")
    network = built.network
    network.on("GET", ME, answers.get("me", ok({"id": ACCOUNT, "username": "acme", "display_name": "Acme Inc"})))
    network.on("GET", V2, answers.get("v2", ok(INSTANCE if instance is None else instance)))
    network.on("GET", V1, answers.get("v1", answer(404, {"error": "no"})))
    network.on("GET", "/.well-known/nodeinfo", answers.get("links", ok(LINKS)))
    network.on("GET", "/nodeinfo/2.0", answers.get("nodeinfo", ok({"software": {"name": software}})))
    return built


async def facts_of(built: Bench) -> dict[str, Any]:
    found: dict[str, Any] = (await built.channel.verify(GIVEN)).profile.facts["instance"]
    return found


async def known(built: Bench) -> ConnectedAccount:
    return account("mastodon", ID, service_url=SERVER, facts={"instance": await facts_of(built)})


async def test_an_account_is_its_id_at_its_server() -> None:
    built = serving()
    found = await built.channel.verify(GIVEN)
    profile = found.profile
    assert (profile.external_id, profile.handle, profile.display_name, profile.service_url) == (
        f"{ACCOUNT}@social.example",
        "acme@social.example",
        "Acme Inc",
        SERVER,
    )
    assert {request.headers["authorization"] for request in built.network.requests} == {f"Bearer {TOKEN}"}
    assert (found.credentials.access_token, found.credentials.expires_at) == (SecretStr(TOKEN), None)


async def test_what_a_server_says_is_read() -> None:
    found = await facts_of(serving())
    assert {name: found[name] for name in ("software", "api", "characters", "url_characters", "max_media")} == {
        "software": "mastodon",
        "api": 11,
        "characters": 5000,
        "url_characters": 30,
        "max_media": 6,
    }
    assert (found["poll_options"], found["mime_types"]) == (10, ["image/png", "video/webm"])


NONSENSE = {
    "statuses": {"max_characters": "many", "characters_reserved_per_url": -1, "max_media_attachments": True},
    "media_attachments": [],
    "polls": {"max_options": 10**30},
}


@pytest.mark.parametrize(
    "instance", [{"configuration": NONSENSE, "version": 4}, {"configuration": [], "api_versions": "x"}, {}]
)
async def test_a_number_that_cannot_be_right_is_the_default(instance: dict[str, Any]) -> None:
    found = await facts_of(serving(instance))
    assert [found[name] for name in ("characters", "url_characters", "max_media", "poll_options", "api")] == [
        500,
        23,
        4,
        4,
        0,
    ]


async def test_an_older_server_describes_itself_at_the_first_version() -> None:
    found = await facts_of(serving(v2=answer(404, "<html>"), v1=ok(INSTANCE)))
    assert found["characters"] == 5000


async def test_an_address_without_the_api_is_refused() -> None:
    built = serving(v2=answer(404, "<html>"))
    await error_of(built.channel.verify(GIVEN), Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED)


@pytest.mark.parametrize(
    "answers",
    [
        {"links": answer(500, "<html>")},
        {"links": ok({"links": [{"href": "https://elsewhere.example/nodeinfo"}, 5, {}]})},
        {"links": ok([])},
        {"nodeinfo": ok({"software": []})},
        {"nodeinfo": answer(404, "<html>")},
    ],
)
async def test_a_server_whose_software_is_not_known_is_not_mastodon(answers: dict[str, httpx.Response]) -> None:
    built = serving(**answers)
    assert (await facts_of(built))["software"] == ""
    assert all(str(request.url).startswith(SERVER) for request in built.network.requests)


@pytest.mark.parametrize("me", [refusal(401, "no"), refusal(422, "no"), answer(422, "<html>")])
async def test_a_dead_token_is_reported_as_such(me: httpx.Response) -> None:
    error = await error_of(serving(me=me).channel.verify(GIVEN), Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert "connect the account again" in error.message


@pytest.mark.parametrize("me", [ok({"id": ACCOUNT}), ok({"username": "acme"}), ok([])])
async def test_an_answer_without_the_account_proves_nothing(me: httpx.Response) -> None:
    await error_of(serving(me=me).channel.verify(GIVEN), code="NO_PROOF")


async def test_an_import_needs_a_server() -> None:
    built = bench("mastodon")
    call = built.channel.verify(AccountImport(access_token=SecretStr(TOKEN)))
    assert "serviceUrl" in (await error_of(call, Reason.MISSING_FIELD, Effect.REJECTED)).message
    assert built.network.requests == []


async def test_the_servers_own_limits_count() -> None:
    built = serving()
    who, channel = await known(built), built.channel
    long = draft("x" * 4969 + " https://a.example/")  # 30 for the address, 1 for the space
    assert channel.validate(long, who) == []
    (only,) = channel.lengths(long, who)
    assert (only.actual, only.maximum) == (5000, 5000)
    (found,) = channel.validate(draft("x" * 5001), who)
    assert (found.rule, found.limit, found.actual) == ("text_characters", 5000, 5001)
    png = {"mime_type": "image/png", "bytes": 100}
    six = draft("x", media=tuple(image(number, **png) for number in range(6)))
    assert channel.validate(six, who) == []
    wrong = draft("x", media=(image(0, alt="x" * 11, bytes=100), image(1, mime_type="image/png", bytes=10**9)))
    assert [(one.pointer, one.rule) for one in channel.validate(wrong, who)] == [
        ("/media/0", "media_type"),
        ("/media/0/alt", "alt_length"),
        ("/media/1", "media_bytes"),
    ]
    assert [one.rule for one in channel.validate(draft("x", media=(video(fps=61.0),)), who)] == ["media_type", "fps"]
    poll = {"options": ["a" * 5] + [str(number) for number in range(9)], "expiresIn": 60}
    assert channel.validate(draft("x", options={"poll": poll}), who) == []


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"quotePostId": "1"}, "/options/quotePostId"),
        ({"quotePolicy": "nobody"}, "/options/quotePolicy"),
        ({"poll": {"options": ["a", "b"], "expiresIn": 600}}, "/options/poll"),
    ],
)
async def test_what_a_server_does_not_have_is_refused(options: dict[str, Any], pointer: str) -> None:
    configuration = {name: part for name, part in CONFIGURATION.items() if name != "polls"}
    built = serving({"version": "4.4.0", "configuration": configuration, "api_versions": {"mastodon": 6}})
    found = built.channel.validate(draft("x", options=options), await known(built))
    assert [(one.pointer, one.code) for one in found] == [(pointer, "FEATURE_NOT_ELIGIBLE")]
    assert built.channel.validate(draft("x", options=options), None) == []
