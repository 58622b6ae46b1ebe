"""What the control API and the page show of the emulated Bluesky."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.bluesky.model import Account, Record
from munadi.sandbox.bluesky.pds import Pds
from munadi.sandbox.bluesky.records import POST, blob_cids
from munadi.sandbox.media import StoredMedia
from munadi.sandbox.network import PostView, ProfileView

APP = "https://bsky.app"
KINDS = {
    "app.bsky.embed.images": "image",
    "app.bsky.embed.gallery": "image",
    "app.bsky.embed.video": "video",
    "app.bsky.embed.external": "link",
    "app.bsky.embed.record": "quote",
    "app.bsky.embed.recordWithMedia": "quote",
}


def profile_view(account: Account) -> ProfileView:
    url = f"{APP}/profile/{account.did}"
    return ProfileView("bluesky", account.did, account.handle, account.status, url)


def post_views(pds: Pds) -> list[PostView]:
    posts = [_post_view(pds, record) for record in pds.records if record.collection == POST]
    return sorted(posts, key=lambda post: post.received_at)


def _post_view(pds: Pds, record: Record) -> PostView:
    embed = record.value.get("embed")
    embed = embed if isinstance(embed, dict) else {}
    external = embed.get("external")
    return PostView(
        channel="bluesky",
        profile=record.did,
        profile_name=pds.accounts.of(record.did).handle,
        id=record.uri,
        url=f"{APP}/profile/{record.did}/post/{record.rkey}",
        text=str(record.value.get("text", "")),
        kind=KINDS.get(str(embed.get("$type")), "text"),
        received_at=record.received_at,
        media=_media(pds, record, embed),
        raw={"uri": record.uri, "cid": record.cid, "value": record.value},
        link=str(external["uri"]) if isinstance(external, dict) and external.get("uri") else None,
    )


def _media(pds: Pds, record: Record, embed: dict[str, Any]) -> list[tuple[StoredMedia, str]]:
    shown = []
    images = embed.get("images") or embed.get("items") or [embed]
    alts = [image.get("alt", "") if isinstance(image, dict) else "" for image in images]
    for index, cid in enumerate(blob_cids(embed)):
        blob = pds.blobs.get(f"{record.did} {cid}")
        stored = pds.media.facts(blob.digest) if blob else None
        if stored is not None:
            shown.append((stored, str(alts[index]) if index < len(alts) else ""))
    return shown
