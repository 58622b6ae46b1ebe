"""What the control API and the page show of Facebook. Each post goes by the id that publishers know it by."""

from __future__ import annotations

from dataclasses import asdict

from munadi.sandbox.facebook.graph import Graph
from munadi.sandbox.facebook.model import Page, Post
from munadi.sandbox.facebook.site import permalink
from munadi.sandbox.network import PostView, ProfileView


def profile_view(page: Page) -> ProfileView:
    return ProfileView("facebook", page.id, page.username, page.status, f"https://www.facebook.com/{page.username}")


def post_view(graph: Graph, post: Post, base_url: str) -> PostView:
    page = graph.page(post.page_id)
    stored = [(graph.shelf.facts(digest), alt) for digest, alt in zip(post.digests, post.alts, strict=True)]
    return PostView(
        channel="facebook",
        profile=page.id,
        profile_name=page.username,
        id=post.known_as,
        url=permalink(post, base_url),
        text=post.message,
        kind=post.kind,
        received_at=post.received_at,
        media=[(facts, alt) for facts, alt in stored if facts is not None],
        raw=asdict(post),
        link=post.link,
        comments=[comment.text for comment in graph.comments if comment.post_id == post.id],
    )
