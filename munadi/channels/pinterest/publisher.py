"""Pinning: a video is uploaded ahead, images are fetched by Pinterest during the one visible call.

A pin whose answer was lost is read in the list of its board. It has no key of ours: title, description and link make a
likeness, never a proof. A pin that agrees only in a part may be ours with a text that Pinterest changed, so it makes
the outcome unknown. Source: docs/networks/pinterest.md, section 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools, Request
from munadi.channels.looking import Look
from munadi.channels.pinterest import editing
from munadi.channels.pinterest.accounts import BOARDS, board_of
from munadi.channels.pinterest.api import MAX_PAGES, PAGE, Api
from munadi.channels.pinterest.looking import BoardLook
from munadi.channels.pinterest.removing import remove, seen
from munadi.channels.pinterest.spec import IMAGE, SENT_IMAGE, Options, Settings
from munadi.channels.pinterest.upload import PinterestUploads, Prepared
from munadi.channels.pinterest.wire import (
    PinRow,
    encoding_overhead,
    id_in,
    image_source,
    is_video,
    kind_of,
    pin_body,
    sent_source,
    video_source,
)
from munadi.channels.posting import PostChannel, Step, match
from munadi.channels.pulls import count_failed_pull
from munadi.channels.renditions import fitting
from munadi.channels.text import collapsed
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import SLOWEST_UPLINK
from munadi.domain.choices import OptionChoice
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.publication import Absent, Pending, PostedId, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Answer, Attempt, Publication

# How far Pinterest's clock may be behind ours.
SKEW = timedelta(minutes=2)


class PinterestChannel(PostChannel[Options, Prepared]):
    """Makes one pin on one board."""

    options, state = Options, Prepared
    profile_at = "https://www.pinterest.com/{handle}/"
    listed_options: Mapping[str, str | None] = {"boardId": None, "boardSectionId": "boardId"}

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools, api.http)
        self._settings, self._api, self._site = settings, api, settings.hosts.auth.rstrip("/")

    def listed(self, facts: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
        """The boards, unless there are more than are read."""
        boards = facts.get(BOARDS)
        return {"boardId": boards} if isinstance(boards, dict) else {}

    async def _choices(self, account: ConnectedAccount, option: str, of: str | None) -> tuple[OptionChoice, ...]:
        """The boards of the account, or the sections of one of them."""
        if option == "boardId":
            found = await self._api.boards(account.token)
        else:
            found = await self._api.sections(account.token, board_of(of))
        return tuple(OptionChoice(value=each, name=name) for each, name in (found or {}).items())

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        found = await super()._publish(publication, attempt)
        return _placed(found, publication) if isinstance(found, Published) else found

    async def _find(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        found = await super()._find(publication, since, step)
        return _placed(found, publication) if isinstance(found, Published) else found

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await remove(self._api, one, account, attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        if len(objects) == 1:  # a withdrawal, which no list may delay
            return [await seen(self._api, objects[0], account)]
        return await BoardLook(self._api, account, Look.at(objects)).run()

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await editing.edit(self._api, version, account, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await editing.read(self._api, version, account)

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Check the board, upload a video and wait until Pinterest has processed it."""
        board = publication.options.board_id or ""
        publication.state = publication.state.without_lapsed_media(self.tools.clock.now())
        if publication.state.board != board:
            await self._api.board(publication.token, board)
            await publication.save(board=board)
        if is_video(publication.draft.media[0]):
            return await PinterestUploads(self._api, self._settings, publication, self.tools).run()
        await publication.save(ready=True)
        return Ready()

    def is_prepared(self, publication: Publication[Options, Prepared]) -> bool:
        """Images need no upload; a video is ready when it is processed."""
        return not is_video(publication.draft.media[0]) or super().is_prepared(publication)

    async def request(self, publication: Publication[Options, Prepared], step: Step) -> Request:
        """POST /pins. The deadline counts the bytes of the media, the client all that it sends."""
        source = await self._source(publication)
        body = pin_body(publication.draft, publication.options, source)
        timeout = self.deadline - encoding_overhead(source) / SLOWEST_UPLINK
        url, token = f"{self._api.base}/pins", publication.token
        return Request("POST", url, token=token, json=body, proof=id_in, timeout=timeout)

    def published(self, publication: Publication[Options, Prepared], step: Step, answer: Answer) -> Published:
        return self._live(id_in(answer) or "")

    async def refused(
        self, publication: Publication[Options, Prepared], attempt: Attempt, step: Step, error: ChannelError
    ) -> None:
        """An image that Pinterest could not fetch is offered again."""
        if error.reason is Reason.MEDIA_UNREACHABLE:
            await count_failed_pull(publication, error)

    async def find_step(
        self, publication: Publication[Options, Prepared], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """In the list of the board."""
        draft, options, begin = publication.draft, publication.options, since - SKEW
        rows = await self._api.pins(publication.token, options.board_id or "", options.board_section_id, begin)
        if rows is None:
            return Unknown(note=f"the board has more than {PAGE * MAX_PAGES} pins that may be newer")
        kind, sent = kind_of(draft), _words(options.title, draft.text, draft.link)
        new = [row for row in rows if row.created_at >= begin and row.media_type in (kind, "")]
        shown = {row.id: _words(row.title, row.text, row.link) for row in new}
        has_text = any(sent[:2])
        compared = 2 if has_text else 3
        # A link may be shown in another form, so a pin that has nothing else may be any of the new ones.
        near = [
            one for one in shown.values() if not has_text or any(a and a == b for a, b in zip(one, sent, strict=True))
        ]
        return match(
            new,
            lambda row: self._live(row.id, row),
            lambda row: any(sent) and shown[row.id][:compared] == sent[:compared],
            none=Unknown(note=f"{len(near)} new pins may be this one") if near else None,
        )

    async def _source(self, publication: Publication[Options, Prepared]) -> dict[str, Any]:
        """What the pin shows: the processed video, or the addresses of images that are stored. Raises ChannelError."""
        media = publication.draft.media
        if is_video(media[0]):
            return video_source(publication.state.media[0].id, publication.options)
        store, is_sent = self.tools.media, self._settings.send_images
        fit = [await fitting(store, SENT_IMAGE if is_sent else IMAGE, asset) for asset in media]
        if is_sent:
            return sent_source([(asset.mime_type, await store.read(asset)) for asset in fit])
        for asset in fit:
            await store.check_stored(asset)
        return image_source([store.public_url(asset) for asset in fit])

    def _live(self, pin_id: str, row: PinRow | None = None) -> Published:
        return Published(post_id=pin_id, url=f"{self._site}/pin/{pin_id}/", published_at=row and row.created_at)


def _placed(found: Published, publication: Publication[Options, Prepared]) -> Published:
    """A pin that is not there is proven by its board, so its board goes with its id."""
    if found.post_id is None:
        return found
    return found.model_copy(update={"objects": (PostedId(id=found.post_id, version=publication.options.board_id),)})


def _words(*texts: str | None) -> tuple[str, ...]:
    return tuple(collapsed(text or "") for text in texts)
