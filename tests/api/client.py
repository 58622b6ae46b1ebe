"""An administrator's client of the API in process. Paths are whole, and a `body` is sent as JSON."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.servers import picture

FAR = "2027-03-01T09:00:00Z"


class ApiClient:
    """What tests ask the API again and again. Every request takes the options of `request`."""

    client: httpx.AsyncClient
    admin_key: str

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send a request as the administrator, or with another key. An empty key sends none."""
        text = self.admin_key if key is None else key
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        headers |= {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        headers |= {"If-Match": if_match} if if_match is not None else {}
        headers |= options.pop("headers", {})
        return await self.client.request(method, path, json=body, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.request("POST", path, body, **options)

    async def patch(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return await self.request("PATCH", path, body, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", path, **options)

    async def read(self, path: str, **options: Any) -> Any:
        """The JSON that a GET request answers, which must succeed."""
        answer = await self.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read_list(self, path: str, **options: Any) -> list[dict[str, Any]]:
        """The items on a page of a list."""
        found: list[dict[str, Any]] = (await self.read(path, **options))["data"]
        return found

    async def create(self, path: str, body: Any, **options: Any) -> dict[str, Any]:
        """What a POST request created."""
        answer = await self.post(path, body, **options)
        assert answer.status_code in (200, 201), answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def upload(self, content: bytes, **options: Any) -> httpx.Response:
        """Upload a file, for `acme` unless `brandRef` says otherwise, under its `name`."""
        form, name = {"brandRef": options.pop("brandRef", "acme")}, options.pop("name", "a.png")
        return await self.post("/v1/media", files={"file": (name, content, "image/png")}, data=form, **options)

    async def uploaded(self, content: bytes | None = None) -> dict[str, Any]:
        """An uploaded picture, as the media of a request."""
        answer = await self.upload(content or picture())
        assert answer.status_code == 201, answer.text
        return {"id": answer.json()["id"], "alt": "a"}

    def body(self, **changes: Any) -> dict[str, Any]:
        """A request for a post that breaks no rule. `...` leaves a field out."""
        body = {"brandRef": "acme", "text": "Monsoon sale", "channels": ["bluesky"], "scheduledAt": FAR}
        return {name: value for name, value in (body | changes).items() if value is not ...}

    async def try_submit(
        self, *, key: str | None = None, idempotency_key: str | None = None, **changes: Any
    ) -> httpx.Response:
        """The answer to a submitted post."""
        return await self.post("/v1/contents", self.body(**changes), key=key, idempotency_key=idempotency_key)

    async def submit(self, **changes: Any) -> dict[str, Any]:
        """An accepted post."""
        answer = await self.try_submit(**changes)
        assert answer.status_code == 202, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def validate(self, key: str | None = None, **changes: Any) -> dict[str, Any]:
        """What validating a post answers."""
        answer = await self.post("/v1/contents/validate", self.body(**changes), key=key)
        assert answer.status_code == 200, answer.text
        checked: dict[str, Any] = answer.json()
        return checked

    async def read_content(self, content_id: str) -> dict[str, Any]:
        """A post as the API shows it."""
        found: dict[str, Any] = await self.read(f"/v1/contents/{content_id}")
        return found

    async def change(self, content_id: str, action: str, body: Any = None, if_match: str | None = None) -> Any:
        """The answer to `reschedule`, `publish-now`, `cancel` or `retry`."""
        return await self.post(f"/v1/contents/{content_id}/{action}", body, if_match=if_match)

    async def edit(self, content_id: str, body: Any, if_match: str | None = '"1"') -> httpx.Response:
        """The answer to an edit."""
        return await self.patch(f"/v1/contents/{content_id}", body, if_match=if_match)

    async def limit(self, brand_ref: str = "acme", **limits: int | None) -> None:
        """Set some of a brand's limits, by their names on the wire. The others stay."""
        answer = await self.patch(f"/v1/brands/{brand_ref}", {"limits": limits})
        assert answer.status_code == 200, answer.text

    async def usage(self, brand_ref: str = "acme", month: str | None = None) -> dict[str, Any]:
        """What a brand used in a month, by default the current one."""
        query = {"brandRef": brand_ref} | ({"month": month} if month else {})
        found: dict[str, Any] = await self.read("/v1/usage", params=query)
        return found

    async def import_account(self, brand_ref: str = "acme", **changes: Any) -> dict[str, Any]:
        """An account of the fake network, imported through the API."""
        secret = {"accessToken": "CANARY-access", "refreshToken": "CANARY-refresh"}
        body = {"channel": "bluesky", "credentials": secret} | changes
        return await self.create(f"/v1/brands/{brand_ref}/accounts", body)

    async def event_types(self, content_id: str) -> list[str]:
        """The types of a post's events, in their order."""
        return [found["type"] for found in await self.read_list(f"/v1/contents/{content_id}/events")]
