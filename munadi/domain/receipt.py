"""A receipt: what this installation states about one publication, signed so that anybody can check who states it.

Rule: names and meanings of claims never change, because receipts are read for years; new ones may be added.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from munadi.domain.bounds import WebAddress
from munadi.domain.edits import EditStatus
from munadi.domain.failure import Effect
from munadi.domain.model import BrandOf, ChannelOf, WireModel
from munadi.domain.withdrawal import LeftObject, WithdrawalStatus

# The header `typ` of a receipt, and where an installation publishes its keys.
RECEIPT_TYPE = "munadi-receipt+jwt"
RECEIPT_KEYS_PATH = "/.well-known/munadi-keys.json"
# The first version of the form in which `sent` is hashed; the guide on receipts describes it.
SENT_FORM = "munadi-sent-1"


class ReceiptProfile(WireModel):
    """The profile at the network, as it is known when the receipt is made."""

    account_id: str = Field(description="The account's `id` at this installation.")
    handle: str = Field(description="The profile's name at the network.")
    external_id: str = Field(description="The network's own id of the profile.")


class ReceiptObject(WireModel):
    """One object of the post at the network: the post itself, a comment, a part of a thread."""

    step: str = Field(description="`post`, `comment`, or `part-2` and so on.")
    id: str = Field(description="The network's own id of it.")
    url: WebAddress = Field(description="Its address, as far as it is known.")


class SentHash(WireModel):
    """What was sent, as a hash: the text, the options (with a title), and the files."""

    form: str = Field(description=f"How it is hashed: `{SENT_FORM}`, which the guide on receipts describes.")
    sha256: str = Field(description="The SHA-256 of that form, in hexadecimal.")
    files: tuple[str, ...] = Field(description="The SHA-256 of each file as it was given, in their order.")


class ReceiptCall(WireModel):
    """One visible call to the network: an attempt to publish a part of the post, or to withdraw it."""

    step: str = Field(description="`post`, `comment`, `part-2`, or `withdraw-1` and so on.")
    number: int = Field(description="Counts the attempts of the step from 1.")
    intent_at: datetime = Field(description="When it was recorded that the call is about to be made.")
    first_byte_at: datetime | None = Field(description="When its first byte was sent; null where that is not known.")
    answered_at: datetime | None = Field(description="When its outcome was known; null before.")
    outcome: Effect | None = Field(description="What became of it; null while that is not known.")


class ReceiptEdit(WireModel):
    """One edit of the live post, as far as it was when the receipt was made."""

    version: int = Field(description="2 is the first edit; 1 is what was published.")
    requested_at: datetime = Field(description="When it was asked for.")
    status: EditStatus = Field(description="How far it is. The network shows the last one that is `edited`.")
    ended_at: datetime | None = Field(description="When its outcome was known; null before.")
    sha256: str = Field(description="The hash of the whole post in this version, in the form of `sent`.")


class ReceiptWithdrawal(WireModel):
    """The withdrawal of the post, as far as it was when the receipt was made."""

    status: WithdrawalStatus = Field(description="How far it is.")
    requested_at: datetime = Field(description="When it was asked for.")
    ended_at: datetime | None = Field(description="When its outcome was known; null before.")
    confirmed_by: str | None = Field(
        description="`look`: the network was read; `answer`: only its answer says so; null before the end."
    )
    left: tuple[LeftObject, ...] = Field(description="What of the post is still up, or may be.")


class ReceiptClaims(WireModel):
    """What a receipt states. The names `iss` and `iat` are those of RFC 7519."""

    iss: str = Field(description="The public address of the installation that states it.")
    iat: int = Field(description="When the receipt was made, in seconds since 1970.")
    publication_id: str = Field(description="The publication's `id`.")
    content_id: str = Field(description="The post it belongs to.")
    brand_ref: BrandOf
    channel: ChannelOf
    profile: ReceiptProfile = Field(description="Whose post it is.")
    accepted_at: datetime = Field(description="When the post was accepted.")
    published_at: datetime | None = Field(description="When the network had it live.")
    objects: tuple[ReceiptObject, ...] = Field(description="What the post has, or had, at the network.")
    sent: SentHash = Field(description="What was sent to publish it.")
    calls: tuple[ReceiptCall, ...] = Field(description="Every visible call, the first one first.")
    edits: tuple[ReceiptEdit, ...] = Field(description="Its edits after it was published, the first one first.")
    withdrawal: ReceiptWithdrawal | None = Field(description="Its withdrawal; null: none was asked for.")


class Receipt(WireModel):
    """A signed statement about a publication."""

    receipt: str = Field(description="The statement: a compact JWS (RFC 7515), signed with Ed25519 (`EdDSA`).")
    claims: ReceiptClaims = Field(description="What it states, readable. Only what is in `receipt` is signed.")


class ReceiptKey(WireModel):
    """A public key as a JWK (RFC 7517 and 8037)."""

    kty: str = Field(description="Always `OKP`.")
    crv: str = Field(description="Always `Ed25519`.")
    x: str = Field(description="The public key.")
    kid: str = Field(description="The key's name, which a receipt has in its header.")
    use: str = Field(description="Always `sig`.")
    alg: str = Field(description="Always `EdDSA`.")


class ReceiptKeySet(WireModel):
    """The public keys that verify receipts, the newest first. Earlier keys stay: old receipts name them."""

    keys: tuple[ReceiptKey, ...] = Field(description="The keys.")
