"""Feed posts, photos, comments and a link's scrape; and reads: of a post, of lists, which lag a little, of people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from munadi.sandbox.clock import DAY, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook import model as errors
from munadi.sandbox.facebook.model import COMMENT, IMAGE_BYTES, PUBLISH, READ, Page, Photo, Post, image_type, permalink
from munadi.sandbox.graph.errors import bad_parameter, bad_parameter_if, refuse, refuse_if
from munadi.sandbox.graph.reading import flag, graph_time, listing, new_id, node_in, parameters, selected
from munadi.sandbox.media import FetchFailed, fetch

if TYPE_CHECKING:
    from munadi.sandbox.facebook import Facebook

MESSAGE_UNITS = 63_206
INDEXED = re.compile(r"^attached_media\[(\d+)\]$")
ONES_OWN = ("facebook.com", "fb.com", "fb.me", "fb.watch")
Show = Callable[["Facebook", Post, Call], dict[str, Any]]


async def feed(platform: Facebook, call: Call) -> Answer:
    page = platform.owner(call, node_in(call, -2), PUBLISH)
    values = parameters(call)
    message, link, photos = values.get("message", ""), values.get("link"), attached(values)
    if not message.strip() and not link and not photos:
        raise bad_parameter("Requires one of the parameters: message, link, attached_media")
    bad_parameter_if(not flag(values, "published", True), "Unpublished posts are not emulated.")
    _require_short(message)
    _require_link(platform, link)
    if not photos:
        _require_new(platform, page, message, link)
    post = _new(platform, page, message, "album" if len(photos) > 1 else "photo" if photos else "text")
    post.kind, post.link = ("link" if link and not photos else post.kind), link
    _attach(platform, post, photos)
    platform.published.put(post.id, post)
    facts = {"id": post.id, "permalink_url": permalink(post, call.base_url), "message": message}
    wanted = [name for name in values.get("fields", "").split(",") if name in facts]
    return Answer(200, {name: facts[name] for name in ["id", *wanted]}, effect=True)


async def photo(platform: Facebook, call: Call) -> Answer:
    """A photo from an address. It is unpublished, lives for a day, and can be attached to a post."""
    page = platform.owner(call, node_in(call, -2), PUBLISH)
    values = parameters(call)
    bad_parameter_if(flag(values, "published", True), "Only unpublished photos are emulated.")
    try:
        body = await fetch(values.get("url", ""), IMAGE_BYTES)
    except FetchFailed:
        raise refuse(errors.IMAGE_INVALID) from None
    digest = platform.blob_store.keep(body, image_type(body)).digest
    photo = Photo(new_id("122", 15), page.id, digest, values.get("alt_text_custom", ""), platform.clock.now())
    platform.photos.put(photo.id, photo)
    return Answer(200, {"id": photo.id}, effect=True)


async def photo_story(platform: Facebook, call: Call) -> Answer:
    """A photo that was uploaded unpublished, and is in no post, becomes a story."""
    page = platform.owner(call, node_in(call, -2), PUBLISH)
    post = _new(platform, page, "", "story")
    _attach(platform, post, [parameters(call).get("photo_id", "")])
    platform.published.put(post.id, post)
    return Answer(200, {"success": True, "post_id": post.number}, effect=True)


async def comment(platform: Facebook, call: Call) -> Answer:
    page = platform.caller(call, COMMENT)
    node = node_in(call, -2)
    post = platform.post_of(node, page)
    if post is None or not platform.is_visible(post):
        raise platform.missing(node, call)
    text = parameters(call).get("message", "").strip()
    bad_parameter_if(not text, "The parameter message is required.")
    refuse_if(page.status == "restricted", errors.RESTRICTED)
    comment = platform.add_comment(f"{post.number}_{new_id('8')}", post.id, page, text)
    return Answer(200, {"id": comment.id}, effect=True)


async def scrape(platform: Facebook, call: Call) -> Answer:
    """`POST /?id=<url>&scrape=true`: Facebook reads the page again."""
    platform.token(call)
    url = parameters(call).get("id", "")
    _require_foreign(platform, url)
    platform.scraped.add(url)
    return Answer(200, {"url": url, "type": "website", "title": urlsplit(url).hostname}, effect=True)


async def delete_post(platform: Facebook, call: Call) -> Answer:
    """Delete a post with its comments. A story cannot be, nor can a video's post by its own id."""
    page, node = platform.caller(call, PUBLISH), node_in(call)
    refuse_if(page.status == "restricted", errors.RESTRICTED)
    post = platform.published.of(node, page.id)
    if post is None or post.kind == "story" or post.video_id is not None:
        raise platform.missing(node, call)
    platform.remove_post(post)
    return Answer(200, {"success": True}, effect=True)


async def update(platform: Facebook, call: Call) -> Answer:
    """The text of a post is another one; the rest stays. A story or a video has no text to edit so."""
    page, node = platform.caller(call, PUBLISH), node_in(call)
    refuse_if(page.status == "restricted", errors.RESTRICTED)
    post = platform.published.of(node, page.id)
    if post is None or post.kind == "story" or post.video_id is not None:
        raise platform.missing(node, call)
    message = parameters(call).get("message")
    bad_parameter_if(message is None, "The parameter message is required.")
    _require_short(message or "")
    changed, post.message = message != post.message, message or ""
    platform.published.put(post.id, post)
    return Answer(200, {"success": True}, effect=changed)


async def delete_comment(platform: Facebook, call: Call) -> Answer:
    comment = platform.owned(platform.comments, node_in(call), platform.caller(call, COMMENT), call)
    platform.comments.remove(comment.id)
    return Answer(200, {"success": True}, effect=True)


async def delete_photo(platform: Facebook, call: Call) -> Answer:
    """Delete a photo, also from the post that shows it; a post with only that photo is deleted too, a story is not."""
    page = platform.caller(call, PUBLISH)
    photo = platform.owned(platform.photos, node_in(call), page, call)
    post = platform.published.get(photo.post_id or "")
    if post is not None and post.kind == "story":
        return Answer(200, {"success": False})
    platform.photos.remove(photo.id)
    if post is not None and photo.id in post.photos:
        at = post.photos.index(photo.id)
        for column in (post.photos, post.digests, post.alts):
            del column[at]
        platform.published.put(post.id, post)
        if not post.photos:
            platform.remove_post(post)
    return Answer(200, {"success": True}, effect=True)


def _new(platform: Facebook, page: Page, message: str, kind: str) -> Post:
    now = platform.clock.now()
    return Post(f"{page.id}_{new_id('122')}", page.id, message, kind, now, wall_time(), now)


def _attach(platform: Facebook, post: Post, photos: list[str]) -> None:
    """Attach unpublished photos, each only once; an unpublished photo expires after a day."""
    now = platform.clock.now()
    for photo_id in photos:
        photo = platform.photos.of(photo_id, post.profile_id)
        if photo is None or photo.made_at <= now - DAY or photo.post_id is not None:
            raise bad_parameter(f"The photo {photo_id} does not exist or was used already")
    for photo in (found for photo_id in photos if (found := platform.photos.get(photo_id))):
        photo.post_id = post.id
        platform.photos.put(photo.id, photo)
        post.photos.append(photo.id)
        post.digests.append(photo.digest)
        post.alts.append(photo.alt)


def _require_new(platform: Facebook, page: Page, message: str, link: str | None) -> None:
    """506 answers the second of two equal posts in a row."""
    own = [post for post in platform.published if post.profile_id == page.id and not post.photos and not post.video_id]
    if platform.switches["refuseDuplicates"] and own and (own[-1].message, own[-1].link) == (message, link):
        raise refuse(errors.DUPLICATE)


def _require_link(platform: Facebook, link: str | None) -> None:
    if link is None:
        return
    _require_foreign(platform, link)
    refuse_if(platform.switches["unreadableLinks"] and link not in platform.scraped, errors.LINK_UNREADABLE)


def _require_foreign(platform: Facebook, url: str) -> None:
    parts: Any = urlsplit(url)
    bad_parameter_if(parts.scheme not in ("http", "https") or not parts.hostname, "Param link must be a valid URI")
    refuse_if(any(parts.hostname == name or parts.hostname.endswith(f".{name}") for name in ONES_OWN), errors.OWN_LINK)


def _require_short(message: str) -> None:
    if len(message.encode("utf-16-le")) // 2 > MESSAGE_UNITS:
        raise bad_parameter("Param message must be at most 63206 characters long")


def attached(values: dict[str, str]) -> list[str]:
    """The photo ids of `attached_media`: a JSON array, or keys with an index."""
    indexed = sorted((int(found[1]), value) for key, value in values.items() if (found := INDEXED.match(key)))
    text = values.get("attached_media") or f"[{','.join(value for _, value in indexed)}]"
    try:
        return [str(one["media_fbid"]) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError):
        raise bad_parameter("Param attached_media must be an array of objects with media_fbid") from None


async def node(platform: Facebook, call: Call) -> Answer:
    """`/me` and `/{page}`: a person has a name, a Page more; a person's token reads its Pages' tokens."""
    token, name = platform.token(call), node_in(call)
    page = platform.accounts.get(token.profile_id if name == "me" else name)
    if page is None or not platform.is_shared(token, page):
        if name not in ("me", token.profile_id) or token.kind == "page":
            raise platform.missing(name, call)
        person = platform.persons.get(token.profile_id)
        facts = {"id": token.profile_id, "name": person.name if person else ""}
        return Answer(200, selected(call, facts, "name"))
    shown = platform.page_facts(page, call) | {"link": page.url}
    if "access_token" in parameters(call).get("fields", ""):
        shown["access_token"] = (token if token.kind == "page" else platform.page_token(page, token)).value
    return Answer(200, selected(call, shown, "name"))


async def read_post(platform: Facebook, call: Call) -> Answer:
    return Answer(200, _post(platform, platform.readable_post(call, node_in(call)), call))


async def published_posts(platform: Facebook, call: Call) -> Answer:
    return _list(platform, call, lambda post: platform.is_listed(post) and post.kind != "story")


async def list_stories(platform: Facebook, call: Call) -> Answer:
    return _list(platform, call, lambda post: platform.is_listed(post) and post.kind == "story", _story)


async def list_comments(platform: Facebook, call: Call) -> Answer:
    post = platform.readable_post(call, node_in(call, -2))
    page = platform.profile(post.profile_id)
    data = []
    for comment in platform.comments_on(post.id):
        facts: dict[str, Any] = {"id": comment.id, "message": comment.text}
        facts |= {"from": {"id": page.id, "name": page.title}, "created_time": graph_time(comment.created_at)}
        data.append(selected(call, facts, "created_time", "from", "message"))
    return Answer(200, {"data": data})


def _list(
    platform: Facebook,
    call: Call,
    wanted: Callable[[Post], bool],
    show: Show | None = None,
) -> Answer:
    page = platform.owner(call, node_in(call, -2), READ)
    own = (post for post in platform.published if post.profile_id == page.id and wanted(post))
    return listing(call, own, lambda post: post.created_at, lambda post: (show or _post)(platform, post, call))


def _post(platform: Facebook, post: Post, call: Call) -> dict[str, Any]:
    attachments = _attachments(post, call.base_url)
    facts = {
        "id": post.id,
        "created_time": graph_time(post.created_at),
        "permalink_url": permalink(post, call.base_url),
        "is_published": platform.is_visible(post),
        "is_hidden": False,
        "is_expired": False,
        "timeline_visibility": "normal",
        "privacy": {"value": "EVERYONE"},
        "message": post.message or None,
        "attachments": {"data": attachments} if attachments else None,
    }
    return selected(call, platform.changed(post.id, facts), "created_time", "message")


def _story(platform: Facebook, post: Post, call: Call) -> dict[str, Any]:
    facts = {"post_id": post.number, "status": "PUBLISHED", "creation_time": str(int(post.created_at))}
    facts |= {"media_type": "video" if post.video_id else "photo", "media_id": post.video_id or post.photos[0]}
    facts["url"] = permalink(post, call.base_url)
    return selected(call, facts, *facts)


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
