"""The directory of accounts: handles, DID documents (PLC), and the AppView's delayed view of posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from munadi.sandbox.bluesky.errors import refuse, refuse_if
from munadi.sandbox.bluesky.model import Account
from munadi.sandbox.bluesky.repository import POST
from munadi.sandbox.exchange import Answer, Call

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky


async def resolve_handle(platform: Bluesky, call: Call) -> Answer:
    handle = call.query.get("handle", "").lower()
    if "." not in handle:
        raise refuse("InternalServerError")  # the reference's answer to an invalid query
    account = platform.readable_repo(handle)
    if account is None or account.handle != handle:
        raise refuse("InvalidRequest", "Unable to resolve handle")
    return Answer(200, {"did": account.did})


async def get_did_document(platform: Bluesky, call: Call) -> Answer:
    did = call.path.removeprefix("plc/")
    account = platform.find(did)
    if account is None or account.did != did:
        return Answer(404, {"message": f"DID not registered: {did}"})
    return Answer(200, did_document(account, call), {"content-type": "application/did+ld+json"})


async def get_posts(platform: Bluesky, call: Call) -> Answer:
    """Posts that the AppView has indexed by now; it runs seconds behind the PDS."""
    uris = call.query.getlist("uris")
    refuse_if(not 1 <= len(uris) <= 25, "InvalidRequest", "Error: uris must have 1 to 25 elements")
    latest = platform.clock.now() - platform.delays["appview"]
    records = [platform.records.get(uri) for uri in uris]
    posts = [
        {"uri": record.uri, "cid": record.cid, "author": {"did": record.did}, "record": record.value}
        for record in records
        if record is not None and record.collection == POST and record.indexed_at <= latest
    ]
    return Answer(200, {"posts": posts})


def service_url(call: Call) -> str:
    return f"{call.base_url}/bluesky/pds"


def service_did(call: Call) -> str:
    """`did:web` of the host; a port travels percent-encoded (w3c-ccg.github.io/did-method-web)."""
    return "did:web:" + urlsplit(call.base_url).netloc.replace(":", "%3A")


def did_document(account: Account, call: Call) -> dict[str, Any]:
    """As the PLC directory gives it; without signing keys, since no commit is signed here."""
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": service_url(call)}
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.did,
        "alsoKnownAs": [f"at://{account.handle}"],
        "verificationMethod": [],
        "service": [service],
    }
