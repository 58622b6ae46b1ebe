"""`uploadBlob` and `sync.getBlob`: invisible until a record names the blob."""

from __future__ import annotations

import hashlib

from munadi.sandbox.bluesky.cid import blob_cid
from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.limits import UPLOADS
from munadi.sandbox.bluesky.model import Blob
from munadi.sandbox.bluesky.pds import Pds, require_usable
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import sniff


class Blobs:
    def __init__(self, pds: Pds) -> None:
        self._pds = pds

    async def upload(self, call: Call) -> Answer:
        account = self._pds.caller(call)
        require_usable(account, deactivated_too=False)
        if not call.content_type:
            raise refuse("InvalidRequest", "Request encoding (Content-Type) required but not provided")
        if len(call.body) > self._pds.maxima["blobBytes"]:
            raise refuse("PayloadTooLarge")
        headers = self._pds.limits.spend(UPLOADS, "everyone", 1)
        # The bytes win over what the client says they are, as at the reference.
        mime_type = sniff(call.body) or call.content_type
        cid = blob_cid(call.body)
        self._pds.media.keep(call.body, mime_type)
        digest = hashlib.sha256(call.body).hexdigest()
        blob = Blob(account.did, cid, mime_type, len(call.body), digest)
        self._pds.blobs.put(f"{account.did} {cid}", blob)
        reference = {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime_type, "size": blob.size}
        return Answer(200, {"blob": reference}, headers, effect=True)

    async def get(self, call: Call) -> Answer:
        did, cid = call.query.get("did", ""), call.query.get("cid", "")
        blob = self._pds.blobs.get(f"{did} {cid}")
        body = self._pds.media.read(blob.digest) if blob else None
        if blob is None or body is None:
            raise refuse("BlobNotFound", "Blob not found")
        return Answer(200, body, {"content-type": blob.mime_type, "x-content-type-options": "nosniff"})
