"""www.threads.com's part: permalinks that lead to the sandbox's own page."""

from __future__ import annotations

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.threads.graph import Graph
from munadi.sandbox.threads.model import Post, Profile


class Site:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def post(self, call: Call) -> Answer:
        """A permalink: 302 to the post on the sandbox's page."""
        name = call.path.rstrip("/").split("/")[-1]
        for post in self._graph.posts:
            if post.shortcode == name:
                return Answer(302, None, {"location": f"{call.base_url}/?post={post.id}"})
        return Answer(404, "Not all who wander are lost, but this page is.")


def permalink(post: Post, profile: Profile, base_url: str) -> str:
    """www.threads.com is `/threads/www` here, so that a link opens the post."""
    return f"{base_url}/threads/www/@{profile.username}/post/{post.shortcode}"
