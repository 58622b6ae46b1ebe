"""What the status of a publish_id means for the post. publish_id is the one key that TikTok gives.

`PUBLISH_COMPLETE` is published, with or without a post id: TikTok gives one when the post is public and moderated,
usually within a minute, sometimes after hours, and never for SELF_ONLY (docs/networks/tiktok.md, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.channels.tiktok.errors import explain_failure
from munadi.channels.tiktok.spec import Options, Privacy, Settings
from munadi.channels.tiktok.state import Prepared
from munadi.channels.tiktok.wire import PHOTO_POST, VIDEO_POST, Status, is_photo
from munadi.domain.publication import Absent, Pending, PostedId, Published, Unknown, Warning_
from munadi.ports import Clock, Publication

QUICK_FOR, SLOW_FOR = timedelta(seconds=30), timedelta(minutes=5)
COMPLETE, FAILED = "PUBLISH_COMPLETE", "FAILED"


@dataclass(frozen=True)
class StatusReader:
    """Turns a status into what is true of the publication."""

    settings: Settings
    clock: Clock

    def outcome(
        self, publication: Publication[Options, Prepared], state: Prepared, status: Status
    ) -> Published | Pending:
        """Of an accepted post. Raises PostDropped when TikTok failed to publish it."""
        if status.status == COMPLETE:
            return self._published(publication, state, status, self.clock.now())
        if status.status == FAILED:
            raise explain_failure(status.fail_reason, state.failed_pulls)
        return Pending(after=self._wait(state.sent_at), note=f"TikTok says {status.status or 'nothing'}")

    def found(
        self, publication: Publication[Options, Prepared], state: Prepared, status: Status
    ) -> Published | Absent | Unknown:
        """Of a post that may have been accepted: a failed one and an upload without its end are not live."""
        if status.status == COMPLETE:
            return self._published(publication, state, status, None)
        if status.status == FAILED or status.lacks_bytes_of(state.upload):
            return Absent(by_key=True)
        return Unknown(note=f"TikTok says {status.status or 'nothing'}")

    def _published(
        self, publication: Publication[Options, Prepared], state: Prepared, status: Status, at: datetime | None
    ) -> Published:
        """With the post's id and address once TikTok gives them."""
        if len(status.post_ids) != 1:
            private = publication.draft.options.get("privacyLevel") == Privacy.SELF_ONLY
            message = (
                "the post is live; TikTok gives no id for a private post"
                if private
                else "the post is live; TikTok gives its id once it is public and moderated"
            )
            warning = Warning_(code="POST_ID_PENDING", message=message, channel="tiktok")
            return Published(published_at=at, warnings=(warning,))
        username = (state.creator.username if state.creator else None) or publication.account.handle
        kind, post_id = PHOTO_POST if is_photo(publication.draft) else VIDEO_POST, status.post_ids[0]
        url = f"{self.settings.hosts.auth.rstrip('/')}/@{username.removeprefix('@')}/{kind}/{post_id}"
        objects = (PostedId(id=post_id, version=PHOTO_POST),) if kind == PHOTO_POST else ()
        return Published(post_id=post_id, url=url, published_at=at, objects=objects)

    def _wait(self, sent_at: datetime | None) -> timedelta:
        """Seconds for a short video, minutes for a long one: the older the post, the longer the wait."""
        age = self.clock.now() - sent_at if sent_at else SLOW_FOR
        return self.settings.poll_wait(age, QUICK_FOR, SLOW_FOR)
