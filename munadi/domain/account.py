"""A connected profile at a network, and its credentials, which never leave the process unencrypted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, SecretStr

from munadi.domain.bounds import ADDRESS, Facts, GivenId, Name, Scopes
from munadi.domain.brand_app import AppCredentials
from munadi.domain.channel import ChannelName
from munadi.domain.model import Model

# The fact of an account that is the network's id of the person who granted it, where that is not the account itself.
GRANTED_BY = "granted_by"


class AccountStatus(StrEnum):
    """The health of a connection."""

    CONNECTED = "connected"
    EXPIRING = "expiring"
    REAUTH_REQUIRED = "reauth_required"
    DISCONNECTED = "disconnected"


class Credentials(Model):
    """The credentials of a profile. `expires_at` None means unknown, never a refusal.

    `grant_expires_at` is when the grant itself ends, where the network says so. Using a refresh token extends that,
    but not where it `is_final`: a consent that was given for a time.
    `extra` holds what else a grant consists of at some networks, under names of the channel's own: the key that a
    token is bound to, say. It is as secret as the tokens, and is empty at most networks.
    """

    access_token: SecretStr
    refresh_token: SecretStr | None = None
    expires_at: datetime | None = None
    grant_expires_at: datetime | None = None
    is_final: bool = False
    extra: dict[str, SecretStr] = {}


class Profile(Model):
    """The profile that a token belongs to, as its network describes it.

    Names are cut at 300 characters. ValidationError for an id, an address or facts that are too long.
    """

    external_id: GivenId
    handle: Name
    display_name: Name | None = None
    service_url: str | None = Field(None, max_length=ADDRESS.limit)
    scopes: Scopes = ()
    facts: Facts = {}


class ConnectedAccount(Model):
    """An account as it is passed to a channel's call: the profile and its current credentials.

    `credentials_version` rises with each stored refresh, so that a late refresh knows that it is stale. `app` is the
    brand's app that its owner consented to, None for the installation's. With `app_id` alone no token can be renewed.
    """

    id: str
    brand_ref: str
    is_test: bool = False  # of a test brand: its network is the sandbox
    channel: ChannelName
    external_id: str
    handle: str
    service_url: str | None = None
    login: str | None = None
    scopes: tuple[str, ...] = ()
    facts: dict[str, Any] = {}
    credentials: Credentials
    credentials_version: int = 1
    app_id: str | None = None
    app: AppCredentials | None = None

    @property
    def token(self) -> str:
        """The access token, in clear, for one call."""
        return self.credentials.access_token.get_secret_value()
