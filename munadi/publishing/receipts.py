"""The service for receipts: what this installation states about a publication, signed.

The signature is a compact JWS by PyJWT. The hash of what was sent is of JSON in the one form of RFC 8785, so that
anybody can compute it again: docs/guides/receipts.md describes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt
import rfc8785

from munadi.db.answers import Conflict, Service
from munadi.db.contents import queries as contents
from munadi.db.contents.details import known_outcome
from munadi.db.keys.callers import Principal
from munadi.db.keys.receipt_keys import ReceiptKeyStore
from munadi.db.tables import AccountRow, AttemptRow, ContentRow, PublicationRow
from munadi.domain.content import Draft
from munadi.domain.live_edit import LiveEdit
from munadi.domain.publication import PublicationStatus
from munadi.domain.receipt import (
    RECEIPT_TYPE,
    SENT_FORM,
    Receipt,
    ReceiptCall,
    ReceiptClaims,
    ReceiptEdit,
    ReceiptKey,
    ReceiptKeySet,
    ReceiptObject,
    ReceiptProfile,
    ReceiptWithdrawal,
    SentHash,
)
from munadi.publishing.live_editing import edits_of
from munadi.publishing.old_texts import texts_removed
from munadi.publishing.post_changes import visible_publication
from munadi.publishing.withdrawing import posted_objects, withdrawal_of

# JSON has one kind of number: a larger integer is read as a fraction by most programs, and so it is hashed as one.
_LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True)
class ReceiptService(Service):
    """Receipts. `base_url` is the public address of this installation."""

    base_url: str

    async def receipt(self, publication_id: str, caller: Principal) -> Receipt:
        """A receipt of a publication, as it is now. Raises NotVisible, and Conflict while it has no post."""
        async with self.database.read() as session:
            content, row = await visible_publication(session, publication_id, caller)
            _require_post(content, row)
            draft = Draft.model_validate((await contents.current_draft(session, content)).resolved[row.id])
            attempts = await contents.attempts_of(session, row.id)
            account = await session.get_one(AccountRow, row.account_id)
        now = self.clock.now()
        claims = ReceiptClaims(
            iss=self.base_url,
            iat=int(now.timestamp()),
            **_facts(content, row),
            profile=ReceiptProfile(account_id=account.id, handle=account.handle, external_id=account.external_id),
            sent=sent_hash(draft),
            calls=tuple(_call(each) for each in attempts),
            edits=tuple(_edit(each, draft) for each in edits_of(row)),
        )
        signer = await self._keys.signer(now)
        headers = {"kid": signer.kid, "typ": RECEIPT_TYPE}
        signed = jwt.encode(claims.model_dump(mode="json"), signer.private, algorithm="EdDSA", headers=headers)
        return Receipt(receipt=signed, claims=claims)

    async def keys(self) -> ReceiptKeySet:
        """The public keys that verify receipts."""
        keys = await self._keys.public(self.clock.now())
        return ReceiptKeySet(keys=tuple(ReceiptKey.model_validate(key) for key in keys))

    @property
    def _keys(self) -> ReceiptKeyStore:
        return ReceiptKeyStore(self.database, self.keyring)


def sent_hash(draft: Draft) -> SentHash:
    """The hash of what was sent: SHA-256 of the form's name, a line feed, and the fields as JSON (RFC 8785)."""
    fields = {
        "text": draft.text,
        "link": draft.link,
        "firstComment": draft.first_comment,
        "parts": list(draft.parts),
        "options": _as_numbers(draft.options),
        "media": [{"sha256": each.sha256, "alt": each.alt} for each in draft.media],
    }
    form = SENT_FORM.encode() + b"\n" + rfc8785.dumps(fields)
    files = tuple(each.sha256 for each in draft.media)
    return SentHash(form=SENT_FORM, sha256=hashlib.sha256(form).hexdigest(), files=files)


def _as_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_numbers(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_numbers(each) for each in value]
    return float(value) if isinstance(value, int) and abs(value) > _LARGEST_INTEGER else value


def _require_post(content: ContentRow, row: PublicationRow) -> None:
    if content.texts_removed_at is not None:
        text = (
            f"{texts_removed(content.texts_removed_at)}; a receipt says what was sent. One saved before still verifies"
        )
        raise Conflict("TEXTS_REMOVED", "No longer possible", text)
    if row.status != PublicationStatus.PUBLISHED:
        text = f"the publication is {row.status}; only a published one has a receipt"
    elif not row.posted:
        text = "the network has not named the post's id yet; ask for the receipt again later"
    else:
        return
    raise Conflict("NO_POST_YET", "There is no post yet", text)


def _facts(content: ContentRow, row: PublicationRow) -> dict[str, Any]:
    known = withdrawal_of(row)
    stated = None
    if known is not None:
        stated = ReceiptWithdrawal(
            status=known.status,
            requested_at=known.requested_at,
            ended_at=known.ended_at,
            confirmed_by=known.confirmed_by,
            left=known.left,
        )
    return {
        "publication_id": row.id,
        "content_id": row.content_id,
        "brand_ref": content.brand_ref,
        "channel": row.channel,
        "accepted_at": content.created_at,
        "published_at": row.published_at,
        "objects": _objects(row),
        "withdrawal": stated,
    }


def _objects(row: PublicationRow) -> Sequence[ReceiptObject]:
    return tuple(
        ReceiptObject(step=one.step, id=one.id, url=row.provider_url if one.id == row.provider_post_id else None)
        for one in posted_objects(row)
    )


def _edit(edit: LiveEdit, published: Draft) -> ReceiptEdit:
    return ReceiptEdit(
        version=edit.shown.version,
        requested_at=edit.shown.at,
        status=edit.shown.status,
        ended_at=edit.shown.ended_at,
        sha256=sent_hash(edit.draft(published)).sha256,
    )


def _call(row: AttemptRow) -> ReceiptCall:
    return ReceiptCall(
        step=row.stage,
        number=row.number,
        intent_at=row.intent_at,
        first_byte_at=row.first_byte_at,
        answered_at=row.ended_at,
        outcome=known_outcome(row),
    )
