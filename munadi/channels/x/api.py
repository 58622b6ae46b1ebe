"""Calls to API v2 by name. Everything raises ChannelError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from munadi.channels.answers import object_in
from munadi.channels.http import ChannelTools, Request, is_empty, no_proof
from munadi.channels.oauth import basic, secrets_in
from munadi.channels.x.errors import explain
from munadi.channels.x.spec import Settings
from munadi.channels.x.wire import READ_FIELDS, Medium, Row, is_page, read_medium, read_rows
from munadi.domain.media import MediaAsset
from munadi.ports import Answer, Gate

ME = "username,name,verified_type,subscription_type"
# A look costs money for each post that is returned: a small page, a few times.
PAGE, MAX_PAGES = 20, 5
UPLOAD_TIMEOUT = 60.0


class Api:
    """X, as an app with its settings calls it."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        hosts, self._settings = settings.hosts, settings
        self._base = f"{hosts.api.rstrip('/')}/{settings.version}"
        self._media = f"{hosts.upload.rstrip('/')}/{settings.version}/media"
        self.http = tools.http(explain)

    async def me(self, token: str) -> dict[str, Any]:
        """The user that a token is for."""
        answer = await self.http.send(Request("GET", f"{self._base}/users/me", token=token, params={"user.fields": ME}))
        return object_in(answer.body, "data")

    async def grant(self, form: Mapping[str, str]) -> Answer:
        """The token endpoint. The app proves itself by its id and secret in the header."""
        return await self._as_app("oauth2/token", form, lambda answer: answer.field("access_token"))

    async def revoke(self, token: str) -> None:
        """End a token, and with a refresh token the grant."""
        await self._as_app(
            "oauth2/revoke", {"token": token}, lambda answer: is_empty(answer) and not answer.field("error")
        )

    async def post(
        self, token: str, body: Mapping[str, Any], gate: Gate, proof: Callable[[Answer], object], timeout: float
    ) -> Answer:
        """The visible call."""
        url = f"{self._base}/tweets"
        return await self.http.send(Request("POST", url, token=token, json=body, proof=proof, timeout=timeout), gate)

    async def timeline(self, token: str, user_id: str, since: datetime) -> list[Row] | None:
        """A user's own posts since then, newest first; None where there are more than a look may read."""
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"max_results": str(PAGE), "start_time": start, **READ_FIELDS}
        rows: list[Row] = []
        for _ in range(MAX_PAGES):
            answer = await self.http.send(
                Request("GET", f"{self._base}/users/{user_id}/tweets", token=token, params=params)
            )
            if not is_page(answer.body):
                raise no_proof(answer)
            rows += read_rows(answer.body)
            following = object_in(answer.body, "meta").get("next_token")
            if not isinstance(following, str) or not following:
                return rows
            params["pagination_token"] = following
        return None

    async def initialize(self, token: str, asset: MediaAsset, category: str) -> Medium:
        """Open an upload."""
        body = {"media_type": asset.mime_type, "total_bytes": asset.bytes, "media_category": category}
        return self._medium(await self._upload("POST", "upload/initialize", token, json=body))

    async def append(self, token: str, media_id: str, part: int, content: bytes) -> None:
        """Send one part; a repeat replaces it."""
        form, files = {"segment_index": str(part)}, {"media": content}
        path = f"upload/{media_id}/append"
        await self._upload("POST", path, token, form=form, files=files, timeout=UPLOAD_TIMEOUT)

    async def finalize(self, token: str, media_id: str) -> Medium:
        """All parts are there."""
        return self._medium(await self._upload("POST", f"upload/{media_id}/finalize", token))

    async def processing(self, token: str, media_id: str) -> Medium:
        """How far the processing of a medium is."""
        params = {"command": "STATUS", "media_id": media_id}
        return self._medium(await self._upload("GET", "upload", token, params=params))

    async def describe(self, token: str, media_id: str, alt: str) -> None:
        """Set the alt text."""
        body = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
        await self._upload("POST", "metadata", token, json=body)

    async def _upload(self, method: str, path: str, token: str, **rest: Any) -> Answer:
        return await self.http.send(Request(method, f"{self._media}/{path}", token=token, **rest))

    def _medium(self, answer: Answer) -> Medium:
        found = read_medium(object_in(answer.body, "data"))
        if found is None:
            raise no_proof(answer)
        return found

    async def _as_app(self, path: str, form: Mapping[str, str], proof: Callable[[Answer], object]) -> Answer:
        proving = basic(self._settings)
        hidden = [*secrets_in(form), self._settings.secret, proving]
        headers = {"authorization": f"Basic {proving}"}
        url = f"{self._base}/{path}"
        return await self.http.send(Request("POST", url, form=form, headers=headers, secrets=hidden, proof=proof))
