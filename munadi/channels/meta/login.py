"""The family's login of a person, who shares Pages: the dialog, a code, their tokens, what they granted, their Pages.

Source: Meta's Facebook Login guides (facts, section 2; of Instagram 2b). It takes no PKCE. A grant is one person's for
the whole app: ending it would end every Page and account that the person shared, in whichever brand it is connected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from munadi.channels.meta.graph import Graph, listed, next_cursor
from munadi.channels.oauth import code_in, consent_url, refused_code, text_of
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.ports import Asking, Consent

# A list that goes on after so many hundreds of Pages is one that leads in circles.
MAX_LISTS, LIST_SIZE = 50, "100"
MAX_NAMES = 5


@dataclass(frozen=True)
class PersonLogin:
    """`site` is where people consent, with the version."""

    graph: Graph
    site: str
    client_id: str
    secret: str

    def dialog(self, asking: Asking, scopes: Collection[str]) -> Consent:
        """The consent page. A scope that was declined before is asked for again only with `rerequest`."""
        query = {
            "client_id": self.client_id,
            "redirect_uri": asking.redirect_uri,
            "scope": ",".join(scopes),
            "response_type": "code",
            "auth_type": "rerequest",
            "state": asking.state,
        }
        return Consent(consent_url(f"{self.site}/dialog/oauth", query))

    async def person(self, asking: Asking, answered: Mapping[str, str]) -> str:
        """Code → token of hours → token of 60 days; a Page's token has no end only if it comes of that one.

        Raises ChannelError: CONSENT_DENIED, CONSENT_EXPIRED.
        """
        code = code_in(self.graph.title, answered)
        try:
            short = await self._token({"redirect_uri": asking.redirect_uri, "code": code}, code)
        except ChannelError as error:
            raise refused_code(self.graph.title, error) from error
        return await self._token({"grant_type": "fb_exchange_token", "fb_exchange_token": short}, short)

    async def scopes(self, token: str) -> tuple[str, ...]:
        """What the person granted; whatever else is said of a permission, it is missing. Raises ChannelError."""
        rows = [row for row in listed(await self.graph.get("me/permissions", token, {})) if isinstance(row, dict)]
        return tuple(str(row["permission"]) for row in rows if row.get("status") == "granted" and row.get("permission"))

    async def pages(self, token: str, fields: str) -> list[dict[str, Any]]:
        """Every Page that the person shared and that has a token of its own. Raises ChannelError."""
        rows: list[Any] = []
        params = {"fields": fields, "limit": LIST_SIZE}
        for _ in range(MAX_LISTS):
            answer = await self.graph.get("me/accounts", token, params)
            rows += listed(answer)
            after = next_cursor(answer)
            if after is None:
                return [row for row in rows if isinstance(row, dict) and row.get("id") and row.get("access_token")]
            params = {**params, "after": after}
        raise self.graph.strange("the list of Pages does not end")

    def nothing_to_publish_to(self, what_to_do: str) -> ChannelError:
        """Consent was given, and to nothing that we could publish to."""
        message = f"{self.graph.title}: {what_to_do}; then connect again"[:MAX_MESSAGE]
        return ChannelError(Reason.TARGET_NOT_ACCESSIBLE, Effect.NOT_SENT, message, provider_message=message)

    async def _token(self, of: Mapping[str, str], hidden: str) -> str:
        params = {"client_id": self.client_id, "client_secret": self.secret, **of}
        url = f"{self.graph.base}/oauth/access_token"
        answer = await self.graph.http.call("GET", url, params=params, secrets=[self.secret, hidden])
        return text_of(self.graph.title, answer, "access_token")


def may(page: Mapping[str, Any], tasks: Collection[str]) -> bool:
    """Whether the person holds one of these tasks on a Page; what is not told is found out by doing it."""
    held = page.get("tasks")
    return not isinstance(held, list) or any(task in held for task in tasks)


def name_of(page: Mapping[str, Any]) -> str:
    """A Page's name; its id when it has none."""
    return str(page.get("name") or page["id"])


def names_of(pages: Collection[Mapping[str, Any]]) -> str:
    """The first few of them, for a message."""
    names = [name_of(page) for page in pages]
    return ", ".join(names[:MAX_NAMES]) + (" and others" if len(names) > MAX_NAMES else "")
