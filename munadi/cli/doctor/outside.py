"""Check what networks need: a public address that answers, and registered app credentials."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from munadi.cli.doctor.check import Check

if TYPE_CHECKING:
    import httpx

    from munadi.config import Settings

PATIENCE = 5.0
# How long before the end of a version of a network's API there is a warning.
VERSION_AHEAD = timedelta(days=60)
SET = "Set MUNADI_PUBLIC_URL to an https address at which networks and browsers reach the API."
FINE = "Fine with the sandbox. For real networks, which fetch media and send browsers back: " + SET


def public_address(settings: Settings, transport: httpx.BaseTransport | None = None) -> Check:
    """Whether Munadi answers under its public URL, seen from this machine."""
    url = settings.base_url
    where = urlsplit(url)
    if _is_private(where.hostname or ""):
        named = f"{url} cannot be reached from outside"
        message = (
            named
            if settings.public_url
            else "MUNADI_PUBLIC_URL is not set, so networks and browsers have no address for this installation"
        )
        return Check("public url", settings.is_development, message, FINE if settings.is_development else SET)
    import httpx

    try:
        with httpx.Client(timeout=PATIENCE, trust_env=False, transport=transport) as client:
            answer = client.get(f"{url}/healthz")
    except httpx.HTTPError as error:
        advice = "Check DNS, the certificate and the proxy in front of the API against MUNADI_PUBLIC_URL."
        return Check("public url", False, f"{url} does not answer: {error or type(error).__name__}", advice)
    if not _is_munadi(answer):
        advice = "Make the proxy there pass every path to the API, or correct MUNADI_PUBLIC_URL."
        return Check("public url", False, f"{url} answers {answer.status_code}, but not as Munadi", advice)
    if where.scheme != "https":
        return Check("public url", True, f"{url} answers, without TLS", "Networks ask for https. " + SET)
    return Check("public url", True, f"{url} answers, asked from this machine")


def credentials(settings: Settings) -> Iterator[Check]:
    """Check the app credentials of each network with OAuth: id and secret are both set, or accounts cannot connect."""
    from munadi.channels.registry import REGISTRY

    without = []
    for name, module in REGISTRY.items():
        given = import_module(f"{module}.spec").Settings.model_validate(settings.channels.get(name.value, {}))
        pairs = [field.removesuffix("id") for field in type(given).model_fields if field.endswith("client_id")]
        for pair in pairs:
            halves = {part: getattr(given, f"{pair}{part}") is not None for part in ("id", "secret")}
            if any(halves.values()) and not all(halves.values()):
                missing = next(part for part, there in halves.items() if not there)
                setting = f"MUNADI_CHANNELS__{name.value.upper()}__{pair.upper()}{missing.upper()}"
                yield Check("channels", False, f"{setting} is missing", "Set it too; the other half is set.")
        if pairs and not any(getattr(given, f"{pair}id") for pair in pairs):
            without.append(name.value)
    if without:
        advice = (
            "To connect accounts there in a browser, register an app and set MUNADI_CHANNELS__<CHANNEL>__CLIENT_ID and "
            "__CLIENT_SECRET (docs/connecting.md). Accounts can be imported without."
        )
        yield Check("channels", True, f"no app credentials for {', '.join(without)}", advice)


def versions(settings: Settings, today: date) -> Iterator[Check]:
    """Check the versions of the networks' APIs that end some day: a network refuses every call of one that is over.

    Only a day that the network has named is an error once it has come: an estimate is the earliest day.
    """
    from munadi.channels.registry import REGISTRY

    for name, module in REGISTRY.items():
        given = import_module(f"{module}.spec").Settings.model_validate(settings.channels.get(name.value, {}))
        ends: date | None = getattr(given, "version_ends", None)
        if ends is None or ends - VERSION_AHEAD > today:
            continue
        advice = f"Set MUNADI_CHANNELS__{name.value.upper()}__VERSION to a newer one and restart API and workers."
        if given.version_end_known:
            when, about = "ended" if ends <= today else "ends", "on"
        else:
            when, about = "may have ended" if ends <= today else "ends", "about"
        is_over = given.version_end_known and ends <= today
        yield Check("versions", not is_over, f"{name.value} {when} version {given.version} {about} {ends}", advice)


def _is_private(host: str) -> bool:
    if host in ("", "localhost") or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _is_munadi(answer: httpx.Response) -> bool:
    try:
        return answer.status_code == 200 and bool(answer.json().get("status") == "ok")
    except (ValueError, AttributeError):
        return False
