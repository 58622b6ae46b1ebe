"""www.instagram.com's part: the consent page, and permalinks that lead to the sandbox's own page."""

from __future__ import annotations

from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.instagram.graph import Graph
from munadi.sandbox.instagram.model import Profile
from munadi.sandbox.rendering import render


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


def consent_page(profiles: list[Profile], query: dict[str, str]) -> str:
    choices = [(p.username, "?" + urlencode(query | {"approve": p.id})) for p in profiles]
    return render("consent.html", choices=choices, deny="?" + urlencode(query | {"deny": "1"}))
