"""Accounts: import a connection, read its health, check it with the network, disconnect it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, BackgroundTasks, Body, Depends, Query, Response
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.background import BackgroundTask

from api.account_removal import disconnect_account
from api.auth import not_found, require
from api.deps import AccountId, Page, TheServices
from api.filters import brand_filter
from api.http.outside_problems import check_url, of_channel
from api.http.paging import PagingQuery
from api.http.problems import refused
from api.idempotency import IdempotencyHeader, Success, earlier_response, respond_once
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.process.services import Services
from api.process.wake import wake, wake_accounts
from api.routes.brands import Ref, visible_brand
from munadi.accounts.checking import AccountChecks
from munadi.accounts.importing import prove
from munadi.accounts.tokens import AccountTokens
from munadi.db.accounts.store import AccountStore
from munadi.db.audit import record
from munadi.db.brands.limits import lock_limits, require_accounts
from munadi.db.keys.callers import Principal
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountView
from munadi.domain.audit import Action
from munadi.domain.brand import BrandRef
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Failure
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.model import WireModel
from munadi.domain.problem import Problem
from munadi.domain.time import Instant
from munadi.ports import AccountImport, Connection
from munadi.ports.calls import calling_for
from munadi.publishing import account_changes

router = APIRouter(prefix="/v1", tags=["accounts"])

Reader = Annotated[Principal, Depends(require(Scope.ACCOUNTS_READ))]
Writer = Annotated[Principal, Depends(require(Scope.ACCOUNTS_WRITE))]
_SECRET: dict[str, Any] = {"max_length": 8192, "default": None}


def _check_token(token: SecretStr) -> SecretStr:
    """A token is sent in a header, which allows no other characters."""
    if not all("!" <= character <= "~" for character in token.get_secret_value()):
        raise PydanticCustomError("token_characters", "a token has printable ASCII characters only, and no spaces")
    return token


def _check_printable(text: SecretStr | str) -> SecretStr | str:
    if not (text.get_secret_value() if isinstance(text, SecretStr) else text).isprintable():
        raise PydanticCustomError("printable_characters", "must be printable, without control characters or line ends")
    return text


Token = Annotated[SecretStr, AfterValidator(_check_token)]
Password = Annotated[SecretStr, AfterValidator(_check_printable)]
Identifier = Annotated[str, AfterValidator(_check_printable)]


class CredentialsRequest(WireModel):
    """An `accessToken` with its details, or `identifier` and `password` (an app password)."""

    access_token: Token | None = Field(**_SECRET, description="The network's access token.")
    refresh_token: Token | None = Field(**_SECRET, description="The network's refresh token, where it has one.")
    expires_at: Instant | None = Field(None, description="Absent: unknown, which is accepted.")
    identifier: Identifier | None = Field(None, max_length=500, description="The handle or email to log in with.")
    password: Password | None = Field(**_SECRET, description="An app password.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        login = bool(self.identifier and self.password)
        if bool(self.access_token) == login:
            raise ValueError("give accessToken, or identifier and password")
        return self


class AccountImportRequest(WireModel):
    """A connection made elsewhere. `externalId` chooses the profile if the token gives access to several."""

    channel: ChannelName = Field(description="The network, as `GET /v1/channels` names it.")
    external_id: str | None = Field(None, max_length=500, description="The network's own id of the profile.")
    service_url: str | None = Field(None, max_length=2000, description="The account's own server.")
    login: str | None = Field(None, max_length=50, description="Which of the network's logins, if it has two.")
    credentials: CredentialsRequest = Field(
        description="Verified with the network before they are stored encrypted; never shown again."
    )


class AccountCheck(AccountView):
    """The account after a check with its network. `failure` has the problem and its remedy."""

    ok: bool = Field(description="Whether the network accepts the connection.")
    failure: Failure | None = Field(description="What the check found; null if all is well.")


@router.post(
    "/brands/{ref}/accounts",
    operation_id="accounts.import",
    status_code=201,
    response_model=AccountView,
    responses={
        200: {"model": AccountView, "description": "The profile was connected before: it is reconnected."},
        **shows(201, examples.ACCOUNT),
        **error_responses(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
    summary="Import an account",
)
async def import_account(
    ref: Ref,
    body: Annotated[AccountImportRequest, Body(openapi_examples=examples.ACCOUNTS)],
    principal: Writer,
    services: TheServices,
    idempotency: IdempotencyHeader,
) -> Response:
    """The credentials are verified with the network and stored encrypted. Importing a profile again reconnects it."""
    brand = await visible_brand(ref, principal, services)
    if replay := await earlier_response(services, idempotency, ref, "accounts.import"):
        return replay
    with calling_for(ref):
        connection = await _verified(body, services)
    accounts = AccountStore(services.database, services.keyring)

    async def keep(session: AsyncSession) -> Success:
        external_id = connection.profile.external_id
        limits = brand.limits if brand.limits.accounts is None else await lock_limits(session, ref)
        known = await accounts.is_connected(session, ref, body.channel, external_id)
        await require_accounts(session, ref, limits, adding=0 if known else 1)
        view = await account_changes.connect(
            session, services.keyring, ref, body.channel, connection, login=body.login, now=services.clock.now()
        )
        action = Action.ACCOUNT_RECONNECTED if known else Action.ACCOUNT_IMPORTED
        record(session, action, target=view.id, brand_ref=ref, now=services.clock.now())
        headers = {"Location": f"/v1/accounts/{view.id}"}
        return Success(view, 200 if known else 201, headers, BackgroundTask(wake, services, view))

    return await respond_once(services, idempotency, ref, "accounts.import", keep)


@router.get(
    "/accounts",
    operation_id="accounts.list",
    responses={**shows_page(examples.ACCOUNT), **error_responses(401, 403, 404, 422)},
    summary="List accounts",
)
async def list_accounts(
    principal: Reader,
    services: TheServices,
    paging: PagingQuery,
    brand_ref: Annotated[
        BrandRef | None,
        Query(alias="brandRef", description="Only of this brand. Without it: of every brand that the key may see."),
    ] = None,
    channel: Annotated[ChannelName | None, Query(description="Only on this network.")] = None,
    status: Annotated[list[AccountStatus] | None, Query(description="One or more.")] = None,
) -> Page[AccountView]:
    """Connected accounts with their health and the posts that wait for them."""
    brand = await brand_filter(brand_ref, principal, services)
    rows = await AccountStore(services.database, services.keyring).list(
        brand_ref=brand,
        channel=channel,
        statuses=[each.value for each in status or ()],
        limit=paging.reading,
        after=paging.after,
    )
    return paging.page(rows, lambda account: account.id)


@router.get(
    "/accounts/{account_id}",
    operation_id="accounts.get",
    responses={**shows(200, examples.ACCOUNT), **error_responses(401, 403, 404, 422)},
    summary="Read an account",
)
async def get_account(account_id: AccountId, principal: Reader, services: TheServices) -> AccountView:
    """One account. Disconnected accounts can be read too."""
    return await visible_account(account_id, principal, services)


@router.post(
    "/accounts/{account_id}/check",
    operation_id="accounts.check",
    response_model=AccountCheck,
    responses={
        **shows(200, {**examples.ACCOUNT, "ok": True, "failure": None}),
        **error_responses(400, 401, 403, 404, 422, 503),
    },
    summary="Check an account",
)
async def check(
    account_id: AccountId, principal: Writer, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Ask the network whether the account still works. A dead grant becomes `reauth_required`."""
    before = await visible_account(account_id, principal, services)
    if replay := await earlier_response(services, idempotency, before.brand_ref, "accounts.check"):
        return replay
    accounts = AccountStore(services.database, services.keyring)
    tokens = AccountTokens(accounts, services.channels, services.clock, "api")
    try:
        failure = await AccountChecks(accounts, services.channels, tokens, services.clock).check(account_id)
    except ChannelError as error:
        raise of_channel(error, before.channel, "") from error
    view = await visible_account(account_id, principal, services)

    async def answer(session: AsyncSession) -> Success:
        now = services.clock.now()
        record(session, Action.ACCOUNT_CHECKED, target=account_id, brand_ref=before.brand_ref, now=now)
        return Success(AccountCheck(**view.model_dump(by_alias=False), ok=failure is None, failure=failure))

    return await respond_once(services, idempotency, before.brand_ref, "accounts.check", answer)


@router.delete(
    "/accounts/{account_id}",
    operation_id="accounts.disconnect",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Disconnect",
)
async def disconnect(
    account_id: AccountId, principal: Writer, services: TheServices, background: BackgroundTasks
) -> None:
    """Posts that the account still had to publish fail with ACCOUNT_DISCONNECTED. Our grant is revoked where the
    network supports that. Repeating the call changes nothing."""
    before = await visible_account(account_id, principal, services)
    await disconnect_account(services, AccountStore(services.database, services.keyring), account_id)
    if before.status is not AccountStatus.DISCONNECTED:
        wake_accounts(background, services, [before])


async def visible_account(account_id: str, principal: Principal, services: Services) -> AccountView:
    """The account in the path. 404 when there is none, or it belongs to another brand."""
    store = AccountStore(services.database, services.keyring)
    view = await store.view(account_id) if is_id(account_id, Prefix.ACCOUNT) else None
    if view is None or not principal.may_see(view.brand_ref):
        raise not_found("account", account_id)
    return view


async def _verified(body: AccountImportRequest, services: Services) -> Connection:
    if body.channel not in services.channels:
        message = f"{body.channel} is not available here; see GET /v1/channels"
        raise refused([Problem(pointer="/channel", code="CHANNEL_UNAVAILABLE", message=message)])
    if body.service_url is not None:
        await check_url(services.guard, body.service_url, "/serviceUrl")
    sent = body.credentials
    if sent.expires_at is not None and sent.expires_at <= services.clock.now() and not sent.refresh_token:
        message = "the token has expired, and there is no refreshToken to renew it with"
        raise refused([Problem(pointer="/credentials/expiresAt", code="TIME_IN_PAST", message=message)])
    given = AccountImport(
        external_id=body.external_id,
        service_url=body.service_url,
        login=body.login,
        access_token=sent.access_token,
        refresh_token=sent.refresh_token,
        expires_at=sent.expires_at,
        identifier=sent.identifier,
        password=sent.password,
    )
    try:
        return await prove(services.channels[body.channel], given)
    except ChannelError as error:
        raise of_channel(error, body.channel, "/credentials") from error
