"""X emulated: API v2 with its media under `/x/api`, consent and the site under `/x/www`.

Source: docs/networks/x.md, section 8. Calls cost money: the limit `creditMills` is what is left, in thousandths of a
dollar. Not emulated: reposts, edits, communities, the activity API, OAuth 1.0a.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.model import PostView
from munadi.sandbox.platform import Platform, site
from munadi.sandbox.storage import Table
from munadi.sandbox.x import login, media, posting
from munadi.sandbox.x.errors import answer, planned, refuse, refuse_if
from munadi.sandbox.x.model import EPOCH, SCOPES, Account, Medium, Tweet

DEFAULT = Account("1860000000000000001", "munadi_sandbox")
# Published on purpose: they open nothing real.
DEFAULT_TOKEN, DEFAULT_REFRESH = "sandboxMunadiXAccessToken", "sandboxMunadiXRefreshToken"
# The default token outlives X's two hours, so that a sandbox that is left running keeps working without an app.
DEFAULT_SECONDS = 180 * 86_400
# Thousandths of a dollar, by X's price list of April 2026.
PRICES = {"post": 15, "postWithLink": 200, "altText": 5, "ownedRead": 1}


class X(Platform[Account]):
    channel = "x"
    title = "X"
    refusal, throttling = {"error": "suspended"}, {"error": "rate"}
    hosts = {"API": "api", "AUTH": "www", "UPLOAD": "api"}
    default_delays = {"image": 0.0, "video": 2.0, "index": 0.0}
    default_limits = {
        "postsPer15Minutes": 100,
        "readsPer15Minutes": 900,
        "mediaPer15Minutes": 1875,
        "accessTokenSeconds": 7200,
        "creditMills": 100_000_000,
    }
    default_switches = {
        "refuseDuplicates": True,
        "selfServe": True,
        "pretendSuccess": False,
        "failProcessing": False,
    }
    statuses = {"active", "premium", "locked", "suspended"}
    default_profile = DEFAULT
    visible = frozenset({"create_post"})
    routes = {
        "GET www/i/oauth2/authorize": ("authorize", login.authorize),
        "GET www/**": ("site", site),
        "POST api/2/oauth2/token": ("token", login.token),
        "POST api/2/oauth2/revoke": ("revoke", login.revoke),
        "GET api/2/users/me": ("me", posting.me),
        "GET api/2/users/*/tweets": ("timeline", posting.listed),
        "POST api/2/tweets": ("create_post", posting.create),
        "DELETE api/2/tweets/*": ("delete_post", posting.delete),
        "POST api/2/media/upload/initialize": ("initialize_media", media.initialize),
        "POST api/2/media/upload/*/append": ("append_media", media.append),
        "POST api/2/media/upload/*/finalize": ("finalize_media", media.finalize),
        "GET api/2/media/upload": ("media_status", media.status),
        "POST api/2/media/metadata": ("describe_media", media.describe),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.media: Table[Medium] = self.table("medium", Medium)
        self.tweets: Table[Tweet] = self.table("tweet", Tweet)
        self._last_id = 0

    def next_id(self) -> str:
        """A snowflake: milliseconds since X's epoch, then 22 bits."""
        self._last_id = max((int(self.clock.now() * 1000) - EPOCH) << 22, self._last_id + 1)
        return str(self._last_id)

    async def not_served(self, call: Call) -> Answer:
        return answer("missing")

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned(error, status)

    def caller(self, call: Call, scope: str) -> Account:
        """The profile of the call's token, which must have the scope."""
        token = self.issuer.live(call.bearer or "")
        if token is None:
            raise refuse("token")
        refuse_if(scope not in token.scopes, "scopes")
        return self.profile(token.profile_id)

    def limited(self, profile: Account, limit: str, seconds: float) -> None:
        """One more use within this time, or 429 with the time of the next."""
        recent = self.recent(f"{limit} {profile.id}", seconds)
        if len(recent) >= self.limits[limit]:
            reset = (recent[0] if recent else self.clock.now()) + seconds
            known = {"limit": str(self.limits[limit]), "remaining": "0", "reset": str(int(reset) + 1)}
            raise Refusal(answer("rate", {f"x-rate-limit-{name}": value for name, value in known.items()}))
        recent.append(self.clock.now())

    def charge(self, what: str) -> None:
        """Take the price of a call, or 402."""
        refuse_if(self.limits["creditMills"] < PRICES[what], "credits")
        self.limits["creditMills"] -= PRICES[what]

    def seed_tokens(self, profile: Account) -> None:
        self.issuer.issue("", profile.id, SCOPES, DEFAULT_SECONDS, value=DEFAULT_TOKEN)
        self.issuer.issue("", profile.id, SCOPES, None, value=DEFAULT_REFRESH, kind="refresh")

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        return Account(self.next_id(), self.new_username(name, signs="_", joint="_", longest=15))

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        access, refresh = login.issue_pair(self, profile.id, SCOPES)
        return {"accessToken": access.value, "refreshToken": refresh.value}

    def permalink(self, tweet: Tweet, base_url: str) -> str:
        return f"{base_url}/x/www/{self.profile(tweet.profile_id).username}/status/{tweet.id}"

    def posts(self, base_url: str) -> list[PostView]:
        return [self._view(tweet, base_url) for tweet in self.tweets]

    def _view(self, tweet: Tweet, base_url: str) -> PostView:
        attached = [found for one in tweet.media if (found := self.media.get(one)) is not None]
        notes = [f"Replies: {tweet.settings}"] if tweet.settings else []
        notes += [f"Poll: {' · '.join(tweet.poll['options'])}"] if tweet.poll else []
        notes += [f"Quotes {tweet.quoted}"] if tweet.quoted else []
        return self.view(
            tweet.profile_id,
            id=tweet.id,
            url=self.permalink(tweet, base_url),
            text=tweet.text,
            kind="reply" if tweet.reply_to else "post",
            received_at=tweet.received_at,
            media=self.shown_media([one.digest for one in attached], [one.alt for one in attached]),
            raw=asdict(tweet),
            comments=[] if tweet.reply_to else [one.text for one in self.tweets if one.reply_to == tweet.id],
            notes=notes,
        )
