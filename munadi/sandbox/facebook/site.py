"""www.facebook.com's part: the consent page, and permalinks that lead to the sandbox's own page."""

from __future__ import annotations

from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook.graph import Graph
from munadi.sandbox.facebook.model import Person, Post
from munadi.sandbox.rendering import render


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


def consent_page(persons: list[Person], query: dict[str, str]) -> str:
    choices = [(person.name, "?" + urlencode(query | {"approve": person.id})) for person in persons]
    return render("consent.html", network="Facebook", choices=choices, deny="?" + urlencode(query | {"deny": "1"}))
