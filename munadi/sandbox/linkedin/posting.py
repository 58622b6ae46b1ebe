"""Posts, listed for pages only and refused as duplicates for ten minutes; comments; and who the caller is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import MINUTE, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.linkedin import uploads
from munadi.sandbox.linkedin.model import PAGE, Account, Post, read_back, refuse, refuse_if, seen

if TYPE_CHECKING:
    from munadi.sandbox.linkedin import LinkedIn

READ = "r_organization_social"


async def create(platform: LinkedIn, call: Call) -> Answer:
    """201 without a body: the id is a header, which a switch drops."""
    caller, body = platform.caller(call, *uploads.WRITE), call.json(refuse("invalid"))
    author = platform.author(caller, body.get("author"))
    assets, alts = _checked(platform, author, body)
    if platform.switches["refuseDuplicates"]:
        since = platform.clock.now() - 10 * MINUTE
        same = [one.urn for one in platform.written if one.body == body and one.created_at > since]
        named = "urn:li:share:1" if platform.switches["ghostDuplicates"] else same[0] if same else ""
        refuse_if(same, "duplicate", f"Content is a duplicate of {named}")
    urn = f"urn:li:{'ugcPost' if 'media' in body.get('content', {}) else 'share'}:{platform.next_id()}"
    post = Post(urn, author.id, body, platform.clock.now(), wall_time(), assets, alts)
    platform.written.put(urn, post)
    headers = {"x-li-uuid": f"AAY{platform.next_id()}"}
    return Answer(201, None, headers if platform.switches["dropPostId"] else {**headers, "x-restli-id": urn}, True)


async def listed(platform: LinkedIn, call: Call) -> Answer:
    """A page's posts, newest first: 404 where there are none. The total is not to be believed, new posts come late."""
    caller, query = platform.caller(call, READ), call.query
    refuse_if(query.get("q") != "author", "field")
    author, count = platform.author(caller, query.get("author")), int(query.get("count", 10))
    refuse_if(not 1 <= count <= 100 or query.get("sortBy") not in (None, "CREATED", "LAST_MODIFIED"), "invalid")
    rows = [
        one for one in reversed(list(platform.written)) if one.profile_id == author.id and _is_listed(platform, one)
    ]
    refuse_if(not rows, "missing")
    start = int(query.get("start", 0))
    shown = [_view(one) for one in rows[start : start + count]]
    return Answer(200, {"elements": shown, "paging": {"start": start, "count": count, "total": len(rows) + 7}})


async def read(platform: LinkedIn, call: Call) -> Answer:
    caller, post = platform.caller(call, READ), platform.written.get(call.path.rpartition("/")[2])
    if post is None or not _is_listed(platform, post):
        raise refuse("missing")
    platform.author(caller, post.profile_id)
    return Answer(200, _view(post))


async def delete(platform: LinkedIn, call: Call) -> Answer:
    """204, also when it is gone already."""
    caller, post = platform.caller(call, *uploads.WRITE), platform.written.get(call.path.rpartition("/")[2])
    if post is not None:
        platform.author(caller, post.profile_id)
        platform.written.remove(post.urn)
    return Answer(204, None, effect=post is not None)


async def comment(platform: LinkedIn, call: Call) -> Answer:
    caller, body = platform.caller(call, *uploads.WRITE), call.json(refuse("invalid"))
    actor, post = platform.author(caller, body.get("actor")), platform.written.get(call.path.split("/")[-2])
    if post is None or body.get("object") != post.urn:
        raise refuse("missing")
    text = body.get("message", {}).get("text")
    refuse_if(not isinstance(text, str) or not text.strip(), "blank")
    refuse_if(len(text) > 1250, "long")
    number = int(platform.next_id())
    urn = f"urn:li:comment:(urn:li:activity:{post.urn.rpartition(':')[2]},{number})"
    platform.add_comment(urn, post.urn, actor, text)
    return Answer(201, {"id": str(number), "commentUrn": urn}, {"x-restli-id": urn}, effect=True)


def _checked(platform: LinkedIn, author: Account, body: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The files of a post and their alt texts. Raises LinkedIn's refusals."""
    refuse_if({"author", "commentary", "visibility", "distribution", "lifecycleState"} - set(body), "field")
    content, text = body.get("content") or {}, body["commentary"]
    refuse_if(len(content) > 1, "invalid")
    refuse_if(not isinstance(text, str) or not (text.strip() or content), "blank")
    refuse_if(len(seen(text)) > 3000, "long")
    article, several = content.get("article"), content.get("multiImage", {}).get("images")
    rows = several or ([content["media"]] if "media" in content else [])
    rows += [{"id": article["thumbnail"]}] if article and article.get("thumbnail") else []
    assets = [uploads.attached(platform, author, row.get("id")) for row in rows]
    documents = [row for row, asset in zip(rows, assets, strict=True) if asset.kind == "documents"]
    refuse_if(documents and "media" not in content, "invalid")
    refuse_if(documents and not documents[0].get("title"), "field", "title is required for a document")
    return [asset.urn for asset in assets], {row["id"]: row["altText"] for row in rows if row.get("altText")}


def _is_listed(platform: LinkedIn, post: Post) -> bool:
    return platform.clock.now() >= post.created_at + platform.delays["index"] and platform.is_seen(post)


def _view(post: Post) -> dict[str, Any]:
    at = int(post.created_at * 1000)
    shown = {**post.body, "commentary": read_back(post.body["commentary"])}
    return {**shown, "id": post.urn, "createdAt": at, "publishedAt": at, "lastModifiedAt": at}


async def userinfo(platform: LinkedIn, call: Call) -> Answer:
    profile = platform.caller(call, "openid")
    return Answer(200, {"sub": profile.id.rpartition(":")[2], "name": profile.username, "locale": {"language": "en"}})


async def pages(platform: LinkedIn, call: Call) -> Answer:
    """The roles of the person: one row for each page, which others than ADMINISTRATOR are not asked for."""
    caller, query = platform.caller(call, "rw_organization_admin"), call.query
    if query.get("q") != "roleAssignee":
        raise refuse("field")
    own = [one for one in platform.accounts if one.person == caller.person and one.id != one.person]
    rows = [
        {
            "organization": one.id,
            "role": "ANALYST" if one.status == "no_role" else "ADMINISTRATOR",
            "state": "APPROVED",
            "roleAssignee": one.person,
        }
        for one in own
    ]
    found = [row for row in rows if query.get("role") in (None, row["role"])]
    return Answer(200, {"elements": found, "paging": {"start": 0, "count": len(found)}})


async def page(platform: LinkedIn, call: Call) -> Answer:
    platform.caller(call, "rw_organization_admin")
    found = platform.accounts.get(f"{PAGE}{call.path.rpartition('/')[2]}")
    if found is None:
        raise refuse("missing")
    return Answer(200, {"id": int(found.id.rpartition(":")[2]), "vanityName": found.username, "localizedName": "Acme"})
