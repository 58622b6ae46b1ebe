"""Calls to LinkedIn by name. Everything raises ChannelError."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import ChannelTools, Request, no_proof, require_known_host
from munadi.channels.linkedin.errors import TABLE, explain
from munadi.channels.linkedin.spec import PAGE, Settings
from munadi.channels.linkedin.state import Part
from munadi.channels.linkedin.wire import Opened, PostRow, is_list, read_opened, read_row
from munadi.channels.removing import for_removals
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Answer

COUNT, MAX_PAGES = 50, 3
MAX_PAGES_OF_A_PERSON = 100
UPLOAD_TIMEOUT = 60.0
FINDER, BATCH_GET = {"x-restli-method": "FINDER"}, {"x-restli-method": "BATCH_GET"}
# So many posts are read by their ids in one call. LinkedIn states no limit; a list has that many.
MOST_READ = 50


class Api:
    """LinkedIn, as an app with its settings calls it."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._hosts = settings.hosts
        self._api = settings.hosts.api.rstrip("/")
        self._versioned = {"linkedin-version": settings.version, "x-restli-protocol-version": "2.0.0"}
        self.http, self.removals = tools.http(explain), tools.http(for_removals(TABLE).explain)

    async def member(self, token: str) -> Answer:
        """Whose a member's token is."""
        return await self.http.send(Request("GET", f"{self._api}/v2/userinfo", token=token))

    async def pages(self, token: str) -> list[str]:
        """The URNs of the pages that a person administers."""
        query = {"q": "roleAssignee", "role": "ADMINISTRATOR", "state": "APPROVED"}
        query |= {"count": str(MAX_PAGES_OF_A_PERSON)}
        answer = await self._rest("GET", "organizationAcls", token, params=query, headers=FINDER)
        rows = answer.field("elements")
        if not isinstance(rows, list):
            raise no_proof(answer, [token])
        named = [text_in(row, "organization") or text_in(row, "organizationTarget") for row in rows]
        return [urn for urn in named if urn and urn.startswith(PAGE)]

    async def page_names(self, token: str, urn: str) -> tuple[str, str | None]:
        """The name in a page's address, and the one that people read."""
        answer = await self._rest("GET", f"organizations/{quote(urn.removeprefix(PAGE), safe='')}", token)
        shown = text_in(answer.body, "localizedName")
        return text_in(answer.body, "vanityName") or shown or urn, shown

    def comments(self, urn: str) -> str:
        """The path of the comments below a post."""
        return f"socialActions/{quote(urn, safe='')}/comments"

    def post(self, urn: str) -> str:
        """The path of a post."""
        return f"posts/{quote(urn, safe='')}"

    async def shown_post(self, token: str, urn: str) -> Answer:
        """One post, as its author sees it."""
        return await self._rest("GET", self.post(urn), token, params={"viewContext": "AUTHOR"})

    async def read_post(self, token: str, urn: str) -> PostRow:
        """One post by what tells it from others."""
        answer = await self.shown_post(token, urn)
        row = read_row(answer.body)
        if row is None:
            raise no_proof(answer, [token])
        return row

    async def posts(self, token: str, author: str, since: datetime) -> list[PostRow] | None:
        """An author's posts since then, newest first; None where there are more than a check may read.

        The answer's own total is unreliable: it is read until a page has nothing new.
        """
        found: dict[str, PostRow] = {}
        for number in range(MAX_PAGES):
            rows = [row for row in await self.page_of_posts(token, author, number) if row.id not in found]
            found |= {row.id: row for row in rows}
            if not rows or any(row.created_at < since for row in rows):
                return [row for row in found.values() if row.created_at >= since]
        return None

    async def page_of_posts(self, token: str, author: str, number: int = 0) -> list[PostRow]:
        """A page of an author's posts, newest first, by its number: what tells each from others."""
        return [row for one in await self.shown_posts(token, author, number) if (row := read_row(one))]

    async def shown_posts(self, token: str, author: str, number: int = 0) -> list[Mapping[str, Any]]:
        """A page of an author's posts, newest first, by its number: all that LinkedIn shows of each.

        An author without posts is answered with 404 (docs/networks/linkedin.md, section 7), so the author is read as a
        control.
        """
        query = {"q": "author", "author": author, "count": str(COUNT), "sortBy": "CREATED", "viewContext": "AUTHOR"}
        params = {**query, "start": str(number * COUNT)}
        try:
            answer = await self._rest("GET", "posts", token, params=params, headers=FINDER)
        except ChannelError as error:
            if number > 0 or error.reason is not Reason.TARGET_NOT_ACCESSIBLE:
                raise
            await self.page_names(token, author)
            return []
        if not is_list(answer.body):
            raise no_proof(answer, [token])
        return list(answer.body["elements"])

    async def posts_by_id(self, token: str, urns: Sequence[str]) -> Answer:
        """Posts by their ids, fifty at most, as their author sees them. Only for apps in the Standard tier."""
        ids = ",".join(quote(urn, safe="") for urn in urns)
        # Brackets and commas of a list are not encoded, which parameters would be.
        path = f"posts?ids=List({ids})&viewContext=AUTHOR"
        return await self._rest("GET", path, token, headers=BATCH_GET)

    async def open_upload(self, token: str, kind: str, owner: str, size: int) -> Opened:
        """Open an upload of `images`, `documents` or `videos`; the file is the owner's."""
        more = {"fileSizeBytes": size, "uploadCaptions": False, "uploadThumbnail": False} if kind == "videos" else {}
        body = {"initializeUploadRequest": {"owner": owner, **more}}
        answer = await self._rest("POST", kind, token, json=body, params={"action": "initializeUpload"})
        opened = read_opened(answer, kind)
        if opened is None:
            raise no_proof(answer, [token])
        for part in opened.parts:
            require_known_host(part.url, (self._hosts.upload, self._hosts.api), ("linkedin.com",))
        return opened

    async def send_part(
        self, part: Part, content: bytes | AsyncIterator[bytes], token: str | None, size: int | None = None
    ) -> str:
        """Send bytes to an upload's address; the tag that names them. All go with the token, but for parts of videos.

        `size` is of content that comes in pieces.
        """
        headers = {"content-type": "application/octet-stream", **({"content-length": str(size)} if size else {})}
        answer = await self.http.send(
            Request(
                "PUT",
                part.url,
                token=token,
                content=content,
                headers=headers,
                secrets=[part.url],
                timeout=UPLOAD_TIMEOUT,
            )
        )
        tag = answer.headers.get("etag", "")
        if token is None and not tag:
            raise no_proof(answer)
        return tag

    async def finish_upload(self, token: str, urn: str, upload_token: str, tags: list[str]) -> None:
        """All parts of a video are there."""
        body = {"finalizeUploadRequest": {"video": urn, "uploadToken": upload_token, "uploadedPartIds": tags}}
        await self._rest("POST", "videos", token, json=body, params={"action": "finalizeUpload"})

    async def processing(self, token: str, kind: str, urn: str) -> tuple[str, str]:
        """The state of a file, and why it failed."""
        answer = await self._rest("GET", f"{kind}/{quote(urn, safe='')}", token)
        state = text_in(answer.body, "status")
        if state is None:
            raise no_proof(answer, [token])
        return state, text_in(object_in(answer.body), "processingFailureReason") or ""

    def request(self, method: str, path: str, token: str, **rest: Any) -> Request:
        """A request to the versioned API."""
        headers = {**self._versioned, **(rest.pop("headers", None) or {})}
        return Request(method, f"{self._api}/rest/{path}", token=token, headers=headers, **rest)

    async def _rest(self, method: str, path: str, token: str, **rest: Any) -> Answer:
        return await self.http.send(self.request(method, path, token, **rest))
