"""The statements that find a key by what a caller sends, with the brand that the call counts for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, null, or_, select
from sqlmodel import col, func

from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import ApiCallsRow, BrandRow, KeyRow, OAuthTokenRow, SessionRow
from munadi.db.types import UtcDateTime

_NAMED: ColumnElement[str] = func.coalesce(KeyRow.brand_ref, bindparam("named", type_=String))


def _key_and_brand(text_ends: Any) -> Select[Any]:
    """`text_ends`: when the text ends that was sent, if that is not when the key ends."""
    return (
        select(
            col(KeyRow.id),
            col(KeyRow.scopes),
            col(KeyRow.brand_ref),
            col(KeyRow.brand_refs),
            col(KeyRow.caps),
            col(KeyRow.lineage),
            col(KeyRow.expires_at),
            text_ends.label("text_ends"),
            col(KeyRow.revoked_at),
            col(BrandRow.ref),
            col(BrandRow.limits),
            col(BrandRow.mode),
            col(ApiCallsRow.calls),
            col(ApiCallsRow.minute),
            col(ApiCallsRow.minute_calls),
        )
        .select_from(KeyRow)
        .join(BrandRow, col(BrandRow.ref) == _NAMED, isouter=True)
        .join(
            ApiCallsRow,
            and_(col(ApiCallsRow.brand_ref) == col(BrandRow.ref), col(ApiCallsRow.month) == bindparam("month")),
            isouter=True,
        )
    )


# The text of before a rotation ends earlier than the key.
_IS_PREVIOUS = col(KeyRow.hash).not_in([bindparam("hash"), bindparam("guarded")])
BY_HASH = Prebuilt(
    _key_and_brand(case((_IS_PREVIOUS, col(KeyRow.previous_ends_at)), else_=null())).where(
        or_(
            col(KeyRow.hash).in_([bindparam("hash"), bindparam("guarded")]),
            col(KeyRow.previous_hash) == bindparam("hash"),
        )
    )
)
# The key of a program that signed in, by one of its tokens. An end of the key that was moved holds for the token, too.
BY_TOKEN = Prebuilt(
    _key_and_brand(col(OAuthTokenRow.expires_at))
    .join(OAuthTokenRow, col(OAuthTokenRow.key_id) == col(KeyRow.id))
    .where(col(OAuthTokenRow.hash) == bindparam("hash"), col(OAuthTokenRow.is_refresh).is_(False))
)
BY_ID = Prebuilt(_key_and_brand(null()).where(col(KeyRow.id) == bindparam("key_id")))
BY_SESSION = Prebuilt(
    _key_and_brand(null())
    .join(SessionRow, col(SessionRow.key_id) == col(KeyRow.id))
    .where(
        col(SessionRow.id) == bindparam("session"),
        col(SessionRow.ended_at).is_(None),
        col(SessionRow.ends_at) > bindparam("now", type_=UtcDateTime),
    )
)
