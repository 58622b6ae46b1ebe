"""The operations that only Instagram has: accounts and their Pages, the publishing limit, comments, lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph import containers
from munadi.sandbox.graph.errors import bad_parameter_if
from munadi.sandbox.graph.login import CONSENT, PersonPlatform
from munadi.sandbox.graph.reading import graph_time, new_id, node_in, parameters, selected, whole_number
from munadi.sandbox.instagram.model import (
    ALL_PAGE_SCOPES,
    BASIC,
    COMMENTS,
    PAGE_HOST,
    PUBLISH,
    REMOVE,
    Account,
)

if TYPE_CHECKING:
    from munadi.sandbox.instagram import Instagram

NAMED_ACCOUNT = "instagram_business_account{id,username}"


def on_page_host(call: Call) -> bool:
    return call.path.partition("/")[0] == PAGE_HOST


class InstagramPages(PersonPlatform[Account]):
    person_scopes = ALL_PAGE_SCOPES
    person_consent = CONSENT
    repeats_page_tokens = True
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
        return Answer(200, selected(call, person, "name"))
    return Answer(200, selected(call, platform.page_facts(account, call), "name"))


async def page_account(platform: Instagram, call: Call) -> Answer:
    """The professional account; its id here is `{ig}`, and it has no account_type."""
    found = platform.caller(call, BASIC)
    if node_in(call) != found.id:
        raise platform.missing(node_in(call), call)
    facts = {**platform.account_facts(found), "id": found.id}
    return Answer(200, selected(call, facts))


async def account(platform: Instagram, call: Call) -> Answer:
    found = platform.caller(call, BASIC)
    if node_in(call) not in ("me", found.id, found.app_scoped_id):
        raise platform.missing(node_in(call), call)
    facts = {**platform.account_facts(found), "id": found.app_scoped_id, "user_id": found.id}
    facts["account_type"] = found.account_type
    return Answer(200, selected(call, facts))


async def publishing_limit(platform: Instagram, call: Call) -> Answer:
    profile = platform.owner(call, node_in(call, -2), PUBLISH)
    values = parameters(call)
    now = platform.clock.now()
    since = whole_number(values, "since", int(now - DAY))
    bad_parameter_if(since < now - DAY - 60, "Param since must be within the last 24 hours")
    config = {"quota_total": platform.limits["postsPerDay"], "quota_duration": DAY}
    facts: dict[str, Any] = {"config": config, "quota_usage": platform.published_since(profile, since)}
    return Answer(200, {"data": [selected(call, facts, "quota_usage")]})


async def comment(platform: Instagram, call: Call) -> Answer:
    profile, media_id = _commented(platform, call)
    text = parameters(call).get("message", "").strip()
    bad_parameter_if(not text, "The parameter message is required.")
    return Answer(200, {"id": platform.add_comment(new_id("178"), media_id, profile, text).id}, effect=True)


async def delete_comment(platform: Instagram, call: Call) -> Answer:
    found = platform.owned(platform.comments, node_in(call), platform.caller(call, COMMENTS), call)
    platform.comments.remove(found.id)
    return Answer(200, {"success": True}, effect=True)


async def delete_media(platform: Instagram, call: Call) -> Answer:
    """Only through a Page: for the direct login there is no such call."""
    if not on_page_host(call):
        platform.token(call)
        raise platform.missing(node_in(call), call)
    return await containers.delete(platform, call, REMOVE)


async def list_comments(platform: Instagram, call: Call) -> Answer:
    profile, media_id = _commented(platform, call)
    shown = []
    for one in reversed(platform.comments_on(media_id)):
        facts = {"id": one.id, "text": one.text, "timestamp": graph_time(one.created_at), "username": profile.username}
        shown.append(selected(call, facts, "timestamp", "text"))
    return Answer(200, {"data": shown})


async def list_media(platform: Instagram, call: Call) -> Answer:
    profile = platform.owner(call, node_in(call, -2), BASIC)
    return containers.list_posts(platform, call, profile, (p for p in platform.published if p.product_type != "STORY"))


async def list_stories(platform: Instagram, call: Call) -> Answer:
    profile = platform.owner(call, node_in(call, -2), BASIC)
    since = platform.clock.now() - DAY
    stories = (p for p in platform.published if p.product_type == "STORY" and p.published_at > since)
    return containers.list_posts(platform, call, profile, stories)


def _commented(platform: Instagram, call: Call) -> tuple[Account, str]:
    """The caller and its own post that the path names."""
    profile, media_id = platform.caller(call, COMMENTS), node_in(call, -2)
    platform.owned(platform.published, media_id, profile, call)
    return profile, media_id
