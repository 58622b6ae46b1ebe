"""What the control API and the page show of the emulated Threads."""

from __future__ import annotations

import json
from dataclasses import asdict

from munadi.sandbox.network import PostView, ProfileView
from munadi.sandbox.threads.graph import Graph
from munadi.sandbox.threads.model import Post, Profile
from munadi.sandbox.threads.site import permalink

KINDS = {"TEXT_POST": "text", "IMAGE": "image", "VIDEO": "video", "CAROUSEL_ALBUM": "carousel"}


def profile_view(profile: Profile) -> ProfileView:
    url = f"https://www.threads.com/@{profile.username}"
    return ProfileView("threads", profile.id, profile.username, profile.status, url)


def post_view(graph: Graph, post: Post, base_url: str) -> PostView:
    """A reply is a post of its own, and also stands below the first post of its thread."""
    profile = graph.profile(post.profile_id)
    stored = [graph.shelf.facts(digest) for digest in post.digests]
    return PostView(
        channel="threads",
        profile=profile.id,
        profile_name=profile.username,
        id=post.id,
        url=permalink(post, profile, base_url),
        text=post.text,
        kind="reply" if post.reply_to else KINDS[post.media_type],
        received_at=post.received_at,
        media=[(facts, alt) for facts, alt in zip(stored, post.alt_texts, strict=False) if facts is not None],
        raw=asdict(post),
        link=post.link,
        notes=_notes(post),
        comments=[]
        if post.reply_to
        else [one.text for one in graph.posts if one.reply_to and graph.root_of(one) == post.id],
    )


def _notes(post: Post) -> list[str]:
    """What stands with a post besides its text and media."""
    shown = post.shown
    said = {
        "quote_post_id": "Quotes {}",
        "reply_control": "Who may reply: {}",
        "topic_tag": "Topic: {}",
        "location_id": "Location {}",
        "allowlisted_country_codes": "Shown only in {}",
    }
    notes = [words.format(shown[name]) for name, words in said.items() if name in shown]
    if "gif_attachment" in shown:
        notes.append(f"GIF {json.loads(shown['gif_attachment'])['gif_id']}")
    if "poll_attachment" in shown:
        notes.append(f"Poll: {' · '.join(json.loads(shown['poll_attachment']).values())}")
    if "text_attachment" in shown:
        notes.append(json.loads(shown["text_attachment"])["plaintext"])
    return notes
