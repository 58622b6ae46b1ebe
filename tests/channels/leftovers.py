"""Leftovers of a preparation at each network that can remove them, and the network's answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from munadi.domain.publication import Preparation
from tests.channels.making import NOW
from tests.channels.network import Network, answer, ok
from tests.channels.scene_meta import PAGE, READ
from tests.channels.scene_telegram import STORAGE
from tests.channels.scene_telegram import refusal as telegram_refusal
from tests.channels.scene_tiktok import creator_state, done, handle, refused, upload_state
from tests.channels.scene_youtube import VIDEO, VIDEOS, listed, refusal, resource


@dataclass(frozen=True)
class Leftover:
    """`unused`: exists and is not visible. `gone`: is removed already. `seen`: is or may be visible.

    `removal` is the mutation that removes it: method and the end of the path.
    """

    name: str
    handle: Preparation
    unused: Callable[[Network], object]
    gone: Callable[[Network], object]
    seen: Callable[[Network], object]
    removal: tuple[str, str]


def _handle(**state: Any) -> Preparation:
    return Preparation(draft_version=1, state=state, ready=True)


PHOTO, FILM = "122000000000077", "990000000000001"
MISSING = answer(400, {"error": {"code": 100, "error_subcode": 33, "message": "gone", "type": "GraphMethodException"}})
SHOWN = {**READ, "attachments": {"data": [{"media_type": "photo", "target": {"id": PHOTO}}]}}
WORDLESS = {**READ, "attachments": {"data": [{"media_type": "photo"}]}}


def _page(network: Network, *posts: Any, stories: Any = (), deleted: Any = None) -> Network:
    network.on("GET", f"/{PAGE}/published_posts", ok({"data": list(posts)}))
    network.on("GET", f"/{PAGE}/stories", ok({"data": list(stories)}))
    return network.on("DELETE", f"/{PHOTO}", deleted or ok({"success": True}))


def _film(network: Network, publishing: str, deleted: Any = None) -> Network:
    status = {"video_status": "ready", "publishing_phase": {"status": publishing}}
    network.on("GET", f"/{FILM}", ok({"id": FILM, "status": status, "published": publishing == "complete"}))
    return network.on("DELETE", f"/{FILM}", deleted or ok({"success": True}))


PHOTOS = _handle(photos=[{"id": PHOTO, "made_at": (NOW - timedelta(minutes=4)).isoformat()}])
UPLOAD = _handle(upload={"video_id": FILM, "started_at": (NOW - timedelta(minutes=9)).isoformat()})
STORY = {"post_id": "1", "media_id": "2", "media_type": "photo", "creation_time": "2026-12-01T08:58:00+0000"}

ABORT, DESCRIBE = "/xrpc/app.bsky.video.abortUpload", "/xrpc/com.atproto.server.describeServer"
SERVICE_AUTH = "/xrpc/com.atproto.server.getServiceAuth"


def _bluesky(network: Network, aborted: Any) -> Network:
    network.on("GET", DESCRIBE, ok({"did": "did:web:pds.example"}))
    return network.on("GET", SERVICE_AUTH, ok({"token": "s"})).on("POST", ABORT, aborted)


DELETE = "/deleteMessages"
# In a group, and in a channel.
TOO_OLD, TOO_OLD_THERE = (f"Bad Request: message can't be deleted{where}" for where in (" for everyone", ""))
CANCEL = "/v2/post/publish/cancel/"
LEFTOVERS = {
    "facebook photos": Leftover(
        name="facebook",
        handle=PHOTOS,
        unused=_page,
        gone=lambda network: _page(network, deleted=MISSING),
        seen=lambda network: _page(network, SHOWN),
        removal=("DELETE", f"/{PHOTO}"),
    ),
    "facebook video": Leftover(
        name="facebook",
        handle=UPLOAD,
        unused=lambda network: _film(network, "not_started"),
        gone=lambda network: network.on("GET", f"/{FILM}", MISSING),
        seen=lambda network: _film(network, "in_progress"),
        removal=("DELETE", f"/{FILM}"),
    ),
    "bluesky": Leftover(
        name="bluesky",
        handle=_handle(parts={"id": "job", "bytes": 5, "count": 2, "since": NOW.isoformat()}),
        unused=lambda network: _bluesky(network, ok({})),
        gone=lambda network: _bluesky(network, answer(400, {"error": "UploadNotFound", "message": "no"})),
        seen=lambda network: _bluesky(network, answer(400, {"error": "UploadAlreadyCompleted", "message": "no"})),
        removal=("POST", ABORT),
    ),
    "telegram": Leftover(
        name="telegram",
        handle=_handle(storage=STORAGE, stored=[{"file_id": "f", "message_id": 5}], rehearsal=6),
        unused=lambda network: network.on("POST", DELETE, ok({"ok": True, "result": True})),
        gone=lambda network: network.on("POST", DELETE, telegram_refusal(400, TOO_OLD)),
        seen=lambda network: network.on("POST", DELETE, ok({"ok": True, "result": True})),
        removal=("POST", DELETE),
    ),
    "tiktok": Leftover(
        name="tiktok",
        handle=handle(creator=creator_state(), upload=upload_state()),
        unused=lambda network: network.on("POST", CANCEL, done()),
        gone=lambda network: network.on("POST", CANCEL, refused(400, "invalid_publish_id")),
        seen=lambda network: network.on("POST", CANCEL, refused(400, "publish_not_cancellable")),
        removal=("POST", CANCEL),
    ),
    "youtube": Leftover(
        name="youtube",
        handle=_handle(video_id=VIDEO, uploaded_at=(NOW - timedelta(minutes=20)).isoformat()),
        unused=lambda network: network.on("GET", VIDEOS, listed(resource("private"))).on("DELETE", VIDEOS, answer(204)),
        gone=lambda network: network.on("GET", VIDEOS, listed(resource("private"))).on(
            "DELETE", VIDEOS, refusal(404, "videoNotFound")
        ),
        seen=lambda network: network.on("GET", VIDEOS, listed(resource("unlisted"))),
        removal=("DELETE", VIDEOS),
    ),
}
LEFTOVERS["facebook photos, perhaps a post's"] = replace(
    LEFTOVERS["facebook photos"], seen=lambda network: _page(network, WORDLESS)
)
LEFTOVERS["telegram, in a channel"] = replace(
    LEFTOVERS["telegram"], gone=lambda network: network.on("POST", DELETE, telegram_refusal(400, TOO_OLD_THERE))
)
LEFTOVERS["facebook photos, perhaps a story's"] = replace(
    LEFTOVERS["facebook photos"],
    unused=lambda network: _page(network, stories=[{**STORY, "media_type": "video"}]),
    seen=lambda network: _page(network, stories=[STORY]),
)
LEFTOVERS["youtube, not listed any more"] = replace(
    LEFTOVERS["youtube"],
    gone=lambda network: network.on("GET", VIDEOS, listed()),
    seen=lambda network: network.on("GET", VIDEOS, listed(resource("public"))),
)
# These networks refuse the removal of a visible post themselves, so the removal may be sent. What Telegram's storage
# chat has is never a post.
ASKED = frozenset({"bluesky", "telegram", "tiktok"})
