"""www.instagram.com's part: permalinks that lead to the sandbox's own page."""

from __future__ import annotations

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.instagram.graph import Graph
from munadi.sandbox.instagram.model import Media, Profile


class Site:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def post(self, call: Call) -> Answer:
        """A permalink or a story's link: 302 to the post on the sandbox's page."""
        name = call.path.rstrip("/").split("/")[-1]
        for media in self._graph.media:
            if name in (media.shortcode, media.id):
                return Answer(302, None, {"location": f"{call.base_url}/?post={media.id}"})
        return Answer(404, "Sorry, this page isn't available.")


def permalink(media: Media, profile: Profile, base_url: str) -> str:
    """www.instagram.com is `/instagram/www` here, so that a link opens the post."""
    site = f"{base_url}/instagram/www"
    if media.product_type == "STORY":
        return f"{site}/stories/{profile.username}/{media.id}"
    return f"{site}/{'reel' if media.product_type == 'REELS' else 'p'}/{media.shortcode}/"
