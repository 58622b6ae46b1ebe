"""What networks report of their own accord: signed, bounded, and harmless when it comes again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlmodel import select, update

from munadi.db.tables import BrandAppRow, ErasureRow
from munadi.domain.channel import ChannelName
from tests.api.harness import ApiHarness, open_api
from tests.api.problems import expect_problem
from tests.db.seeding import START

SECRET, META_SECRET = "app-secret", "secret-of-the-meta-app"
CHANNELS = {
    "facebook": {"client_id": "1", "client_secret": META_SECRET},
    "instagram": {"client_id": "2", "client_secret": "other", "fb_client_id": "1", "fb_client_secret": META_SECRET},
    "threads": {"client_id": "3", "client_secret": SECRET},
    "tiktok": {"client_id": "key", "client_secret": SECRET},
}
NOW = int(START.timestamp())


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[ApiHarness]:
    async with open_api(tmp_path, channels=CHANNELS, public_url="http://munadi.acme.example") as api:
        yield api


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed(user_id: Any, secret: str = SECRET, **fields: Any) -> dict[str, str]:
    """Meta's form, as its guide to signed requests has it."""
    body = {"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": NOW, **fields}
    payload = encoded(json.dumps({name: value for name, value in body.items() if value is not None}).encode())
    signature = encoded(hmac.digest(secret.encode(), payload.encode(), hashlib.sha256))
    return {"signed_request": f"{signature}.{payload}"}


async def tell(api: ApiHarness, path: str, form: dict[str, str]) -> httpx.Response:
    return await api.client.post(f"/callbacks/{path}", data=form)


async def status_of(api: ApiHarness, account_id: str) -> str:
    return str((await api.read(f"/v1/accounts/{account_id}"))["status"])


@pytest.mark.parametrize(
    ("channel", "secret"),
    [
        (ChannelName.FACEBOOK, META_SECRET),
        (ChannelName.INSTAGRAM, META_SECRET),
        (ChannelName.INSTAGRAM, "other"),
        (ChannelName.THREADS, SECRET),
    ],
)
async def test_an_owner_who_removed_the_app_must_connect_again(
    app: ApiHarness, channel: ChannelName, secret: str
) -> None:
    removed = await app.add_account(channel, facts={"granted_by": "77"}, granted_at=START - timedelta(days=1))
    other = await app.add_account(channel, facts={"granted_by": "78"})
    assert (await tell(app, f"{channel}/deauthorize", signed("77", secret))).status_code == 200
    account = await app.read(f"/v1/accounts/{removed}")
    assert (account["status"], account["lastFailure"]["reason"]) == ("reauth_required", "TOKEN_REVOKED")
    assert "removed the app" in account["lastFailure"]["message"]
    assert await status_of(app, other) == "connected"
    assert [entry["target"] for entry in await app.read_list("/v1/audit?action=account.deauthorized")] == [removed]


async def test_a_person_at_facebook_stands_for_their_pages_and_the_instagram_accounts_behind(app: ApiHarness) -> None:
    granted = {"facts": {"granted_by": "77"}}
    both = [await app.add_account(channel, **granted) for channel in (ChannelName.FACEBOOK, ChannelName.INSTAGRAM)]
    threads = await app.add_account(ChannelName.THREADS, external_id="77")
    await tell(app, "facebook/deauthorize", signed(77, META_SECRET))
    assert [await status_of(app, each) for each in [*both, threads]] == ["reauth_required"] * 2 + ["connected"]


async def test_an_old_report_does_not_touch_a_newer_connection(app: ApiHarness) -> None:
    account = await app.add_account(ChannelName.THREADS, external_id="77", granted_at=START)
    form = signed("77", issued_at=NOW - 60)
    assert (await tell(app, "threads/deauthorize", form)).status_code == 200
    assert (await tell(app, "threads/data-deletion", form)).status_code == 200
    assert await status_of(app, account) == "connected"


async def test_a_data_deletion_erases_the_account_once_and_has_a_page(app: ApiHarness) -> None:
    account, form = await app.add_account(ChannelName.THREADS, external_id="77"), signed("77")
    answer = (await tell(app, "threads/data-deletion", form)).json()
    assert set(answer) == {"url", "confirmation_code"}
    assert answer["url"] == f"http://munadi.acme.example/callbacks/deletions/{answer['confirmation_code']}"
    assert (await tell(app, "threads/data-deletion", form)).json() == answer
    assert [entry["keyId"] for entry in await app.read_list("/v1/audit?action=account.erased")] == [None]
    page = await app.client.get(f"/callbacks/deletions/{answer['confirmation_code']}")
    assert page.status_code == 200
    assert "is under way" in page.text
    assert account not in page.text
    nobody = (await tell(app, "threads/data-deletion", signed("999"))).json()
    assert "is done" in (await app.client.get(f"/callbacks/deletions/{nobody['confirmation_code']}")).text
    for wrong in ("0" * 32, "x", "0" * 33):
        assert (await app.client.get(f"/callbacks/deletions/{wrong}")).status_code == 404


FORMS = {
    "another secret": signed("77", "other-secret"),
    "none": {},
    "empty": {"signed_request": ""},
    "no signature": {"signed_request": f".{signed('77')['signed_request'].partition('.')[2]}"},
    "no payload": {"signed_request": signed("77")["signed_request"].partition(".")[0]},
    "changed payload": {"signed_request": signed("77")["signed_request"] + "A"},
    "not base64": {"signed_request": "%%%.###"},
    "other letters": {"signed_request": "é.ü"},
    "another algorithm": signed("77", algorithm="none"),
    "no user": signed(None),
    "a list as user": signed(["77"]),
    "too long": signed("7" * 20_000),
    "a time that is none": signed("77", issued_at="soon"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_what_is_not_signed_is_refused_without_a_reason(app: ApiHarness, form: dict[str, str]) -> None:
    account = await app.add_account(ChannelName.THREADS, external_id="77")
    problems = []
    for action in ("deauthorize", "data-deletion"):
        problem = expect_problem(await tell(app, f"threads/{action}", form), 403)
        problems.append({name: problem[name] for name in ("code", "title", "detail")})
    unsigned = expect_problem(await tell(app, "facebook/deauthorize", signed("77", "wrong")), 403)
    assert problems == [{name: unsigned[name] for name in ("code", "title", "detail")}] * 2
    assert await status_of(app, account) == "connected"


async def test_without_an_app_nothing_is_accepted(api: ApiHarness) -> None:
    for secret in ("", SECRET, "None"):
        expect_problem(await tell(api, "threads/deauthorize", signed("77", secret)), 403)
    for path in ("bluesky/deauthorize", "nothing/data-deletion"):
        expect_problem(await tell(api, path, signed("77")), 404)


async def tell_tiktok(
    api: ApiHarness, event: Any, *, at: int = NOW, secret: str = SECRET, path: str = "tiktok"
) -> httpx.Response:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"TikTok-Signature": f"t={at},s={signature}", "Content-Type": "application/json"}
    return await api.client.post(f"/callbacks/{path}", content=body, headers=headers)


def removal(**fields: Any) -> dict[str, Any]:
    event = {"client_key": "key", "event": "authorization.removed", "create_time": NOW, "user_openid": "77"}
    return {**event, "content": '{"reason": 1}', **fields}


async def test_tiktok_reports_a_removed_authorization(app: ApiHarness) -> None:
    account = await app.add_account(ChannelName.TIKTOK, external_id="77")
    for event, status in (
        (removal(event="post.publish.complete"), 200),
        (removal(client_key="another app"), 403),
        (removal(user_openid=None), 403),
        (b"[]", 403),
        (b"{", 403),
    ):
        assert (await tell_tiktok(app, event)).status_code == status, event
    assert (await tell_tiktok(app, removal(), secret="wrong")).status_code == 403
    assert (await tell_tiktok(app, removal(), at=NOW - 74 * 3600)).status_code == 403
    assert (await tell_tiktok(app, removal(), at=NOW + 3600)).status_code == 403
    for header in ("", "t=1", "s=1", "t=x,s=00", "t=99999999999999999999,s=00"):
        unsigned = await app.client.post("/callbacks/tiktok", json=removal(), headers={"TikTok-Signature": header})
        assert unsigned.status_code == 403, header
    assert await status_of(app, account) == "connected"
    assert (await tell_tiktok(app, removal())).status_code == 200
    assert await status_of(app, account) == "reauth_required"


async def own_app(api: ApiHarness, channel: str, brand: str = "acme", **body: Any) -> dict[str, Any]:
    """An app of a brand's own, as the API shows it, with the paths of its addresses and its id."""
    sent = {"clientId": f"{brand}-app", "clientSecret": f"{brand}-secret"} | body
    headers = {"Authorization": f"Bearer {api.admin_key}"}
    answer = await api.client.put(f"/v1/brands/{brand}/apps/{channel}", json=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    reports = {name: found[name] for name in ("deauthorizeUri", "dataDeletionUri", "webhookUri") if found[name]}
    paths = {name: urlsplit(uri).path.removeprefix("/callbacks/") for name, uri in reports.items()}
    return paths | {"id": next(iter(paths.values())).split("/")[1]}


@pytest.mark.each_database
async def test_a_report_about_a_brands_own_app_concerns_its_accounts_alone(api: ApiHarness) -> None:
    app, rivals = await own_app(api, "threads"), await own_app(api, "threads", "rival")
    granted = {"channel": ChannelName.THREADS, "external_id": "77"}
    own = await api.add_account(**granted, app_id=app["id"])
    others = [
        await api.add_account(**granted, brand_ref="rival", app_id=rivals["id"]),
        await api.add_account(ChannelName.THREADS, facts={"granted_by": "77"}),  # through the installation's app
        await api.add_account(ChannelName.THREADS, external_id="78", app_id=app["id"]),
    ]
    path = app["deauthorizeUri"]
    for secret in ("rival-secret", SECRET, "", "acme-app"):
        expect_problem(await tell(api, path, signed("77", secret)), 403)
    expect_problem(await tell(api, rivals["deauthorizeUri"], signed("77", "acme-secret")), 403)
    expect_problem(await tell(api, "threads/deauthorize", signed("77", "acme-secret")), 403)
    assert await status_of(api, own) == "connected"
    assert (await tell(api, path, signed("77", "acme-secret"))).status_code == 200
    assert await status_of(api, own) == "reauth_required"
    assert [await status_of(api, each) for each in others] == ["connected"] * 3
    answer = (await tell(api, app["dataDeletionUri"], signed("77", "acme-secret"))).json()
    assert "is under way" in (await api.client.get(urlsplit(answer["url"]).path)).text
    async with api.services.database.read() as session:
        assert (await session.exec(select(ErasureRow.account_id))).all() == [own]


async def test_the_installations_app_reports_nothing_about_accounts_of_other_apps(app: ApiHarness) -> None:
    own = await own_app(app, "threads", clientSecret=SECRET)
    account = await app.add_account(ChannelName.THREADS, external_id="77", app_id=own["id"])
    shared = await app.add_account(ChannelName.THREADS, "rival", external_id="77")
    assert (await tell(app, "threads/deauthorize", signed("77"))).status_code == 200
    assert (await status_of(app, account), await status_of(app, shared)) == ("connected", "reauth_required")


async def test_a_person_at_a_brands_meta_app_stands_for_both_networks(api: ApiHarness) -> None:
    facebook = await own_app(api, "facebook")
    instagram = await own_app(api, "instagram", login="facebook")
    of_another = await own_app(api, "instagram", "rival", login="facebook", clientSecret="acme-secret")
    granted = {"facts": {"granted_by": "77"}}
    page = await api.add_account(ChannelName.FACEBOOK, **granted, app_id=facebook["id"])
    behind = await api.add_account(ChannelName.INSTAGRAM, **granted, app_id=instagram["id"])
    rival = await api.add_account(ChannelName.INSTAGRAM, "rival", **granted, app_id=of_another["id"])
    assert (await tell(api, facebook["deauthorizeUri"], signed("77", "acme-secret"))).status_code == 200
    assert [await status_of(api, each) for each in (page, behind, rival)] == ["reauth_required"] * 2 + ["connected"]


async def test_tiktok_reports_to_a_brands_own_app(api: ApiHarness) -> None:
    own = await own_app(api, "tiktok")
    account = await api.add_account(ChannelName.TIKTOK, external_id="77", app_id=own["id"])
    for client, secret in (("key", "acme-secret"), ("acme-app", SECRET)):
        refused = await tell_tiktok(api, removal(client_key=client), secret=secret, path=own["webhookUri"])
        assert refused.status_code == 403
    told = await tell_tiktok(api, removal(client_key="acme-app"), secret="acme-secret", path=own["webhookUri"])
    assert (told.status_code, await status_of(api, account)) == (200, "reauth_required")
    expect_problem(await tell(api, f"apps/{own['id']}/deauthorize", signed("77", "acme-secret")), 404)


async def test_an_address_of_an_unknown_or_removed_app_is_refused_like_a_wrong_signature(api: ApiHarness) -> None:
    own, x = await own_app(api, "threads"), await own_app_without_reports(api)
    unknown = own["id"][:-1] + ("0" if own["id"][-1] != "0" else "1")
    wrong = expect_problem(await tell(api, own["deauthorizeUri"], signed("77", "wrong")), 403)
    for app_id in (unknown, "x", "app_", f"{own['id']}%00", "é" * 300):
        problem = expect_problem(await tell(api, f"apps/{app_id}/deauthorize", signed("77", "acme-secret")), 403)
        assert [problem[name] for name in ("code", "title", "detail")] == [
            wrong[name] for name in ("code", "title", "detail")
        ]
    expect_problem(await tell(api, f"apps/{x}/deauthorize", signed("77", "acme-secret")), 404)
    await api.delete("/v1/brands/acme/apps/threads")
    expect_problem(await tell(api, own["deauthorizeUri"], signed("77", "acme-secret")), 403)


async def own_app_without_reports(api: ApiHarness) -> str:
    """The id of an app at a network that reports nothing."""
    headers = {"Authorization": f"Bearer {api.admin_key}"}
    body = {"clientId": "acme-app", "clientSecret": "acme-secret"}
    made = (await api.client.put("/v1/brands/acme/apps/x", json=body, headers=headers)).json()
    assert (made["deauthorizeUri"], made["dataDeletionUri"], made["webhookUri"]) == (None, None, None)
    async with api.services.database.read() as session:
        query = select(BrandAppRow.id).where(BrandAppRow.channel == "x")
        return (await session.exec(query)).one()


async def test_a_secret_that_cannot_be_opened_is_said_to_the_network(api: ApiHarness) -> None:
    own = await own_app(api, "threads")
    async with api.services.database.write() as session:
        await session.exec(update(BrandAppRow).values(sealed=b"broken"))
    assert (await tell(api, own["deauthorizeUri"], signed("77", "acme-secret"))).status_code == 503


async def test_reports_are_bounded(app: ApiHarness) -> None:
    large = {"signed_request": "a" * 70_000}
    assert (await tell(app, "threads/deauthorize", large)).status_code == 413
    assert (await tell_tiktok(app, removal(content="a" * 70_000))).status_code == 413
    text = await app.client.post("/callbacks/threads/deauthorize", content="x", headers={"Content-Type": "text/plain"})
    assert text.status_code == 415
    answers = [(await tell(app, "threads/deauthorize", FORMS["empty"])).status_code for _ in range(125)]
    assert answers[-1] == 429
