"""Whose a token is, and the boards it may pin to. Source: docs/networks/pinterest.md, section 2."""

from __future__ import annotations

from munadi.channels.channel import TokenAccounts
from munadi.channels.http import given_id
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.errors import failure
from munadi.channels.pinterest.oauth import PinterestLogin
from munadi.channels.pinterest.spec import SPEC
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.failure import Effect, Reason

BOARDS, KIND = "boards", "account_type"


class PinterestAccounts(TokenAccounts):
    """Persons and businesses."""

    def __init__(self, api: Api, login: PinterestLogin) -> None:
        super().__init__(SPEC.title, login)
        self._api = api

    async def profile_of(self, token: str) -> Profile:
        """user_account, and the boards: a post for another board is refused before it is accepted.

        Raises ChannelError.
        """
        answer = await self._api.me(token)
        user_id, name = given_id(answer.field("id")), answer.field("username")
        if user_id is None:
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "user_account has no id", Effect.UNKNOWN)
        business, kind = answer.field("business_name"), answer.field("account_type")
        boards, are_all = await self._api.boards(token)
        return Profile(
            external_id=user_id,
            handle=name if isinstance(name, str) and name else user_id,
            display_name=business if isinstance(business, str) and business else None,
            facts={KIND: kind[:40] if isinstance(kind, str) else None, BOARDS: boards if are_all else None},
        )


def boards_of(account: ConnectedAccount | None) -> dict[str, str] | None:
    """The names of all the account's boards by id, as they were at its last check; None where they are not known."""
    known = account.facts.get(BOARDS) if account is not None else None
    return known if isinstance(known, dict) else None
