"""One attempt to connect a profile in a browser, as the API returns it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from munadi.domain.failure import Failure
from munadi.domain.metadata import OwnMetadata
from munadi.domain.model import BrandOf, ChannelOf, CreatedAt, UniqueId, WireModel


class ConnectionStatus(StrEnum):
    """`waiting` until the link is opened, `consenting` at the network, `choosing` among profiles, or ended.

    A failed one can be started again with its link until the link expires.
    """

    WAITING = "waiting"
    CONSENTING = "consenting"
    CHOOSING = "choosing"
    CONNECTED = "connected"
    FAILED = "failed"
    EXPIRED = "expired"


class ProfileChoice(WireModel):
    """A profile that may be chosen."""

    external_id: str = Field(description="The network's own id of the profile.")
    name: str = Field(description="For people.")


class ConnectionView(WireModel):
    """The progress of connecting a profile. `account_id` is the account to reconnect, if it is a reconnect."""

    id: UniqueId
    brand_ref: BrandOf
    channel: ChannelOf
    account_id: str | None = Field(description="The account to reconnect; null for a new one.")
    status: ConnectionStatus = Field(description="How far it is.")
    choices: tuple[ProfileChoice, ...] = Field(description="The profiles to choose from, while `status` is `choosing`.")
    account_ids: tuple[str, ...] = Field(description="The accounts that were connected.")
    failure: Failure | None = Field(description="Why it failed; null if it did not.")
    metadata: OwnMetadata = {}
    created_at: CreatedAt
    expires_at: datetime = Field(description="When the link, or the time for choosing, ends.")


class ConnectLink(WireModel):
    """Send `connectUrl` to the profile's owner. It is not shown again."""

    id: UniqueId
    connect_url: str = Field(description="For the profile's owner. It is not shown again.")
    expires_at: datetime = Field(description="When the link ends.")
