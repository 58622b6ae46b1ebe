"""Stores preparations (ids and upload addresses from a preparation) in rows, encrypted because they hold secrets.

A preparation is sealed for its publication, in `publications` and in `discards` alike, so that a transaction can move
it without a key (docs/decisions/017).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from munadi.crypto import KeyRing
from munadi.db.tables import ContentRow, DiscardRow, PublicationRow
from munadi.domain.publication import Preparation

TABLE, COLUMN = "publications", "sealed_preparation"


def seal_state(keyring: KeyRing, publication_id: str, state: Mapping[str, Any]) -> bytes:
    """Seal the state of a preparation for the rows of its publication."""
    return keyring.seal(json.dumps(state).encode(), table=TABLE, row=publication_id, column=COLUMN)


def state_of(keyring: KeyRing, row: PublicationRow | DiscardRow) -> dict[str, Any] | None:
    """Open the state stored in a row; None when there is none. SealBroken when it cannot be opened."""
    if row.sealed_preparation is None:
        return None
    publication_id = row.id if isinstance(row, PublicationRow) else row.publication_id
    state: dict[str, Any] = json.loads(
        keyring.open(row.sealed_preparation, table=TABLE, row=publication_id, column=COLUMN)
    )
    return state


def preparation_of(keyring: KeyRing, content: ContentRow, row: PublicationRow) -> Preparation | None:
    """The preparation of a publication, if it was made for the current draft. SealBroken as above."""
    if row.preparation_draft_version != content.draft_version or (state := state_of(keyring, row)) is None:
        return None
    return Preparation(
        draft_version=content.draft_version,
        state=state,
        ready=row.preparation_ready,
        expires_at=row.preparation_expires_at,
    )
