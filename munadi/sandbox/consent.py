"""The consent page of every emulated network that asks for consent in a browser (OAuth 2).

An app sends a browser here with `redirect_uri`, `scope` and `state`. The page is a form, sent by GET to its own
address, and the same decision can be made without a browser, by adding to the query:

    approve=<id>    the profile (at Facebook a person, or one of their Pages) that the app gets access to
    deny=1          nobody
    grant=<scope>   as often as there are boxes ticked, or several by commas; left out, all that were asked for
    untick=<scope>  as often as there are boxes cleared; the rest of what was asked for is granted
    page=<id>       at Facebook: the Pages that are shared, as often or by commas; left out, all of the person's
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.rendering import render

DECISION = {"approve", "deny", "grant", "untick", "page"}
HEADERS = {
    # No `form-action`: browsers hold the redirect that follows a form to it as well, and that leads to the app.
    "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Choice:
    """Who may consent. `pages`: id and name of what a person can share; `also`: further ids that mean this one."""

    id: str
    name: str
    pages: Sequence[tuple[str, str]] = ()
    also: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Decision:
    """`scopes`: asked for and granted, in the order of asking. `pages`: those shared, None where there are none."""

    profile_id: str
    scopes: list[str]
    pages: list[str] | None


def is_address(uri: str) -> bool:
    """Whether a browser can be sent there; that is all that this network knows of redirect addresses."""
    return uri.startswith(("http://", "https://"))


def decided(
    call: Call, network: str, choices: Iterable[Choice], asked: Sequence[str], *,
    denial: dict[str, str], client: str = "client_id",
) -> Decision | Answer:  # fmt: skip
    """What the owner decided; until then the answer is the page, and for a denial the way back."""
    if "deny" in call.query:
        return sent_back(call, denial)
    offered = list(choices)
    approved = call.query.get("approve", "")
    choice = next((one for one in offered if approved == one.id or approved in one.also), None)
    if choice is None:
        return _page(call, network, offered, asked, call.query.get(client, ""))
    granted = _listed(call, "grant") if "grant" in call.query else list(asked)
    cleared = _listed(call, "untick")
    scopes = [scope for scope in asked if scope in granted and scope not in cleared]
    if not choice.pages:
        return Decision(choice.id, scopes, None)
    shared = _listed(call, "page") if "page" in call.query else [page for page, _ in choice.pages]
    return Decision(choice.id, scopes, [page for page, _ in choice.pages if page in shared])


def sent_back(call: Call, values: dict[str, str], *, fragment: str = "", effect: bool = False) -> Answer:
    """302 to the app's redirect address with `values` and its `state`."""
    uri = call.query.get("redirect_uri", "")
    if "state" in call.query:
        values = values | {"state": call.query["state"]}
    location = f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}{fragment}"
    return Answer(302, None, {"location": location}, effect)


def _page(call: Call, network: str, choices: list[Choice], asked: Sequence[str], client_id: str) -> Answer:
    kept = [(name, value) for name, value in call.query.multi_items() if name not in DECISION]
    shown = render("consent.html", network=network, client_id=client_id, choices=choices, scopes=asked, kept=kept)
    return Answer(200, shown, dict(HEADERS))


def _listed(call: Call, name: str) -> list[str]:
    return [part.strip() for value in call.query.getlist(name) for part in value.split(",") if part.strip()]
