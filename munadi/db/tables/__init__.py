"""Every table. Importing this package registers all of them with SQLModel.

A row class ends in `Row` and never leaves the database layer and `munadi.publishing`, except for the flat ones that
the API reads.
"""

from __future__ import annotations

from munadi.db.tables.accounts import (
    AccountRow,
    AppPauseRow,
    BrandAppRow,
    BrandingRow,
    BrandRow,
    CalendarFeedRow,
    ConnectionRow,
    KeyRow,
)
from munadi.db.tables.alerts import AlertRow
from munadi.db.tables.audit import AuditRow, SessionRow
from munadi.db.tables.contents import (
    AttemptRow,
    ContentRow,
    DiscardRow,
    DraftRow,
    IdempotencyRow,
    PublicationRow,
)
from munadi.db.tables.erasures import ErasureRow
from munadi.db.tables.imports import ImportLineRow, ImportRow
from munadi.db.tables.media import ConversionRow, MediaRow, MediaUseRow, SavedDraftRow
from munadi.db.tables.metadata import MetadataRow
from munadi.db.tables.oauth import OAuthClientRow, OAuthCodeRow, OAuthDeviceRow, OAuthGrantRow, OAuthTokenRow
from munadi.db.tables.receipts import ReceiptKeyRow
from munadi.db.tables.reviews import ReviewLinkRow
from munadi.db.tables.revisions import SchemaRevisionRow
from munadi.db.tables.series import SeriesRow
from munadi.db.tables.usage import ApiCallsRow, DeliveryDeferralRow, DeliveryTriesRow, KeyDayRow, LookBudgetRow
from munadi.db.tables.webhooks import IS_PENDING, DeliveryRow, EndpointQueueRow, EndpointRow, EventRow, RecoveryRow

__all__ = [
    "IS_PENDING",
    "AccountRow",
    "AlertRow",
    "ApiCallsRow",
    "AppPauseRow",
    "AttemptRow",
    "AuditRow",
    "BrandAppRow",
    "BrandRow",
    "BrandingRow",
    "CalendarFeedRow",
    "ConnectionRow",
    "ContentRow",
    "ConversionRow",
    "DeliveryDeferralRow",
    "DeliveryRow",
    "DeliveryTriesRow",
    "DiscardRow",
    "DraftRow",
    "EndpointQueueRow",
    "EndpointRow",
    "ErasureRow",
    "EventRow",
    "IdempotencyRow",
    "ImportLineRow",
    "ImportRow",
    "KeyDayRow",
    "KeyRow",
    "LookBudgetRow",
    "MediaRow",
    "MediaUseRow",
    "MetadataRow",
    "OAuthClientRow",
    "OAuthCodeRow",
    "OAuthDeviceRow",
    "OAuthGrantRow",
    "OAuthTokenRow",
    "PublicationRow",
    "ReceiptKeyRow",
    "RecoveryRow",
    "ReviewLinkRow",
    "SavedDraftRow",
    "SchemaRevisionRow",
    "SeriesRow",
    "SessionRow",
]
