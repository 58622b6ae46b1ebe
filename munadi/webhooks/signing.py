"""Signs deliveries and verifies signatures, by the Standard Webhooks specification.

Rule: what is signed is `{id}.{timestamp}.{body}`, the body's bytes exactly as sent, and
`verify` raises one exception type for anything wrong. Specification: standardwebhooks.com, version 1.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets as random_source
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from munadi.client.answers import MunadiEvent

SECRET_PREFIX, PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX = "whsec_", "whsk_", "whpk_"
ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)

_SECRET_BYTES = 32
_SIGNATURE_HEADER_LIMIT = 8192
# No dot: it separates the signed parts, so an id with one could be cut in two ways.
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_~+/=:@-]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")


class WebhookVerificationError(Exception):
    """The signature or the timestamp of a message is wrong. The text says which check failed."""


class ReceivedHeaders(Protocol):
    """The headers of a request as a framework has them: a mapping, or the message of `http.server`."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Each name with a value."""


class KeyPair(NamedTuple):
    """An ed25519 pair: `private` (`whsk_…`) signs and stays here, `public` (`whpk_…`) is shown."""

    private: str
    public: str


def generate_secret() -> str:
    """A new symmetric secret, `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + _encode(random_source.token_bytes(_SECRET_BYTES))


def generate_key_pair() -> KeyPair:
    """A new ed25519 pair. The private key is seed and public key together (64 bytes), as Svix writes it."""
    seed, public = _ed25519().generate()
    return KeyPair(PRIVATE_KEY_PREFIX + _encode(seed + public), PUBLIC_KEY_PREFIX + _encode(public))


def sign(secrets: str | Sequence[str], message_id: str, timestamp: datetime, body: bytes) -> str:
    """The value of `webhook-signature`: one `v1,…` (or `v1a,…` for a `whsk_` key) per secret, by spaces.

    Every active secret signs, so a receiver may hold the old or the new one during a rotation.
    Raises ValueError: no secret, a malformed one, a naive timestamp, an id that cannot be a header, a `whsk_` key
    without the extra `ed25519`.
    """
    keys = [secrets] if isinstance(secrets, str) else list(secrets)
    if not keys:
        raise ValueError("a webhook needs at least one secret to sign with")
    signed = _signed_content(message_id, timestamp_value(timestamp), body)
    return " ".join(_signature(key, signed) for key in keys)


def headers(secrets: str | Sequence[str], message_id: str, timestamp: datetime, body: bytes) -> dict[str, str]:
    """The three Standard Webhooks headers of one try; raises as `sign` does."""
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: timestamp_value(timestamp),
        SIGNATURE_HEADER: sign(secrets, message_id, timestamp, body),
    }


def timestamp_value(timestamp: datetime) -> str:
    """Whole seconds since the epoch, as the header carries them. Raises ValueError for a naive time."""
    if timestamp.tzinfo is None:
        raise ValueError("a webhook timestamp needs a time zone")
    return str(int(timestamp.timestamp()))


def verify(
    body: bytes,
    headers: ReceivedHeaders,
    secrets: str | Sequence[str],
    tolerance: timedelta | float = TOLERANCE,
    now: datetime | None = None,
) -> "MunadiEvent":
    """The event in `body`, if one of `secrets` (`whsec_…`, or `whpk_…` for v1a) signed it just now.

    `body` is the request's body as it arrived. `tolerance` is how old or how far ahead the signature may be: seconds or
    a timedelta. Several signatures and several secrets are accepted: one pair that fits is enough. A `whpk_` key needs
    the extra `ed25519`. Header names match in any case. `if event["type"] == "content.completed"` tells mypy what is
    in `event["data"]`; a newer server may send types that are not listed.
    Raises WebhookVerificationError, and nothing else, for anything wrong.
    """
    message_id = _header(headers, ID_HEADER, _MESSAGE_ID)
    sent = _header(headers, TIMESTAMP_HEADER, _TIMESTAMP)
    _check_age(int(sent), tolerance, now or datetime.now(UTC))
    given = _header(headers, SIGNATURE_HEADER, None).split(" ")
    try:
        signed = _signed_content(message_id, sent, body)
        keys = [secrets] if isinstance(secrets, str) else list(secrets)
        matches = [_matches(key, signed, signature) for key in keys for signature in given]
    except (ValueError, TypeError) as error:
        raise WebhookVerificationError(f"unusable secret or body: {error}") from error
    if not any(matches):
        raise WebhookVerificationError("no signature matches")
    try:
        event: MunadiEvent = json.loads(bytes(body).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise WebhookVerificationError("the body is not JSON in UTF-8") from error
    return event


def _signed_content(message_id: str, timestamp: str, body: bytes) -> bytes:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("a message id is 1 to 255 letters, digits and _~+/=:@- without a dot")
    return f"{message_id}.{timestamp}.".encode("ascii") + body


def _signature(key: str, signed: bytes) -> str:
    if key.startswith(PRIVATE_KEY_PREFIX):
        seed = _decode(key, PRIVATE_KEY_PREFIX)[:32]
        return "v1a," + _encode(_ed25519().sign(seed, signed))
    return "v1," + _encode(hmac.digest(_decode(key, SECRET_PREFIX), signed, hashlib.sha256))


def _matches(key: str, signed: bytes, given: str) -> bool:
    if not key.startswith(PUBLIC_KEY_PREFIX):
        # Texts are compared, not decoded bytes: base64 has several spellings of the same bytes.
        return hmac.compare_digest(_signature(key, signed).encode(), given.encode("utf-8", "replace"))
    is_signed = _ed25519().verifier(_decode(key, PUBLIC_KEY_PREFIX))
    version, _, text = given.partition(",")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return version == "v1a" and _encode(raw) == text and bool(is_signed(signed, raw))


def _ed25519() -> ModuleType:
    """The module with these keys. Raises ValueError where the package that it needs is not installed."""
    try:
        from munadi.webhooks import ed25519
    except ModuleNotFoundError as missing:
        raise ValueError(
            f"a key pair needs the package {missing.name}: install it, or the client with its extra ed25519"
        ) from missing
    return ed25519


def _header(headers: ReceivedHeaders, name: str, shape: re.Pattern[str] | None) -> str:
    found = [value for key, value in headers.items() if isinstance(key, str) and key.lower() == name]
    if len(found) != 1:
        raise WebhookVerificationError(f"expected one {name} header, found {len(found)}")
    value = found[0]
    if not isinstance(value, str) or len(value) > _SIGNATURE_HEADER_LIMIT:
        raise WebhookVerificationError(f"the {name} header is malformed")
    if shape is not None and not shape.fullmatch(value):
        raise WebhookVerificationError(f"the {name} header is malformed")
    return value


def _check_age(sent: int, tolerance: timedelta | float, now: datetime) -> None:
    age = now.timestamp() - sent
    seconds = tolerance.total_seconds() if isinstance(tolerance, timedelta) else tolerance
    if not age <= seconds:  # written so that a tolerance of NaN accepts nothing
        raise WebhookVerificationError("the message timestamp is too old")
    if not -age <= seconds:
        raise WebhookVerificationError("the message timestamp is in the future")


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decode(key: str, prefix: str) -> bytes:
    """The bytes of a prefixed key, padded or not. Never repeats the key in its error."""
    text = key.removeprefix(prefix).rstrip("=")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"a key must be {prefix} and base64") from None
    if not raw:
        raise ValueError("a key may not be empty")
    return raw
