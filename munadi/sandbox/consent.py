"""The consent page that emulated networks with OAuth 2 show in a browser.

An app sends a browser here with `redirect_uri`, `scope` and `state`. The page is a form that is sent by GET to its own
address. A test decides without a browser by adding to the query:

    approve=<profile>  the id or name of the profile that the app gets access to; at Facebook a person or a Page
    deny=1             the owner refuses
    grant=<scope>      only these scopes, repeated or separated by commas; without it, all requested scopes
    untick=<scope>     all requested scopes but these
    page=<id>          at Facebook only these Pages, repeated or separated by commas; without it, all of the person's
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.rendering import PRIVATE_PAGE, render

DECISION = {"approve", "deny", "grant", "untick", "page"}
# No `form-action`: browsers apply it to the redirect that follows a form as well, and that leads to the app.
POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Choice:
    """Who may consent. `pages`: id and name of what a person can share; `also`: further ids of this choice."""

    id: str
    name: str
    pages: Sequence[tuple[str, str]] = ()
    also: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Decision:
    """`scopes`: requested and granted, in the order of the request. `pages`: the shared ones; None: there are none."""

    profile_id: str
    scopes: list[str]
    pages: list[str] | None


def is_address(uri: str) -> bool:
    """Whether a browser can be sent there; the sandbox registers no redirect addresses."""
    return uri.startswith(("http://", "https://"))


def decision_of(
    call: Call,
    network: str,
    choices: Iterable[Choice],
    requested: Sequence[str],
    *,
    denial: dict[str, str],
    client: str = "client_id",
    app: str | None = None,
) -> Decision | Answer:
    """What the owner decided; without a decision the answer is the page, and for a denial the redirect.

    `client` is the query's name of the app's id, `app` the name under which the app registered, if it did.
    """
    if "deny" in call.query:
        return redirect_back(call, denial)
    offered = list(choices)
    if "approve" not in call.query:
        return _page(call, network, offered, requested, app_of(app or call.query.get(client, "")))
    approved = call.query["approve"]
    choice = next((one for one in offered if approved in (one.id, one.name) or approved in one.also), None)
    if choice is None:
        return _unknown(approved, network, offered)
    granted = _listed(call, "grant") if "grant" in call.query else list(requested)
    cleared = _listed(call, "untick")
    scopes = [scope for scope in requested if scope in granted and scope not in cleared]
    if not choice.pages:
        return Decision(choice.id, scopes, None)
    shared = _listed(call, "page") if "page" in call.query else [page for page, _ in choice.pages]
    return Decision(choice.id, scopes, [page for page, _ in choice.pages if page in shared])


def redirect_back(call: Call, values: dict[str, str], *, fragment: str = "", effect: bool = False) -> Answer:
    """302 to the app's redirect address with `values` and its `state`."""
    uri = call.query.get("redirect_uri", "")
    if "state" in call.query:
        values = values | {"state": call.query["state"]}
    location = f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}{fragment}"
    return Answer(302, None, {"location": location}, effect)


def _page(call: Call, network: str, choices: list[Choice], requested: Sequence[str], app: str) -> Answer:
    hidden = [(name, value) for name, value in call.query.multi_items() if name not in DECISION]
    scopes = [(scope, words_of(scope)) for scope in requested]
    shown = render("consent.html", network=network, app=app, choices=choices, scopes=scopes, hidden=hidden)
    return Answer(200, shown, {**PRIVATE_PAGE, "content-security-policy": POLICY})


def _unknown(approved: str, network: str, choices: list[Choice]) -> Answer:
    known = ", ".join(f"{one.name} ({one.id})" for one in choices) or "none"
    text = f"approve={approved}: {network} has no such profile in the sandbox. Known profiles: {known}"
    return Answer(400, text, {**PRIVATE_PAGE, "content-type": "text/plain; charset=utf-8"})


def _listed(call: Call, name: str) -> list[str]:
    return [part.strip() for value in call.query.getlist(name) for part in value.split(",") if part.strip()]


# What the page says of the app and of its scopes, in words.
_YOUTUBE = "https://www.googleapis.com/auth/"
_PROFILE, _PUBLISH, _ARRIVED = "See your profile and its name", "Publish posts for you", "See your posts"
WORDS = {
    "atproto": "Know who you are",
    "transition:generic": "Publish posts and upload media for you",
    "pages_show_list": "See which Pages you manage",
    "pages_read_engagement": "See the posts of your Pages",
    "pages_manage_posts": "Publish posts for your Pages",
    "pages_manage_engagement": "Write comments for your Pages",
    "instagram_business_basic": _PROFILE,
    "instagram_business_content_publish": _PUBLISH,
    "instagram_business_manage_comments": "Write comments for you",
    "instagram_basic": _PROFILE,
    "instagram_content_publish": _PUBLISH,
    "instagram_manage_comments": "Write comments for you",
    "openid": "Know who you are",
    "profile": _PROFILE,
    "w_member_social": "Publish posts and comments in your name",
    "w_organization_social": "Publish posts and comments for your pages",
    "r_organization_social": "See the posts of your pages",
    "rw_organization_admin": "See which pages you manage",
    "read:accounts": _PROFILE,
    "read:statuses": _ARRIVED,
    "write:statuses": _PUBLISH,
    "write:media": "Upload pictures and videos",
    "user_accounts:read": _PROFILE,
    "boards:read": "See your boards",
    "boards:write": "Save Pins to your boards",
    "pins:read": "See your Pins",
    "pins:write": "Publish Pins for you",
    "threads_basic": _PROFILE,
    "threads_content_publish": _PUBLISH,
    "threads_manage_replies": "Write replies for you",
    "threads_read_replies": "See replies to your posts",
    "user.info.basic": _PROFILE,
    "video.publish": "Publish pictures and videos for you",
    "video.upload": "Upload videos as drafts",
    "tweet.read": _ARRIVED,
    "users.read": _PROFILE,
    "tweet.write": _PUBLISH,
    "media.write": "Upload pictures and videos",
    "offline.access": "Stay connected while you are away",
    f"{_YOUTUBE}youtube.upload": "Upload videos to your channel",
    f"{_YOUTUBE}youtube.readonly": "See your channel and its videos",
    f"{_YOUTUBE}youtube.force-ssl": "Manage your videos and comments",
    f"{_YOUTUBE}youtube": "Manage your channel",
    "https://www.googleapis.com/auth/business.manage": "Manage your business profiles on Google",
}


def words_of(scope: str) -> str:
    """What the scope allows; empty for one that is not known here."""
    return WORDS.get(scope, "")


# The app id that `munadi dev` uses at networks for which no app is registered.
MUNADI_DEV = "sandbox"


def app_of(client_id: str) -> str:
    """What an owner calls the app: its name or id, and the server of an app whose id is an address."""
    if client_id == MUNADI_DEV:
        return "Munadi"
    address = urlsplit(client_id)
    if address.scheme not in ("http", "https"):
        return client_id or "An app without a name"
    return "An app on this machine" if address.hostname == "localhost" else f"The app at {address.netloc}"
