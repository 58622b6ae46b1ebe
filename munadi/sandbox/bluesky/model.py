"""The rows of the emulated Bluesky, its errors, its seeded account, which accounts may act, and content ids.

Names, statuses and messages of errors are those of the reference PDS (npm @atproto/pds 0.4.217).
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import libipld

from munadi.sandbox import model
from munadi.sandbox.exchange import Problems

# name → (HTTP status, the reference's usual message)
KNOWN = {
    "InvalidRequest": (400, "Invalid Request"),
    "ExpiredToken": (400, "Token has expired"),
    "InvalidToken": (400, "Token could not be verified"),
    "InvalidSwap": (400, "Record was at null"),
    "BlobNotFound": (400, "Could not find blob"),
    "RepoNotFound": (400, "Could not find repo"),
    "RecordNotFound": (400, "Could not locate record"),
    "SyntaxError": (400, "Expected property name or '}' in JSON at position 1"),
    "BadExpiration": (400, "Bad expiration"),
    "AuthMissing": (401, "Authentication Required"),
    "AuthenticationRequired": (401, "Authentication Required"),
    "AuthFactorTokenRequired": (401, "A sign in code has been sent to your email address"),
    "AccountTakedown": (401, "Account has been taken down"),
    "AccountDeactivated": (401, "Account is deactivated"),
    "AccountNotFound": (403, "Account not found"),
    "ScopeMissingError": (403, "Missing required scope"),
    "PayloadTooLarge": (413, "request entity too large"),
    "RateLimitExceeded": (429, "Rate Limit Exceeded"),
    "InternalServerError": (500, "Internal Server Error"),
    "UpstreamFailure": (502, "Upstream Failure"),
}
PROBLEMS = Problems(
    KNOWN,
    lambda name, status, text: {"error": name, "message": text},
    usual="InternalServerError",
    other=lambda name: (400, name),
)
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


@dataclass
class Account(model.Account):
    """Its id is the DID, its username the handle."""

    site = "https://bsky.app/profile/{0.id}"

    email: str
    password: str  # an app password; a sandbox has nothing to hide
    session_generation: int = 0  # access tokens of an earlier one count as expired
    head_cid: str | None = None  # the repo's latest commit
    head_rev: str | None = None

    @property
    def did(self) -> str:
        return self.id

    @property
    def handle(self) -> str:
        return self.username


@dataclass
class RefreshToken:
    jti: str
    did: str
    expires_at: float
    next_jti: str | None = None


@dataclass
class Pushed:
    """A request to authorize; once it is answered it has an account and a code."""

    uri: str
    client_id: str
    redirect_uri: str
    scope: str
    state: str
    challenge: str
    thumbprint: str
    hint: str
    expires_at: float
    did: str = ""
    code: str = ""
    client_key: str = ""  # the key that authenticated the client; empty for a public client


@dataclass
class Grant:
    id: str
    did: str
    client_id: str
    scope: str
    thumbprint: str  # of the key that its tokens are bound to
    code: str
    created_at: float
    refresh: str = ""
    used: list[str] = field(default_factory=list)  # refresh tokens before this one
    client_key: str = ""  # the key that its client must keep using; empty for a public client
    refreshed_at: float = 0.0


@dataclass
class Blob:
    did: str
    cid: str
    mime_type: str
    size: int
    digest: str

    @property
    def key(self) -> str:
        return f"{self.did} {self.cid}"

    @property
    def reference(self) -> dict[str, Any]:
        """The blob in an answer, and in a record."""
        return {"$type": "blob", "ref": {"$link": self.cid}, "mimeType": self.mime_type, "size": self.size}


@dataclass
class Record:
    did: str
    collection: str
    rkey: str
    cid: str
    value: dict[str, Any] = field(default_factory=dict)
    indexed_at: float = 0.0  # the sandbox's clock
    received_at: float = 0.0  # real time, of the first write

    @property
    def profile_id(self) -> str:
        return self.did

    @property
    def uri(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.rkey}"


@dataclass
class Transcode:
    id: str
    did: str
    digest: str
    size: int
    cid: str
    created_at: float  # the sandbox's clock
    failure_code: str | None = None  # how the job will fail; known from the start, reported later
    failure_message: str = ""


@dataclass
class PartedUpload:
    id: str
    did: str
    size: int
    part_bytes: int
    expires_at: float  # the sandbox's clock
    state: str = "created"
    parts: dict[str, str] = field(default_factory=dict)  # number → digest
    job_id: str | None = None  # what it became
    failure: str = ""

    @property
    def part_count(self) -> int:
        return -(-self.size // self.part_bytes)


@dataclass
class Secret:
    jwt: str


DEFAULT = Account(
    "did:plc:munadisandboxdefaultprof",
    "munadi.bsky.test",
    email="munadi@bsky.test",
    password="sand-box2-app3-pass",  # published on purpose: it opens nothing real
)
HANDLE_DOMAIN = "bsky.test"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
STATUSES = {"active", "takendown", "suspended", "deactivated"}
TAKEN_DOWN = ("takendown", "suspended")


def new_did() -> str:
    return "did:plc:" + "".join(secrets.choice(BASE32) for _ in range(24))


def app_password() -> str:
    """`xxxx-xxxx-xxxx-xxxx`, the form of a real one."""
    return "-".join("".join(secrets.choice(BASE32) for _ in range(4)) for _ in range(4))


def require_usable(account: Account, *, deactivated_too: bool = True) -> None:
    refuse_if(account.status in TAKEN_DOWN, "AccountTakedown")
    refuse_if(deactivated_too and account.status == "deactivated", "AccountDeactivated")


# Content ids: CIDv1, SHA-256, base32; raw for blobs, dag-cbor for records (atproto.com/specs/data-model).
RAW, DAG_CBOR = b"\x55", b"\x71"
VERSION, SHA2_256 = b"\x01", b"\x12\x20"


def blob_cid(body: bytes) -> str:
    return _cid(RAW, body)


def record_cid(record: Any) -> str:
    """`record` in its JSON form: links are `{"$link": …}`, bytes are `{"$bytes": …}`. No floats."""
    return _cid(DAG_CBOR, libipld.encode_dag_cbor(_ipld(record)))


def canonical(value: Any) -> Any:
    """Data with map keys in dag-cbor order (by length, then bytes), which is how a stored record reads back."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return [canonical(inner) for inner in value] if isinstance(value, list) else value


def _ipld(value: Any) -> Any:
    """The value with links and bytes as libipld takes them: both are `bytes`, and those of a CID become a link."""
    if isinstance(value, list):
        return [_ipld(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$link"} and isinstance(value["$link"], str):
        return libipld.decode_multibase(value["$link"])[1]
    if value.keys() == {"$bytes"} and isinstance(value["$bytes"], str):
        return base64.b64decode(value["$bytes"] + "=" * (-len(value["$bytes"]) % 4))
    return {key: _ipld(inner) for key, inner in value.items()}


def _cid(codec: bytes, body: bytes) -> str:
    return str(libipld.encode_cid(VERSION + codec + SHA2_256 + hashlib.sha256(body).digest()))


TID = re.compile(r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$")
