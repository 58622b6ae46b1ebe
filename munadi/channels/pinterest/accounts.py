"""Whose a token is, the boards it may pin to, OAuth 2.0 without PKCE. Source: docs/networks/pinterest.md, section 2.

One consent is for one account: a token of 30 days, and a refresh token of 60 that is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.answers import text_in
from munadi.channels.apps import AppAccounts, Endpoints
from munadi.channels.http import given_id, no_proof
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.errors import failure
from munadi.channels.pinterest.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.failure import Effect, FieldRefused, Reason
from munadi.ports import Answer, Clock

BOARDS, KIND = "boards", "account_type"
MAX_ID = 30


class PinterestAccounts(AppAccounts):
    """Accounts of persons and of businesses."""

    separator, has_verifier, secret_in_header = ",", False, True

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        endpoints = Endpoints.at(settings.hosts.auth, "oauth/", api.base, "oauth/token", "oauth/token/revoke")
        super().__init__(SPEC, settings, clock, api.grants, endpoints)
        self._api, self._scopes = api, settings.scopes
        self.more = {"continuous_refresh": "true"} if settings.continuous_refresh else {}

    @property
    def scopes(self) -> Sequence[str]:
        """By the settings also those of secret boards."""
        return self._scopes

    @property
    def app(self) -> dict[str, str]:
        """Id and secret go into a header."""
        return {}

    def is_ended(self, answer: Answer) -> bool:
        """Nothing, or an empty object."""
        return super().is_ended(answer) and not answer.body

    async def owner(self, answer: Answer, token: str) -> tuple[str, str]:
        """By user_account alone: boards are read when the account is verified."""
        user = await self._api.get("user_account", token)
        user_id = given_id(user.field("id"))
        if user_id is None:
            raise no_proof(user, [token])
        return user_id, text_in(user.body, "username") or user_id

    async def profile_of(self, token: str) -> Profile:
        """user_account, and the boards: a post for another board is refused before it is accepted.

        Raises ChannelError.
        """
        answer = await self._api.get("user_account", token)
        user_id, kind = given_id(answer.field("id")), text_in(answer.body, "account_type")
        if user_id is None:
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "user_account has no id", Effect.UNKNOWN)
        return Profile(
            external_id=user_id,
            handle=text_in(answer.body, "username") or user_id,
            display_name=text_in(answer.body, "business_name"),
            facts={KIND: kind and kind[:40], BOARDS: await self._api.boards(token)},
        )


def boards_of(account: ConnectedAccount | None) -> dict[str, str] | None:
    """The names of all the account's boards by id, as they were at its last check; None where they are not known."""
    known = account.facts.get(BOARDS) if account is not None else None
    return known if isinstance(known, dict) else None


def board_of(named: str | None) -> str:
    """The id of a board that a request names. Raises FieldRefused: it is put into the address of a call."""
    if named is None or not named.isascii() or not named.isdigit() or len(named) > MAX_ID:
        message = "Pinterest: name the board by its id, which has digits only"
        raise FieldRefused(Reason.INVALID_FIELD, Effect.REJECTED, message, pointer="?of", rule="board_id")
    return named
