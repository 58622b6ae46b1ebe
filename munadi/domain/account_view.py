"""An account as the API returns it: the health of its connection, and the posts that wait for it. No credentials."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from munadi.domain.account import AccountStatus
from munadi.domain.failure import Failure, Reason
from munadi.domain.metadata import NewMetadata, OwnMetadata
from munadi.domain.model import BrandOf, ChannelOf, CreatedAt, UniqueId, UpdatedAt, WireModel


class AccountFailure(WireModel):
    """The last failure of an account, and what to do about it."""

    at: datetime = Field(description="When it happened.")
    reason: Reason = Field(description="Why, for programs; stable (docs/reference/reasons.md).")
    message: str = Field(description="What is wrong or worth knowing, for people.")
    remedy: str = Field(description="What to do about it.")


class AccountView(WireModel):
    """A connected account and its health, as last known. `POST /v1/accounts/{id}/check` asks its network."""

    id: UniqueId
    brand_ref: BrandOf
    channel: ChannelOf
    external_id: str = Field(description="The network's own id of the profile.")
    handle: str = Field(description="The profile's name in addresses and mentions.")
    display_name: str | None = Field(description="The profile's name as people see it.")
    service_url: str | None = Field(description="The account's own server, where its network has many.")
    login: str | None = Field(description="Which of the network's log-ins, where it has several.")
    status: AccountStatus = Field(description="The health of the connection, as last known.")
    scopes: tuple[str, ...] = Field(description="What the network granted.")
    token_expires_at: datetime | None = Field(description="When the access token ends; null is unknown.")
    grant_expires_at: datetime | None = Field(description="When the whole grant ends, where the network names it.")
    paused_until: datetime | None = Field(
        description="Until when nothing is sent to this account, because its network asked for a pause."
    )
    last_success_at: datetime | None = Field(description="When a post, a check or a renewal of the token last worked.")
    last_failure: AccountFailure | None = Field(description="The last call that failed.")
    unshown_since: datetime | None = Field(
        None, description="Since when looks at its published posts find none of them; null: they find some."
    )
    quota: dict[str, Any] | None = Field(
        description="What the network said was used and left when it was last checked, where it says so."
    )
    metadata: OwnMetadata = {}
    affected_contents: tuple[str, ...] = Field(description="The ids of the posts that wait for this account.")
    created_at: CreatedAt
    updated_at: UpdatedAt


class AccountChange(WireModel):
    """What can be changed of an account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"metadata": {"page": "shop"}}]})

    metadata: NewMetadata = None


class AccountCheck(AccountView):
    """The account after a check with its network. `failure` has the problem and its remedy."""

    ok: bool = Field(description="Whether the network accepts the connection.")
    failure: Failure | None = Field(description="What the check found; null if all is well.")
