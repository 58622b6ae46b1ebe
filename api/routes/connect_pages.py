"""What a profile's owner sees: the link's page, the way to the network and back, the choice among several profiles.

No key is needed: the link, the state and the browser's cookie are the secrets here (munadi/connecting.py).
"""

from __future__ import annotations

import re
import secrets
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, BackgroundTasks, Cookie, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from api.auth import not_found
from api.deps import TheServices
from api.pages import ASSETS, HEADERS, page
from api.services import Services
from api.wake import wake_keepers
from munadi.connecting import Back, LinkVoid, StateVoid
from munadi.db.accounts import AccountStore
from munadi.db.brands import BrandStore
from munadi.db.client_keys import keys_in_use
from munadi.db.connections import ConnectionStore, hash_of, view_of
from munadi.db.tables import ConnectionRow
from munadi.domain.channel import ChannelName
from munadi.domain.connection import ConnectionStatus
from munadi.domain.failure import ChannelError, Failure
from munadi.domain.ids import Prefix, is_id
from munadi.domain.reasons import failure_of
from munadi.ports import KnownByAddress

router = APIRouter(include_in_schema=False)

COOKIE, COOKIE_SECONDS = "munadi_browser", 3600
_COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
Browser = Annotated[str | None, Cookie(alias=COOKIE)]


@router.get("/connect/assets/page.css")
async def show_style() -> Response:
    """The pages' own style."""
    return FileResponse(ASSETS / "page.css", media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/connect/{link}")
async def show_link(link: str, services: TheServices) -> Response:
    """Who asks for what. Nothing happens yet, since programs that preview links open them too."""
    try:
        row = await services.connecting.opened(link)
    except LinkVoid as error:
        return page("end.html", 410, heading="This link does not work", lines=[str(error)])
    return await _opened(row, services)


@router.post("/connect/{link}")
async def leave(link: str, services: TheServices, browser: Browser = None) -> Response:
    """Off to the network, with a state that this browser alone may bring back."""
    if browser is None or not _COOKIE_VALUE.fullmatch(browser):
        browser = secrets.token_urlsafe(32)
    try:
        row = await services.connecting.opened(link)
        url = await services.connecting.begin(link, browser)
    except LinkVoid as error:
        return page("end.html", 410, heading="This link does not work", lines=[str(error)])
    except ChannelError as error:
        return await _opened(row, services, failure_of(error.reason, error.message, error=error), status=502)
    answer = RedirectResponse(url, 303, HEADERS)
    secure = services.settings.base_url.startswith("https:")
    answer.set_cookie(COOKIE, browser, COOKIE_SECONDS, path="/", httponly=True, secure=secure, samesite="lax")
    return answer


@router.get("/v1/oauth/{channel}/callback")
async def come_back(
    channel: str, request: Request, services: TheServices, background: BackgroundTasks, browser: Browser = None
) -> Response:
    """The network sends the browser here."""
    try:
        back = await services.connecting.come_back(channel, dict(request.query_params), browser)
    except StateVoid:
        lines = ["It was used before, it is more than ten minutes old, or it belongs to another try.",
                 "Nothing was connected. Open the link that you were given again."]  # fmt: skip
        return page("end.html", 400, heading="This answer is not expected", lines=lines)
    wake_keepers(background, services, back.accounts)
    return await _arrived(back, services)


@router.get("/v1/oauth/{channel}/client-metadata.json")
async def show_metadata(channel: str, services: TheServices) -> Response:
    """Who we are to servers that know us by this address."""
    authorizer, base = _known_by_address(channel, services, "client metadata of"), services.settings.base_url
    return JSONResponse(dict(authorizer.metadata(base, f"{base}/v1/oauth/{channel}/callback")))


@router.get("/v1/oauth/{channel}/jwks.json")
async def show_keys(channel: str, services: TheServices) -> Response:
    """The public keys with which we prove to such servers who we are."""
    authorizer = _known_by_address(channel, services, "public keys of")
    used = await keys_in_use(services.database, ChannelName(channel), services.clock.now())
    return JSONResponse(dict(authorizer.jwks(used)))


@router.get("/connections/{connection_id}/choose")
async def show_choices(connection_id: str, services: TheServices, browser: Browser = None) -> Response:
    """Several profiles: which of them?"""
    row = await _of_browser(connection_id, browser, services)
    return _over() if row is None else await _choosing(row, services)


@router.post("/connections/{connection_id}/choose")
async def choose(
    connection_id: str, request: Request, services: TheServices, background: BackgroundTasks, browser: Browser = None
) -> Response:
    """These. The cookie does not come with a form of another site, so nobody else can choose."""
    row = await _of_browser(connection_id, browser, services)
    if row is None:
        return _over()
    chosen = [str(value) for value in (await request.form()).getlist("externalId")]
    if not chosen:
        return await _choosing(row, services, "Choose at least one.")
    try:
        back = await services.connecting.choose(row, chosen)
    except LookupError:
        return await _choosing(row, services, "That is none of the choices.")
    except (StateVoid, LinkVoid):
        return _over()
    wake_keepers(background, services, back.accounts)
    return await _arrived(back, services)


@router.get("/connections/{connection_id}/end")
async def show_end(connection_id: str, services: TheServices, browser: Browser = None) -> Response:
    """How it ended; an address without a code, which may be reloaded and stay in a history."""
    row = await _mine(connection_id, browser, services)
    view = view_of(row, services.clock.now())
    if view.failure is not None:
        return page("end.html", 422, heading="Nothing was connected", failure=view.failure, lines=[])
    if view.status is not ConnectionStatus.CONNECTED:
        return _over()
    accounts = AccountStore(services.database, services.keyring)
    known = [await accounts.view(account_id) for account_id in row.account_ids]
    handles = ", ".join(account.handle for account in known if account is not None)
    lines = [f"{await _brand(row, services)} can now publish as {handles} at {_network(row, services)}.",
             "You can close this window."]  # fmt: skip
    return page("end.html", heading="Connected", lines=lines)


async def _opened(
    row: ConnectionRow, services: Services, failure: Failure | None = None, status: int = 200
) -> Response:
    account = await AccountStore(services.database, services.keyring).view(row.account_id) if row.account_id else None
    return page(
        "open.html",
        status,
        network=_network(row, services),
        brand=await _brand(row, services),
        action="Reconnect" if account else "Connect",
        expected=account.handle if account else None,
        failure=failure or view_of(row, services.clock.now()).failure,
    )


async def _choosing(row: ConnectionRow, services: Services, problem: str | None = None) -> Response:
    return page(
        "choose.html",
        422 if problem else 200,
        network=_network(row, services),
        brand=await _brand(row, services),
        choices=view_of(row, services.clock.now()).choices,
        problem=problem,
    )


async def _arrived(back: Back, services: Services) -> Response:
    """To the address that was asked for, or to a page of ours."""
    choose_url = f"{services.settings.base_url}/connections/{back.connection_id}/choose"
    choosing = back.status is ConnectionStatus.CHOOSING
    if back.redirect_url is not None:
        told = {"connectionId": back.connection_id, "status": back.status.value}
        told |= {"chooseUrl": choose_url} if choosing else {}
        mark = "&" if "?" in back.redirect_url else "?"
        return RedirectResponse(f"{back.redirect_url}{mark}{urlencode(told)}", 303, HEADERS)
    if back.failure is not None:
        return page("end.html", 422, heading="Nothing was connected", failure=back.failure, lines=[])
    end_url = f"{services.settings.base_url}/connections/{back.connection_id}/end"
    return RedirectResponse(choose_url if choosing else end_url, 303, HEADERS)


async def _of_browser(connection_id: str, browser: str | None, services: Services) -> ConnectionRow | None:
    """The try that is being chosen for, if this browser began it; None when there is nothing to choose."""
    row = await _mine(connection_id, browser, services)
    return row if view_of(row, services.clock.now()).status is ConnectionStatus.CHOOSING else None


async def _mine(connection_id: str, browser: str | None, services: Services) -> ConnectionRow:
    """The try that this browser began; for every other one it is not there."""
    store = ConnectionStore(services.database, services.keyring)
    row = await store.get(connection_id) if is_id(connection_id, Prefix.CONNECTION) else None
    if row is None or browser is None or not secrets.compare_digest(hash_of(browser), row.browser_hash or ""):
        raise not_found("connection", connection_id)
    return row


async def _brand(row: ConnectionRow, services: Services) -> str:
    brand = await BrandStore(services.database).get(row.brand_ref)
    return (brand.name if brand else None) or row.brand_ref


def _known_by_address(channel: str, services: Services, what: str) -> KnownByAddress:
    known = {name.value: one for name, one in services.channels.authorizers.items()}
    authorizer = known.get(channel)
    if not isinstance(authorizer, KnownByAddress):
        raise not_found(what, channel)
    return authorizer


def _over() -> Response:
    lines = ["The half hour for choosing is over, or it was done already.", "Open the link that you were given again."]
    return page("end.html", 410, heading="There is nothing to choose", lines=lines)


def _network(row: ConnectionRow, services: Services) -> str:
    return services.channels[ChannelName(row.channel)].spec.title
