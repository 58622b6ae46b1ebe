"""Connecting an account in a browser: create a link, follow its progress, choose among several profiles."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, BackgroundTasks, Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.deps import AccountId, ConnectionId, TheServices
from api.http.address import LOCAL
from api.http.problems import ProblemError, refused
from api.idempotency import IdempotencyHeader, Success, earlier_response, respond_once, secret_operation
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows
from api.process.services import Services
from api.process.wake import wake_accounts
from api.routes.accounts import Reader, Writer, visible_account
from api.routes.brands import Ref, visible_brand
from munadi.accounts.connecting import InvalidLink, InvalidState
from munadi.db.accounts.connections import ConnectionStore, NewConnection, view_of
from munadi.db.brands.limits import require_accounts, require_holding
from munadi.db.keys.callers import Principal
from munadi.db.tables import ConnectionRow
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountView
from munadi.domain.channel import ChannelName
from munadi.domain.connection import ConnectionView
from munadi.domain.ids import Prefix, is_id
from munadi.domain.model import UniqueId, WireModel
from munadi.domain.problem import Problem
from munadi.domain.time import Instant
from munadi.domain.usage import Limit

router = APIRouter(prefix="/v1", tags=["accounts"])

LINK_LIFE, LONGEST_LINK = timedelta(hours=1), timedelta(days=7)


def _check_redirect(url: str) -> str:
    """A browser is redirected there with the connection's id, so http is allowed only for localhost."""
    try:
        read = urlsplit(url)
        host, _ = read.hostname, read.port
    except ValueError:
        host = None
    plain = all("!" <= character <= "~" for character in url) and "\\" not in url
    known = host and (read.scheme == "https" or (read.scheme == "http" and host in LOCAL))
    if not plain or not known or "@" in read.netloc or "#" in url:
        message = "an absolute https address (http for localhost), without credentials and fragment"
        raise PydanticCustomError("web_address", message)
    return url


class ConnectLinkRequest(WireModel):
    """What a link is for. The browser is redirected to `redirectUrl`, or to a page of ours."""

    redirect_url: Annotated[str, AfterValidator(_check_redirect)] | None = Field(
        None,
        max_length=2000,
        description="Receives connectionId, status, and chooseUrl while a profile must be chosen.",
    )
    hint: str | None = Field(None, max_length=500, description="The expected profile, such as a handle or a server.")
    expires_at: Instant | None = Field(None, description="When the link ends: in an hour, at most in seven days.")


class ConnectRequest(ConnectLinkRequest):
    """What to connect. `login` names one of the network's logins, if it has two."""

    channel: ChannelName = Field(description="The network, as `GET /v1/channels` names it.")
    login: str | None = Field(None, max_length=50, description="Which of the network's log-ins, where it has several.")


class ConnectLink(WireModel):
    """Send `connectUrl` to the profile's owner. It is not shown again."""

    id: UniqueId
    connect_url: str = Field(description="For the profile's owner. It is not shown again.")
    expires_at: datetime = Field(description="When the link ends.")


class Selection(WireModel):
    """The profiles to connect, from `choices`."""

    external_ids: tuple[Annotated[str, Field(max_length=2_048)], ...] = Field(
        min_length=1, max_length=100, description="The `externalId`s of the profiles to connect."
    )


@router.post(
    "/brands/{ref}/accounts/connect",
    operation_id="accounts.connect",
    status_code=201,
    response_model=ConnectLink,
    responses={
        **shows(201, examples.CONNECT_LINK),
        **error_responses(400, 401, 403, 404, 409, 413, 415, 422),
    },
    summary="Connect in a browser",
)
async def connect(
    ref: Ref, body: ConnectRequest, principal: Writer, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """A link for the profile's owner, valid for one connection. GET /v1/connections/{id} has its progress."""
    brand = await visible_brand(ref, principal, services)
    _require_authorizer(services, body.channel)
    _require_server(services, body)
    operation = secret_operation(principal.key_id, "accounts.connect")
    if replay := await earlier_response(services, idempotency, ref, operation):
        return replay
    new = NewConnection(
        ref, body.channel, principal.key_id, login=body.login, hint=body.hint, redirect_url=body.redirect_url
    )

    async def create_link(session: AsyncSession) -> Success:
        await require_accounts(session, ref, brand.limits, 1)
        return await _link_created(services, session, new, body)

    return await respond_once(services, idempotency, ref, operation, create_link)


@router.post(
    "/accounts/{account_id}/reconnect",
    operation_id="accounts.reconnect",
    status_code=201,
    response_model=ConnectLink,
    responses={
        **shows(201, examples.CONNECT_LINK),
        **error_responses(400, 401, 403, 404, 409, 413, 415, 422),
    },
    summary="Reconnect in a browser",
)
async def reconnect(
    account_id: AccountId,
    body: ConnectLinkRequest,
    principal: Writer,
    services: TheServices,
    idempotency: IdempotencyHeader,
) -> Response:
    """Create a link for the same profile. Posts that waited for the account then continue."""
    account = await visible_account(account_id, principal, services)
    if account.status is AccountStatus.DISCONNECTED:
        detail = "the account was disconnected; connect the profile again"
        raise ProblemError(409, "ACCOUNT_DISCONNECTED", "Disconnected", detail)
    channel = ChannelName(account.channel)
    _require_authorizer(services, channel)
    operation = secret_operation(principal.key_id, "accounts.reconnect")
    if replay := await earlier_response(services, idempotency, account.brand_ref, operation):
        return replay
    new = NewConnection(
        account.brand_ref,
        channel,
        principal.key_id,
        account_id=account.id,
        login=account.login,
        hint=body.hint or _known_as(services, account),
        redirect_url=body.redirect_url,
    )

    async def create_link(session: AsyncSession) -> Success:
        return await _link_created(services, session, new, body)

    return await respond_once(services, idempotency, account.brand_ref, operation, create_link)


@router.get(
    "/connections/{connection_id}",
    operation_id="connections.get",
    responses={**shows(200, examples.CONNECTION), **error_responses(401, 403, 404, 422)},
    summary="Read a connection",
)
async def get_connection(connection_id: ConnectionId, principal: Reader, services: TheServices) -> ConnectionView:
    """The progress of a connection: the profiles to choose from, the connected accounts, or the failure."""
    return view_of(await _visible(connection_id, principal, services), services.clock.now())


@router.post(
    "/connections/{connection_id}/select",
    operation_id="connections.select",
    response_model=ConnectionView,
    responses={
        **shows(200, examples.CONNECTION),
        **error_responses(400, 401, 403, 404, 409, 413, 415, 422),
    },
    summary="Choose profiles",
)
async def select(
    connection_id: ConnectionId,
    body: Selection,
    principal: Writer,
    services: TheServices,
    idempotency: IdempotencyHeader,
    background: BackgroundTasks,
) -> Response:
    """Connect some of `choices`. Each is verified with the network first; either all are connected or none."""
    row = await _visible(connection_id, principal, services)
    if replay := await earlier_response(services, idempotency, row.brand_ref, "connections.select"):
        return replay
    try:
        back = await services.connecting.choose(row, body.external_ids)
    except (InvalidState, InvalidLink):
        detail = "the connection has ended, the half hour for choosing is over, or the key that made its link is gone"
        raise ProblemError(409, "NOTHING_TO_CHOOSE", "Nothing to choose", detail) from None
    except LookupError as error:
        message = f"{error.args[0]!r} is none of the choices"
        raise refused([Problem(pointer="/externalIds", code="CHOICE_UNKNOWN", message=message)]) from None
    wake_accounts(background, services, back.accounts)
    after = view_of(await _visible(connection_id, principal, services), services.clock.now())

    async def answer(_: AsyncSession) -> Success:
        return Success(after)

    return await respond_once(services, idempotency, row.brand_ref, "connections.select", answer)


async def _link_created(
    services: Services, session: AsyncSession, new: NewConnection, body: ConnectLinkRequest
) -> Success:
    now = services.clock.now()
    until = body.expires_at or now + LINK_LIFE
    if not now < until <= now + LONGEST_LINK:
        message = f"a link ends in the future, and at most {LONGEST_LINK.days} days from now"
        raise refused([Problem(pointer="/expiresAt", code="TIME_OUT_OF_RANGE", message=message)])
    most = services.settings.limits.connect_links
    await require_holding(session, new.brand_ref, Limit.CONNECT_LINKS, most, now)
    row, url = await services.connecting.create_link(session, new, until)
    made = ConnectLink(id=row.id, connect_url=url, expires_at=row.expires_at)
    return Success(made, 201, {"Location": f"/v1/connections/{row.id}"})


def _require_server(services: Services, body: ConnectRequest) -> None:
    """422 without a hint, where each account is at a server of its own: there is no other place for its consent."""
    spec = services.channels[body.channel].spec
    if spec.own_server and not (body.hint or "").strip():
        message = f"{spec.title} has many servers; name the account's own one, such as https://social.example"
        raise refused([Problem(pointer="/hint", code="MISSING_FIELD", message=message, channel=body.channel)])


def _known_as(services: Services, account: AccountView) -> str:
    """The hint for the same profile: its id, since handles change, or its server where it has one of its own."""
    own_server = services.channels[account.channel].spec.own_server
    return (account.service_url if own_server else None) or account.external_id


def _require_authorizer(services: Services, channel: ChannelName) -> None:
    """422 with the remedy, unless accounts of this network can be connected in a browser."""
    authorizer = services.channels.authorizers.get(channel)
    if authorizer is None:
        message = f"{channel} cannot be connected in a browser here; import it with POST /v1/brands/{{ref}}/accounts"
        raise refused([Problem(pointer="/channel", code="CONNECT_UNAVAILABLE", message=message)])
    if missing := authorizer.missing_settings:
        message = f"{channel} has no app credentials here; set {' and '.join(missing)}"
        raise refused([Problem(pointer="/channel", code="APP_NOT_CONFIGURED", message=message)])


async def _visible(connection_id: str, principal: Principal, services: Services) -> ConnectionRow:
    store = ConnectionStore(services.database, services.keyring)
    row = await store.get(connection_id) if is_id(connection_id, Prefix.CONNECTION) else None
    if row is None or not principal.may_see(row.brand_ref):
        raise not_found("connection", connection_id)
    return row
