"""The oracle: health, what is visible, what was called."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from munadi.sandbox.clock import iso
from munadi.sandbox.platform import PostView
from munadi.sandbox.state import SandboxState


def add_routes(router: APIRouter, state: SandboxState, base_url: str | None) -> None:
    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.post("/reset")
    async def reset() -> dict[str, str]:
        state.reset()
        return {"status": "ok"}

    @router.get("/posts")
    async def posts(request: Request, channel: str | None = None, profile: str | None = None) -> list[dict[str, Any]]:
        root = root_url(request, base_url)
        return [post_json(post, root) for post in state.posts(root, channel, profile)]

    @router.get("/calls")
    async def calls(channel: str | None = None) -> list[dict[str, object]]:
        return [record.as_json() for record in state.calls.listed(channel)]


def root_url(request: Request, base_url: str | None) -> str:
    return base_url or f"{request.url.scheme}://{request.url.netloc}"


def post_json(post: PostView, root: str) -> dict[str, Any]:
    media = [
        {
            "url": f"{root}/media/{stored.digest}",
            "mimeType": stored.mime_type,
            "width": stored.width,
            "height": stored.height,
            "alt": alt,
        }
        for stored, alt in post.media
    ]
    return {
        "channel": post.channel,
        "profile": post.profile,
        "profileName": post.profile_name,
        "id": post.id,
        "url": post.url,
        "text": post.text,
        "createdAt": iso(post.received_at),
        "media": media,
        "kind": post.kind,
        "link": post.link,
        "comments": post.comments,
        "raw": post.raw,
    }
