"""Videos: registered, received as a form with its policy, processed for a while."""

from __future__ import annotations

import secrets
from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING, Any

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import VideoRules
from munadi.sandbox.pinterest.errors import refuse, refuse_if, refuse_upload
from munadi.sandbox.pinterest.model import Medium

if TYPE_CHECKING:
    from munadi.sandbox.pinterest import Pinterest

# Durations in containers are rounded; the sandbox holds no more than 64 MB.
RULES = VideoRules(
    seconds=(3.9, 900.5), ratio=(0.5, 1.915), width=(1, 1 << 16), frames=(1, 120), containers=("mp4", "mov"), audio=None
)


async def register(platform: Pinterest, call: Call) -> Answer:
    profile, body = platform.caller(call, "pins:write"), call.json(refuse("invalid"))
    platform.limited(profile, "writesPerMinute")
    refuse_if(body != {"media_type": "video"}, "invalid")
    medium = Medium(platform.next_id(), profile.id, secrets.token_urlsafe(24))
    platform.media.put(medium.id, medium)
    fields = {"key": f"uploads/{medium.id}", "policy": medium.policy, "Content-Type": "multipart/form-data"}
    made = {"media_id": medium.id, "media_type": "video", "upload_url": f"{call.base_url}/pinterest/s3/"}
    return Answer(201, {**made, "upload_parameters": fields}, effect=True)


async def upload(platform: Pinterest, call: Call) -> Answer:
    """As S3 takes a form: the policy of the key, and the file as the last field."""
    parts = _parts(call)
    names = [name for name, _ in parts]
    fields: dict[str, Any] = dict(parts)
    medium = platform.media.get(fields.get("key", b"").decode().removeprefix("uploads/"))
    if medium is None or fields.get("policy", b"").decode() != medium.policy or call.bearer is not None:
        raise refuse_upload("AccessDenied")
    if not names or names[-1] != "file" or names.count("file") != 1:
        raise refuse_upload("InvalidArgument")
    body = fields["file"]
    medium.digest = platform.shelf.keep(body, "video/mp4").digest
    medium.problem = RULES.problem(body) or ("switch" if platform.switches["failProcessing"] else "")
    medium.ready_at = platform.clock.now() + platform.delays["video"]
    platform.media.put(medium.id, medium)
    return Answer(204, None, effect=True)


async def status(platform: Pinterest, call: Call) -> Answer:
    profile = platform.caller(call, "pins:read")
    platform.limited(profile, "readsPerMinute")
    medium = platform.media.of(call.path.rpartition("/")[2], profile.id)
    if medium is None:
        raise refuse("media")
    return Answer(200, {"media_id": medium.id, "media_type": "video", "status": status_of(platform, medium)})


def status_of(platform: Pinterest, medium: Medium) -> str:
    if medium.digest is None:
        return "registered"
    if platform.clock.now() < medium.ready_at:
        return "processing"
    return "failed" if medium.problem else "succeeded"


def _parts(call: Call) -> list[tuple[str, bytes]]:
    header = f"content-type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    whole = message_from_bytes(header + call.body)
    parts = whole.get_payload() if whole.is_multipart() else []
    return [(_name(part), part.get_payload(decode=True) or b"") for part in parts if isinstance(part, Message)]  # type: ignore[misc]


def _name(part: Message) -> str:
    return str(part.get_param("name", header="content-disposition"))
