"""What the page lets go wrong with an account's next post: planted faults, in words for people who try Munadi.

The control API plants the same and more. Each network has its own refusal (`Platform.refusal`). The form works without
a script; the policy lets only the page submit it, and `own_pages` refuses a browser that another site sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from munadi.sandbox.faults import VISIBLE, Fault, FaultMode
from munadi.sandbox.model import UnknownProfileError
from munadi.sandbox.platform import Platform
from munadi.sandbox.state import SandboxState

OUTAGE_SECONDS = 30.0
DOWN: dict[str, Any] = {"status": 503, "body": "down for maintenance"}


@dataclass(frozen=True)
class Mishap:
    """`title` is what the network does, `outcome` what to expect of it, as sentences."""

    title: str
    outcome: str


REFUSED, LIMITED, REVOKED, OUTAGE, LOST = "refused", "limited", "revoked", "outage", "lost"
MISHAPS = {
    REFUSED: Mishap(
        "The network does not let the account publish",
        "The post fails. Needs attention says why and what to do; Retry there publishes it.",
    ),
    LIMITED: Mishap("Too many posts: it has to wait", "The post waits, and is published later by itself."),
    REVOKED: Mishap("The owner takes the access back", "Posts wait for the account until its owner connects it again."),
    OUTAGE: Mishap(
        f"The network is down for {OUTAGE_SECONDS:.0f} seconds", "The post waits, and is published by itself."
    ),
    LOST: Mishap(
        "It is published, and the answer is lost", "Munadi finds the post at the network. It is not sent again."
    ),
}


def let_happen(state: SandboxState, network: Platform[Any], profile_id: str, name: str) -> None:
    """Plant one of `MISHAPS` for a profile. What was planted for its next post before is replaced."""
    for planted in list(state.faults.values()):
        if planted.title and (planted.channel, planted.profile) == (network.channel, profile_id):
            del state.faults[planted.id]
    if name == REVOKED:
        network.revoke_tokens(profile_id, None)
        return
    kind: dict[str, dict[str, Any]] = {
        REFUSED: {"operation": VISIBLE, "mode": FaultMode.ERROR, "error": network.refusal},
        LIMITED: {"operation": VISIBLE, "mode": FaultMode.ERROR, "error": network.throttling},
        OUTAGE: {"operation": "*", "mode": FaultMode.ERROR, "times": None, "seconds": OUTAGE_SECONDS, **DOWN},
        LOST: {"operation": VISIBLE, "mode": FaultMode.ACCEPT_THEN_RESET},
    }
    fault = Fault(network.channel, profile=profile_id, title=MISHAPS[name].title, **kind[name])
    state.faults[fault.id] = fault


LONGEST = 4096


def mishap_routes(state: SandboxState) -> list[BaseRoute]:
    async def plant(request: Request) -> Response:
        form = await form_of(request)
        network, profile_id = _account(state, form.get("account", ""))
        name = form.get("mishap", "")
        if name not in MISHAPS:
            raise HTTPException(422, f"mishap: unknown {name!r}; there are {', '.join(MISHAPS)}")
        let_happen(state, network, profile_id, name)
        shown = {"channel": form["channel"]} if form.get("channel") in state.networks else {}
        return RedirectResponse("/?" + urlencode({**shown, "account": form["account"], "mishap": name}), 303)

    async def remove(request: Request) -> Response:
        form = await form_of(request)
        state.faults.pop(form.get("fault", ""), None)  # gone already, when it has just happened
        return RedirectResponse("/?" + urlencode({"channel": form["channel"]} if form.get("channel") else {}), 303)

    return [Route("/mishaps", plant, methods=["POST"]), Route("/mishaps/remove", remove, methods=["POST"])]


def what_was_asked(state: SandboxState, query: Mapping[str, str]) -> dict[str, Any] | None:
    """What the form last asked for, to say so on the page; None without it, or if it names nothing that exists."""
    if query.get("mishap") not in MISHAPS:
        return None
    try:
        network, profile_id = _account(state, query.get("account", ""))
    except HTTPException:
        return None
    mishap = MISHAPS[query["mishap"]]
    return {"network": network.title, "name": network.profile(profile_id).name, "mishap": mishap}


def planted(state: SandboxState) -> list[dict[str, str]]:
    """What is still to happen, newest first."""
    found = [fault for fault in state.faults.values() if fault.title and fault.profile and fault.is_live]
    return [
        {
            "id": fault.id,
            "title": fault.title,
            "network": state.networks[fault.channel].title,
            "channel": fault.channel,
            "name": state.networks[fault.channel].profile(fault.profile).name,
        }
        for fault in reversed(found)
        if fault.profile is not None
    ]


def _account(state: SandboxState, text: str) -> tuple[Platform[Any], str]:
    """The network and the profile's id of `channel/id`. HTTPException 422 if there is none."""
    channel, _, reference = text.partition("/")
    network = state.networks.get(channel)
    try:
        if network is not None:
            return network, network.profile_id(reference)
    except UnknownProfileError:
        pass
    raise HTTPException(422, f"account: there is no {text!r}; choose one of the page")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form. HTTPException 413 for one that is too long."""
    body = await request.body()
    if len(body) > LONGEST:
        raise HTTPException(413, f"a form has at most {LONGEST} bytes; this has {len(body)}")
    return dict(parse_qsl(body.decode("utf-8", "replace")))
