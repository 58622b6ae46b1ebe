"""Both log-ins in a browser: at Instagram itself, or through Facebook and the Pages that accounts belong to.

Source: docs/networks/instagram.md, section 2. Instagram knows us as another app than Facebook does. Neither takes PKCE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from munadi.channels.instagram.pages import ACCOUNT, PAGE_FIELDS, PUBLISHING_TASKS, account_of
from munadi.channels.instagram.spec import COMMENT_SCOPES, REMOVAL_SCOPE, SPEC, Graphs, Login, Settings
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.login import AccountLogin, PersonLogin, name_of, names_of
from munadi.channels.oauth import require_scopes, text_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Reason
from munadi.ports import AccountImport, Answer, Choice, Clock, Consent, ConsentRequest, GrantedProfiles

# The scopes that publishing needs; the one for first comments is requested too, and is optional.
NEEDED = {
    Login.DIRECT: ("instagram_business_basic", "instagram_business_content_publish"),
    Login.PAGE: ("instagram_basic", "instagram_content_publish", "pages_show_list", "pages_read_engagement"),
}
ASKED = {login: (*needed, COMMENT_SCOPES[login]) for login, needed in NEEDED.items()}
# The account's name as people know it, to choose by.
NAMED_FIELDS = PAGE_FIELDS.replace(ACCOUNT, f"{ACCOUNT}{{id,username}}")


class DirectLogin(AccountLogin):
    """The log-in at Instagram itself, which knows us as an app of its own."""

    grant_type = "ig_exchange_token"


@dataclass(frozen=True)
class InstagramLogin:
    """The log-ins of both kinds: at Instagram, and of a person who shares Pages."""

    settings: Settings
    graphs: Graphs
    clock: Clock

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """Of the direct log-in, unless the other one has what it needs."""
        missing = [self.settings.missing_for(login) for login in (Login.DIRECT, Login.PAGE)]
        return missing[0] if all(missing) else ()

    async def begin(self, request: ConsentRequest) -> Consent:
        """The consent page of the log-in, with every scope that we can use."""
        login = self._login(request)
        if missing := self.settings.missing_for(login):
            message = f"the log-in {str(login)!r} needs {' and '.join(missing)}"
            raise self._direct.refusal(Reason.INVALID_FIELD, message)
        if login is Login.PAGE:
            more = (REMOVAL_SCOPE,) if self.settings.withdrawals else ()
            return self._person.dialog(request, (*ASKED[login], *more))
        return self._app.consent(request, ASKED[login])

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """One account with a token of 60 days, or one for every Page with an account. Raises ChannelError."""
        if self._login(request) is Login.PAGE:
            return await self._through_pages(request, answered)
        return await self._directly(request, answered)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Never: Instagram has no call for it, and Facebook's would end all that the person granted (`meta.login`)."""
        return False

    @property
    def _direct(self) -> Graph:
        return self.graphs[Login.DIRECT]

    @property
    def _app(self) -> DirectLogin:
        hosts = (self.settings.hosts.auth, self.settings.hosts.token)
        return DirectLogin(SPEC, self.settings, self.clock, self._direct, hosts)

    @property
    def _person(self) -> PersonLogin:
        settings = self.settings
        site = f"{settings.hosts.fb_auth.rstrip('/')}/{settings.version}"
        return PersonLogin(self.graphs[Login.PAGE], site, settings.fb_client_id or "", settings.fb_secret)

    def _login(self, request: ConsentRequest) -> Login:
        self._direct.require_login(request.login, tuple(Login))
        return Login(request.login or Login.DIRECT)

    async def _directly(self, request: ConsentRequest, answered: Mapping[str, str]) -> GrantedProfiles:
        """Code → short token → long token; then the account's own id, which the first answer need not have."""
        short = _unwrapped(await self._app.short(request, answered))
        token, scopes = text_of(SPEC.title, short, "access_token"), _scopes(short)
        require_scopes(SPEC.title, scopes or ASKED[Login.DIRECT], NEEDED[Login.DIRECT])
        token, expires_at = await self._app.long(token)
        me = await self._direct.get("me", token, {"fields": "user_id,username"})
        user_id = text_of(SPEC.title, me, "user_id")
        given = AccountImport(user_id, access_token=SecretStr(token), expires_at=expires_at)
        return GrantedProfiles((Choice(user_id, str(me.field("username") or user_id), given),), scopes)

    async def _through_pages(self, request: ConsentRequest, answered: Mapping[str, str]) -> GrantedProfiles:
        """A choice for every account behind a Page that the person may publish to, with the Page's token."""
        login = self._person
        _, scopes, pages = await login.shared(request, answered, NEEDED[Login.PAGE], NAMED_FIELDS)
        if not pages:
            what = "no Page was shared: choose the one that the account is linked to at the consent page"
            raise login.nothing_to_publish_to(what)
        linked = [page for page in pages if account_of(page).get("id")]
        if not linked:
            what = f"no professional Instagram account is linked to {names_of(pages)}: link one in the Page's settings"
            raise login.nothing_to_publish_to(what)
        return GrantedProfiles(tuple(map(_choice, login.usable(linked, PUBLISHING_TASKS))), scopes)


def _unwrapped(answer: Answer) -> Answer:
    """`{"data": [{…}]}` as it is documented, or the object alone as clients meet it."""
    data = answer.field("data")
    wrapped = isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict)
    return Answer(answer.status, answer.headers, data[0], answer.text) if wrapped else answer


def _scopes(answer: Answer) -> tuple[str, ...]:
    """`permissions`, separated by commas or as a list; empty when the answer has none."""
    named = answer.field("permissions")
    names = named.split(",") if isinstance(named, str) else named if isinstance(named, list) else []
    return tuple(name for one in names if (name := str(one).strip()))


def _choice(page: Mapping[str, Any]) -> Choice:
    account = account_of(page)
    external_id, token = str(account["id"]), SecretStr(str(page["access_token"]))
    name = str(account.get("username") or name_of(page))
    return Choice(external_id, name, AccountImport(external_id, login=Login.PAGE.value, access_token=token))
