"""Shapes on the wire: what is sent, and answers read leniently.

Source: docs/networks/facebook.md, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from munadi.channels.answers import instant, object_in
from munadi.channels.facebook.spec import (
    SPEC,
    VIDEOS,
    Kind,
    Options,
)
from munadi.channels.files import check_file
from munadi.channels.http import given_id
from munadi.channels.meta.graph import listed, moment, words
from munadi.channels.meta.wire import CommentRead, Form, form_of, read_comment
from munadi.channels.text import Problems, collapsed
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.ports import Answer

# `@[page-id]` in a message is shown as the Page's name.
_MENTION = re.compile(r"@\[[^\[\]]+\]")
DONE = frozenset({"complete", "completed"})
DEAD = frozenset({"upload_failed", "expired", "error"})
POST_FIELDS = (
    "id,message,created_time,permalink_url,is_published,"
    "attachments{media_type,target{id},url,unshimmed_url,subattachments{target{id}}}"
)
VIDEO_FIELDS = "status,published,permalink_url,post_id,created_time"
COMMENT_FIELDS = "id,message,created_time,from{id}"
STORY_FIELDS = "post_id,media_id,media_type,status,creation_time,url"


def kind_of(draft: Draft, options: Options) -> Kind:
    """What the draft becomes: as its options say, else a post, or a reel for a video within the rules of reels."""
    if options.kind is not None:
        return options.kind
    videos = [asset for asset in draft.media if asset.kind is MediaKind.VIDEO]
    if not videos:
        return Kind.POST
    return Kind.REEL if _is_reel(videos[0]) else Kind.VIDEO


def film_of(draft: Draft, kind: Kind) -> MediaAsset | None:
    """The video that is uploaded in phases; None for what is made of photos, a link or a text."""
    return None if kind is Kind.POST else next((one for one in draft.media if one.kind is MediaKind.VIDEO), None)


def _is_reel(asset: MediaAsset) -> bool:
    found = Problems(SPEC)
    check_file(found, VIDEOS[Kind.REEL], asset, "")
    return not found


def feed_form(draft: Draft, options: Options, photos: list[str]) -> Form:
    """POST /{page}/feed: a text, a link or photos that were uploaded unpublished."""
    return form_of(
        message=draft.text,
        attached_media=[{"media_fbid": photo} for photo in photos],
        link=None if photos else draft.link,
        place=options.place,
    )


def finish_form(draft: Draft, options: Options, kind: Kind, video_id: str, session_id: str | None) -> Form:
    """The finish of a reel, video or story: from here on it is published."""
    form = {"upload_phase": "finish"}
    if kind is Kind.VIDEO:
        form["upload_session_id"] = session_id or ""
    else:
        form["video_id"] = video_id
    if kind is Kind.STORY:
        return form
    return form | form_of(
        video_state="PUBLISHED" if kind is Kind.REEL else None,
        description=draft.text,
        title=options.title,
        place=options.place,
        is_ai_generated=options.is_ai_generated,
    )


class PostRead(Model):
    """A post of a Page as read back. `media` are the ids and `links` the URLs of its attachments."""

    id: str
    message: str = ""
    created_at: datetime | None = None
    permalink: str | None = None
    is_published: bool = True
    has_media: bool = False
    media: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()


def read_post(fields: Any) -> PostRead | None:
    """One post of an answer; None without an id. What is of another type than documented reads as absent."""
    if not isinstance(fields, dict) or not fields.get("id"):
        return None
    attachments = list(_attachments(fields))
    return PostRead(
        id=str(fields["id"]),
        message=words(fields.get("message")) or "",
        created_at=instant(fields.get("created_time")),
        permalink=words(fields.get("permalink_url")),
        is_published=fields.get("is_published") is not False,
        has_media=any(one.get("media_type") in ("photo", "album", "video") for one in attachments),
        media=frozenset(str(target["id"]) for one in attachments if (target := object_in(one.get("target"))).get("id")),
        links=frozenset(url for one in attachments for key in ("url", "unshimmed_url") if (url := words(one.get(key)))),
    )


def read_comments(answer: Answer) -> list[CommentRead]:
    """The comments of a list. Raises ChannelError: what is no list is not an empty one."""
    return [comment for row in listed(answer) if (comment := read_comment(row, "message", "created_time"))]


class StoryRead(Model):
    """A story of a Page as listed, `kind` its `media_type`."""

    id: str
    media_id: str
    kind: str = ""
    url: str | None = None
    created_at: datetime | None = None


def read_story(fields: Any) -> StoryRead | None:
    """One story of a list; None without its ids. Its time is seconds since the epoch, written as text."""
    post_id, media_id = (given_id(object_in(fields).get(name)) for name in ("post_id", "media_id"))
    if post_id is None or media_id is None:
        return None
    at = fields.get("creation_time")
    return StoryRead(
        id=post_id,
        media_id=media_id,
        kind=(words(fields.get("media_type")) or "").lower(),
        url=words(fields.get("url")),
        created_at=moment(at) or instant(at),
    )


class VideoStatus(Model):
    """The processing state of a video. Unknown states are neither done, dead nor live.

    Live: Facebook reports it published; a draft is not, nor a video that is still being published. Dead: it failed
    permanently or expired. Unpublished: its finish was not sent, or it is a draft, so the finish may be sent again.
    Uploaded: every byte has arrived.
    """

    name: str = ""
    publish_status: str = ""
    received: int = 0
    is_processing: bool = False
    is_live: bool
    is_dead: bool
    is_unpublished: bool
    is_uploaded: bool
    error: str | None = None
    permalink: str | None = None
    created_at: datetime | None = None


def read_status(answer: Answer) -> VideoStatus:
    """Fields of another type than documented read as absent; the key really is spelled `bytes_transfered`."""
    status = object_in(answer.field("status"))
    upload, process, publish = (
        object_in(status.get(f"{name}_phase")) for name in ("uploading", "processing", "publishing")
    )
    uploading, processing, publishing = (words(phase.get("status")) or "" for phase in (upload, process, publish))
    name, publish_status = words(status.get("video_status")) or "", words(publish.get("publish_status")) or ""
    received = upload.get("bytes_transfered")
    if publish_status:
        is_live = publish_status == "published" and publishing in DONE
    else:
        is_live = answer.field("published") is True and name == "ready" and publishing in ("", *DONE)
    is_draft = publish_status == "draft" and publishing in DONE
    errors = (words(object_in(phase.get("error")).get("message")) for phase in (process, upload, publish))
    return VideoStatus(
        name=name,
        publish_status=publish_status,
        received=received if isinstance(received, int) else 0,
        is_processing=processing == "in_progress",
        is_live=is_live,
        is_dead=name in DEAD or "error" in (uploading, processing, publishing, publish_status),
        is_unpublished=not is_live and (publishing in ("", "not_started") or is_draft),
        is_uploaded=uploading in DONE or name in ("upload_complete", "processing", "ready"),
        error=next((error for error in errors if error is not None), None),
        permalink=words(answer.field("permalink_url")) or None,
        created_at=instant(answer.field("created_time")),
    )


def _attachments(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A post's attachments, and those within an album."""
    data = object_in(fields.get("attachments")).get("data")
    for attachment in data if isinstance(data, list) else []:
        if isinstance(attachment, dict):
            yield attachment
            yield from _attachments({"attachments": attachment.get("subattachments")})


def same_text(ours: str, theirs: str) -> bool:
    """Whether Facebook may show `ours` as `theirs`: spaces may differ, and a mention has become a name.

    Linear: the literal parts between the mentions are found from left to right, each after a name of one character or
    more. The first place of a part is as good as any other, because what follows may begin anywhere after it.
    """
    first, *others = [collapsed(part) for part in _MENTION.split(ours)]
    shown = collapsed(theirs)
    if not others:
        return shown == first
    if not shown.startswith(first):
        return False
    at, last = len(first), others.pop()
    for part in others:
        found = shown.find(part, at + 1)
        if found < 0:
            return False
        at = found + len(part)
    return len(shown) - len(last) > at and shown.endswith(last)
