"""Health, the visible posts, the log of calls, and the reset."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request

from munadi.sandbox.clock import iso
from munadi.sandbox.control.models import camel
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
    async def calls(channel: str | None = None) -> list[dict[str, Any]]:
        return [asdict(record) | {"at": iso(record.at)} for record in state.calls.listed(channel)]


def root_url(request: Request, base_url: str | None) -> str:
    return base_url or f"{request.url.scheme}://{request.url.netloc}"


def post_json(post: PostView, root: str) -> dict[str, Any]:
    body = camel(post) | {"createdAt": iso(post.received_at)}
    body["media"] = [
        {
            "url": f"{root}/media/{one.digest}",
            "mimeType": one.mime_type,
            "width": one.width,
            "height": one.height,
            "alt": alt,
        }
        for one, alt in post.media
    ]
    return {name: value for name, value in body.items() if name not in ("receivedAt", "notes")}
