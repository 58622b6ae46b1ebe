"""Stores handles (ids and upload addresses from a preparation) in rows, encrypted because they hold secrets.

A handle is sealed for its publication, in `publications` and in `discards` alike, so that a transaction can move it
without a key. The column `handle` has its ids, which are not secret, for workers of the previous version, which store
everything there (docs/decisions/017).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from munadi.crypto import KeyRing
from munadi.db.tables import ContentRow, DiscardRow, PublicationRow
from munadi.domain.publication import Handle
from munadi.domain.redaction import redact

TABLE, COLUMN = "publications", "sealed_handle"
MASK = "***"


class Stored(NamedTuple):
    """The stored form of a handle's state, in two columns."""

    sealed: bytes
    public: dict[str, Any]


def stored(keyring: KeyRing, publication_id: str, state: Mapping[str, Any]) -> Stored:
    """Seal the state of a handle for the rows of its publication."""
    sealed = keyring.seal(json.dumps(state).encode(), table=TABLE, row=publication_id, column=COLUMN)
    return Stored(sealed, public_part(state))


def public_part(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state without secrets: URLs without their query, texts without what looks like a token."""
    return {name: _public(value) for name, value in state.items()}


def state_of(keyring: KeyRing, row: PublicationRow | DiscardRow) -> dict[str, Any] | None:
    """Open the state stored in a row; None when there is none. SealBroken when it cannot be opened."""
    if row.sealed_handle is None:
        return row.handle
    publication_id = row.id if isinstance(row, PublicationRow) else row.publication_id
    state: dict[str, Any] = json.loads(keyring.open(row.sealed_handle, table=TABLE, row=publication_id, column=COLUMN))
    # The previous version has stored a newer public part than the sealed one.
    return state if row.handle is None or row.handle == public_part(state) else row.handle


def handle_of(keyring: KeyRing, content: ContentRow, row: PublicationRow) -> Handle | None:
    """The handle of a publication, if it was made for the current draft. SealBroken as above."""
    if row.handle_draft_version != content.draft_version or (state := state_of(keyring, row)) is None:
        return None
    return Handle(
        draft_version=content.draft_version, state=state, ready=row.handle_ready, expires_at=row.handle_expires_at
    )


def _public(value: Any) -> Any:
    if isinstance(value, str):
        address, query, _ = value.partition("?")
        if query and address.startswith(("http://", "https://")):
            value = f"{address}?{MASK}"
        return redact(value, limit=2 * len(value) + len(MASK))
    if isinstance(value, Mapping):
        return public_part(value)
    if isinstance(value, list | tuple):
        return [_public(one) for one in value]
    return value
