"""Calls to API v2 by name. Everything raises ChannelError."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from munadi.channels.answers import object_in
from munadi.channels.http import ChannelTools, Listing, Request, no_proof
from munadi.channels.posting import Row
from munadi.channels.x.errors import explain, explain_removal
from munadi.channels.x.spec import Settings
from munadi.channels.x.wire import READ_FIELDS, Medium, category_of, read_medium, read_rows
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

# A look costs money for each post that is returned: a small page, a few times.
PAGE, MAX_PAGES, FEWEST = 20, 5, 5
# The most posts that are read by their ids in one call.
MOST_READ = 100
TIMELINE = Listing(read_rows, ("meta", "next_token"), "pagination_token", MAX_PAGES)
UPLOAD_TIMEOUT = 60.0


class Api:
    """X, as an app with its settings calls it."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.base = f"{settings.hosts.api.rstrip('/')}/{settings.version}"
        self._media = f"{settings.hosts.upload.rstrip('/')}/{settings.version}/media"
        self.http, self.removals = tools.http(explain), tools.http(explain_removal)

    async def timeline(self, token: str, user_id: str, since: datetime) -> list[Row] | None:
        """A user's own posts since then, newest first; None where there are more than a look may read."""
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"max_results": str(PAGE), "start_time": start, **READ_FIELDS}
        request = Request("GET", f"{self.base}/users/{user_id}/tweets", token=token, params=params)
        return await self.http.items(request, TIMELINE)

    async def newest(self, token: str, user_id: str) -> set[str]:
        """The ids of a user's newest posts, as few as X takes a request for. A list with errors is none."""
        url, params = f"{self.base}/users/{user_id}/tweets", {"max_results": str(FEWEST), "tweet.fields": "created_at"}
        answer = await self.http.send(Request("GET", url, token=token, params=params))
        rows = read_rows(answer.body)
        if rows is None or answer.field("errors"):
            raise no_proof(answer)
        return {row.id for row in rows}

    async def posts(self, token: str, ids: Sequence[str]) -> Answer:
        """Posts by their ids, a hundred at most, and to whom they are not shown. Missing ones cost nothing."""
        params = {"ids": ",".join(ids), "tweet.fields": "withheld,possibly_sensitive"}
        return await self.http.send(Request("GET", f"{self.base}/tweets", token=token, params=params))

    async def initialize(self, token: str, asset: MediaAsset) -> Medium:
        """Open the upload of a medium."""
        body = {"media_type": asset.mime_type, "total_bytes": asset.bytes, "media_category": category_of(asset)}
        return _medium(await self._upload("POST", "upload/initialize", token, json=body))

    async def append(self, token: str, media_id: str, part: int, content: bytes) -> None:
        """Send one part; a repeat replaces it."""
        form, files = {"segment_index": str(part)}, {"media": content}
        path = f"upload/{media_id}/append"
        await self._upload("POST", path, token, form=form, files=files, timeout=UPLOAD_TIMEOUT)

    async def finalize(self, token: str, media_id: str) -> Medium:
        """Close an upload whose parts were all sent."""
        return _medium(await self._upload("POST", f"upload/{media_id}/finalize", token))

    async def processing(self, token: str, media_id: str) -> Medium:
        """How far the processing of a medium is."""
        params = {"command": "STATUS", "media_id": media_id}
        return _medium(await self._upload("GET", "upload", token, params=params))

    async def describe(self, token: str, media_id: str, alt: str) -> None:
        """Set the alt text of a medium."""
        body = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
        await self._upload("POST", "metadata", token, json=body)

    async def _upload(self, method: str, path: str, token: str, **rest: Any) -> Answer:
        return await self.http.send(Request(method, f"{self._media}/{path}", token=token, **rest))


def _medium(answer: Answer) -> Medium:
    found = read_medium(object_in(answer.body, "data"))
    if found is None:
        raise no_proof(answer)
    return found
