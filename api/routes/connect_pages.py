"""The pages for a profile's owner: the connect link, the way to the network and back, the choice of a profile.

No key is needed: the link, the state and the browser's cookie are the secrets here (`munadi.accounts.connecting`). A
page gives the browser a cookie, and its form a token that fits this cookie and this address only (`Browser`). So only
a browser that opened the page can send its form: another site can make a browser send the form, but has neither.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Path, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from api.auth import not_found
from api.dashboard.permissions import permissions_of
from api.deps import TheServices
from api.http.address import LOCAL
from api.http.body_kind import form_of
from api.http.connect_browser import Browser
from api.languages.catalogue import N_, gettext
from api.openapi.document import CALLBACK, error_responses
from api.pages import ASSETS, HEADERS, ICON, brand_page
from api.process.services import Services
from munadi.accounts.connecting import ConnectResult, InvalidLink, InvalidState
from munadi.db.accounts.connections import ConnectionStore, hash_of, view_of
from munadi.db.accounts.store import AccountStore
from munadi.db.tables import ConnectionRow
from munadi.domain.channel import ChannelName
from munadi.domain.connection import ConnectionStatus
from munadi.domain.failure import ChannelError, Failure
from munadi.domain.ids import Prefix, is_id
from munadi.domain.reasons import failure_of

router = APIRouter(include_in_schema=False)
# In the OpenAPI document, since its address is registered at the networks. No client calls it.
callback = APIRouter(tags=["accounts"])


def _shows_page(meaning: str, heading: str) -> dict[str, Any]:
    """The response of a page that says why nothing was connected."""
    content = {"schema": {"type": "string"}, "example": f"<!doctype html>… <h1>{heading}</h1> …"}
    return {"description": meaning, "content": {"text/html": content}}


def _sent_by_network(name: str, meaning: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": meaning, "schema": {"type": "string"}}


@router.get("/connect/assets/page.css")
async def show_style() -> Response:
    """The style sheet of these pages."""
    return FileResponse(ASSETS / "page.css", media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/connect/assets/icon.svg")
async def show_icon() -> Response:
    """The icon of a browser's tab."""
    return FileResponse(ICON, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/connect/{link}")
async def show_link(link: str, request: Request, services: TheServices) -> Response:
    """Show who asks for access. Nothing happens yet, because link previews open this page too."""
    try:
        row = await services.connecting.open_link(link)
    except InvalidLink as error:
        return await _dead(error, services, request)
    return await _opened(row, request, services)


@router.post("/connect/{link}")
async def leave(link: str, request: Request, services: TheServices) -> Response:
    """Redirect to the network, with a state that only this browser can return."""
    browser = Browser.of(request, services)
    if not browser.sent_form():
        return await _elsewhere(services)
    try:
        row = await services.connecting.open_link(link)
        url = await services.connecting.begin(link, browser.secret)
    except InvalidLink as error:
        return await _dead(error, services, request)
    except ChannelError as error:
        failure = failure_of(error.reason, error.message, error=error)
        return await _opened(row, request, services, failure, status=502)
    return browser.keep(RedirectResponse(url, 303, HEADERS))


@callback.get(
    CALLBACK,
    operation_id="connections.complete",
    summary="OAuth callback",
    status_code=303,
    response_class=RedirectResponse,
    responses={
        303: {"description": "To the `redirectUrl` of the connection, or to a page of ours."},
        400: _shows_page("The state is unknown, used or too old.", "This answer is not expected"),
        410: _shows_page("Another browser has taken the link over since.", "This link does not work"),
        422: _shows_page("Nothing was connected; the page says why.", "Nothing was connected"),
        **error_responses(),
    },
    openapi_extra={
        "parameters": [
            _sent_by_network("state", "What the connect link sent the browser away with. It is used once."),
            _sent_by_network("code", "What the network's token is asked for with."),
            _sent_by_network("error", "Why the owner or the network refused."),
        ]
    },
)
async def come_back(
    channel: Annotated[str, Path(description="The network, as `GET /v1/channels` names it.")],
    request: Request,
    services: TheServices,
) -> Response:
    """The network sends the owner's browser here after the consent. It is for that browser alone, which has the cookie
    that it got when it opened the connect link. Its refusals are pages; networks may add parameters of their own."""
    browser = Browser.of(request, services)
    try:
        back = await services.connecting.handle_callback(channel, dict(request.query_params), browser.secret)
    except InvalidLink as error:
        return await _dead(error, services)
    except InvalidState:
        lines = [N_("It was used before, it is more than ten minutes old, or it belongs to another try."),
                 N_("Nothing was connected. Open the link that you were given again.")]  # fmt: skip
        return await brand_page("end.html", None, services, 400, heading=N_("This answer is not expected"), lines=lines)
    return await _arrived(back, services)


@router.get("/connections/{connection_id}/choose")
async def show_choices(connection_id: str, request: Request, services: TheServices) -> Response:
    """The page on which the owner chooses among several profiles."""
    row = await _of_browser(connection_id, Browser.of(request, services), services)
    return await _over(services) if row is None else await _choosing(row, request, services)


@router.post("/connections/{connection_id}/choose")
async def choose(connection_id: str, request: Request, services: TheServices) -> Response:
    """Connect the chosen profiles."""
    browser = Browser.of(request, services)
    row = await _of_browser(connection_id, browser, services)
    if not browser.sent_form():
        return await _elsewhere(services, row)
    if row is None:
        return await _over(services)
    chosen = form_of(request).getlist("externalId")
    if not chosen:
        return await _choosing(row, request, services, N_("Choose at least one."))
    try:
        back = await services.connecting.choose(row, chosen)
    except LookupError:
        return await _choosing(row, request, services, N_("That is none of the choices."))
    except (InvalidState, InvalidLink):
        return await _over(services, row)
    return await _arrived(back, services)


@router.get("/connections/{connection_id}/end")
async def show_end(connection_id: str, request: Request, services: TheServices) -> Response:
    """The result. Its address has no code, so it can be reloaded and bookmarked."""
    row = await _mine(connection_id, Browser.of(request, services), services)
    view = view_of(row, services.clock.now())
    if view.failure is not None:
        heading = N_("Nothing was connected")
        return await brand_page(
            "end.html", row.brand_ref, services, 422, heading=heading, failure=view.failure, lines=[], request=request
        )
    if view.status is not ConnectionStatus.CONNECTED:
        return await _over(services, row)
    accounts = AccountStore(services.database, services.keyring)
    known = [await accounts.view(account_id) for account_id in row.account_ids]
    handles = ", ".join(account.handle for account in known if account is not None)
    shown = await services.brandings.shown(row.brand_ref)
    name = shown.name if shown is not None else row.brand_ref
    values = {"brand": name, "handles": handles, "network": _network(row, services)}
    lines = [gettext("%(brand)s can now publish as %(handles)s at %(network)s.") % values,
             N_("You can close this window.")]  # fmt: skip
    return await brand_page("end.html", row.brand_ref, services, heading=N_("Connected"), lines=lines, request=request)


async def _opened(
    row: ConnectionRow, request: Request, services: Services, failure: Failure | None = None, status: int = 200
) -> Response:
    account = await AccountStore(services.database, services.keyring).view(row.account_id) if row.account_id else None
    browser = Browser.of(request, services)
    shown = await brand_page(
        "open.html",
        row.brand_ref,
        services,
        status,
        until=row.expires_at,
        request=request,
        token=browser.token,
        network=_network(row, services),
        reconnects=account is not None,
        expected=account.handle if account else None,
        purposes=list(dict.fromkeys(each.purpose for each in permissions_of(row.channel, row.login))),
        failure=failure or view_of(row, services.clock.now()).failure,
        back=_way_back(row, services),
    )
    return browser.keep(shown)


def _way_back(row: ConnectionRow, services: Services) -> str | None:
    """The dashboard's page where this began. A link for the owner, or another program's, has no way back there."""
    ours, back = urlsplit(services.settings.base_url), urlsplit(row.redirect_url or "")
    # On one machine a browser may know us by any of its names. The request's Host can be anything, so it says nothing.
    is_here = ours.hostname in LOCAL and back.hostname in LOCAL and back.port == ours.port
    return row.redirect_url if row.redirect_url and (back.netloc == ours.netloc or is_here) else None


async def _choosing(row: ConnectionRow, request: Request, services: Services, problem: str | None = None) -> Response:
    return await brand_page(
        "choose.html",
        row.brand_ref,
        services,
        422 if problem else 200,
        until=row.state_expires_at,
        request=request,
        token=Browser.of(request, services).token,
        network=_network(row, services),
        choices=view_of(row, services.clock.now()).choices,
        problem=problem,
    )


async def _arrived(back: ConnectResult, services: Services) -> Response:
    """Redirect to the `redirectUrl` of the connection, or to a page of ours."""
    choose_url = f"{services.settings.base_url}/connections/{back.connection_id}/choose"
    choosing = back.status is ConnectionStatus.CHOOSING
    if back.redirect_url is not None:
        parameters = {"connectionId": back.connection_id, "status": back.status.value}
        parameters |= {"chooseUrl": choose_url} if choosing else {}
        mark = "&" if "?" in back.redirect_url else "?"
        return RedirectResponse(f"{back.redirect_url}{mark}{urlencode(parameters)}", 303, HEADERS)
    if back.failure is not None:
        heading = N_("Nothing was connected")
        return await brand_page(
            "end.html", back.brand_ref, services, 422, heading=heading, failure=back.failure, lines=[]
        )
    end_url = f"{services.settings.base_url}/connections/{back.connection_id}/end"
    return RedirectResponse(choose_url if choosing else end_url, 303, HEADERS)


async def _of_browser(connection_id: str, browser: Browser, services: Services) -> ConnectionRow | None:
    """The connection that waits for a choice, if this browser began it; otherwise None."""
    row = await _mine(connection_id, browser, services)
    return row if view_of(row, services.clock.now()).status is ConnectionStatus.CHOOSING else None


async def _mine(connection_id: str, browser: Browser, services: Services) -> ConnectionRow:
    """The connection that this browser began; 404 for any other browser."""
    store = ConnectionStore(services.database, services.keyring)
    row = await store.get(connection_id) if is_id(connection_id, Prefix.CONNECTION) else None
    if row is None or not secrets.compare_digest(hash_of(browser.secret), row.browser_hash or ""):
        raise not_found("connection", connection_id)
    return row


async def _dead(error: InvalidLink, services: Services, request: Request | None = None) -> Response:
    heading, lines = N_("This link does not work"), [str(error)]
    return await brand_page("end.html", error.brand_ref, services, 410, heading=heading, lines=lines, request=request)


async def _elsewhere(services: Services, row: ConnectionRow | None = None) -> Response:
    lines = [N_("This form did not come from a page that this browser opened, or the page is older than an hour."),
             N_("Nothing was connected. Open the link that you were given again, with cookies allowed.")]  # fmt: skip
    brand_ref = row.brand_ref if row is not None else None
    return await brand_page("end.html", brand_ref, services, 403, heading=N_("This form is not ours"), lines=lines)


async def _over(services: Services, row: ConnectionRow | None = None) -> Response:
    lines = [N_("The half hour for choosing is over, or it was done already."),
             N_("Open the link that you were given again.")]  # fmt: skip
    brand_ref, heading = row.brand_ref if row is not None else None, N_("There is nothing to choose")
    return await brand_page("end.html", brand_ref, services, 410, heading=heading, lines=lines)


def _network(row: ConnectionRow, services: Services) -> str:
    return services.channels[ChannelName(row.channel)].spec.title
