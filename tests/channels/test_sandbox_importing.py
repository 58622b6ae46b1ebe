"""Importing accounts whose token may be a page's or its person's."""

from __future__ import annotations

from pydantic import SecretStr

from munadi.domain.failure import Reason
from munadi.ports import AccountImport
from tests.channels.making import error_of
from tests.channels.sandbox import Acme, at


@at("facebook")
async def test_an_import_distinguishes_a_page_from_its_person_and_from_another(acme: Acme) -> None:
    assert acme.account.facts["category"] == "Test page"
    other = acme.oracle.call("POST", "/profiles", channel="facebook", name="other")
    for token, words in ((other["accessToken"], "externalId"), (other["refreshToken"], "/me/accounts")):
        given = AccountImport(external_id=acme.account.external_id, access_token=SecretStr(token))
        error = await error_of(acme.channel.verify(given))
        assert (error.reason, words in error.message) == (Reason.INVALID_FIELD, True)
    found = await acme.channel.verify(AccountImport(access_token=SecretStr(other["accessToken"])))
    assert "pages_manage_posts" in found.profile.scopes
