"""Bluesky emulated: PDS, entryway, PLC directory, AppView and video service under `/bluesky`.

Built from channels/bluesky.md and compared with the reference PDS. Not here: signed commits, the
firehose, the limit per IP.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.bluesky import limits, tokens, video
from munadi.sandbox.bluesky.accounts import STATUSES, app_password
from munadi.sandbox.bluesky.blobs import Blobs
from munadi.sandbox.bluesky.directory import Directory
from munadi.sandbox.bluesky.errors import planned_failure, refuse
from munadi.sandbox.bluesky.login import Login
from munadi.sandbox.bluesky.model import Account
from munadi.sandbox.bluesky.parts import Parts
from munadi.sandbox.bluesky.pds import TAKEN_DOWN, Pds
from munadi.sandbox.bluesky.repository import Repository
from munadi.sandbox.bluesky.service_auth import ServiceAuth
from munadi.sandbox.bluesky.sessions import Sessions
from munadi.sandbox.bluesky.transcodes import Transcodes
from munadi.sandbox.bluesky.video import Video
from munadi.sandbox.bluesky.views import post_views, profile_view
from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import EmulatedNetwork, PostView, ProfileView
from munadi.sandbox.storage import Store

Routes = dict[tuple[str, str], Operation]  # (HTTP method, NSID)


class Bluesky(EmulatedNetwork):
    channel = "bluesky"
    app_credentials = ()  # an app is its own address
    hosts = {"ENTRYWAY": "entryway", "PLC": "plc", "APPVIEW": "appview", "VIDEO": "video"}
    default_delays = {"appview": 2.0, "video": 3.0}
    default_limits = {**limits.DEFAULTS, **video.DEFAULTS, "blobBytes": 5 * 1024 * 1024}
    default_switches = video.SWITCHES
    statuses = STATUSES

    def __init__(self, clock: SandboxClock, store: Store, media: MediaShelf) -> None:
        super().__init__(clock, store, media)
        self._pds = Pds(clock, store, media, self.limits, self.delays)
        self._directory = Directory(self._pds)
        self._login = Login(self._pds, store, self.addresses)
        self._transcodes = Transcodes(self._pds, store)
        service = Video(self._pds, self._transcodes, self.switches)
        parts = Parts(self._pds, self._transcodes, service)
        self._hosts = {**_hosts(self._pds, self._directory, self._login), "video": _video(service, parts)}

    def operation(self, call: Call) -> Operation:
        host, _, rest = call.path.partition("/")
        if host == "plc":
            return Operation("plc", self._directory.did_document)
        nsid = rest.removeprefix("xrpc/")
        return self._hosts.get(host, {}).get((call.method, nsid)) or Operation(nsid or "unknown", _not_served)

    def operation_names(self) -> set[str]:
        return {"plc"} | {nsid for routes in self._hosts.values() for _, nsid in routes}

    def profile_of(self, call: Call) -> str | None:
        token = call.bearer or call.bound
        claims = tokens.peek(token)[1] if token else None
        if claims:
            return str(claims.get("sub") or claims.get("iss"))  # a service token's account is its issuer
        return self._pds.login_of(call) if call.path.endswith("createSession") else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned_failure(error, status)

    def seed(self) -> None:
        self._pds.accounts.seed()

    def create_profile(self, name: str | None, base_url: str) -> dict[str, Any]:
        return _credentials(self._pds.accounts.create(name), base_url)

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        account = self._pds.accounts.of(profile_id)
        account.password = app_password()
        return _credentials(self._pds.accounts.save(account), base_url)

    def profiles(self) -> list[ProfileView]:
        return [profile_view(account) for account in self._pds.accounts.listed()]

    def posts(self, base_url: str) -> list[PostView]:
        return post_views(self._pds)

    def set_status(self, profile_id: str, status: str) -> None:
        account = self._pds.accounts.of(profile_id)
        account.status = status
        self._pds.accounts.save(account)
        if status in TAKEN_DOWN:
            self._end_sessions(profile_id)

    def expire_tokens(self, profile_id: str, which: str) -> None:
        account = self._pds.accounts.of(profile_id)
        if which in ("access", "all"):
            account.session_generation += 1
            self._pds.accounts.save(account)
        if which in ("refresh", "all"):
            self._end_sessions(profile_id)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """No login, no refresh. A session's access token works until it expires, one of OAuth's no longer."""
        account = self._pds.accounts.of(profile_id)
        account.password = app_password()
        self._pds.accounts.save(account)
        self._end_sessions(profile_id)

    def _end_sessions(self, did: str) -> None:
        self._pds.tokens.forget(did)
        self._pds.grants.forget(did)

    def clear(self) -> None:
        self._pds.clear()
        self._login.clear()
        self._transcodes.clear()
        self.restore_settings()


def _hosts(pds: Pds, directory: Directory, login: Login) -> dict[str, Routes]:
    sessions, repository, blobs, service_auth = Sessions(pds), Repository(pds), Blobs(pds), ServiceAuth(pds)
    everyone = _routes(
        ("GET", "com.atproto.identity.resolveHandle", directory.resolve_handle, False),
        ("GET", "app.bsky.feed.getPosts", directory.get_posts, False),
        ("GET", "_health", directory.health, False),
    )
    server = _routes(
        ("POST", "com.atproto.server.createSession", sessions.create, False),
        ("POST", "com.atproto.server.refreshSession", sessions.refresh, False),
        ("POST", "com.atproto.server.deleteSession", sessions.delete, False),
        ("GET", "com.atproto.server.getSession", sessions.get, False),
        ("GET", "com.atproto.server.getServiceAuth", service_auth.get, False),
        ("GET", "com.atproto.server.describeServer", sessions.describe_server, False),
        ("POST", "com.atproto.repo.uploadBlob", blobs.upload, False),
        ("POST", "com.atproto.repo.createRecord", repository.create, True),
        ("POST", "com.atproto.repo.putRecord", repository.put, True),
        ("POST", "com.atproto.repo.applyWrites", repository.apply, True),
        ("POST", "com.atproto.repo.deleteRecord", repository.delete, True),
        ("GET", "com.atproto.repo.getRecord", repository.get, False),
        ("GET", "com.atproto.repo.listRecords", repository.list, False),
        ("GET", "com.atproto.repo.describeRepo", directory.describe_repo, False),
        ("GET", "com.atproto.sync.getBlob", blobs.get, False),
    )
    # The entryway knows sessions and proxies everything else to the account's PDS.
    resource = _routes(("GET", ".well-known/oauth-protected-resource", login.resource, False))
    return {
        "pds": everyone | server | resource,
        "entryway": everyone | server | resource | _authorization(login),
        "appview": everyone,
    }


def _authorization(login: Login) -> Routes:
    return _routes(
        ("GET", ".well-known/oauth-authorization-server", login.metadata, False),
        ("POST", "oauth/par", login.push, False),
        ("GET", "oauth/authorize", login.authorize, False),
        ("POST", "oauth/token", login.token, False),
        ("POST", "oauth/revoke", login.revoke, False),
    )


def _video(service: Video, parts: Parts) -> Routes:
    rows = (
        ("GET", "getUploadLimits", service.limits),
        ("POST", "uploadVideo", service.upload),
        ("GET", "getJobStatus", service.status),
        ("POST", "startUpload", parts.start),
        ("POST", "uploadPart", parts.send),
        ("POST", "finishUpload", parts.finish),
        ("GET", "getUploadStatus", parts.status),
        ("POST", "abortUpload", parts.abort),
    )
    return _routes(*((method, f"{video.NSID}.{name}", run, False) for method, name, run in rows))


def _routes(*rows: tuple[str, str, Any, bool]) -> Routes:
    return {(method, nsid): Operation(nsid, run, visible) for method, nsid, run, visible in rows}


async def _not_served(call: Call) -> Answer:
    nsid = call.path.rpartition("/")[2]
    raise refuse("InvalidRequest", f"No service configured for {nsid}")


def _credentials(account: Account, base_url: str) -> dict[str, Any]:
    return {
        "channel": "bluesky",
        "did": account.did,
        "handle": account.handle,
        "serviceUrl": f"{base_url}/bluesky/pds",
        "identifier": account.handle,
        "password": account.password,
    }
