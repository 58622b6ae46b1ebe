"""What the control API and the page show of the emulated Instagram."""

from __future__ import annotations

from dataclasses import asdict

from munadi.sandbox.instagram.graph import Graph
from munadi.sandbox.instagram.model import Media, Profile
from munadi.sandbox.instagram.site import permalink
from munadi.sandbox.network import PostView, ProfileView

KINDS = {"REELS": "reel", "STORY": "story"}
FEED_KINDS = {"IMAGE": "image", "VIDEO": "video", "CAROUSEL_ALBUM": "carousel"}


def profile_view(profile: Profile) -> ProfileView:
    url = f"https://www.instagram.com/{profile.username}/"
    return ProfileView("instagram", profile.id, profile.username, profile.status, url)


def post_view(graph: Graph, media: Media, base_url: str) -> PostView:
    profile = graph.profile(media.profile_id)
    stored = [graph.shelf.facts(digest) for digest in media.digests]
    alts = media.alt_texts + [""] * len(stored)
    return PostView(
        channel="instagram",
        profile=profile.id,
        profile_name=profile.username,
        id=media.id,
        url=permalink(media, profile, base_url),
        text=media.caption,
        kind=KINDS.get(media.product_type) or FEED_KINDS[media.media_type],
        received_at=media.received_at,
        media=[(facts, alt) for facts, alt in zip(stored, alts, strict=False) if facts is not None],
        raw=asdict(media),
        notes=[f"{name}: {value}" for name, value in media.shown.items()] + (["with a cover"] if media.cover else []),
        comments=[comment.text for comment in graph.comments if comment.media_id == media.id],
    )
