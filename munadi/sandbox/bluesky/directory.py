"""Who is who: handles, DID documents (the PLC directory), and the AppView's delayed look at posts."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.model import Record
from munadi.sandbox.bluesky.pds import TAKEN_DOWN, Pds, did_document
from munadi.sandbox.bluesky.records import POST
from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import Answer, Call


class Directory:
    def __init__(self, pds: Pds) -> None:
        self._pds = pds

    async def resolve_handle(self, call: Call) -> Answer:
        handle = call.query.get("handle", "").lower()
        if "." not in handle:
            raise refuse("InternalServerError")  # the reference's answer to an invalid query
        account = self._pds.readable_repo(handle)
        if account is None or account.handle != handle:
            raise refuse("InvalidRequest", "Unable to resolve handle")
        return Answer(200, {"did": account.did})

    async def describe_repo(self, call: Call) -> Answer:
        name = call.query.get("repo", "")
        account = self._pds.accounts.find(name)
        if account is None:
            raise refuse("InvalidRequest", f"Could not find user: {name}")
        if account.status in TAKEN_DOWN:
            raise refuse("RepoTakendown", f"Repo has been takendown: {name}")
        if account.status != "active":
            raise refuse("RepoDeactivated", f"Repo has been deactivated: {name}")
        collections = sorted({r.collection for r in self._pds.records if r.did == account.did})
        body = {
            "handle": account.handle,
            "did": account.did,
            "didDoc": did_document(account, call),
            "collections": collections,
            "handleIsCorrect": True,
        }
        return Answer(200, body)

    async def did_document(self, call: Call) -> Answer:
        did = call.path.removeprefix("plc/")
        account = self._pds.accounts.find(did)
        if account is None or account.did != did:
            return Answer(404, {"message": f"DID not registered: {did}"})
        return Answer(200, did_document(account, call), {"content-type": "application/did+ld+json"})

    async def get_posts(self, call: Call) -> Answer:
        """Posts that the AppView has indexed by now; it runs seconds behind the PDS."""
        uris = call.query.getlist("uris")
        if not 1 <= len(uris) <= 25:
            raise refuse("InvalidRequest", "Error: uris must have 1 to 25 elements")
        latest = self._pds.clock.now() - self._pds.delays["appview"]
        records = [self._pds.records.get(uri) for uri in uris]
        posts = [
            self._post_view(record)
            for record in records
            if record is not None and record.collection == POST and record.indexed_at <= latest
        ]
        return Answer(200, {"posts": posts})

    def _post_view(self, record: Record) -> dict[str, Any]:
        account = self._pds.accounts.of(record.did)
        return {
            "uri": record.uri,
            "cid": record.cid,
            "author": {"did": account.did, "handle": account.handle},
            "record": record.value,
            "replyCount": 0,
            "repostCount": 0,
            "likeCount": 0,
            "quoteCount": 0,
            "indexedAt": iso(record.indexed_at),
        }

    async def health(self, call: Call) -> Answer:
        return Answer(200, {"version": "munadi-sandbox"})
