"""How far a post is, by its publish_id: the one key there is. TikTok has no list that would do for all posts.

`PUBLISH_COMPLETE` is published, with or without a post id: TikTok gives one when the post is public and moderated,
usually within a minute, sometimes after hours, and never for SELF_ONLY (facts, section 3.4).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.tiktok.errors import explain_failure
from munadi.channels.tiktok.spec import Mode, Options, Privacy, Settings
from munadi.channels.tiktok.wire import Prepared, Status, is_photo, mode_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Absent, Pending, Published, Unknown, Warning_
from munadi.ports import PublicationDraft

QUICK_FOR, SLOW_FOR = timedelta(seconds=30), timedelta(minutes=5)


class Lookup:
    """Turns a status into what is true of the publication."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._settings = settings
        self._clock = tools.clock

    @property
    def quick(self) -> timedelta:
        """The wait after something was just sent."""
        return self._settings.poll_quick

    def outcome(
        self, draft: PublicationDraft, account: ConnectedAccount, state: Prepared, status: Status
    ) -> Published | Pending:
        """Of an accepted post. Raises ChannelError (rejected) when TikTok gave it up."""
        if status.status == "PUBLISH_COMPLETE":
            return self.published(draft, account, state, status, self._clock.now())
        if status.status == "FAILED":
            raise explain_failure(status.fail_reason)
        return Pending(after=self._wait(state.sent_at), note=f"TikTok says {status.status or 'nothing'}")

    def found(
        self, draft: PublicationDraft, account: ConnectedAccount, state: Prepared, status: Status
    ) -> Published | Absent | Unknown:
        """Of a post that may have been accepted: FAILED and an upload without its end are not there."""
        if status.status == "PUBLISH_COMPLETE":
            return self.published(draft, account, state, status, None)
        if status.status == "FAILED" or status.lacks_bytes_of(state.upload):
            return Absent()
        return Unknown(note=f"TikTok says {status.status or 'nothing'}")

    def without_key(self, draft: PublicationDraft) -> Absent | Unknown:
        """No publish_id on record: then no byte of a file was sent, but a pull may be under way unseen."""
        if mode_of(draft, Options.model_validate(draft.options)) is Mode.FILE:
            return Absent()
        return Unknown(note="TikTok's answer with the publish_id was lost, and there is no other key to look by")

    def published(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        state: Prepared,
        status: Status,
        at: datetime | None,
    ) -> Published:
        """With the post's id and address once TikTok gives them."""
        if len(status.post_ids) != 1:
            private = draft.options.get("privacyLevel") == Privacy.SELF_ONLY
            message = (
                "the post is live; TikTok gives no id for a private post"
                if private
                else "the post is live; TikTok gives its id once it is public and moderated"
            )
            warning = Warning_(code="POST_ID_PENDING", message=message, channel="tiktok")
            return Published(published_at=at, warnings=(warning,))
        username = (state.creator.username if state.creator else None) or account.handle
        kind = "photo" if is_photo(draft) else "video"
        url = f"{self._settings.hosts.auth.rstrip('/')}/@{username.removeprefix('@')}/{kind}/{status.post_ids[0]}"
        return Published(post_id=status.post_ids[0], url=url, published_at=at)

    def _wait(self, sent_at: datetime | None) -> timedelta:
        """Seconds for a short video, minutes for a long one: the older, the rarer."""
        age = self._clock.now() - sent_at if sent_at else SLOW_FOR
        if age < QUICK_FOR:
            return self._settings.poll_quick
        return self._settings.poll_slow if age < SLOW_FOR else self._settings.poll_idle
