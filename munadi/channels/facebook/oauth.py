"""Facebook Login: a person consents and shares Pages, each of which can be connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from munadi.channels.facebook.spec import COMMENT_SCOPE, SPEC, Settings
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.login import PersonLogin, name_of
from munadi.domain.account import ConnectedAccount
from munadi.ports import AccountImport, Choice, Consent, ConsentRequest, GrantedProfiles

# The scope of first comments is requested too, and is optional.
ASKED = (*SPEC.scopes, COMMENT_SCOPE)
PAGE_FIELDS = "id,name,access_token,tasks"
PUBLISHING_TASKS = ("CREATE_CONTENT",)
LOGIN = "facebook"


@dataclass(frozen=True)
class FacebookLogin(PersonLogin):
    """The log-in of a person, who shares Pages."""

    missing_settings: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings, graph: Graph) -> FacebookLogin:
        """The login of the Meta app at the configured hosts."""
        site, client_id = f"{settings.site}/{settings.version}", settings.client_id or ""
        return cls(graph, site, client_id, settings.secret, settings.missing("FACEBOOK"))

    async def begin(self, request: ConsentRequest) -> Consent:
        """Facebook's dialog, with every scope that we can use."""
        self.graph.require_login(request.login, (LOGIN,))
        return self.dialog(request, ASKED)

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """A choice for every Page that the person may publish to, with the Page's token and, to renew it, theirs.

        Raises ChannelError.
        """
        person, scopes, pages = await self.shared(request, answered, SPEC.scopes, PAGE_FIELDS)
        if not pages:
            what = "no Page was shared: choose one at the consent page, or create one at Facebook first"
            raise self.nothing_to_publish_to(what)
        usable = self.usable(pages, PUBLISHING_TASKS)
        return GrantedProfiles(tuple(_choice(page, person) for page in usable), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Never: the call there is (DELETE /{user}/permissions) ends what the person granted for all of their Pages.

        Nor can it be known that there is no other: a Page may be connected in several brands, and the same app may
        speak for accounts of other networks behind the person's Pages. Its owner removes the app at Facebook.
        """
        return False


def _choice(page: Mapping[str, Any], person: str) -> Choice:
    page_id = str(page["id"])
    tokens = SecretStr(str(page["access_token"])), SecretStr(person)
    return Choice(page_id, name_of(page), AccountImport(page_id, access_token=tokens[0], refresh_token=tokens[1]))
