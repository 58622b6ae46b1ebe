"""The log-in through a Page: which account a token may speak for, and with which token.

A Page's token is stored, since it has no expiry date when it comes from a long-lived one; a person's is not. There is
no renewal: a dead token means to connect again. Our access to the person's data ends 90 days after they last used the
app, and only they can extend it; with the Meta app's credentials its end is known.
Source: docs/networks/instagram.md, section 2b.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from munadi.channels.answers import object_in
from munadi.channels.meta.graph import Graph, granted_by, moment, profile_of, unrenewable, words
from munadi.channels.meta.login import granted_scopes, may, name_of
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, Clock, Connection

# The field of a Page that has its account.
ACCOUNT = "instagram_business_account"
PAGE_FIELDS = f"id,name,access_token,tasks,{ACCOUNT}"
Page = Mapping[str, Any]
MAX_LISTS = 10
# One of these tasks on the Page is needed to publish.
PUBLISHING_TASKS = frozenset({"CREATE_CONTENT", "MANAGE"})
PUBLISH_SCOPE = "instagram_content_publish"
# The answer of a Page to a request for its own Pages: "nonexisting field (accounts) on node type (Page)".
IS_A_PAGE = "100"


class Pages:
    """`verify` and `refresh` of accounts that are connected through a Page."""

    def __init__(self, graph: Graph, clock: Clock, app: tuple[str, str] | None = None) -> None:
        self._graph = graph
        self._clock = clock
        self._app = "|".join(app) if app else None

    async def verify(self, given: AccountImport, token: str) -> Connection:
        """From a person's token or a Page's own: the account that externalId names, or the only one there is.

        Raises ChannelError.
        """
        try:
            pages, scopes = await self._listed(token), await self._scopes(token)
        except ChannelError as error:
            if error.provider_code != IS_A_PAGE:
                raise
            pages, scopes = await self._own(token), ()
        page = self._chosen(pages, given.external_id)
        if not may(page, PUBLISHING_TASKS):
            message = f"the role on the Page {name_of(page)!r} does not allow to publish"
            raise self._graph.refusal(Reason.ROLE_OR_2FA_REQUIRED, message)
        if scopes and PUBLISH_SCOPE not in scopes:
            raise self._graph.refusal(Reason.MISSING_SCOPE, f"the token was not granted {PUBLISH_SCOPE}")
        own = words(page.get("access_token"))
        used = SecretStr(own or token)
        known = await self._inspected(used)
        until = moment(known.get("data_access_expires_at")) or given.grant_expires_at
        expires_at = None if own else given.expires_at
        return Connection(
            await self._profile(page, used.get_secret_value(), scopes, granted_by(known.get("user_id"))),
            Credentials(access_token=used, expires_at=expires_at, grant_expires_at=until),
        )

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """The credentials as they are, while they work. Raises ChannelError: TOKEN_REVOKED when they do not."""
        try:
            await self._graph.get(account.external_id, account.token, {"fields": "id"})
        except ChannelError as error:
            unrenewable(error)
            raise
        known = account.credentials
        if known.expires_at is not None and known.expires_at <= self._clock.now():
            # It works, so the date we were given was wrong.
            known = known.model_copy(update={"expires_at": None})
        until = moment((await self._inspected(known.access_token)).get("data_access_expires_at"))
        return known if until is None else known.model_copy(update={"grant_expires_at": until})

    async def _inspected(self, token: SecretStr) -> Mapping[str, Any]:
        """What the app may know of a token: when our access to the person's data lapses, and who that is."""
        return {} if self._app is None else await self._graph.inspect(token.get_secret_value(), self._app)

    async def _listed(self, token: str) -> list[Page]:
        """The Pages of a person that have an account and a token of their own."""
        rows, _ = await self._graph.rows("me/accounts", token, {"fields": PAGE_FIELDS}, MAX_LISTS)
        return [row for row in rows if account_of(row).get("id") and words(row.get("access_token"))]

    async def _own(self, token: str) -> list[Page]:
        """The Page whose own token this is, when it has an account."""
        page = (await self._graph.get("me", token, {"fields": f"id,name,{ACCOUNT}"})).body
        return [page] if account_of(page).get("id") else []

    async def _scopes(self, token: str) -> tuple[str, ...]:
        """What the person granted; empty when it cannot be read, since an import does not depend on it."""
        try:
            return await granted_scopes(self._graph, token)
        except ChannelError:
            return ()

    async def _profile(self, page: Page, token: str, scopes: tuple[str, ...], person: Mapping[str, str]) -> Profile:
        """The account itself, read with the token that will be stored."""
        account_id = _id_of(page)
        answer = await self._graph.get(account_id, token, {"fields": "id,username,name"})
        facts = {"page_id": str(page.get("id") or ""), "page_name": name_of(page), **person}
        return profile_of(answer, account_id, facts, scopes)

    def _chosen(self, pages: list[Page], wanted: str | None) -> Page:
        fitting = [page for page in pages if wanted in (None, _id_of(page))]
        known = ", ".join(f"{_id_of(page)} ({name_of(page)})" for page in pages)
        if wanted is None and len(fitting) > 1:
            message = f"give externalId, the token speaks for several accounts: {known}"
            raise self._graph.refusal(Reason.MISSING_FIELD, message)
        if not fitting:
            what = f"none of its Pages has externalId's account: {known}" if known else "no Page of it has an account"
            raise self._graph.refusal(Reason.INVALID_FIELD, f"this token cannot publish there: {what}")
        return fitting[0]


def account_of(page: Any) -> Mapping[str, Any]:
    """The account behind a Page; empty when it has none."""
    return object_in(object_in(page).get(ACCOUNT))


def _id_of(page: Page) -> str:
    return str(account_of(page)["id"])
