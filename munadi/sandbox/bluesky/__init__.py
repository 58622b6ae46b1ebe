"""Bluesky emulated: PDS, entryway, PLC directory, AppView and video service under `/bluesky`.

Source: docs/networks/bluesky.md, compared with the reference PDS. Not emulated: createRecord, signed commits, the
firehose, the limit per IP. Order of checks as in the reference: authorization, the input's shape, limits, the account.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from munadi.sandbox.bluesky import directory, lexicon, limits, login, parts, repository, server, tokens, video, views
from munadi.sandbox.bluesky.clients import Clients
from munadi.sandbox.bluesky.errors import refuse, refuse_if, xrpc_error
from munadi.sandbox.bluesky.formats import TidClock
from munadi.sandbox.bluesky.grants import Grants
from munadi.sandbox.bluesky.model import (
    DEFAULT,
    HANDLE_DOMAIN,
    STATUSES,
    TAKEN_DOWN,
    Account,
    Blob,
    PartedUpload,
    Pushed,
    Record,
    Transcode,
    app_password,
    new_did,
    require_usable,
)
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.model import PostView
from munadi.sandbox.platform import Platform, Run
from munadi.sandbox.storage import Table

MAX_JSON_BYTES = 1_000_000
READS = [
    ("GET", "com.atproto.identity.resolveHandle", directory.resolve_handle),
    ("GET", "app.bsky.feed.getPosts", directory.get_posts),
]
SERVER = [
    *READS,
    ("POST", "com.atproto.server.createSession", server.create_session),
    ("POST", "com.atproto.server.refreshSession", server.refresh_session),
    ("GET", "com.atproto.server.getSession", server.get_session),
    ("GET", "com.atproto.server.getServiceAuth", server.get_service_auth),
    ("GET", "com.atproto.server.describeServer", server.describe_server),
    ("POST", "com.atproto.repo.uploadBlob", server.upload_blob),
    ("POST", "com.atproto.repo.putRecord", repository.put_record),
    ("POST", "com.atproto.repo.applyWrites", repository.apply_writes),
    ("GET", "com.atproto.repo.getRecord", repository.get_record),
    ("GET", ".well-known/oauth-protected-resource", login.resource),
]
# The entryway knows sessions and proxies everything else to the account's PDS.
ENTRYWAY = [
    *SERVER,
    ("GET", ".well-known/oauth-authorization-server", login.metadata),
    ("POST", "oauth/par", login.push),
    ("GET", "oauth/authorize", login.authorize),
    ("POST", "oauth/token", login.token),
    ("POST", "oauth/revoke", login.revoke),
]
VIDEO = [
    ("GET", f"{video.NSID}.getUploadLimits", video.get_limits),
    ("POST", f"{video.NSID}.uploadVideo", video.upload_video),
    ("GET", f"{video.NSID}.getJobStatus", video.get_job_status),
    ("POST", f"{video.NSID}.startUpload", parts.start),
    ("POST", f"{video.NSID}.uploadPart", parts.send),
    ("POST", f"{video.NSID}.finishUpload", parts.finish),
    ("GET", f"{video.NSID}.getUploadStatus", parts.status),
    ("POST", f"{video.NSID}.abortUpload", parts.abort),
]


def _routes(host: str, rows: Iterable[tuple[str, str, Run]]) -> dict[str, tuple[str, Run]]:
    return {f"{method} {host}/{name}": (name, run) for method, name, run in rows}


class Bluesky(Platform[Account]):
    channel = "bluesky"
    title = "Bluesky"
    refusal, throttling = {"error": "AccountDeactivated"}, {"error": "RateLimitExceeded"}
    app_credentials = ()  # an app is its own address
    hosts = {"ENTRYWAY": "entryway", "PLC": "plc", "APPVIEW": "appview", "VIDEO": "video"}
    default_delays = {"appview": 2.0, "video": 3.0}
    default_limits = {**limits.DEFAULTS, **video.DEFAULTS, "blobBytes": 5 * 1024 * 1024}
    default_switches = video.SWITCHES
    statuses = STATUSES
    default_profile = DEFAULT
    visible = frozenset(f"com.atproto.repo.{name}" for name in repository.WRITES)
    routes = {
        "* plc/**": ("plc", directory.get_did_document),
        **_routes("pds", SERVER),
        **_routes("entryway", ENTRYWAY),
        **_routes("appview", READS),
        **_routes("video", VIDEO),
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.tokens = tokens.Tokens(self)
        self.grants = Grants(self)
        self.rates = limits.RateLimits(self.clock, self.limits)
        self.clients = Clients(self.addresses)
        self.tids = TidClock()
        self.records: Table[Record] = self.table("record", Record)
        self.blobs: Table[Blob] = self.table("blob", Blob)
        self.pushed: Table[Pushed] = self.table("pushed", Pushed)
        self.transcodes: Table[Transcode] = self.table("transcode", Transcode)
        self.uploads: Table[PartedUpload] = self.table("upload", PartedUpload)

    def path_parts(self, call: Call) -> list[str]:
        return [part for part in super().path_parts(call) if part != "xrpc"]

    def operation(self, call: Call) -> Operation:
        """An unknown call goes by the name that it uses."""
        found = super().operation(call)
        nsid = "/".join(self.path_parts(call)[1:])
        return replace(found, name=nsid) if found.name == "unknown" and nsid else found

    async def not_served(self, call: Call) -> Answer:
        raise refuse("InvalidRequest", f"No service configured for {call.path.rpartition('/')[2]}")

    def profile_of(self, call: Call) -> str | None:
        token = call.bearer or call.bound
        claims = tokens.peek(token)[1] if token else None
        if claims:
            return str(claims.get("sub") or claims.get("iss"))  # a service token's account is its issuer
        return self._login_of(call) if call.path.endswith("createSession") else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        """The answer for a fault's `error: {error, message}`; an outage when it is empty."""
        return xrpc_error(error.get("error", "InternalServerError"), error.get("message"), status=status)

    def seed_tokens(self, profile: Account) -> None:
        """An app password opens sessions; there are no tokens before."""

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        label = self.new_username(name, signs="", joint="-", longest=18)
        return Account(new_did(), f"{label}.{HANDLE_DOMAIN}", f"{label}@{HANDLE_DOMAIN}", app_password())

    def short_name(self, profile: Account) -> str:
        return profile.handle.removesuffix(f".{HANDLE_DOMAIN}")

    def credentials(self, profile: Account, base_url: str) -> dict[str, Any]:
        return {
            "channel": "bluesky",
            "did": profile.did,
            "handle": profile.handle,
            "serviceUrl": f"{base_url}/bluesky/pds",
            "identifier": profile.handle,
            "password": profile.password,
        }

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        return self.credentials(self._with_new_password(profile_id), base_url)

    def posts(self, base_url: str) -> list[PostView]:
        return views.post_views(self)

    def set_status(self, profile_id: str, status: str) -> None:
        super().set_status(profile_id, status)
        if status in TAKEN_DOWN:
            self._end_sessions(profile_id)

    def expire_tokens(self, profile_id: str, which: str) -> None:
        if which in ("access", "all"):
            account = self.profile(profile_id)
            account.session_generation += 1
            self.accounts.put(profile_id, account)
        if which in ("refresh", "all"):
            self._end_sessions(profile_id)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """No login, no refresh. A session's access token still works until it expires, an OAuth token does not."""
        self._with_new_password(profile_id)
        self._end_sessions(profile_id)

    def clear(self) -> None:
        super().clear()
        self.rates.clear()

    def find(self, identifier: str) -> Account | None:
        """An account by DID, handle or e-mail."""
        wanted = identifier.strip().lower().removeprefix("@")
        found = (one for one in self.accounts if wanted in (one.did.lower(), one.handle, one.email))
        return next(found, None)

    def known(self, identifier: str) -> Account:
        account = self.find(identifier)
        if account is None:
            raise refuse("AccountNotFound")
        return account

    def caller(self, call: Call) -> Account:
        """The account of a valid access token; raises the reference's refusals."""
        if call.bound is not None:
            return self.grants.caller(call, call.bound)
        claims = self.tokens.verified(_credential(call), tokens.ACCESS_TYPE)
        refuse_if("cnf" in claims, "InvalidToken", "Access token is bound to a DPoP proof, but token type is Bearer")
        account = self.known(claims["sub"])
        refuse_if(claims.get("generation") != account.session_generation, "ExpiredToken")
        return account

    def refresh_claims(self, call: Call) -> dict[str, Any]:
        return self.tokens.verified(_credential(call), tokens.REFRESH_TYPE)

    def input(self, call: Call, schema: lexicon.Schema) -> dict[str, Any]:
        """The JSON body, of this shape."""
        refuse_if(not call.content_type, "InvalidRequest", "Request encoding (Content-Type) required but not provided")
        if call.content_type != "application/json":
            raise refuse("InvalidRequest", f"Wrong request encoding (Content-Type): {call.content_type}")
        refuse_if(len(call.body) > MAX_JSON_BYTES, "PayloadTooLargeError")
        try:
            body: dict[str, Any] = json.loads(call.body)
        except ValueError:
            raise refuse("SyntaxError") from None
        try:
            lexicon.check_data(body, "$")
            lexicon.validate(body, schema, "$")
        except lexicon.LexiconError as problem:
            raise refuse("InvalidRequest", str(problem)) from None
        return body

    def own_repo(self, identifier: str, caller: Account) -> Account:
        """The caller's own, usable repo under the DID or handle that it named."""
        account = self.known(identifier)
        require_usable(account)
        refuse_if(account.did != caller.did, "AuthenticationRequired")
        return account

    def readable_repo(self, identifier: str) -> Account | None:
        account = self.find(identifier)
        return account if account is not None and account.status == "active" else None

    def _login_of(self, call: Call) -> str | None:
        """The account that a login names, whether or not it will succeed."""
        try:
            body = json.loads(call.body)
        except ValueError:
            return None
        account = self.find(str(body.get("identifier", ""))) if isinstance(body, dict) else None
        return account.did if account else None

    def _with_new_password(self, did: str) -> Account:
        account = self.profile(did)
        account.password = app_password()
        return self.accounts.put(did, account)

    def _end_sessions(self, did: str) -> None:
        self.tokens.forget(did)
        self.grants.forget(did)


def _credential(call: Call) -> str:
    if not call.headers.get("authorization"):
        raise refuse("AuthMissing")
    if call.bearer is None:
        raise refuse("InvalidToken", "Unexpected authorization type")
    return call.bearer
