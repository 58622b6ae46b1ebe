"""Google's calls by name: posts by v4, accounts and locations by v1. Everything raises ChannelError."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.google_business.errors import GRANTS, REMOVALS, explain
from munadi.channels.google_business.spec import Settings
from munadi.channels.google_business.wire import LocalPost, read_named, read_page, read_post
from munadi.channels.http import ChannelTools, Listing, Request, is_empty, no_proof
from munadi.domain.failure import ChannelError, Effect
from munadi.ports import Answer, Gate

PAGE, MAX_PAGES = 100, 10
MAX_ACCOUNTS, MAX_LOCATION_PAGES = 20, 5
FIELDS = "name,title,languageCode,metadata"
# Without it Google may leave out which field it refuses.
FORMAT = {"x-goog-api-format-version": "2"}


class Api:
    """Google, as an app with its settings calls it."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        hosts = settings.hosts
        self._posts, self._accounts, self._locations = (
            one.rstrip("/") for one in (f"{hosts.api.rstrip('/')}/v4", hosts.accounts, hosts.locations)
        )
        self.http, self.grants, self._removals = (
            tools.http(one) for one in (explain, GRANTS.explain, REMOVALS.explain)
        )

    async def accounts(self, token: str) -> list[dict[str, Any]]:
        """What holds locations: the person and their groups, twenty at most."""
        request = Request("GET", f"{self._accounts}/v1/accounts", token=token, params={"pageSize": str(MAX_ACCOUNTS)})
        answer = await self.http.send(request)
        rows = read_named(answer.body, "accounts")
        if rows is None:
            raise no_proof(answer, request.hidden)
        return rows

    async def locations(self, token: str, account: str) -> list[dict[str, Any]]:
        """The locations of an account, the first 500 at most."""
        params = {"readMask": FIELDS, "pageSize": str(PAGE)}
        request = Request("GET", f"{self._locations}/v1/{account}/locations", token=token, params=params)
        pages = 0

        def ends(_: object) -> bool:
            nonlocal pages
            pages += 1
            return pages >= MAX_LOCATION_PAGES

        read = partial(read_named, rows="locations")
        listing = Listing(read, ("nextPageToken",), "pageToken", MAX_LOCATION_PAGES)
        return await self.http.items(request, listing, ends) or []

    async def location(self, token: str, location: str) -> dict[str, Any]:
        """One location, with what may be done there."""
        url = f"{self._locations}/v1/locations/{location}"
        request = Request("GET", url, token=token, params={"readMask": FIELDS})
        answer = await self.http.send(request)
        if text_in(answer.body, "name") != f"locations/{location}":
            raise no_proof(answer, request.hidden)
        return object_in(answer.body)

    def creating(self, token: str, place: str, body: Mapping[str, Any], timeout: float) -> Request:
        """The request that makes a post. The proof is the name of the post that Google made."""
        more: dict[str, Any] = {"token": token, "headers": FORMAT, "json": body, "timeout": timeout}
        return Request("POST", f"{self._posts}/{place}/localPosts", proof=_post_in, **more)

    async def post(self, token: str, name: str) -> LocalPost:
        """One post."""
        request = Request("GET", f"{self._posts}/{name}", token=token)
        answer = await self.http.send(request)
        post = read_post(answer.body)
        if post is None or post.name != name:
            raise no_proof(answer, request.hidden)
        return post

    async def posts(self, token: str, place: str) -> list[LocalPost] | None:
        """All posts of a location; None where there are more than are read. Their order is not documented."""
        request = Request("GET", f"{self._posts}/{place}/localPosts", token=token, params={"pageSize": str(PAGE)})
        return await self.http.items(request, Listing(read_page, ("nextPageToken",), "pageToken", MAX_PAGES))

    async def delete(self, token: str, name: str, gate: Gate) -> None:
        """Delete a post: the answer is an empty object."""

        def is_deleted(answer: Answer) -> bool:
            return is_empty(answer) and not answer.body

        await self._removals.send(Request("DELETE", f"{self._posts}/{name}", token=token, proof=is_deleted), gate)

    async def edit(self, token: str, name: str, body: Mapping[str, Any], gate: Gate) -> None:
        """Change the fields of a post that `body` names; those that are None are removed."""

        def is_edited(answer: Answer) -> bool:
            post = read_post(answer.body)
            return post is not None and post.name == name

        sent = {field: value for field, value in body.items() if value is not None}
        more: dict[str, Any] = {"headers": FORMAT, "params": {"updateMask": ",".join(body)}, "json": sent}
        try:
            await self.http.send(Request("PATCH", f"{self._posts}/{name}", token=token, proof=is_edited, **more), gate)
        except ChannelError as error:
            if (error.provider_code or "") == "NOT_FOUND":
                error.effect = Effect.UNKNOWN
            raise


def _post_in(answer: Answer) -> bool:
    return read_post(answer.body) is not None
