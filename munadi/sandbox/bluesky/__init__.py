"""Bluesky emulated: PDS, entryway, PLC directory, AppView and video service under `/bluesky`.

Source: docs/networks/bluesky.md, compared with the reference PDS. Not emulated: createRecord, signed
commits, the firehose, the limit per IP, and what the real server proves in tests: the check of records and queries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from munadi.sandbox.bluesky import appview, oauth, reading, repository, sessions, video
from munadi.sandbox.bluesky.changes import CHANGES
from munadi.sandbox.bluesky.model import (
    DEFAULT,
    HANDLE_DOMAIN,
    PROBLEMS,
    STATUSES,
    TAKEN_DOWN,
    Account,
    Blob,
    Grant,
    PartedUpload,
    Pushed,
    Record,
    Transcode,
    app_password,
    new_did,
    refuse,
    refuse_if,
    require_usable,
)
from munadi.sandbox.bluesky.proofs import OAuthRefused, Proofs
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.model import PostView
from munadi.sandbox.platform import Platform, Run
from munadi.sandbox.storage import Table

READS = [
    ("GET", "com.atproto.identity.resolveHandle", appview.resolve_handle),
    ("GET", "app.bsky.feed.getPosts", appview.get_posts),
]
SERVER = [
    *READS,
    ("POST", "com.atproto.server.createSession", sessions.create_session),
    ("POST", "com.atproto.server.refreshSession", sessions.refresh_session),
    ("GET", "com.atproto.server.getSession", sessions.get_session),
    ("GET", "com.atproto.server.getServiceAuth", sessions.get_service_auth),
    ("GET", "com.atproto.server.describeServer", sessions.describe_server),
    ("POST", "com.atproto.repo.uploadBlob", repository.upload_blob),
    ("POST", "com.atproto.repo.putRecord", repository.put_record),
    ("POST", "com.atproto.repo.applyWrites", repository.apply_writes),
    ("POST", "com.atproto.repo.deleteRecord", repository.delete_record),
    ("GET", "com.atproto.repo.getRecord", reading.get_record),
    ("GET", "com.atproto.repo.listRecords", reading.list_records),
    ("GET", "com.atproto.sync.getRepoStatus", reading.get_repo_status),
    ("GET", ".well-known/oauth-protected-resource", oauth.resource),
]
# The entryway knows sessions and proxies everything else to the account's PDS.
ENTRYWAY = [
    *SERVER,
    ("GET", ".well-known/oauth-authorization-server", oauth.metadata),
    ("POST", "oauth/par", oauth.push),
    ("GET", "oauth/authorize", oauth.authorize),
    ("POST", "oauth/token", oauth.token),
    ("POST", "oauth/revoke", oauth.revoke),
]
VIDEO = [
    ("GET", f"{video.NSID}.getUploadLimits", video.get_limits),
    ("POST", f"{video.NSID}.uploadVideo", video.upload_video),
    ("GET", f"{video.NSID}.getJobStatus", video.get_job_status),
    ("POST", f"{video.NSID}.startUpload", video.start_upload),
    ("POST", f"{video.NSID}.uploadPart", video.upload_part),
    ("POST", f"{video.NSID}.finishUpload", video.finish_upload),
    ("GET", f"{video.NSID}.getUploadStatus", video.get_upload_status),
    ("POST", f"{video.NSID}.abortUpload", video.abort_upload),
]


def _routes(host: str, rows: Iterable[tuple[str, str, Run]]) -> dict[str, tuple[str, Run]]:
    return {f"{method} {host}/{name}": (name, run) for method, name, run in rows}


class Bluesky(Platform[Account]):
    channel = "bluesky"
    title = "Bluesky"
    problems, rate_problem = PROBLEMS, "RateLimitExceeded"
    refusal, throttling = {"error": "AccountDeactivated"}, {"error": "RateLimitExceeded"}
    app_credentials = ()  # an app is its own address
    hosts = {"ENTRYWAY": "entryway", "PLC": "plc", "APPVIEW": "appview", "VIDEO": "video"}
    default_delays = {"appview": 2.0, "video": 3.0}
    default_limits = {
        "pointsPerHour": 5_000,
        "loginsPerDay": 300,
        "blobBytes": 5 * 1024 * 1024,
        **video.DEFAULTS,
    }
    statuses = STATUSES
    default_profile = DEFAULT
    changes = CHANGES
    visible = frozenset(f"com.atproto.repo.{name}" for name in repository.WRITES)
    routes = {
        "* plc/**": ("plc", sessions.get_did_document),
        **_routes("pds", SERVER),
        **_routes("entryway", ENTRYWAY),
        **_routes("appview", READS),
        **_routes("video", VIDEO),
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.tokens = sessions.Tokens(self)
        self.proofs = Proofs(self.addresses)
        self.grants: Table[Grant] = self.table("grant", Grant)
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

    async def play(self, name: str, run: Run, call: Call) -> Answer:
        """The authorization server has refusals of its own, and gives a nonce with each answer."""
        if not name.startswith("oauth/"):
            return await run(self, call)
        try:
            answer = await run(self, call)
        except OAuthRefused as refused:
            status = 401 if refused.error == "invalid_dpop_proof" else 400
            answer = Answer(status, {"error": refused.error, "error_description": refused.description})
        return replace(answer, headers={"dpop-nonce": self.proofs.nonce, **answer.headers})

    async def not_served(self, call: Call) -> Answer:
        raise refuse("InvalidRequest", f"No service configured for {call.path.rpartition('/')[2]}")

    def profile_of(self, call: Call) -> str | None:
        token = call.bearer or call.bound
        claims = sessions.peek(token)[1] if token else {}
        if claims:
            return str(claims.get("sub") or claims.get("iss"))  # a service token's account is its issuer
        return self._login_of(call) if call.path.endswith("createSession") else None

    def rate_facts(self, most: int, seconds: float, ends: float) -> dict[str, Any]:
        """The headers of the reference's own 429, which has no Retry-After."""
        known = {"Limit": str(most), "Remaining": "0", "Reset": str(int(ends)), "Policy": f"{most};w={int(seconds)}"}
        return {"headers": {f"RateLimit-{name}": value for name, value in known.items()}}

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
        return repository.post_views(self)

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        """The record, with the gates at its key."""
        uris = [post.id, *(post.id.replace(repository.POST, gate) for gate in repository.KINDS[1:])]
        return [(self.records, uri) for uri in uris]

    def permalink(self, row: Record, base_url: str) -> str:
        return f"https://bsky.app/profile/{row.did}/post/{row.rkey}"

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
            return oauth.caller(self, call, call.bound)
        claims = self.tokens.verified(self.credential(call), sessions.ACCESS_TYPE)
        refuse_if("cnf" in claims, "InvalidToken", "Access token is bound to a DPoP proof, but token type is Bearer")
        account = self.known(claims["sub"])
        refuse_if(claims.get("generation") != account.session_generation, "ExpiredToken")
        return account

    def credential(self, call: Call) -> str:
        if call.bearer is None:
            raise refuse("InvalidToken" if call.headers.get("authorization") else "AuthMissing")
        return call.bearer

    def input(self, call: Call) -> dict[str, Any]:
        return call.json(refuse("SyntaxError"))

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
            account = self.find(str(json.loads(call.body)["identifier"]))
        except (ValueError, TypeError, KeyError):
            return None
        return account.did if account else None

    def _with_new_password(self, did: str) -> Account:
        account = self.profile(did)
        account.password = app_password()
        return self.accounts.put(did, account)

    def _end_sessions(self, did: str) -> None:
        for token in [one for one in self.tokens.refresh if one.did == did]:
            self.tokens.refresh.remove(token.jti)
        for grant in [one for one in self.grants if one.did == did]:
            self.grants.remove(grant.id)
