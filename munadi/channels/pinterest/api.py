"""Calls to API v5 by name. Everything raises ChannelError."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from munadi.channels.answers import TOO_LARGE, text_in
from munadi.channels.http import ChannelTools, Listing, Request, no_proof, require_known_host
from munadi.channels.multipart import Multipart
from munadi.channels.pinterest.errors import EDITS, GRANTS, REMOVALS, TABLE, UPLOADS
from munadi.channels.pinterest.spec import Settings
from munadi.channels.pinterest.wire import PinRow, Upload, id_in, items_in, read_rows, upload_in
from munadi.domain.failure import ChannelError
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

# A page of pins with long descriptions stays well below the longest answer that is read.
PAGE, MAX_PAGES = 100, 5
BOARDS, MAX_BOARD_PAGES = 250, 4
UPLOAD_TIMEOUT = 60.0
OWN_DOMAINS = ("pinterest.com", "pinimg.com")


class Api:
    """Pinterest, as an app with its settings calls it."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._upload_host, self._tools = settings.hosts.upload, tools
        self.base = f"{settings.hosts.api.rstrip('/')}/{settings.version}"
        self.http, self.grants, self._uploads, self.removals, self.edits = (
            tools.http(table.explain) for table in (TABLE, GRANTS, UPLOADS, REMOVALS, EDITS)
        )

    async def get(self, path: str, token: str) -> Answer:
        """Read a path of the API."""
        return await self.http.send(Request("GET", f"{self.base}/{path}", token=token))

    async def boards(self, token: str) -> dict[str, str] | None:
        """The names of the account's boards by id; None where there are more than are read."""
        return await self._names("boards", token)

    async def sections(self, token: str, board_id: str) -> dict[str, str] | None:
        """The names of a board's sections by id; None where there are more than are read."""
        return await self._names(f"boards/{board_id}/sections", token)

    async def _names(self, path: str, token: str) -> dict[str, str] | None:
        request = Request("GET", f"{self.base}/{path}", token=token, params={"page_size": str(BOARDS)})
        found = await self.http.items(request, Listing(items_in, ("bookmark",), "bookmark", MAX_BOARD_PAGES))
        return None if found is None else {str(one["id"]): str(one.get("name") or one["id"])[:100] for one in found}

    async def board(self, token: str, board_id: str) -> None:
        """Check that a board exists."""
        answer = await self.get(f"boards/{board_id}", token)
        if id_in(answer) is None:
            raise no_proof(answer)

    async def newest(self, token: str, board_id: str) -> set[str]:
        """The ids on the first page of a board's pins."""
        rows, _ = await self.board_page(token, board_id)
        return {str(one["id"]) for one in rows}

    async def board_page(
        self, token: str, board_id: str, bookmark: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of a board's pins, and the bookmark of the next. What is too long to be read is a smaller page."""
        try:
            answer = await self._board_page(token, board_id, bookmark, BOARDS)
        except ChannelError as error:
            if error.provider_code != TOO_LARGE:
                raise
            answer = await self._board_page(token, board_id, bookmark, PAGE)
        items = items_in(answer.body)
        if items is None:
            raise no_proof(answer)
        return items, text_in(answer.body, "bookmark")

    async def _board_page(self, token: str, board_id: str, bookmark: str | None, size: int) -> Answer:
        params = {"page_size": str(size), **({"bookmark": bookmark} if bookmark else {})}
        return await self.http.send(Request("GET", f"{self.base}/boards/{board_id}/pins", token=token, params=params))

    async def board_rows(self, token: str) -> list[dict[str, Any]]:
        """The account's boards, 250 at most."""
        params = {"page_size": str(BOARDS)}
        answer = await self.http.send(Request("GET", f"{self.base}/boards", token=token, params=params))
        items = items_in(answer.body)
        if items is None:
            raise no_proof(answer)
        return items

    async def pins(self, token: str, board_id: str, section_id: str | None, since: datetime) -> list[PinRow] | None:
        """The pins of a board, or of a section of it; None where there are more than a look may read.

        That newer pins come first is not documented, so only two pages in a row that are older than `since` end it.
        """
        path = f"boards/{board_id}" + (f"/sections/{section_id}" if section_id else "") + "/pins"
        request = Request("GET", f"{self.base}/{path}", token=token, params={"page_size": str(PAGE)})

        def is_past(pages: Sequence[Sequence[PinRow]]) -> bool:
            return len(pages) > 1 and all(row.created_at < since for page in pages[-2:] for row in page)

        return await self.http.items(request, Listing(read_rows, ("bookmark",), "bookmark", MAX_PAGES), is_past)

    async def upload(self, token: str, asset: MediaAsset) -> str:
        """Register a video and send its file; its id. The form itself is the permission, so no token goes along."""
        request = Request("POST", f"{self.base}/media", token=token, json={"media_type": "video"})
        answer = await self.http.send(request)
        opened = upload_in(answer)
        if opened is None:
            raise no_proof(answer)
        await self._send_file(opened, asset)
        return opened.media_id

    async def media_status(self, token: str, media_id: str) -> str:
        """How far a video is: `registered`, `processing`, `succeeded` or `failed`."""
        answer = await self.get(f"media/{media_id}", token)
        status = text_in(answer.body, "status")
        if status is None:
            raise no_proof(answer)
        return status

    async def _send_file(self, opened: Upload, asset: MediaAsset) -> None:
        url = require_known_host(opened.url, (self._upload_host,), OWN_DOMAINS)
        form = await Multipart.of(asset, opened.fields, self._tools.media)
        hidden = [value for name, value in opened.fields.items() if name.lower() not in ("key", "content-type")]
        await self._uploads.send(
            Request("POST", url, content=form.content(), headers=form.headers, secrets=hidden, timeout=UPLOAD_TIMEOUT)
        )
