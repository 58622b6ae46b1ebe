"""Logins at Meta's networks: of one account at its network, and of a person who shares Pages. None takes PKCE.

A person's grant is for the whole app: ending it would end every Page and account that the person shared, in every brand
where one is connected. Source: Meta's login guides (docs/networks/instagram.md and facebook.md, section 2).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from munadi.channels.apps import AppLogin, Endpoints
from munadi.channels.http import Request
from munadi.channels.meta.graph import Graph, listed
from munadi.channels.oauth import code_in, consent_url, end_of, refused_code, require_scopes, text_of
from munadi.channels.settings import AppSettings
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.ports import Answer, Clock, Consent, ConsentRequest

# A list that continues after so many hundreds of Pages leads in circles.
MAX_LISTS = 50
MAX_NAMES = 5


class AccountLogin(AppLogin):
    """The login of one account at the network itself: a code is worth a token of an hour, and that one of 60 days.

    `grant_type` names the exchange for the long token.
    """

    grant_type: ClassVar[str]

    def __init__(
        self, spec: ChannelSpec, settings: AppSettings, clock: Clock, graph: Graph, hosts: tuple[str, str]
    ) -> None:
        """`hosts` are where people consent, and where codes are sent."""
        endpoints = Endpoints.at(hosts[0], "oauth/authorize", hosts[1], "oauth/access_token")
        super().__init__(spec, settings, clock, graph.http, endpoints)
        self.graph = graph

    def is_granted(self, answer: Answer) -> bool:
        """Instagram wraps its answer, so the token is looked for by who reads it."""
        return True

    def consent(self, request: ConsentRequest, scopes: Collection[str]) -> Consent:
        """The address of the consent page, for these scopes."""
        return _consent(self.endpoints.page, self.settings.client_id or "", request, scopes)

    async def short(self, request: ConsentRequest, answered: Mapping[str, str]) -> Answer:
        """Code → the answer with a token of an hour. Raises ChannelError: CONSENT_DENIED, CONSENT_EXPIRED."""
        return await self.redeem(request, answered, {})

    async def long(self, token: str) -> tuple[str, datetime | None]:
        """A short token → one of 60 days, and its end. Raises ChannelError."""
        secret = self.settings.secret
        params = {"grant_type": self.grant_type, "client_secret": secret, "access_token": token}
        url, hidden = f"{self.graph.tokens}/access_token", [secret, token]
        answer = await self.grants.send(Request("GET", url, params=params, secrets=hidden))
        until = end_of(self.clock.now(), answer.field("expires_in"))
        return text_of(self.graph.title, answer, "access_token"), until


@dataclass(frozen=True)
class PersonLogin:
    """The login of a person. `site` is where people consent, with the version."""

    graph: Graph
    site: str
    client_id: str
    secret: str

    def dialog(self, request: ConsentRequest, scopes: Collection[str]) -> Consent:
        """The consent page. Facebook shows a scope that was declined before only with `rerequest`."""
        return _consent(f"{self.site}/dialog/oauth", self.client_id, request, scopes, auth_type="rerequest")

    async def shared(
        self, request: ConsentRequest, answered: Mapping[str, str], needed: Collection[str], fields: str
    ) -> tuple[str, tuple[str, ...], list[dict[str, Any]]]:
        """The person's token, what they granted, and every Page that they shared and that has a token of its own.

        Raises ChannelError: CONSENT_DENIED, CONSENT_EXPIRED, MISSING_SCOPE.
        """
        person = await self._person(request, answered)
        scopes = await granted_scopes(self.graph, person)
        require_scopes(self.graph.title, scopes, needed)
        rows, whole = await self.graph.rows("me/accounts", person, {"fields": fields}, MAX_LISTS)
        if not whole:
            raise self.graph.strange("the list of Pages does not end")
        pages = [row for row in rows if isinstance(row, dict) and row.get("id") and row.get("access_token")]
        return person, scopes, pages

    def usable(self, pages: Sequence[Mapping[str, Any]], tasks: Collection[str]) -> list[Mapping[str, Any]]:
        """Those where the person holds one of the tasks. ChannelError when there is none."""
        found = [page for page in pages if may(page, tasks)]
        if not found:
            what = f"ask the owner of {names_of(pages)} for a role that may create content (the task CREATE_CONTENT)"
            raise self.nothing_to_publish_to(what)
        return found

    def nothing_to_publish_to(self, what_to_do: str) -> ChannelError:
        """Consent was given, and to nothing that we could publish to."""
        message = f"{self.graph.title}: {what_to_do}; then connect again"[:MAX_MESSAGE]
        return ChannelError(Reason.TARGET_NOT_ACCESSIBLE, Effect.NOT_SENT, message, provider_message=message)

    async def _person(self, request: ConsentRequest, answered: Mapping[str, str]) -> str:
        """Code → token of hours → token of 60 days; a Page's token has no end only if it comes of that one."""
        code = code_in(self.graph.title, answered)
        try:
            short = await self._token({"redirect_uri": request.redirect_uri, "code": code}, code)
        except ChannelError as error:
            raise refused_code(self.graph.title, error) from error
        return await self._token({"grant_type": "fb_exchange_token", "fb_exchange_token": short}, short)

    async def _token(self, of: Mapping[str, str], hidden: str) -> str:
        params = {"client_id": self.client_id, "client_secret": self.secret, **of}
        url = f"{self.graph.base}/oauth/access_token"
        answer = await self.graph.http.send(Request("GET", url, params=params, secrets=[self.secret, hidden]))
        return text_of(self.graph.title, answer, "access_token")


def _consent(page: str, client_id: str, request: ConsentRequest, scopes: Collection[str], **more: str) -> Consent:
    query = {"client_id": client_id, "redirect_uri": request.redirect_uri, "scope": ",".join(scopes)}
    return Consent(consent_url(page, {**query, "response_type": "code", **more, "state": request.state}))


async def granted_scopes(graph: Graph, token: str) -> tuple[str, ...]:
    """The permissions that a token's person granted; any other status of a permission is none. Raises ChannelError."""
    rows = [row for row in listed(await graph.get("me/permissions", token, {})) if isinstance(row, dict)]
    return tuple(str(row["permission"]) for row in rows if row.get("status") == "granted" and row.get("permission"))


def may(page: Mapping[str, Any], tasks: Collection[str]) -> bool:
    """Whether the person holds one of these tasks on a Page; where that is not listed, publishing will show it."""
    held = page.get("tasks")
    return not isinstance(held, list) or any(task in held for task in tasks)


def name_of(page: Mapping[str, Any]) -> str:
    """A Page's name; its id when it has none."""
    return str(page.get("name") or page.get("id") or "")


def names_of(pages: Collection[Mapping[str, Any]]) -> str:
    """The first few of them, for a message."""
    names = [name_of(page) for page in pages]
    return ", ".join(names[:MAX_NAMES]) + (" and others" if len(names) > MAX_NAMES else "")
