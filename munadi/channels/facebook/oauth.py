"""Facebook Login: a person consents and shares Pages, each of which can be connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from munadi.channels.facebook.spec import COMMENT_SCOPE, SPEC, Settings
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.login import PersonLogin, may, name_of, names_of
from munadi.channels.oauth import require_scopes
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, Asking, Choice, Consent, Granted

# The scope of first comments is requested too, and is optional.
ASKED = (*SPEC.scopes, COMMENT_SCOPE)
PAGE_FIELDS = "id,name,access_token,tasks"
PUBLISHING_TASKS = ("CREATE_CONTENT",)
LOGIN = "facebook"


@dataclass(frozen=True)
class FacebookLogin:
    """See `munadi.ports.Authorizer`."""

    settings: Settings
    graph: Graph

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The Meta app's id and secret."""
        return self.settings.missing("FACEBOOK")

    async def begin(self, asking: Asking) -> Consent:
        """Facebook's dialog, with every scope that we can use."""
        if asking.login not in (None, LOGIN):
            raise self.graph.refusal(Reason.INVALID_FIELD, f"login {asking.login!r} is not supported; use {LOGIN}")
        return self._login.dialog(asking, ASKED)

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        """A choice for every Page that the person may publish to, with the Page's token and, to renew it, theirs.

        Raises ChannelError.
        """
        login = self._login
        person = await login.person(asking, answered)
        scopes = await login.scopes(person)
        require_scopes(SPEC.title, scopes, SPEC.scopes)
        pages = await login.pages(person, PAGE_FIELDS)
        usable = [page for page in pages if may(page, PUBLISHING_TASKS)]
        if not usable:
            raise self._nothing(pages)
        return Granted(tuple(_choice(page, person) for page in usable), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Never: the call there is (DELETE /{user}/permissions) ends what the person granted for all of their Pages.

        Nor can it be known that there is no other: a Page may be connected in several brands, and the same app may
        speak for accounts of other networks behind the person's Pages. Its owner removes the app at Facebook.
        """
        return False

    @property
    def _login(self) -> PersonLogin:
        settings = self.settings
        return PersonLogin(self.graph, f"{settings.site}/{settings.version}", settings.client_id or "", settings.secret)

    def _nothing(self, pages: list[dict[str, Any]]) -> ChannelError:
        if pages:
            what = f"ask the owner of {names_of(pages)} for a role that may create content (the task CREATE_CONTENT)"
        else:
            what = "no Page was shared: choose one at the consent page, or create one at Facebook first"
        return self._login.nothing_to_publish_to(what)


def _choice(page: Mapping[str, Any], person: str) -> Choice:
    page_id = str(page["id"])
    tokens = SecretStr(str(page["access_token"])), SecretStr(person)
    return Choice(page_id, name_of(page), AccountImport(page_id, access_token=tokens[0], refresh_token=tokens[1]))
