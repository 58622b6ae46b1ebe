"""What the control API and the page show of the emulated Bluesky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky.model import Record
from munadi.sandbox.bluesky.repository import POST, POSTGATE, THREADGATE, blob_cids
from munadi.sandbox.media import StoredMedia
from munadi.sandbox.model import PostView

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

APP = "https://bsky.app"
KINDS = {
    "app.bsky.embed.images": "image",
    "app.bsky.embed.gallery": "image",
    "app.bsky.embed.video": "video",
    "app.bsky.embed.external": "link",
    "app.bsky.embed.record": "quote",
    "app.bsky.embed.recordWithMedia": "quote",
}


def post_views(platform: Bluesky) -> list[PostView]:
    posts = [_post_view(platform, record) for record in platform.records if record.collection == POST]
    _show_threads(posts)
    return sorted(posts, key=lambda post: post.received_at)


def _show_threads(posts: list[PostView]) -> None:
    """Show the author's own replies as comments of the thread's first post, in order."""
    by_uri = {post.id: post for post in posts}
    followers: dict[str, PostView] = {}
    for post in posts:
        parent = by_uri.get(_parent(post) or "")
        if parent is not None and parent.profile == post.profile:
            followers.setdefault(parent.id, post)
    for root in posts:
        following = followers.get(root.id) if _parent(root) is None else None
        while following is not None:
            root.comments.append(following.text)
            following = followers.get(following.id)


def _parent(post: PostView) -> str | None:
    reply = post.raw["value"].get("reply")
    parent = reply.get("parent") if isinstance(reply, dict) else None
    return str(parent.get("uri")) if isinstance(parent, dict) else None


def _post_view(platform: Bluesky, record: Record) -> PostView:
    embed = record.value.get("embed")
    embed = embed if isinstance(embed, dict) else {}
    kind = KINDS.get(str(embed.get("$type")), "reply" if "reply" in record.value else "text")
    embed = inner if isinstance(inner := embed.get("media"), dict) else embed  # a quote with media shows the media
    external = embed.get("external")
    gates = _gates(platform, record)
    return platform.view(
        record.did,
        id=record.uri,
        url=f"{APP}/profile/{record.did}/post/{record.rkey}",
        text=str(record.value.get("text", "")),
        kind=kind,
        received_at=record.received_at,
        media=_media(platform, record, embed),
        raw={"uri": record.uri, "cid": record.cid, "value": record.value, "gates": gates},
        link=str(external["uri"]) if isinstance(external, dict) and external.get("uri") else None,
        notes=_notes(embed, gates),
    )


def _gates(platform: Bluesky, record: Record) -> dict[str, Any]:
    """The gates at the post's key, by collection."""
    found = (platform.records.get(f"at://{record.did}/{name}/{record.rkey}") for name in (THREADGATE, POSTGATE))
    return {gate.collection: gate.value for gate in found if gate is not None}


def _notes(embed: dict[str, Any], gates: dict[str, Any]) -> list[str]:
    notes = []
    if isinstance(allow := gates.get(THREADGATE, {}).get("allow"), list):
        rules = [str(rule.get("$type")).partition("#")[2].removesuffix("Rule") for rule in allow]
        notes.append(f"Replies: {', '.join(rules) or 'nobody'}")
    if gates.get(POSTGATE, {}).get("embeddingRules"):
        notes.append("No quotes")
    if captions := embed.get("captions"):
        notes.append(f"Captions: {', '.join(str(caption.get('lang')) for caption in captions)}")
    if embed.get("presentation") == "gif":
        notes.append("Shown as a GIF")
    return notes


def _media(platform: Bluesky, record: Record, embed: dict[str, Any]) -> list[tuple[StoredMedia, str]]:
    shown = []
    images = embed.get("images") or embed.get("items") or [embed]
    alts = [image.get("alt", "") if isinstance(image, dict) else "" for image in images]
    pictured = {name: value for name, value in embed.items() if name != "captions"}
    for index, cid in enumerate(blob_cids(pictured)):
        blob = platform.blobs.get(f"{record.did} {cid}")
        stored = platform.shelf.facts(blob.digest) if blob else None
        if stored is not None:
            shown.append((stored, str(alts[index]) if index < len(alts) else ""))
    return shown
