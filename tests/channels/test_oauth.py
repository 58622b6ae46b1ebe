"""The contract of every log-in at its network's consent pages.

The scenes are in `consent.py`, what one network adds is in `test_oauth_networks.py`. Bluesky's log-in, which has keys
of its own, is in `bluesky/test_oauth_sandbox.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.domain.failure import Reason
from tests.channels.consent import BACK, LOGINS, Login, at, decide, missing_of, over
from tests.channels.making import error_of


@at()
async def test_the_consent_page_asks_for_every_usable_scope_and_nothing_is_kept_twice(login: Login) -> None:
    consent = await login.consent()
    query = {**login.scene.query, "redirect_uri": BACK, "state": "state-1"}
    if "clientId" in consent.kept:  # registered on first use
        query["client_id"] = consent.kept["clientId"]
    if login.scene.challenge:
        query["code_challenge"] = login.scene.challenge(consent.kept["verifier"])
        query["code_challenge_method"] = "S256"
        assert (await login.consent()).kept != consent.kept
    assert urlsplit(consent.url).path == login.scene.page
    assert dict(parse_qsl(urlsplit(consent.url).query)) == query


@at()
async def test_a_consent_becomes_an_account(login: Login) -> None:
    granted = await login.granted()
    assert granted.scopes == login.scene.scopes
    (choice,) = granted.choices
    assert (choice.external_id, choice.given.login) == (login.profile, login.scene.login)
    if login.scene.life is None:
        login.oracle.call("POST", "/clock", advanceSeconds=300 * 86_400)
    else:
        assert choice.given.expires_at is not None
        assert timedelta(0) <= datetime.now(UTC) + login.scene.life - choice.given.expires_at < timedelta(minutes=1)
    connection = await login.channel.verify(choice.given)
    assert (connection.profile.external_id, connection.profile.handle.strip("@").partition("@")[0]) == (
        login.profile,
        "acme",
    )
    assert choice.name in (login.profile, connection.profile.handle, f"Acme ({connection.profile.handle})")
    assert (connection.credentials.expires_at is None) is (login.scene.life is None)


@at()
async def test_a_code_works_once(login: Login) -> None:
    answered = await login.agreed()
    await login.server.exchange(login.asking(), answered, login.kept)
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


@at()
async def test_a_code_expires(login: Login) -> None:
    answered = await login.agreed()
    login.oracle.call("POST", "/clock", advanceSeconds=3601)
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


@at()
async def test_a_code_belongs_to_its_redirect_address(login: Login) -> None:
    error = await login.failure(await login.agreed(), redirect_uri=f"{BACK}/other", reason=Reason.CONSENT_EXPIRED)
    assert login.scene.refused_redirect in (error.provider_message or "")


@at("google_business", "tiktok", "x", "youtube")
async def test_a_code_belongs_to_its_verifier(login: Login) -> None:
    error = await login.failure(await login.agreed(), verifier="x" * 64, reason=Reason.CONSENT_EXPIRED)
    assert "verifier" in (error.provider_message or "")


@at()
async def test_a_code_of_another_app_is_refused(login: Login) -> None:
    name = "client_key" if "client_key" in login.scene.query else "client_id"
    url = httpx.URL((await login.consent()).url).copy_merge_params({name: await login.another_app()})
    answered = await decide(login.client, str(url), approve=login.profile)
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


@at("instagram", "instagram page")
async def test_a_code_of_one_login_is_refused_by_the_other(login: Login) -> None:
    _, server = login.build(**LOGINS["instagram page"].settings)
    other = login.asking(login=None if login.scene.login else "facebook")
    answered = await decide(login.client, (await server.begin_consent(other)).url, approve=login.profile)
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


@at()
async def test_an_owner_may_decline(login: Login) -> None:
    await login.failure(await login.agreed(deny="1"), reason=Reason.CONSENT_DENIED, code="access_denied")


@at()
async def test_a_scope_that_was_not_granted_is_named_and_only_needed_ones_are(login: Login) -> None:
    error = await login.failure(
        await login.agreed(**login.scene.without(login.scene.needed)), reason=Reason.MISSING_SCOPE
    )
    assert f"not granted: {login.scene.needed}" in str(error)
    if login.scene.spare:
        assert login.scene.spare not in str(error)
        granted = await login.granted(**login.scene.without(login.scene.spare))
        assert granted.scopes == tuple(one for one in login.scene.scopes if one != login.scene.spare)


@at()
@pytest.mark.parametrize("mode", [{"mode": "error", "status": 503, "body": "<html>"}, {"mode": "reset"}], ids=str)
async def test_an_outage_says_nothing_about_the_code(login: Login, mode: dict[str, Any]) -> None:
    answered = await login.agreed()
    login.oracle.plant(login.scene.channel, login.scene.exchange, **mode)
    assert (await login.failure(answered)).reason is Reason.PROVIDER_OUTAGE
    await login.server.exchange(login.asking(), answered, login.kept)


@at("facebook", "instagram", "linkedin page")
async def test_an_unknown_login_is_refused(login: Login) -> None:
    await error_of(login.server.begin_consent(login.asking(login="myspace")), Reason.INVALID_FIELD)


@pytest.mark.parametrize(
    "name",
    ["facebook", "google_business", "instagram", "linkedin", "pinterest", "threads", "tiktok", "x", "youtube"],
)
@pytest.mark.parametrize("setting", ["client_id", "client_secret"])
async def test_a_missing_setting_is_named(name: str, setting: str) -> None:
    async with httpx.AsyncClient() as client:
        _, server = over(name, {setting: ""}, client)
    assert missing_of(server) == (f"MUNADI_CHANNELS__{name.upper()}__{setting.upper()}",)
