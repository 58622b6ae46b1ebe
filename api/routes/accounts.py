"""Accounts: import a connection, read its health, check it with the network, disconnect it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from api.answers import created, plain
from api.auth import require
from api.deps import AccountId, Page, TheServices
from api.filters import brand_filter, only_visible
from api.http.outside_problems import of_channel
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.routes.brands import Ref
from munadi.db.accounts.store import AccountStore
from munadi.db.keys.callers import Principal
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountChange, AccountCheck, AccountView
from munadi.domain.brand import BrandRef
from munadi.domain.channel import ChannelName
from munadi.domain.choices import OptionChoice
from munadi.domain.failure import ChannelError
from munadi.domain.key import Scope
from munadi.domain.metadata import NewMetadata
from munadi.domain.model import WireModel
from munadi.domain.server import called_address
from munadi.domain.time import Instant
from munadi.ports import AccountImport

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
    metadata: NewMetadata = None


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
    sent = body.credentials
    given = AccountImport(
        external_id=body.external_id,
        service_url=called_address(body.service_url),
        login=body.login,
        access_token=sent.access_token,
        refresh_token=sent.refresh_token,
        expires_at=sent.expires_at,
        identifier=sent.identifier,
        password=sent.password,
    )
    try:
        answer = await services.accounts.add(ref, body.channel, given, principal, idempotency, metadata=body.metadata)
    except ChannelError as error:
        raise of_channel(error, body.channel, "/credentials") from error
    return created(answer, "/v1/accounts", 201 if answer.identity["is_new"] else 200)


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
    status: Annotated[list[AccountStatus] | None, Query(description="Only with one of these statuses.")] = None,
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
    return only_visible(paging.page(rows, lambda account: account.id), principal, lambda account: account.brand_ref)


@router.get(
    "/accounts/{account_id}",
    operation_id="accounts.get",
    responses={**shows(200, examples.ACCOUNT), **error_responses(401, 403, 404, 422)},
    summary="Read an account",
)
async def get_account(account_id: AccountId, principal: Reader, services: TheServices) -> AccountView:
    """One account. Disconnected accounts can be read too."""
    return await services.accounts.get(account_id, principal)


@router.patch(
    "/accounts/{account_id}",
    operation_id="accounts.update",
    responses={**shows(200, examples.ACCOUNT), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Change an account",
)
async def change_account(
    account_id: AccountId, body: AccountChange, principal: Writer, services: TheServices
) -> AccountView:
    """Only the fields that you send are changed; null clears one."""
    return await services.accounts.change(account_id, body, principal)


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
    try:
        return plain(await services.accounts.check(account_id, principal, idempotency))
    except ChannelError as error:
        account = await services.accounts.get(account_id, principal)
        raise of_channel(error, account.channel, "") from error


@router.get(
    "/accounts/{account_id}/choices",
    operation_id="accounts.choices",
    responses={
        **shows_page({"value": "549755885175", "name": "Umbrellas"}),
        **error_responses(401, 403, 404, 422, 503),
    },
    summary="List the values of an option",
)
async def list_choices(
    account_id: AccountId,
    principal: Reader,
    services: TheServices,
    option: Annotated[str, Query(max_length=40, description="The channel's option, such as `boardId`.")],
    of: Annotated[
        str | None, Query(max_length=100, description="The value that they belong to: of `boardSectionId` a board.")
    ] = None,
) -> Page[OptionChoice]:
    """Names in place of ids: what an option of a post on this account can be, as its network lists it now.

    `boardId` and `boardSectionId` of Pinterest, `categoryId` of YouTube. Empty where there are more than are read."""
    try:
        return Page[OptionChoice](data=await services.accounts.choices(account_id, principal, option, of))
    except ChannelError as error:
        account = await services.accounts.get(account_id, principal)
        raise of_channel(error, account.channel, "?option") from error


@router.delete(
    "/accounts/{account_id}",
    operation_id="accounts.disconnect",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Disconnect",
)
async def disconnect(account_id: AccountId, principal: Writer, services: TheServices) -> None:
    """Posts that the account still had to publish fail with ACCOUNT_DISCONNECTED. Our grant is revoked where the
    network supports that. Repeating the call changes nothing."""
    await services.accounts.disconnect(account_id, principal)
