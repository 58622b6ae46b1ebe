"""Connecting an account in a browser: create a link, follow its progress, choose among several profiles."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.answers import created, plain
from api.deps import AccountId, ConnectionId, TheServices
from api.http.address import LOCAL
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows
from api.routes.accounts import Reader, Writer
from api.routes.brands import Ref
from munadi.accounts.links import LinkWanted
from munadi.domain.channel import ChannelName
from munadi.domain.connection import ConnectionView, ConnectLink
from munadi.domain.metadata import NewMetadata
from munadi.domain.model import WireModel
from munadi.domain.time import Instant

router = APIRouter(prefix="/v1", tags=["accounts"])


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
        description="Where the browser goes afterwards. It gets connectionId, status, and chooseUrl while a profile "
        "must be chosen.",
    )
    hint: str | None = Field(None, max_length=500, description="The expected profile, such as a handle or a server.")
    expires_at: Instant | None = Field(None, description="When the link ends: in an hour, at most in seven days.")
    metadata: NewMetadata = None


class ConnectRequest(ConnectLinkRequest):
    """What to connect. `login` names one of the network's logins, if it has two."""

    channel: ChannelName = Field(description="The network, as `GET /v1/channels` names it.")
    service_url: str | None = Field(
        None,
        max_length=500,
        description="The account's own server, where its network has many, such as https://mastodon.social; formerly "
        "`hint`.",
    )
    login: str | None = Field(None, max_length=50, description="Which of the network's log-ins, where it has several.")


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
    wanted = LinkWanted(
        body.redirect_url, body.hint, body.expires_at, body.login, body.metadata, service_url=body.service_url
    )
    answer = await services.connections.connect(ref, body.channel, wanted, principal, idempotency)
    return created(answer, "/v1/connections")


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
    wanted = LinkWanted(body.redirect_url, body.hint, body.expires_at, metadata=body.metadata)
    answer = await services.connections.reconnect(account_id, wanted, principal, idempotency)
    return created(answer, "/v1/connections")


@router.get(
    "/connections/{connection_id}",
    operation_id="connections.get",
    responses={**shows(200, examples.CONNECTION), **error_responses(401, 403, 404, 422)},
    summary="Read a connection",
)
async def get_connection(connection_id: ConnectionId, principal: Reader, services: TheServices) -> ConnectionView:
    """The progress of a connection: the profiles to choose from, the connected accounts, or the failure."""
    return await services.connections.get(connection_id, principal)


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
) -> Response:
    """Connect some of `choices`. Each is verified with the network first; either all are connected or none."""
    return plain(await services.connections.select(connection_id, body.external_ids, principal, idempotency))
