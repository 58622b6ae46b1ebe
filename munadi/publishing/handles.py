"""Stores handles (ids and upload addresses from a preparation) in rows, encrypted because they hold secrets.

A handle is sealed for its publication, in `publications` and in `discards` alike, so that a transaction can move it
without a key (docs/decisions/017).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from munadi.crypto import KeyRing
from munadi.db.tables import ContentRow, DiscardRow, PublicationRow
from munadi.domain.publication import Handle

TABLE, COLUMN = "publications", "sealed_handle"


def seal_state(keyring: KeyRing, publication_id: str, state: Mapping[str, Any]) -> bytes:
    """Seal the state of a handle for the rows of its publication."""
    return keyring.seal(json.dumps(state).encode(), table=TABLE, row=publication_id, column=COLUMN)


def state_of(keyring: KeyRing, row: PublicationRow | DiscardRow) -> dict[str, Any] | None:
    """Open the state stored in a row; None when there is none. SealBroken when it cannot be opened."""
    if row.sealed_handle is None:
        return None
    publication_id = row.id if isinstance(row, PublicationRow) else row.publication_id
    state: dict[str, Any] = json.loads(keyring.open(row.sealed_handle, table=TABLE, row=publication_id, column=COLUMN))
    return state


def handle_of(keyring: KeyRing, content: ContentRow, row: PublicationRow) -> Handle | None:
    """The handle of a publication, if it was made for the current draft. SealBroken as above."""
    if row.handle_draft_version != content.draft_version or (state := state_of(keyring, row)) is None:
        return None
    return Handle(
        draft_version=content.draft_version, state=state, ready=row.handle_ready, expires_at=row.handle_expires_at
    )
