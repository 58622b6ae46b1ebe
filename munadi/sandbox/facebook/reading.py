"""Reads: one post, a Page's lists with `since`, `limit` and cursors, comments, people. Lists lag a little behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook.model import READ, Post, permalink
from munadi.sandbox.graph.reading import fields, graph_time, listing, node_in, parameters, selected
from munadi.sandbox.platform import names

if TYPE_CHECKING:
    from munadi.sandbox.facebook import Facebook

POST_FIELDS = names("id message created_time permalink_url is_published attachments")
COMMENT_FIELDS = {"id", "message", "created_time", "from"}
STORY_FIELDS = {"post_id", "status", "creation_time", "media_type", "media_id", "url"}
PAGE_FIELDS = {"id", "name", "username", "link", "category", "access_token"}
Show = Callable[["Facebook", Post, Call], dict[str, Any]]


async def node(platform: Facebook, call: Call) -> Answer:
    """`/me` and `/{page}`: a person has a name, a Page more; a person's token reads its Pages' tokens."""
    token, name = platform.token(call), node_in(call)
    page = platform.accounts.get(token.profile_id if name == "me" else name)
    if page is None or not platform.is_shared(token, page):
        if name not in ("me", token.profile_id) or token.kind == "page":
            raise platform.missing(name, call)
        person = platform.persons.get(token.profile_id)
        facts = {"id": token.profile_id, "name": person.name if person else ""}
        return Answer(200, selected(call, facts, {"id", "name"}, "User", ["name"]))
    shown = platform.page_facts(page, call) | {"link": page.url}
    if "access_token" in parameters(call).get("fields", ""):
        shown["access_token"] = (token if token.kind == "page" else platform.page_token(page, token)).value
    return Answer(200, selected(call, shown, PAGE_FIELDS, "Page", ["name"]))


async def read_post(platform: Facebook, call: Call) -> Answer:
    return Answer(200, _post(platform, platform.readable_post(call, node_in(call)), call))


async def published_posts(platform: Facebook, call: Call) -> Answer:
    return _list(platform, call, lambda post: platform.is_listed(post) and post.kind != "story")


async def list_stories(platform: Facebook, call: Call) -> Answer:
    return _list(platform, call, lambda post: platform.is_listed(post) and post.kind == "story", _story, STORY_FIELDS)


async def list_comments(platform: Facebook, call: Call) -> Answer:
    post = platform.readable_post(call, node_in(call, -2))
    page = platform.profile(post.profile_id)
    fields(parameters(call), COMMENT_FIELDS, "Comment")  # an empty list refuses them, too
    data = []
    for comment in platform.comments_on(post.id):
        facts: dict[str, Any] = {"id": comment.id, "message": comment.text}
        facts |= {"from": {"id": page.id, "name": page.title}, "created_time": graph_time(comment.created_at)}
        data.append(selected(call, facts, COMMENT_FIELDS, "Comment", ["created_time", "from", "message"]))
    return Answer(200, {"data": data})


def _list(
    platform: Facebook,
    call: Call,
    wanted: Callable[[Post], bool],
    show: Show | None = None,
    known: set[str] = POST_FIELDS,
) -> Answer:
    """Newest first."""
    page = platform.owner(call, node_in(call, -2), READ)
    fields(parameters(call), known, "Post")  # an empty list refuses them, too
    own = (post for post in platform.published if post.profile_id == page.id and wanted(post))
    return listing(call, own, lambda post: post.created_at, lambda post: (show or _post)(platform, post, call))


def _post(platform: Facebook, post: Post, call: Call) -> dict[str, Any]:
    attachments = _attachments(post, call.base_url)
    facts = {
        "id": post.id,
        "created_time": graph_time(post.created_at),
        "permalink_url": permalink(post, call.base_url),
        "is_published": platform.is_visible(post),
        "message": post.message or None,
        "attachments": {"data": attachments} if attachments else None,
    }
    return selected(call, facts, POST_FIELDS, "Post", ["created_time", "message"])


def _story(platform: Facebook, post: Post, call: Call) -> dict[str, Any]:
    facts = {"post_id": post.number, "status": "PUBLISHED", "creation_time": str(int(post.created_at))}
    facts |= {"media_type": "video" if post.video_id else "photo", "media_id": post.video_id or post.photos[0]}
    facts["url"] = permalink(post, call.base_url)
    return selected(call, facts, STORY_FIELDS, "Story", sorted(STORY_FIELDS))


def _attachments(post: Post, base_url: str) -> list[dict[str, Any]]:
    url = permalink(post, base_url)
    if post.video_id:
        return [{"media_type": "video", "target": {"id": post.video_id}, "url": url}]
    if post.photos:
        photos = [{"media_type": "photo", "target": {"id": photo}, "url": url} for photo in post.photos]
        if len(photos) == 1:
            return photos
        return [{"media_type": "album", "target": {"id": post.id}, "url": url, "subattachments": {"data": photos}}]
    if post.link:
        shim = f"https://l.facebook.com/l.php?u={quote(post.link, safe='')}"
        return [{"media_type": "link", "url": shim, "unshimmed_url": post.link, "target": {"url": shim}}]
    return []
