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
from urllib.parse import urlencode

from munadi.sandbox.consent_words import app_of, words_of
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
