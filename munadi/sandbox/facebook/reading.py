"""Reads: one post, a Page's lists with `since`, `limit` and cursors, comments. Lists lag a little behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook.graph import READ, Graph, graph_time
from munadi.sandbox.facebook.model import Page, Post
from munadi.sandbox.facebook.parameters import parameters
from munadi.sandbox.facebook.site import permalink
from munadi.sandbox.graph.errors import missing_object
from munadi.sandbox.graph.parameters import fields, whole_number

POST_FIELDS = {"id", "message", "created_time", "permalink_url", "is_published", "attachments", "from",
               "scheduled_publish_time"}  # fmt: skip
COMMENT_FIELDS = {"id", "message", "created_time", "from"}
STORY_FIELDS = {"post_id", "status", "creation_time", "media_type", "media_id", "url"}
VIDEO_FIELDS = {"id", "description", "title", "created_time", "permalink_url"}


class Reading:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def post(self, call: Call) -> Answer:
        page = self._graph.caller(call, READ)
        node = call.path.split("/")[-1]
        post = self._graph.post_of(node, page)
        if post is None:
            raise missing_object(node)
        return Answer(200, self._shown(post, page, call))

    async def published_posts(self, call: Call) -> Answer:
        return self._list(call, lambda post: self._is_listed(post) and post.kind != "story")

    async def stories(self, call: Call) -> Answer:
        fields(parameters(call), STORY_FIELDS, "Story")  # an empty list refuses them, too
        return self._list(call, lambda post: self._is_listed(post) and post.kind == "story", self._story)

    async def feed(self, call: Call) -> Answer:
        """Unpublished ones too, as at Facebook."""
        return self._list(call, lambda post: post.kind != "story" and (self._is_listed(post) or not post.is_published))

    async def scheduled(self, call: Call) -> Answer:
        return self._list(call, lambda post: post.is_published and post.visible_at > self._graph.clock.now())

    async def videos(self, call: Call) -> Answer:
        kind = "reel" if call.path.endswith("/video_reels") else "video"
        return self._list(call, lambda post: post.kind == kind and self._is_listed(post), self._video)

    async def comments(self, call: Call) -> Answer:
        page = self._graph.caller(call, READ)
        node = call.path.split("/")[-2]
        post = self._graph.post_of(node, page)
        if post is None:
            raise missing_object(node)
        wanted = fields(parameters(call), COMMENT_FIELDS, "Comment") or ["created_time", "from", "message", "id"]
        data = []
        for comment in self._graph.comments:
            if comment.post_id == post.id:
                author = {"id": page.id, "name": page.name}
                facts = {"id": comment.id, "message": comment.text, "from": author}
                facts["created_time"] = graph_time(comment.created_at)
                data.append({name: facts[name] for name in {*wanted, "id"}})
        return Answer(200, {"data": data})

    def _is_listed(self, post: Post) -> bool:
        return post.is_published and post.visible_at + self._graph.delays["index"] <= self._graph.clock.now()

    def _list(
        self,
        call: Call,
        wanted: Callable[[Post], bool],
        show: Callable[[Post, Page, Call], dict[str, Any]] | None = None,
    ) -> Answer:
        """Newest first."""
        page = self._graph.owner(call, call.path.split("/")[-2], READ)
        values = parameters(call)
        if show is None:
            fields(values, POST_FIELDS, "Post")  # an empty list refuses them, too
        since, until = whole_number(values, "since", 0), whole_number(values, "until", 1 << 40)
        posts = [p for p in self._graph.posts if p.page_id == page.id and since <= p.created_at <= until and wanted(p)]
        posts.reverse()
        if after := values.get("after"):
            posts = posts[next((i + 1 for i, post in enumerate(posts) if post.id == after), len(posts)) :]
        limit = max(1, min(whole_number(values, "limit", 25), 100))
        return Answer(
            200, self._paged(call, values, posts, limit, lambda post: (show or self._shown)(post, page, call))
        )

    def _paged(
        self,
        call: Call,
        values: dict[str, str],
        posts: Sequence[Post],
        limit: int,
        show: Callable[[Post], dict[str, Any]],
    ) -> dict[str, Any]:
        shown = posts[:limit]
        body: dict[str, Any] = {"data": [show(post) for post in shown]}
        if shown:
            body["paging"] = {"cursors": {"before": shown[0].id, "after": shown[-1].id}}
        if len(posts) > limit:
            query = {key: value for key, value in values.items() if key != "access_token"} | {"after": shown[-1].id}
            body["paging"]["next"] = f"{call.base_url}/facebook/{call.path}?{urlencode(query)}"
        return body

    def _shown(self, post: Post, page: Page, call: Call) -> dict[str, Any]:
        wanted = fields(parameters(call), POST_FIELDS, "Post") or ["id", "created_time", "message"]
        facts: dict[str, Any] = {
            "id": post.id,
            "created_time": graph_time(post.created_at),
            "permalink_url": permalink(post, call.base_url),
            "is_published": self._graph.is_visible(post),
            "from": {"id": page.id, "name": page.name},
        }
        if post.message:  # left out, not empty, when there is none
            facts["message"] = post.message
        if attachments := _attachments(post, call.base_url):
            facts["attachments"] = {"data": attachments}
        if post.visible_at > self._graph.clock.now():
            facts["scheduled_publish_time"] = int(post.visible_at)
        return {name: facts[name] for name in {*wanted, "id"} if name in facts}

    def _video(self, post: Post, page: Page, call: Call) -> dict[str, Any]:
        wanted = fields(parameters(call), VIDEO_FIELDS, "Video") or ["id", "description"]
        facts = {"id": post.video_id, "description": post.message, "title": post.title or ""}
        facts |= {"created_time": graph_time(post.created_at), "permalink_url": permalink(post, call.base_url)}
        return {name: facts[name] for name in {*wanted, "id"}}

    def _story(self, post: Post, page: Page, call: Call) -> dict[str, Any]:
        facts = {"post_id": post.number, "status": "PUBLISHED", "creation_time": str(int(post.created_at))}
        facts |= {"media_type": "video" if post.video_id else "photo", "media_id": post.video_id or post.photos[0]}
        facts["url"] = permalink(post, call.base_url)
        return {name: facts[name] for name in fields(parameters(call), STORY_FIELDS, "Story") or sorted(facts)}


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
