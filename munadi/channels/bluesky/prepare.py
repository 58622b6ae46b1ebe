"""The invisible step: resolve mentions, upload images and the card's picture. Each part is saved when it is known."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from munadi.channels.bluesky.facets import handles
from munadi.channels.bluesky.spec import BLOB_LIFE, MAX_THUMB_BYTES
from munadi.channels.bluesky.wire import Card, Prepared, shown_text, wants_card
from munadi.channels.bluesky.xrpc import Xrpc
from munadi.channels.http import ChannelTools
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Handle, Ready
from munadi.ports import LinkCard, SaveHandle

# A broken picture answers 500 like an outage does; after so many it is the picture.
MAX_UPLOAD_FAILURES = 3
# Blobs are renewed a little before the network may forget them, so that none lapses between a look and its use.
BLOB_SLACK = timedelta(minutes=5)
MAX_CARD_TITLE = 300
MAX_CARD_DESCRIPTION = 1000
# resolveHandle of a handle that does not exist: the lexicon's name, and what the reference PDS says.
NO_SUCH_HANDLE = frozenset({"HandleNotFound", "InvalidRequest"})


def needs_preparation(draft: Draft) -> bool:
    """Whether there is anything to do before the visible call."""
    return bool(draft.media) or wants_card(draft) or bool(handles(shown_text(draft)))


def is_complete(draft: Draft, prepared: Prepared) -> bool:
    """Whether only the visible call is left."""
    return (
        len(prepared.blobs) == len(draft.media)
        and (prepared.card is not None or not wants_card(draft))
        and all(handle in prepared.mentions for handle in handles(shown_text(draft)))
    )


class Preparation:
    """One run of preparing one draft; goes on where the handle's state ends."""

    def __init__(
        self, xrpc: Xrpc, tools: ChannelTools, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> None:
        self._xrpc = xrpc
        self._tools = tools
        self._base = account.service_url or xrpc.entryway
        self._token = account.credentials.access_token.get_secret_value()
        self._save = save
        self._state = Prepared.model_validate(handle.state) if handle else Prepared()
        until = self._state.blobs_until
        if until is not None and until - BLOB_SLACK <= tools.clock.now():
            self._state = Prepared(mentions=self._state.mentions, failures=self._state.failures)

    async def run(self, draft: Draft) -> Ready:
        """Do what is missing. Raises ChannelError."""
        await self._mentions(handles(shown_text(draft)))
        for asset in draft.media[len(self._state.blobs) :]:
            await self._image(asset)
        if wants_card(draft) and self._state.card is None:
            await self._card(draft.link or "")
        await self._keep(ready=True)
        return Ready(expires_at=self._state.blobs_until)

    async def _keep(self, *, ready: bool = False, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)
        await self._save(self._state.model_dump(mode="json"), ready=ready, expires_at=self._state.blobs_until)

    async def _mentions(self, wanted: list[str]) -> None:
        missing = [handle for handle in wanted if handle not in self._state.mentions]
        if missing:
            found = {handle: await self._resolve(handle) for handle in missing}
            await self._keep(mentions={**self._state.mentions, **found})

    async def _resolve(self, handle: str) -> str | None:
        """The DID of a handle; None when there is none, and then the mention stays plain text."""
        try:
            answer = await self._xrpc.query(
                self._base, "com.atproto.identity.resolveHandle", {"handle": handle}, token=self._token
            )
        except ChannelError as error:
            if error.provider_code in NO_SUCH_HANDLE:
                return None
            raise
        did = answer.field("did")
        return did if isinstance(did, str) and did.startswith("did:") else None

    async def _image(self, asset: MediaAsset) -> None:
        content = await self._tools.media.read(asset)
        try:
            blob = await self._xrpc.upload(self._base, self._token, content, asset.mime_type)
        except ChannelError as error:
            if error.provider_code == "InternalServerError":
                await self._count_failure(asset, error)
            raise
        await self._keep(blobs=(*self._state.blobs, blob), blobs_until=self._until())

    async def _count_failure(self, asset: MediaAsset, error: ChannelError) -> None:
        await self._keep(failures=self._state.failures + 1)
        if self._state.failures >= MAX_UPLOAD_FAILURES:
            raise ChannelError(
                Reason.MEDIA_PROCESSING_FAILED,
                Sorting.REJECTED,
                f"Bluesky: the server failed on media {asset.id} {self._state.failures} times",
                provider_code=error.provider_code,
                provider_message=error.provider_message,
                raw=error.raw,
            ) from error

    async def _card(self, url: str) -> None:
        page = await self._tools.links.card(url) or LinkCard(title="")
        card = Card(
            title=page.title.strip()[:MAX_CARD_TITLE] or urlsplit(url).hostname or url,
            description=page.description.strip()[:MAX_CARD_DESCRIPTION],
            thumb=await self._thumb(page),
        )
        await self._keep(card=card, blobs_until=self._until() if card.thumb else self._state.blobs_until)

    async def _thumb(self, page: LinkCard) -> dict[str, object] | None:
        """The card's picture as a blob; a picture that is refused is not worth a failure."""
        mime_type = page.image_type or ""
        if not page.image or len(page.image) > MAX_THUMB_BYTES or not mime_type.startswith("image/"):
            return None
        try:
            return await self._xrpc.upload(self._base, self._token, page.image, mime_type)
        except ChannelError as error:
            if error.sorting is Sorting.NOT_SENT:
                raise
            return None

    def _until(self) -> object:
        """The first blob's end counts for all."""
        return self._state.blobs_until or self._tools.clock.now() + BLOB_LIFE
