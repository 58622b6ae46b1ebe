"""Google Business Profile emulated: posts under `/google_business/api`, accounts, locations and the log-in beside it.

Source: docs/networks/google_business.md, section 8. A profile is a location; its person manages it through an account
of their own and through a group. Not emulated: scheduling at Google, reviews, media of a profile, products, alerts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from munadi.sandbox import bearer
from munadi.sandbox.bearer import BearerPlatform
from munadi.sandbox.clock import DAY, MINUTE, iso
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.google_business import posts
from munadi.sandbox.google_business.changes import CHANGES
from munadi.sandbox.google_business.model import LOGIN, PROBLEMS, SCOPE, LocalPost, Location, refuse, refuse_if
from munadi.sandbox.model import PostView
from munadi.sandbox.oauth import Code, Token
from munadi.sandbox.platform import Run, site
from munadi.sandbox.storage import Table

DEFAULT = Location("4900000000000000001", "Munadi Sandbox", person="100000000000000000001")
UNKNOWN_PATH = "<!DOCTYPE html><html><title>Error 404 (Not Found)!!1</title></html>"


async def list_accounts(platform: GoogleBusiness, call: Call) -> Answer:
    """The person's own account, and a group that holds the same locations."""
    own, group = platform.caller(call, SCOPE).accounts
    kinds = ((own, "PERSONAL", "Munadi Sandbox"), (group, "LOCATION_GROUP", "Stores"))
    rows = [
        {"name": f"accounts/{account}", "accountName": name, "type": kind, "role": "PRIMARY_OWNER"}
        for account, kind, name in kinds
    ]
    return Answer(200, {"accounts": rows})


async def list_locations(platform: GoogleBusiness, call: Call) -> Answer:
    """The locations of an account, without the account in their names."""
    caller, account = platform.caller(call, SCOPE), platform.path_parts(call)[3]
    refuse_if(account not in caller.accounts, "role")
    rows = [platform.shown(one) for one in platform.accounts if one.person == caller.person and platform.is_there(one)]
    return Answer(200, {"locations": rows} if rows else {})


async def get_location(platform: GoogleBusiness, call: Call) -> Answer:
    return Answer(200, platform.shown(platform.managed(call)))


class GoogleBusiness(BearerPlatform[Location]):
    channel = "google_business"
    title = "Google Business Profile"
    problems, login = PROBLEMS, LOGIN
    refusal, throttling = {"error": "role"}, {"error": "rate"}
    hosts = {name: name.lower() for name in ("API", "ACCOUNTS", "LOCATIONS", "AUTH", "TOKEN")}
    default_delays = {"processing": 2.0, "listing": 0.0}
    default_limits = {
        "requestsPerMinute": 300,
        "writesPerMinute": 10,
        "accessTokenSeconds": 3_599,
        "leastPhotoBytes": 1,
    }
    default_switches = {"rejectPosts": False, "hideSources": False, "unapproved": False, "disabled": False}
    statuses = {"active", "no_posts", "unverified", "role_lost", "suspended"}
    changes = CHANGES
    has_persons = True
    default_profile = DEFAULT
    # The token outlives Google's hour, so that a sandbox that is left running keeps working without an OAuth client.
    default_tokens = ("ya29.sandboxMunadiBusinessToken", "1//0sandboxMunadiBusinessRefreshToken")
    default_seconds = 365 * DAY
    id_bits = 10
    visible = frozenset({"create_post"})
    routes = {
        "GET auth/o/oauth2/v2/auth": ("authorize", bearer.authorize),
        "POST token/token": ("token", bearer.token),
        "GET accounts/v1/accounts": ("list_accounts", list_accounts),
        "GET locations/v1/accounts/*/locations": ("list_locations", list_locations),
        "GET locations/v1/locations/*": ("get_location", get_location),
        "POST api/v4/accounts/*/locations/*/localPosts": ("create_post", posts.create),
        "GET api/v4/accounts/*/locations/*/localPosts": ("list_posts", posts.listed),
        "GET api/v4/accounts/*/locations/*/localPosts/*": ("get_post", posts.get),
        "PATCH api/v4/accounts/*/locations/*/localPosts/*": ("edit_post", posts.edit),
        "DELETE api/v4/accounts/*/locations/*/localPosts/*": ("delete_post", posts.delete),
        "GET site/**": ("site", site),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.posted: Table[LocalPost] = self.table("post", LocalPost)

    async def play(self, name: str, run: Run, call: Call) -> Answer:
        """A project that was not approved may make no call, and one without the API none of its calls."""
        if name not in ("site", "authorize", "token"):
            refuse_if(self.switches["unapproved"], "rate")
            refuse_if(self.switches["disabled"] and call.path.startswith("api/"), "disabled")
            self.limited("project", "requestsPerMinute", MINUTE)
        return await run(self, call)

    async def not_served(self, call: Call) -> Answer:
        """A path that Google does not know, such as one without the account, is answered with a page."""
        return Answer(404, UNKNOWN_PATH)

    def managed(self, call: Call, *, writes: bool = False) -> Location:
        """The location that a call names, which the caller must manage."""
        caller, parts = self.caller(call, SCOPE), self.path_parts(call)
        location = self.accounts.get(parts[parts.index("locations", 1) + 1])
        if location is None or not self.is_there(location) or location.person != caller.person:
            raise refuse("missing")
        refuse_if(location.status == "role_lost", "role")
        refuse_if("accounts" in parts and parts[parts.index("accounts") + 1] not in location.accounts, "missing")
        if writes:
            refuse_if(location.status == "no_posts", "role")
            self.limited(location.id, "writesPerMinute", MINUTE)
        return location

    def is_there(self, location: Location) -> bool:
        """Whether Google shows a location to those who manage it."""
        return location.status != "suspended"

    def shown(self, location: Location) -> dict[str, Any]:
        """A location in an answer."""
        metadata = {
            "canOperateLocalPost": location.status != "no_posts",
            "hasVoiceOfMerchant": location.status != "unverified",
            "placeId": f"ChIJ{location.id}",
            "mapsUri": location.url,
        }
        named = {"name": f"locations/{location.id}", "title": location.username, "languageCode": location.language}
        return {**named, "metadata": metadata}

    def profile_of(self, call: Call) -> str | None:
        """The location that a call names; else that of its token."""
        parts = self.path_parts(call)
        named = next((one for one in parts if one in self.accounts), None)
        return named or super().profile_of(call)

    def choices(self, call: Call) -> Iterable[Choice]:
        """Persons, each by one of their locations."""
        persons = {one.person: one for one in reversed(list(self.accounts))}
        return [Choice(one.id, one.username, also=frozenset({one.person})) for one in persons.values()]

    def granted(self, source: Code | Token) -> dict[str, Any]:
        """A refresh token is not replaced, and so not named again."""
        access, refresh = self.issue_pair(source.profile_id, source.scopes)
        body = {"access_token": access.value, "expires_in": self.limits["accessTokenSeconds"], "token_type": "Bearer"}
        body["scope"] = " ".join(source.scopes)
        if isinstance(source, Token):
            self.issuer.tokens.remove(refresh.value)
            return body
        return {**body, "refresh_token": refresh.value}

    def new_profile(self, name: str | None, beside: Location | None) -> Location:
        number = max(int(one.id) for one in [DEFAULT, *self.accounts]) + 1
        person = beside.person if beside else str(int(DEFAULT.person) + number - int(DEFAULT.id))
        return replace(DEFAULT, id=str(number), username=self.new_username(name, joint="-", signs="-"), person=person)

    def new_tokens(self, profile: Location) -> dict[str, Any]:
        access, refresh = self.issue_pair(profile.id, [*self.login.scopes])
        expires_at = iso(access.expires_at or 0)
        return {"accessToken": access.value, "refreshToken": refresh.value, "expiresAt": expires_at}

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        return [(self.posted, post.id)]

    def permalink(self, row: LocalPost, base_url: str) -> str:
        return f"{base_url}/google_business/site/local/posts/{row.id}"

    def posts(self, base_url: str) -> list[PostView]:
        """What Google has judged and not rejected."""
        now = self.clock.now()
        return [self._view(one, base_url) for one in self.posted if one.judged_at <= now and not one.is_rejected]

    def _view(self, row: LocalPost, base_url: str) -> PostView:
        fields, event, button = row.fields, row.fields.get("event"), row.fields.get("callToAction")
        notes = [f"Event: {event['title']}"] if event else []
        notes += [f"Button: {button['actionType']}"] if button else []
        return self.view(
            row,
            base_url,
            text=fields.get("summary", ""),
            kind=fields["topicType"].lower(),
            media=self.shown_media(row.digests, []),
            link=(button or {}).get("url") or (fields.get("offer") or {}).get("redeemOnlineUrl"),
            notes=notes,
        )
