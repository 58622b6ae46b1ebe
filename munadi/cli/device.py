"""`munadi login --device`: a person allows this machine a key in a browser that may be elsewhere (RFC 8628)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from munadi.cli.session import Session
from munadi.domain.device import CLIENT, GRANT, POLL_SECONDS
from munadi.process.exits import CommandFailed, Exit

if TYPE_CHECKING:
    import httpx

BEGIN, TOKEN = "/oauth/device_authorization", "/oauth/token"
LONGEST_WAIT = 60


def key_by_browser(session: Session, url: str) -> str:
    """A key of the API at `url`, once a person has allowed it. CommandFailed when they refuse, or let it end."""
    import httpx

    # A proxy from the environment would see the key.
    with httpx.Client(base_url=url, transport=session.transport, trust_env=False, timeout=30.0) as http:
        begun = _begin(http, url)
        shown = {"verificationUri": begun["verification_uri"], "userCode": begun["user_code"]}
        session.show(
            shown,
            lambda out, found: out.line(
                f"open {found['verificationUri']} in a browser and type ", (found["userCode"], "bold")
            ),
        )
        return _key(session, http, begun)


def _begin(http: httpx.Client, url: str) -> dict[str, Any]:
    import httpx

    try:
        answer = http.post(BEGIN, data={"client_id": CLIENT})
    except httpx.TransportError as error:
        raise CommandFailed(f"{url} cannot be reached: {error}", Exit.NOT_REACHABLE) from error
    found = _read(answer)
    if answer.status_code != 200 or not {"device_code", "user_code", "verification_uri"} <= found.keys():
        said = found.get("error_description") or found.get("detail") or f"it answered {answer.status_code}"
        remedy = "Try again later, or log in with a key: munadi login --api-key …"
        raise CommandFailed(f"{url} gives this machine no code: {said}", Exit.REFUSED, remedy)
    return found


def _key(session: Session, http: httpx.Client, begun: dict[str, Any]) -> str:
    """Ask until a person has decided. An API that is away for a while is asked again."""
    import httpx

    pause, seconds = session.pause or time.sleep, int(begun.get("interval") or POLL_SECONDS)
    left = float(begun.get("expires_in") or 600)
    form = {"grant_type": GRANT, "device_code": begun["device_code"], "client_id": CLIENT}
    while left > 0:
        pause(seconds)
        left -= seconds
        try:
            answer = http.post(TOKEN, data=form)
        except httpx.TransportError:
            continue
        found = _read(answer)
        if answer.status_code == 200 and "access_token" in found:
            return str(found["access_token"])
        match found.get("error"):
            case "slow_down":
                seconds = min(seconds + POLL_SECONDS, LONGEST_WAIT)
            case "access_denied":
                raise CommandFailed("it was not allowed in the browser", Exit.NOT_PERMITTED)
            case "expired_token":
                break
            case "authorization_pending":
                continue
            case error if answer.status_code < 500 and answer.status_code != 429:
                raise CommandFailed(
                    f"no key: {found.get('error_description') or error or answer.status_code}", Exit.REFUSED
                )
    raise CommandFailed("nobody allowed it in time", Exit.NOT_PERMITTED, "Run munadi login --device again.")


def _read(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON; empty for anything else, such as a proxy's page."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
