"""The log-in through a Page: which account a token may speak for, and with which token.

A Page's token is stored, since it has no expiry date when it comes from a long-lived one; a person's is not. There is
no renewal: a dead token means to connect again. Our access to the person's data ends 90 days after they last used the
app, and only they can extend it; with the Meta app's credentials its end is known.
Source: docs/networks/instagram.md, section 2b.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import SecretStr

from munadi.channels.http import token_of
from munadi.channels.meta.graph import Graph, moment, unrenewable, words
from munadi.channels.meta.login import granted_scopes
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.model import Model
from munadi.ports import AccountImport, Clock, Connection

PAGE_FIELDS = "id,name,access_token,tasks,instagram_business_account"
MAX_LISTS = 10
# One of these tasks on the Page is needed to publish.
PUBLISHING_TASKS = frozenset({"CREATE_CONTENT", "MANAGE"})
PUBLISH_SCOPE = "instagram_content_publish"
# The answer of a Page to a request for its own Pages: "nonexisting field (accounts) on node type (Page)".
IS_A_PAGE = "100"


class PageRead(Model):
    """A Page with its account. `token` None: the one in hand is the Page's own. `tasks` None: not listed."""

    id: str
    name: str
    ig: str
    token: str | None = None
    tasks: tuple[str, ...] | None = None


class Pages:
    """`verify` and `refresh` of accounts that are connected through a Page."""

    def __init__(self, graph: Graph, clock: Clock, app: tuple[str, str] | None = None) -> None:
        self._graph = graph
        self._clock = clock
        self._app = "|".join(app) if app else None

    async def verify(self, given: AccountImport, token: SecretStr) -> Connection:
        """From a person's token or a Page's own: the account that externalId names, or the only one there is.

        Raises ChannelError.
        """
        secret = token.get_secret_value()
        try:
            pages, scopes = await self._listed(secret), await self._scopes(secret)
        except ChannelError as error:
            if error.provider_code != IS_A_PAGE:
                raise
            pages, scopes = await self._own(secret), ()
        page = _chosen(self._graph, pages, given.external_id)
        if page.tasks is not None and not PUBLISHING_TASKS & set(page.tasks):
            raise self._graph.refusal(
                Reason.ROLE_OR_2FA_REQUIRED, f"the role on the Page {page.name!r} does not allow to publish"
            )
        if scopes and PUBLISH_SCOPE not in scopes:
            raise self._graph.refusal(Reason.MISSING_SCOPE, f"the token was not granted {PUBLISH_SCOPE}")
        kept = SecretStr(page.token) if page.token else token
        return Connection(
            await self._profile(page, kept.get_secret_value(), scopes),
            Credentials(
                access_token=kept,
                expires_at=None if page.token else given.expires_at,
                grant_expires_at=await self._data_access(kept) or given.grant_expires_at,
            ),
        )

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """The same credentials while they work. Raises ChannelError: TOKEN_REVOKED when they do not."""
        try:
            await self._graph.get(account.external_id, token_of(account), {"fields": "id"})
        except ChannelError as error:
            unrenewable(error)
            raise
        kept = account.credentials
        if kept.expires_at is not None and kept.expires_at <= self._clock.now():
            # It works, so the date we were given was wrong.
            kept = kept.model_copy(update={"expires_at": None})
        until = await self._data_access(kept.access_token)
        return kept if until is None else kept.model_copy(update={"grant_expires_at": until})

    async def _data_access(self, token: SecretStr) -> datetime | None:
        """When our access to the person's data lapses; None when that is unknown."""
        if self._app is None:
            return None
        return moment((await self._graph.inspect(token.get_secret_value(), self._app)).get("data_access_expires_at"))

    async def _listed(self, token: str) -> list[PageRead]:
        """The Pages of a person that have an account and a token of their own."""
        rows, _ = await self._graph.rows("me/accounts", token, {"fields": PAGE_FIELDS}, MAX_LISTS)
        return [page for row in rows if (page := _read_page(row)) and page.token]

    async def _own(self, token: str) -> list[PageRead]:
        """The Page whose own token this is, when it has an account."""
        answer = await self._graph.get("me", token, {"fields": "id,name,instagram_business_account"})
        page = _read_page(answer.body)
        return [page] if page else []

    async def _scopes(self, token: str) -> tuple[str, ...]:
        """What the person granted; empty when it cannot be read, since an import does not depend on it."""
        try:
            return await granted_scopes(self._graph, token)
        except ChannelError:
            return ()

    async def _profile(self, page: PageRead, token: str, scopes: tuple[str, ...]) -> Profile:
        """The account itself, read with the token that will be kept."""
        answer = await self._graph.get(page.ig, token, {"fields": "id,username,name"})
        return Profile(
            external_id=page.ig,
            handle=str(answer.field("username") or page.ig),
            display_name=words(answer.field("name")),
            scopes=scopes,
            facts={"page_id": page.id, "page_name": page.name},
        )


def _chosen(graph: Graph, pages: list[PageRead], wanted: str | None) -> PageRead:
    fitting = [page for page in pages if wanted in (None, page.ig)]
    known = ", ".join(f"{page.ig} ({page.name})" for page in pages)
    if wanted is None and len(fitting) > 1:
        message = f"give externalId, the token speaks for several accounts: {known}"
        raise graph.refusal(Reason.MISSING_FIELD, message)
    if not fitting:
        message = f"none of its Pages has externalId's account: {known}" if known else "no Page of it has an account"
        raise graph.refusal(Reason.INVALID_FIELD, f"this token cannot publish there: {message}")
    return fitting[0]


def _read_page(row: Any) -> PageRead | None:
    account = row.get("instagram_business_account") if isinstance(row, dict) else None
    ig = account.get("id") if isinstance(account, dict) else None
    if not ig:
        return None
    token, tasks = row.get("access_token"), row.get("tasks")
    return PageRead(
        id=str(row.get("id") or ""),
        name=str(row.get("name") or row.get("id") or ""),
        ig=str(ig),
        token=token if isinstance(token, str) and token else None,
        tasks=tuple(str(task) for task in tasks) if isinstance(tasks, list) else None,
    )
