"""The profiles and scopes of the emulated Instagram."""

from __future__ import annotations

from dataclasses import dataclass

from munadi.sandbox import model
from munadi.sandbox.exchange import Call

BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
COMMENTS = "instagram_business_manage_comments"
# The names of the same permissions in the login through a Page, which needs further ones.
PAGE_SCOPES = {BASIC: "instagram_basic", PUBLISH: "instagram_content_publish", COMMENTS: "instagram_manage_comments"}
ALL_PAGE_SCOPES = [*PAGE_SCOPES.values(), "pages_show_list", "pages_read_engagement"]
PAGE_HOST = "fbgraph"  # graph.facebook.com, where an account is reached through its Page


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
