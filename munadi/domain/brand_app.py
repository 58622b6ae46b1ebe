"""An app of a brand's own at a network: its owners consent to that app, and its limits are the app's own.

Without one, accounts are connected by the installation's app (`MUNADI_CHANNELS__<CHANNEL>__CLIENT_ID`). The secret is
stored encrypted and never returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr

from munadi.domain.model import BrandOf, ChannelOf, CreatedAt, Model, UpdatedAt, WireModel

LONGEST = 500
_VISIBLE = r"^[!-~]+$"


class AppReview(StrEnum):
    """How far the network's review of an app is, as its owner says: no network reports it."""

    DEVELOPMENT = "development"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REFUSED = "refused"


class AppCredentials(Model):
    """An app as a channel uses it, for one log-in of the network (None: its usual one)."""

    id: str
    login: str | None = None
    client_id: str
    client_secret: SecretStr


class AppPut(WireModel):
    """An app of the brand's own at a network. `clientSecret` is never returned."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"clientId": "8127361", "clientSecret": "…", "review": "approved"}]}
    )

    client_id: str = Field(min_length=1, max_length=LONGEST, pattern=_VISIBLE, description="The app's id.")
    client_secret: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST, description="The app's secret.")]
    login: str | None = Field(
        None, max_length=40, description="The network's log-in that it is for, where it has several; null: the usual."
    )
    review: AppReview | None = Field(None, description="How far the network's review of the app is; null: not said.")


class BrandAppView(WireModel):
    """An app of a brand, without its secret."""

    brand_ref: BrandOf
    channel: ChannelOf
    login: str | None = Field(description="The network's log-in that it is for; null: the usual one.")
    client_id: str = Field(description="The app's id.")
    review: AppReview | None = Field(description="How far the network's review of the app is; null: not said.")
    redirect_uri: str = Field(description="The address that the app must allow at the network.")
    deauthorize_uri: str | None = Field(description="Where the network reports removals of the app; null: not so.")
    data_deletion_uri: str | None = Field(description="Where it reports requests to delete data; null: not so.")
    webhook_uri: str | None = Field(description="Where its webhook reports removals of the app; null: not so.")
    accounts: int = Field(description="Accounts that are connected through it.")
    created_at: CreatedAt
    updated_at: UpdatedAt


def other_login(logins: Sequence[str], login: str | None) -> str | None:
    """A log-in beside the usual one, which is the first of a network's; None for the usual one."""
    return login if login and login not in logins[:1] else None
