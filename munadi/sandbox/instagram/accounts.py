"""Accounts, their scopes, and the part of graph.facebook.com: people, their Pages, and each Page's account.

Source: docs/networks/instagram.md section 2b.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.account_login import CONSENT
from munadi.sandbox.graph.parameters import node_in, parameters
from munadi.sandbox.graph.person_login import PersonPlatform
from munadi.sandbox.graph.reading import selected

BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
COMMENTS = "instagram_business_manage_comments"
# The names of the same permissions in the login through a Page, which needs further ones.
PAGE_SCOPES = {BASIC: "instagram_basic", PUBLISH: "instagram_content_publish", COMMENTS: "instagram_manage_comments"}
ALL_PAGE_SCOPES = [*PAGE_SCOPES.values(), "pages_show_list", "pages_read_engagement"]
PAGE_HOST = "fbgraph"  # graph.facebook.com, where an account is reached through its Page
PAGE_FIELDS = {"id", "name", "category", "instagram_business_account"}
NAMED_ACCOUNT = "instagram_business_account{id,username}"
ACCOUNT_FIELDS = {"id", "username", "name"}


@dataclass
class Account(model.Account):
    """A professional account. It belongs to a Page of its own, and that to a person; their ids follow from its id."""

    site = "https://www.instagram.com/{0.username}/"

    app_scoped_id: str
    account_type: str = "BUSINESS"
    owner: str = ""  # the account whose person owns this one's Page as well; empty: a person of its own

    @property
    def person(self) -> str:
        """The account that stands for the person in tokens: the first of theirs."""
        return self.owner or self.id

    @property
    def page_id(self) -> str:
        return "10" + self.id[-13:]

    @property
    def person_id(self) -> str:
        return "12" + self.person[-13:]


def on_page_host(call: Call) -> bool:
    return call.path.partition("/")[0] == PAGE_HOST


class InstagramPages(PersonPlatform[Account]):
    person_scopes = ALL_PAGE_SCOPES
    person_consent = CONSENT
    repeats_page_tokens = True
    page_fields = PAGE_FIELDS | {"access_token", "tasks"}
    tasks = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE"]

    def person_choices(self) -> Iterable[Choice]:
        for first in (account for account in self.accounts if not account.owner):
            owned = self.accounts_of(first.id)
            pages = [(one.page_id, f"{one.username} (Instagram: @{one.username})") for one in owned]
            also = {first.person_id, *(name for one in owned for name in (one.page_id, one.id, one.username))}
            yield Choice(first.id, f"Owner of {first.username}", pages, frozenset(also))

    def accounts_of(self, person: str) -> list[Account]:
        return [account for account in self.accounts if account.person == person]

    def page_id(self, profile: Account) -> str:
        return profile.page_id

    def page_facts(self, profile: Account, call: Call) -> dict[str, Any]:
        account = {"id": profile.id}
        if NAMED_ACCOUNT in parameters(call).get("fields", ""):
            account["username"] = profile.username
        page = {"id": profile.page_id, "name": profile.username, "category": "Brand"}
        return page | {"instagram_business_account": account}


async def me(platform: InstagramPages, call: Call) -> Answer:
    """The Page or the person whose token this is."""
    token = platform.token(call)
    account = platform.profile(token.profile_id)
    if token.kind == "person":
        person = {"id": account.person_id, "name": f"Owner of {account.username}"}
        return Answer(200, selected(call, person, {"id", "name"}, "User", ["name"]))
    return Answer(200, selected(call, platform.page_facts(account, call), PAGE_FIELDS, "Page", ["name"]))


async def account(platform: Any, call: Call) -> Answer:
    """The professional account; its id here is `{ig}`, and it has no account_type."""
    found: Account = platform.caller(call, BASIC)
    if node_in(call) != found.id:
        raise platform.missing(node_in(call), call)
    facts = {**platform.account_facts(found), "id": found.id}
    return Answer(200, selected(call, facts, ACCOUNT_FIELDS, "IGUser", ["id"]))
