"""www.facebook.com's part: permalinks that lead to the sandbox's own page."""

from __future__ import annotations

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook.graph import Graph
from munadi.sandbox.facebook.model import Post


class Site:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def post(self, call: Call) -> Answer:
        """A permalink, a reel's address or a post's id: 302 to the post on the sandbox's page."""
        name = call.path.rstrip("/").split("/")[-1]
        for post in self._graph.posts:
            if name in (post.id, post.video_id, post.number):
                return Answer(302, None, {"location": f"{call.base_url}/?post={post.known_as}"})
        return Answer(404, "This content isn't available right now")


def permalink(post: Post, base_url: str) -> str:
    """Of a reel or video Facebook gives only the path, which `site` is put before here."""
    site = f"{base_url}/facebook/www"
    if post.kind == "story":
        return f"{site}/stories/{post.page_id}/{post.number}"
    return site + video_path(post) if post.video_id else f"{site}/{post.page_id}/posts/{post.number}"


def video_path(post: Post) -> str:
    return f"/reel/{post.video_id}/" if post.kind == "reel" else f"/{post.page_id}/videos/{post.video_id}/"
