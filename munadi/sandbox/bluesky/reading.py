"""What anybody reads at an account's server: its records by key and by list, and whether it is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from munadi.sandbox.bluesky.model import refuse, refuse_if
from munadi.sandbox.exchange import Answer, Call

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

LONGEST_PAGE, USUAL_PAGE = 100, 50


async def get_record(platform: Bluesky, call: Call) -> Answer:
    repo, collection, rkey = (call.query.get(name, "") for name in ("repo", "collection", "rkey"))
    account = platform.readable_repo(repo)
    if account is None:
        raise refuse("InvalidRequest", "Could not locate record")
    uri = f"at://{account.did}/{collection}/{rkey}"
    record = platform.records.get(uri)
    if record is None or call.query.get("cid", record.cid) != record.cid:
        raise refuse("RecordNotFound", f"Could not locate record: {uri}")
    return Answer(200, {"uri": record.uri, "cid": record.cid, "value": record.value})


async def list_records(platform: Bluesky, call: Call) -> Answer:
    """Highest key first; the cursor is the last key of a page."""
    repo, collection = call.query.get("repo", ""), call.query.get("collection", "")
    account, limit = platform.readable_repo(repo), int(call.query.get("limit", USUAL_PAGE))
    refuse_if(not 1 <= limit <= LONGEST_PAGE, "InvalidRequest", f"Error: limit can not be greater than {LONGEST_PAGE}")
    if account is None:
        raise refuse("InvalidRequest", f"Could not find repo: {repo}")
    own = [one for one in platform.records if one.did == account.did and one.collection == collection]
    cursor = call.query.get("cursor")
    rest = [one for one in own if cursor is None or one.rkey < cursor]
    page = sorted(rest, key=lambda one: one.rkey, reverse=True)[:limit]
    rows = [{"uri": one.uri, "cid": one.cid, "value": one.value} for one in page]
    return Answer(200, {"records": rows, **({"cursor": page[-1].rkey} if page else {})})


async def get_repo_status(platform: Bluesky, call: Call) -> Answer:
    account = platform.accounts.get(call.query.get("did", ""))
    if account is None:
        raise refuse("RepoNotFound", f"Could not find repo for DID: {call.query.get('did')}")
    if account.status == "active":
        return Answer(200, {"did": account.did, "active": True, "rev": account.head_rev})
    return Answer(200, {"did": account.did, "active": False, "status": account.status})
