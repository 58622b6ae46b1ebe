"""Posts: made under an idempotency key, listed, read back as HTML and as their source; their media; and the server.

A medium is uploaded as multipart, processed for a while, attached to one post, and deleted after a day without one. The
server registers apps, and describes itself and the account.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, HOUR, MINUTE, wall_time
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.mastodon.model import (
    LOGIN,
    PROBLEMS,
    URL_LENGTH,
    Account,
    App,
    Medium,
    Status,
    UsedKey,
    key_of,
    length_of,
    refuse,
    refuse_if,
    server_of,
)
from munadi.sandbox.mastodon.reading import account_view, medium_view, view
from munadi.sandbox.media import image_facts, sniff, video_facts

if TYPE_CHECKING:
    from munadi.sandbox.mastodon import Mastodon

VISIBILITIES = ("public", "unlisted", "private", "direct")
VIDEO_TYPES = ["video/mp4", "video/webm", "video/quicktime"]
IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"]


async def create(platform: Mastodon, call: Call) -> Answer:
    """A repeat under the same key within the hour gets the first post, whatever its body."""
    profile = platform.caller(call, "write:statuses")
    key = f"{profile.id} {call.headers.get('idempotency-key', '')}"
    used = platform.keys.get(key)
    if used is not None and platform.clock.now() < used.used_at + HOUR and not platform.switches["plain"]:
        refuse_if(platform.switches["failRepeats"], "internal")
        first = platform.posted.get(used.status_id)
        return Answer(200, view(platform, first, call)) if first else PROBLEMS.answer("missing")
    platform.limited(profile.id, "postsPer3Hours", 3 * HOUR)
    status = _checked(platform, call.json(refuse("blank")), profile)
    platform.posted.put(status.id, status)
    for one in status.media:
        medium = platform.media.get(one)
        assert medium is not None
        medium.status_id = status.id
        platform.media.put(one, medium)
    if call.headers.get("idempotency-key"):
        platform.keys.put(key, UsedKey(status.id, platform.clock.now()))
    return Answer(200, view(platform, status, call), effect=True)


def _checked(platform: Mastodon, body: dict[str, Any], profile: Account) -> Status:
    text, spoiler = str(body.get("status") or ""), str(body.get("spoiler_text") or "")
    attached = _attachable(platform, body.get("media_ids") or [], profile.id)
    refuse_if(not (text.strip() or spoiler or attached), "blank")
    limit = platform.limits["characters"]
    if length_of(text) + length_of(spoiler) > limit:
        raise refuse("blank", f"Validation failed: Text character limit of {limit} exceeded")
    poll = body.get("poll")
    refuse_if(poll and attached, "poll_media")
    refuse_if(poll and not 2 <= len(poll.get("options", [])) <= platform.limits["pollOptions"], "poll")
    for name in ("in_reply_to_id", "quoted_status_id"):
        refuse_if(body.get(name) is not None and str(body[name]) not in platform.posted, "missing")
    visibility = body.get("visibility")
    visibility = visibility if visibility in VISIBILITIES else "public"
    if profile.status == "limited" and visibility == "public":
        visibility = "unlisted"
    quoted = body.get("quoted_status_id")
    return Status(
        platform.next_id(),
        profile.id,
        text,
        spoiler,
        visibility,
        platform.clock.now(),
        wall_time(),
        [one.id for one in attached],
        body.get("in_reply_to_id"),
        body.get("language"),
        bool(body.get("sensitive")),
        poll,
        quoted,
    )


async def upload(platform: Mastodon, call: Call) -> Answer:
    profile = platform.caller(call, "write:media")
    platform.limited(profile.id, "mediaPer30Minutes", 30 * MINUTE)
    parts = call.parts
    file = parts.get("file", b"")
    kind = sniff(file) or ""
    refuse_if(not (image_facts(file) or video_facts(file)), "type")
    name = "video" if kind.startswith("video/") else "image"
    limit = platform.limits[f"{name}Bytes"]
    refuse_if(len(file) > limit, "type", f"Validation failed: File file size must be less than {limit} bytes")
    now, (description, focus) = platform.clock.now(), (parts.get(one, b"").decode() for one in ("description", "focus"))
    medium = Medium(platform.next_id(), profile.id, name, now, description, focus)
    medium.digest, medium.ready_at = platform.blob_store.keep(file, kind).digest, now + platform.delays[name]
    medium.problem = "switch" if platform.switches["failProcessing"] else ""
    platform.media.put(medium.id, medium)
    processing = name == "video" or medium.ready_at > now
    return Answer(202 if processing else 200, medium_view(platform, medium, call), effect=True)


async def read_media(platform: Mastodon, call: Call) -> Answer:
    """A medium that no post has yet."""
    medium = _live(platform, call.path.rpartition("/")[2], platform.caller(call, "write:media").id)
    if medium is None or medium.status_id is not None:
        raise refuse("missing")
    if platform.clock.now() < medium.ready_at:
        return Answer(206, medium_view(platform, medium, call))
    return PROBLEMS.answer("failed") if medium.problem else Answer(200, medium_view(platform, medium, call))


def _live(platform: Mastodon, media_id: str, profile_id: str) -> Medium | None:
    """A medium of this account that has not been deleted."""
    medium = platform.media.of(media_id, profile_id)
    if medium is None or (medium.status_id is None and platform.clock.now() > medium.created_at + DAY):
        return None
    return medium


def _attachable(platform: Mastodon, ids: list[str], profile_id: str) -> list[Medium]:
    """The media for a new post. Raises Mastodon's refusals."""
    refuse_if(len(ids) > platform.limits["mediaPerPost"], "type")
    found = [_live(platform, str(one), profile_id) for one in ids]
    media = [one for one in found if one is not None and (one.status_id is None or platform.switches["plain"])]
    refuse_if(len(media) < len(ids) and not platform.switches["plain"], "attached")
    refuse_if(any(platform.clock.now() < one.ready_at for one in media), "unfinished")
    refuse_if(len(media) > 1 and any(one.kind == "video" for one in media), "mixed")
    return media


async def register(platform: Mastodon, call: Call) -> Answer:
    form = call.form
    if not form.get("client_name") or not form.get("redirect_uris"):
        return Answer(422, {"error": "Validation failed: Application name can't be blank"})
    scopes = form.get("scopes", "read").split()
    app = App(secrets.token_urlsafe(32), secrets.token_urlsafe(32), form["redirect_uris"], scopes, form["client_name"])
    platform.apps.put(app.client_id, app)
    body = {"id": str(len(list(platform.apps))), "name": form["client_name"], "client_id": app.client_id}
    return Answer(200, {**body, "client_secret": app.client_secret, "redirect_uri": app.redirect_uri}, effect=True)


async def authorize(platform: Mastodon, call: Call) -> Answer:
    app = platform.apps.get(call.query.get("client_id", ""))
    asked = call.query.get("scope", "").split()
    if app is None or app.redirect_uri != call.query.get("redirect_uri") or not set(asked) <= set(app.scopes):
        return Answer(400, LOGIN.wrong)
    choices = [
        Choice(one.id, one.username, also=frozenset({key_of(one.id, call.base_url)})) for one in platform.accounts
    ]
    return platform.issuer.consent(call, platform.title, choices, LOGIN.consent, app=app.name)


async def revoke(platform: Mastodon, call: Call) -> Answer:
    platform.issuer.tokens.remove(platform.app_of(call).get("token", ""))
    return Answer(200, {}, effect=True)


async def verify_credentials(platform: Mastodon, call: Call) -> Answer:
    profile = platform.caller(call, "read:accounts")
    source = {"privacy": "public", "language": "en", "sensitive": False}
    return Answer(200, {**account_view(profile), "source": source})


async def instance(platform: Mastodon, call: Call) -> Answer:
    limits = platform.limits
    media = {
        "supported_mime_types": IMAGE_TYPES + VIDEO_TYPES,
        "description_limit": limits["descriptionCharacters"],
        "image_size_limit": limits["imageBytes"],
        "image_matrix_limit": 33_177_600,
        "video_size_limit": limits["videoBytes"],
        "video_matrix_limit": 8_294_400,
        "video_frame_rate_limit": 120,
    }
    configuration = {
        "statuses": {
            "max_characters": limits["characters"],
            "max_media_attachments": limits["mediaPerPost"],
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": media,
        "polls": {
            "max_options": limits["pollOptions"],
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }
    body = {"domain": "mastodon.example", "version": "4.7.2", "configuration": configuration}
    return Answer(200, {**body, "api_versions": {"mastodon": 11}})


async def nodeinfo_links(platform: Mastodon, call: Call) -> Answer:
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return Answer(200, {"links": [{"rel": rel, "href": f"{server_of(call)}/nodeinfo/2.0"}]})


async def nodeinfo(platform: Mastodon, call: Call) -> Answer:
    name = "plain" if platform.switches["plain"] else "mastodon"
    return Answer(200, {"version": "2.0", "software": {"name": name, "version": "4.7.2"}})
