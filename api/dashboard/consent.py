"""The page on which a person allows a program to act for a brand, or does not (OAuth 2.1).

It works without scripts. Only who may make keys may agree, and gives no more than they have. The form carries the
session's token; the browser is sent back to the program only from here, and only to the checked address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import Reader, ReadingFailed, TheReader
from api.dashboard.render import HEADERS, PageRoute, render
from api.dashboard.session import check_csrf
from api.deps import TheServices
from api.http.body_kind import form_of
from api.http.problems import request_id_of
from api.languages.catalogue import N_
from api.oauth.addresses import CONSENT, place_of, way_back
from api.oauth.pending import PendingRequest, open_request
from api.pages.look import Look, brand_look
from api.process.services import Services
from munadi.db.keys.callers import Principal
from munadi.db.tables import OAuthDeviceRow
from munadi.domain.device import CLIENT_NAME
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps, strictest
from munadi.domain.oauth import (
    LEVELS,
    REQUEST_LIFE,
    AccessLevel,
    Consent,
    GrantRefused,
    is_on_this_machine,
    scopes_of,
)
from munadi.domain.usage import QuotaExceeded

router = APIRouter(route_class=PageRoute)

# What each level means to a person.
MEANINGS: Mapping[AccessLevel, str] = {
    AccessLevel.READ: N_("Only read posts, drafts and accounts"),
    AccessLevel.DRAFT: N_("Prepare drafts, which a person submits"),
    AccessLevel.PROPOSE: N_("Propose posts, which are published once a person has approved them"),
    AccessLevel.PUBLISH: N_("Publish, change and cancel posts by itself"),
}
WITHDRAWING = N_("Also take published posts back from their networks")
# For how many days. The first one is offered first.
DAYS = {30: N_("30 days"), 1: N_("One day"), 7: N_("A week"), 90: N_("90 days"), 365: N_("A year")}
# The levels whose posts are counted, and how many a day are offered.
POSTING = frozenset({AccessLevel.PROPOSE, AccessLevel.PUBLISH})
USUAL_POSTS, MOST_POSTS = 20, 999_999
_POSTS = re.compile(r"([1-9][0-9]{0,5})?")
_NO_BRAND = N_("Choose a brand that you may see.")
_NO_LEVEL = N_("Choose what it may do, out of what you may do yourself.")
_NO_END = N_("Choose until when.")
_NO_POSTS = N_("Give the posts a day as a whole number from 1, or leave it empty for no limit of its own.")
_ENDED = {
    "title": N_("This request has ended"),
    "detail": N_("A request to sign in is good for 15 minutes. Start again in the program."),
    "errors": (),
}
_FULL = N_("The brand has as many keys as it may have. Revoke one in the settings, then allow this again.")


@dataclass(frozen=True)
class _Asked:
    """A request that was opened: what the program wants, and what the program calls itself; empty: nothing."""

    sealed: str
    pending: PendingRequest
    name: str
    device: OAuthDeviceRow | None = None

    @property
    def wanted(self) -> frozenset[str] | None:
        """The scopes that it names; None: it leaves them to the person."""
        return None if self.pending.scopes is None else frozenset(self.pending.scopes)


@router.get(CONSENT)
async def show_consent(
    request: Request,
    reader: TheReader,
    frame: TheFrame,
    services: TheServices,
    sealed: Annotated[str, Query(alias="request")] = "",
) -> Response:
    """What the program asks for, and what it would get."""
    asked = await _asked(sealed, reader.viewer.principal, services)
    return await _page(request, asked, reader.viewer.principal, {}) if asked else _ended(request)


@router.post(CONSENT)
async def decide(request: Request, reader: TheReader, frame: TheFrame, services: TheServices) -> Response:
    """Send the browser back to the program, with a code or with the refusal."""
    form = form_of(request)
    asked = await _asked(form.get("request", ""), reader.viewer.principal, services)
    if asked is None:
        return _ended(request)
    check_csrf(request, form.get("csrf", ""), reader.viewer.session, services.settings.base_url)
    if form.get("decision") != "allow":
        return await _deny(request, asked, services)
    problem = _may_not(reader.viewer.principal) or await _problem(form, reader, asked)
    if problem is not None:
        return await _page(request, asked, reader.viewer.principal, form, status=422, problem=problem)
    try:
        return await _allow(request, _consent(form, asked, reader.viewer.principal, services), asked, services)
    except QuotaExceeded:
        return await _page(request, asked, reader.viewer.principal, form, status=422, problem=_FULL)
    except GrantRefused:
        return _ended(request)


async def _allow(request: Request, consent: Consent, asked: _Asked, services: Services) -> Response:
    if asked.device is None:
        return _back(asked, services, code=await services.sign_ins.allow(consent))
    await services.devices.allow(asked.device.hash, consent)
    return render(request, "device_done.html", live=False, allowed=True)


async def _deny(request: Request, asked: _Asked, services: Services) -> Response:
    if asked.device is None:
        return _back(asked, services, error="access_denied")
    try:
        await services.devices.deny(asked.device.hash)
    except GrantRefused:
        return _ended(request)
    return render(request, "device_done.html", live=False, allowed=False)


async def _asked(sealed: str, principal: Principal, services: Services) -> _Asked | None:
    """The request to sign in; None when it is too old, none of ours, or of a program that is not registered now, or a
    device's whose code another person has typed."""
    pending = open_request(services.keyring, sealed, services.clock.now())
    if pending is not None and pending.device is not None:
        device = await services.devices.get(pending.device)
        is_for_viewer = device is not None and pending.typed_by == principal.key_id
        return _Asked(sealed, pending, CLIENT_NAME, device) if is_for_viewer else None
    client = await services.sign_ins.clients.get(pending.client_id) if pending else None
    return _Asked(sealed, pending, client.name) if pending and client else None


def _ended(request: Request) -> Response:
    return render(request, "error.html", status=400, problem=_ENDED, request_id=request_id_of(request.scope))


def _may_not(principal: Principal) -> str | None:
    """Why this person cannot agree. A program gets a key, so it takes the right to make keys."""
    if principal.may(Scope.KEYS_WRITE):
        return None
    return N_("Only a person whose key may make keys can allow this. Ask an administrator, or sign in with such a key.")


def levels_for(principal: Principal, wanted: frozenset[str] | None) -> list[AccessLevel]:
    """The levels that a person can give: within what they may do, and what the program asked for."""
    return [
        level
        for level in MEANINGS
        if all(principal.may(scope) and (wanted is None or scope in wanted) for scope in LEVELS[level])
    ]


def _may_withdraw(principal: Principal, wanted: frozenset[str] | None) -> bool:
    scopes = LEVELS[AccessLevel.WITHDRAW]
    return all(principal.may(scope) and (wanted is None or scope in wanted) for scope in scopes)


async def _page(
    request: Request,
    asked: _Asked,
    principal: Principal,
    form: Mapping[str, str],
    status: int = 200,
    problem: str | None = None,
) -> Response:
    levels = levels_for(principal, asked.wanted)
    drafts = AccessLevel.DRAFT if AccessLevel.DRAFT in levels else AccessLevel.READ
    page = render(
        request,
        "consent.html",
        look=await _look(request, asked),
        status=status,
        live=False,
        sealed=asked.sealed,
        client=asked.name,
        device=asked.device,
        place=place_of(asked.pending.redirect_uri),
        on_this_machine=is_on_this_machine(asked.pending.redirect_uri),
        levels=[(level.value, MEANINGS[level]) for level in levels],
        chosen=form.get("level", drafts.value),
        withdrawing=WITHDRAWING if _may_withdraw(principal, asked.wanted) else None,
        withdraws="withdraw" in form,
        days=DAYS,
        for_days=form.get("days", str(next(iter(DAYS)))),
        posts=form.get("postsPerDay", str(USUAL_POSTS)) if POSTING.intersection(levels) else None,
        most_posts=MOST_POSTS,
        brand=form.get("brandRef"),
        problem=problem,
        may_not=_may_not(principal),
    )
    if asked.device is None:
        page.headers["Content-Security-Policy"] = _policy(asked.pending.redirect_uri)
    return page


async def _look(request: Request, asked: _Asked) -> Look:
    """The look of the brand that is asked for, if there is only one to choose; the installation's otherwise."""
    services, choice = request.app.state.services, request.state.frame.choice
    only = choice.ref if choice.brand is not None and not choice.several else None
    look, _ = await brand_look(only, services)
    return look.ending(datetime.fromtimestamp(asked.pending.at, UTC) + REQUEST_LIFE, choice.zone)


def _policy(uri: str) -> str:
    """The policy of all pages; browsers apply `form-action` also to where the form's answer leads."""
    parts = urlsplit(uri)
    # A policy cannot name an IPv6 address.
    names_host = parts.scheme in ("http", "https") and "[" not in parts.netloc
    back = f"{parts.scheme}://{parts.netloc}" if names_host else f"{parts.scheme}:"
    return HEADERS["Content-Security-Policy"].replace("form-action 'self'", f"form-action 'self' {back}")


async def _problem(form: Mapping[str, str], reader: Reader, asked: _Asked) -> str | None:
    """What is wrong with the form, for its person."""
    principal, level = reader.viewer.principal, form.get("level", "")
    if level not in levels_for(principal, asked.wanted):
        return _NO_LEVEL
    if "withdraw" in form and not _may_withdraw(principal, asked.wanted):
        return _NO_LEVEL
    if form.get("days") not in {str(days) for days in DAYS}:
        return _NO_END
    if level in POSTING and not _POSTS.fullmatch(form.get("postsPerDay", "")):
        return _NO_POSTS
    brand_ref = form.get("brandRef", "")
    try:
        await reader.get(f"/v1/brands/{quote(brand_ref, safe='')}")
    except ReadingFailed:
        return _NO_BRAND
    return None if brand_ref else _NO_BRAND


def _consent(form: Mapping[str, str], asked: _Asked, principal: Principal, services: Services) -> Consent:
    levels = [form["level"], *([AccessLevel.WITHDRAW] if "withdraw" in form else [])]
    ends_at = services.clock.now() + timedelta(days=int(form["days"]))
    return Consent(
        client_id=asked.pending.client_id,
        client_name=asked.name or place_of(asked.pending.redirect_uri),
        brand_ref=form["brandRef"],
        scopes=scopes_of(levels),
        ends_at=min(each for each in (ends_at, principal.key_ends_at) if each is not None),
        granted_by=principal.key_id,
        redirect_uri=asked.pending.redirect_uri,
        challenge=asked.pending.challenge,
        resource=asked.pending.resource,
        caps=_caps(form, principal),
    )


def _caps(form: Mapping[str, str], principal: Principal) -> KeyCaps | None:
    """The person's own caps, and the posts a day that they chose, whichever is less."""
    posts = form.get("postsPerDay") if form["level"] in POSTING else None
    caps = strictest([principal.own_caps, KeyCaps(posts_per_day=int(posts) if posts else None)])
    return None if caps == KeyCaps() else caps


def _back(asked: _Asked, services: Services, **result: str) -> Response:
    """To the program: what it gets, its own state, and who answers (RFC 9207)."""
    base = services.settings.base_url
    address = way_back(asked.pending.redirect_uri, **result, state=asked.pending.state, iss=base)
    return RedirectResponse(address, 303, HEADERS | {"Referrer-Policy": "no-referrer"})
