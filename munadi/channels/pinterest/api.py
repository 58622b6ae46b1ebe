"""Calls to API v5 by name. Everything raises ChannelError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.http import ChannelTools, Request, is_empty, no_proof, require_known_host
from munadi.channels.multipart import Multipart
from munadi.channels.oauth import basic, secrets_in
from munadi.channels.pinterest.errors import explain, explain_grant, explain_upload
from munadi.channels.pinterest.spec import Settings
from munadi.channels.pinterest.wire import Row, Upload, id_in, items_in, read_rows, upload_in
from munadi.domain.media import MediaAsset
from munadi.ports import Answer, Gate

# A page of pins with long descriptions stays well below the longest answer that is read.
PAGE, MAX_PAGES = 100, 5
BOARDS, MAX_BOARD_PAGES = 250, 4
UPLOAD_TIMEOUT = 60.0
OWN_DOMAINS = ("pinterest.com", "pinimg.com")


class Api:
    """Pinterest, as an app with its settings calls it."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._settings, self._tools = settings, tools
        self._base = f"{settings.hosts.api.rstrip('/')}/{settings.version}"
        self.http, self._grants = tools.http(explain), tools.http(explain_grant)
        self._uploads = tools.http(explain_upload)

    async def me(self, token: str) -> Answer:
        """The account that a token is for."""
        return await self._get("user_account", token)

    async def boards(self, token: str) -> tuple[dict[str, str], bool]:
        """The names of the account's boards by id, and whether these are all."""
        found: dict[str, str] = {}
        params = {"page_size": str(BOARDS)}
        for _ in range(MAX_BOARD_PAGES):
            answer = await self._get("boards", token, params)
            items = items_in(answer.body)
            if items is None:
                raise no_proof(answer)
            found |= {str(one["id"]): str(one.get("name") or one["id"])[:100] for one in items}
            following = text_in(answer.body, "bookmark")
            if following is None:
                return found, True
            params["bookmark"] = following
        return found, False

    async def board(self, token: str, board_id: str) -> None:
        """Check that a board exists."""
        answer = await self._get(f"boards/{board_id}", token)
        if id_in(answer) is None:
            raise no_proof(answer)

    async def pins(self, token: str, board_id: str, section_id: str | None, since: datetime) -> list[Row] | None:
        """The pins of a board, or of a section of it; None where there are more than a look may read.

        That newer pins come first is not documented, so only two pages in a row that are older than `since` end it.
        """
        path = f"boards/{board_id}" + (f"/sections/{section_id}" if section_id else "") + "/pins"
        params = {"page_size": str(PAGE)}
        rows: list[Row] = []
        older = 0
        for _ in range(MAX_PAGES):
            answer = await self._get(path, token, params)
            items = items_in(answer.body)
            page = None if items is None else read_rows(items)
            if page is None:
                raise no_proof(answer)
            rows += page
            older = older + 1 if all(row.created_at < since for row in page) else 0
            following = text_in(answer.body, "bookmark")
            if following is None or older >= 2:
                return rows
            params["bookmark"] = following
        return None

    async def create(self, token: str, body: Mapping[str, Any], gate: Gate, timeout: float) -> Answer:
        """The visible call."""
        url = f"{self._base}/pins"
        return await self.http.send(Request("POST", url, token=token, json=body, proof=id_in, timeout=timeout), gate)

    async def register(self, token: str) -> Upload:
        """Open the upload of a video."""
        answer = await self.http.send(Request("POST", f"{self._base}/media", token=token, json={"media_type": "video"}))
        found = upload_in(answer)
        if found is None:
            raise no_proof(answer)
        return found

    async def upload(self, upload: Upload, asset: MediaAsset) -> None:
        """Send the file. The form itself is the permission, so no token goes along."""
        url = require_known_host(upload.url, (self._settings.hosts.upload,), OWN_DOMAINS)
        form = await Multipart.of(asset, upload.fields, self._tools.media)
        hidden = [value for name, value in upload.fields.items() if name.lower() not in ("key", "content-type")]
        content, headers = form.content(), form.headers
        await self._uploads.send(
            Request("POST", url, content=content, headers=headers, secrets=hidden, timeout=UPLOAD_TIMEOUT)
        )

    async def media_status(self, token: str, media_id: str) -> str:
        """How far a video is: `registered`, `processing`, `succeeded` or `failed`."""
        answer = await self._get(f"media/{media_id}", token)
        status = text_in(answer.body, "status")
        if status is None:
            raise no_proof(answer)
        return status

    async def grant(self, form: Mapping[str, str]) -> Answer:
        """The token endpoint."""
        return await self._as_app("oauth/token", form, lambda answer: answer.field("access_token"))

    async def revoke(self, token: str) -> None:
        """End a grant."""
        await self._as_app("oauth/token/revoke", {"token": token}, lambda answer: is_empty(answer) and not answer.body)

    async def _get(self, path: str, token: str, params: Mapping[str, str] | None = None) -> Answer:
        return await self.http.send(Request("GET", f"{self._base}/{path}", token=token, params=params))

    async def _as_app(self, path: str, form: Mapping[str, str], proof: Callable[[Answer], object]) -> Answer:
        """The app proves itself by its id and secret in the header."""
        proving = basic(self._settings)
        hidden = [*secrets_in(form), self._settings.secret, proving]
        headers, url = {"authorization": f"Basic {proving}"}, f"{self._base}/{path}"
        return await self._grants.send(Request("POST", url, form=form, headers=headers, secrets=hidden, proof=proof))
