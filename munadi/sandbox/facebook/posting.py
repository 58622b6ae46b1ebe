"""Feed posts, photos, comments and a link's scrape; what is scheduled becomes visible by the clock."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook import errors
from munadi.sandbox.facebook.fetching import IMAGE_BYTES, fetch, image_type
from munadi.sandbox.facebook.graph import COMMENT, DAY, Graph, new_id
from munadi.sandbox.facebook.graph import POST as PUBLISH
from munadi.sandbox.facebook.model import Comment, Page, Photo, Post
from munadi.sandbox.facebook.parameters import attached, file_in, parameters
from munadi.sandbox.facebook.site import permalink
from munadi.sandbox.graph.errors import bad_parameter, missing_object, refuse
from munadi.sandbox.graph.parameters import flag, whole_number

MESSAGE_UNITS = 63_206
SOONEST, LATEST = 600, 75 * DAY
ONES_OWN = ("facebook.com", "fb.com", "fb.me", "fb.watch")


class Posting:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._scraped: set[str] = set()

    async def feed(self, call: Call) -> Answer:
        page = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        values = parameters(call)
        message, link, photos = values.get("message", ""), values.get("link"), attached(values)
        if not message.strip() and not link and not photos:
            raise bad_parameter("Requires one of the parameters: message, link, attached_media")
        _require_short(message)
        self._require_link(link)
        if not photos:
            self._require_new(page, message, link)
        post = self._new(page, values, message, "album" if len(photos) > 1 else "photo" if photos else "text")
        post.kind, post.link = ("link" if link and not photos else post.kind), link
        self._attach(post, photos)
        self._graph.posts.put(post.id, post)
        facts = {"id": post.id, "permalink_url": permalink(post, call.base_url), "message": message}
        wanted = [name for name in values.get("fields", "").split(",") if name in facts]
        return Answer(200, {name: facts[name] for name in ["id", *wanted]}, effect=True)

    async def photo(self, call: Call) -> Answer:
        """Unpublished ones live for a day and may be attached to a post; a published one is a post at once."""
        page = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        values = parameters(call)
        body = file_in(call, "source")
        if body is None:
            if not values.get("url"):
                raise refuse(errors.IMAGE_INVALID)
            body = await fetch(values["url"], IMAGE_BYTES, errors.IMAGE_INVALID)
        digest = self._graph.shelf.keep(body, image_type(body)).digest
        photo = Photo(new_id("122"), page.id, digest, values.get("alt_text_custom", ""), self._graph.clock.now())
        self._graph.photos.put(photo.id, photo)
        if not flag(values, "published", True):
            return Answer(200, {"id": photo.id}, effect=True)
        post = self._new(page, {}, values.get("caption", values.get("message", "")), "photo")
        self._attach(post, [photo.id])
        self._graph.posts.put(post.id, post)
        return Answer(200, {"id": photo.id, "post_id": post.id}, effect=True)

    async def photo_story(self, call: Call) -> Answer:
        """A photo that was uploaded unpublished, and is in no post, becomes a story."""
        page = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        post = self._new(page, {}, "", "story")
        self._attach(post, [parameters(call).get("photo_id", "")])
        self._graph.posts.put(post.id, post)
        return Answer(200, {"success": True, "post_id": post.number}, effect=True)

    async def comment(self, call: Call) -> Answer:
        page = self._graph.caller(call, COMMENT)
        node = call.path.split("/")[-2]
        post = self._graph.post_of(node, page)
        if post is None or not self._graph.is_visible(post):
            raise missing_object(node, "post")
        text = parameters(call).get("message", "").strip()
        if not text:
            raise bad_parameter("The parameter message is required.")
        if page.status == "restricted":
            raise refuse(errors.RESTRICTED)
        comment = Comment(f"{post.number}_{new_id('8')}", post.id, page.id, text, self._graph.clock.now())
        self._graph.comments.put(comment.id, comment)
        return Answer(200, {"id": comment.id}, effect=True)

    async def scrape(self, call: Call) -> Answer:
        """`POST /?id=<url>&scrape=true`: Facebook reads the page again."""
        self._graph.token(call)
        url = parameters(call).get("id", "")
        self._require_foreign(url)
        self._scraped.add(url)
        return Answer(200, {"url": url, "type": "website", "title": urlsplit(url).hostname}, effect=True)

    async def update(self, call: Call) -> Answer:
        """A new message, or the publication of what was unpublished."""
        post = self._own(call)
        values = parameters(call)
        if "message" in values:
            _require_short(values["message"])
            post.message = values["message"]
        if flag(values, "is_published", False) and not post.is_published:
            post.is_published, post.visible_at = True, self._graph.clock.now()
            post.received_at = wall_time()
        self._graph.posts.put(post.id, post)
        return Answer(200, {"success": True}, effect=True)

    async def delete(self, call: Call) -> Answer:
        self._graph.posts.remove(self._own(call).id)
        return Answer(200, {"success": True}, effect=True)

    async def delete_photo(self, call: Call) -> Answer:
        """A photo goes, also from the post that shows it; a post of that photo alone goes with it."""
        page = self._graph.caller(call, PUBLISH)
        photo = self._graph.photos.get(call.path.split("/")[-1])
        if photo is None or photo.page_id != page.id:
            raise missing_object(call.path.split("/")[-1], call.method)
        self._graph.photos.remove(photo.id)
        post = self._graph.posts.get(photo.post_id or "")
        if post is not None and photo.id in post.photos:
            at = post.photos.index(photo.id)
            for column in (post.photos, post.digests, post.alts):
                del column[at]
            self._graph.posts.put(post.id, post)
            if not post.photos:
                self._graph.posts.remove(post.id)
        return Answer(200, {"success": True}, effect=True)

    def _own(self, call: Call) -> Post:
        page = self._graph.caller(call, PUBLISH)
        node = call.path.split("/")[-1]
        post = self._graph.post_of(node, page)
        if post is None:
            raise missing_object(node, call.method)
        return post

    def _new(self, page: Page, values: dict[str, str], message: str, kind: str) -> Post:
        now = self._graph.clock.now()
        at = whole_number(values, "scheduled_publish_time", 0)
        published = flag(values, "published", True)
        if at and (published or not now + SOONEST <= at <= now + LATEST):
            raise bad_parameter("The specified scheduled publish time is invalid.")
        post = Post(f"{page.id}_{new_id('122')}", page.id, message, kind, now, wall_time(), float(at or now))
        post.is_published = published or bool(at)
        return post

    def _attach(self, post: Post, photos: list[str]) -> None:
        """Each unpublished photo once; one that is older than a day is gone."""
        now = self._graph.clock.now()
        for photo_id in photos:
            photo = self._graph.photos.get(photo_id)
            lapsed = photo is None or photo.page_id != post.page_id or photo.made_at <= now - DAY
            if photo is None or lapsed or photo.post_id is not None:
                raise bad_parameter(f"The photo {photo_id} does not exist or was used already")
        for photo in (found for photo_id in photos if (found := self._graph.photos.get(photo_id))):
            photo.post_id = post.id
            self._graph.photos.put(photo.id, photo)
            post.photos.append(photo.id)
            post.digests.append(photo.digest)
            post.alts.append(photo.alt)

    def _require_new(self, page: Page, message: str, link: str | None) -> None:
        """506 is about two equal posts one after the other."""
        own = [post for post in self._graph.posts if post.page_id == page.id and not post.photos and not post.video_id]
        if self._graph.switches["refuseDuplicates"] and own and (own[-1].message, own[-1].link) == (message, link):
            raise refuse(errors.DUPLICATE)

    def _require_link(self, link: str | None) -> None:
        if link is None:
            return
        self._require_foreign(link)
        if self._graph.switches["unreadableLinks"] and link not in self._scraped:
            raise refuse(errors.LINK_UNREADABLE)

    def _require_foreign(self, url: str) -> None:
        parts: Any = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise bad_parameter("Param link must be a valid URI")
        if any(parts.hostname == name or parts.hostname.endswith(f".{name}") for name in ONES_OWN):
            raise refuse(errors.OWN_LINK)


def _require_short(message: str) -> None:
    if len(message.encode("utf-16-le")) // 2 > MESSAGE_UNITS:
        raise bad_parameter("Param message must be at most 63206 characters long")
