"""The rows of the emulated Bluesky, its errors, its seeded account, and which accounts may act.

Names, statuses and messages of errors are those of the reference PDS (npm @atproto/pds 0.4.217).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.exchange import Problems

# name → (HTTP status, the reference's usual message)
KNOWN = {
    "InvalidRequest": (400, "Invalid Request"),
    "ExpiredToken": (400, "Token has expired"),
    "InvalidToken": (400, "Token could not be verified"),
    "InvalidSwap": (400, "Record was at null"),
    "BlobNotFound": (400, "Could not find blob"),
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
    "PayloadTooLargeError": (413, "request entity too large"),  # of JSON bodies
    "RateLimitExceeded": (429, "Rate Limit Exceeded"),
    "InternalServerError": (500, "Internal Server Error"),
    "MethodNotImplemented": (501, "Method Not Implemented"),
    "UpstreamFailure": (502, "Upstream Failure"),
    "NotEnoughResources": (503, "Not Enough Resources"),
    "UpstreamTimeout": (504, "Upstream Timeout"),
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
