"""X emulated: API v2 with its media under `/x/api`, consent and the site under `/x/www`.

Source: docs/networks/x.md, section 8. Calls cost money: the limit `creditMills` is what is left, in thousandths of a
dollar. Not emulated: reposts, edits, communities, the activity API, OAuth 1.0a.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox import bearer
from munadi.sandbox.bearer import BearerPlatform
from munadi.sandbox.clock import DAY
from munadi.sandbox.model import PostView
from munadi.sandbox.oauth import Code, Token
from munadi.sandbox.platform import site
from munadi.sandbox.storage import Table
from munadi.sandbox.x import posting
from munadi.sandbox.x.changes import CHANGES
from munadi.sandbox.x.model import EPOCH, LOGIN, PRICES, PROBLEMS, Account, Medium, Tweet


class X(BearerPlatform[Account]):
    channel = "x"
    title = "X"
    problems, login = PROBLEMS, LOGIN
    refusal, throttling = {"error": "suspended"}, {"error": "rate"}
    hosts = {"API": "api", "AUTH": "www", "UPLOAD": "api"}
    default_delays = {"image": 0.0, "video": 2.0, "index": 0.0}
    default_limits = {
        "postsPer15Minutes": 100,
        "readsPer15Minutes": 900,
        "deletesPer15Minutes": 50,
        "mediaPer15Minutes": 1875,
        "accessTokenSeconds": 7200,
        "creditMills": 100_000_000,
    }
    default_switches = {
        "refuseDuplicates": True,
        "selfServe": True,
        "failProcessing": False,
    }
    statuses = {"active", "premium", "locked", "suspended"}
    changes = CHANGES
    default_profile = Account("1860000000000000001", "munadi_sandbox")
    default_tokens, default_seconds = ("sandboxMunadiXAccessToken", "sandboxMunadiXRefreshToken"), 180 * DAY
    id_epoch, id_bits = EPOCH, 22
    visible = frozenset({"create_post"})
    routes = {
        "GET www/i/oauth2/authorize": ("authorize", bearer.authorize),
        "GET www/**": ("site", site),
        "POST api/2/oauth2/token": ("token", bearer.token),
        "POST api/2/oauth2/revoke": ("revoke", bearer.revoke),
        "GET api/2/users/me": ("me", posting.me),
        "GET api/2/users/*/tweets": ("timeline", posting.listed),
        "POST api/2/tweets": ("create_post", posting.create),
        "GET api/2/tweets": ("get_posts", posting.read),
        "DELETE api/2/tweets/*": ("delete_post", posting.delete),
        "POST api/2/media/upload/initialize": ("initialize_media", posting.initialize),
        "POST api/2/media/upload/*/append": ("append_media", posting.append),
        "POST api/2/media/upload/*/finalize": ("finalize_media", posting.finalize),
        "GET api/2/media/upload": ("media_status", posting.media_status),
        "POST api/2/media/metadata": ("describe_media", posting.describe),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.media: Table[Medium] = self.table("medium", Medium)
        self.tweets: Table[Tweet] = self.table("tweet", Tweet)

    def rate_facts(self, most: int, seconds: float, ends: float) -> dict[str, Any]:
        known = {"limit": str(most), "remaining": "0", "reset": str(int(ends) + 1)}
        return {"headers": {f"x-rate-limit-{name}": value for name, value in known.items()}}

    def charge(self, what: str) -> None:
        """Take the price of a call, or 402."""
        PROBLEMS.refuse_if(self.limits["creditMills"] < PRICES[what], "credits")
        self.limits["creditMills"] -= PRICES[what]

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        return Account(self.next_id(), self.new_username(name, signs="_", joint="_", longest=15))

    def granted(self, source: Code | Token) -> dict[str, Any]:
        access, refresh = self.issue_pair(source.profile_id, source.scopes)
        more = {"refresh_token": refresh.value} if "offline.access" in source.scopes else {}
        body = {"token_type": "bearer", "expires_in": self.limits["accessTokenSeconds"], "access_token": access.value}
        return {**body, "scope": " ".join(source.scopes), **more}

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        return [(self.tweets, post.id)]

    def permalink(self, row: Tweet, base_url: str) -> str:
        return f"{base_url}/x/www/{self.profile(row.profile_id).username}/status/{row.id}"

    def posts(self, base_url: str) -> list[PostView]:
        return [self._view(tweet, base_url) for tweet in self.tweets]

    def _view(self, tweet: Tweet, base_url: str) -> PostView:
        attached = [found for one in tweet.media if (found := self.media.get(one)) is not None]
        notes = [f"Replies: {tweet.settings}"] if tweet.settings else []
        notes += [f"Poll: {' · '.join(tweet.poll['options'])}"] if tweet.poll else []
        notes += [f"Quotes {tweet.quoted}"] if tweet.quoted else []
        return self.view(
            tweet,
            base_url,
            kind="reply" if tweet.reply_to else "post",
            media=self.shown_media([one.digest for one in attached], [one.alt for one in attached]),
            comments=[] if tweet.reply_to else [one.text for one in self.tweets if one.reply_to == tweet.id],
            notes=notes,
        )
