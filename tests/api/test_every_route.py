"""Every route that the running application serves and the document leaves out: who may see it, and what a foreign
brand gets. A new route fails until it is listed here, or in `tests.api.operations` when it is part of the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from munadi.db.keys.store import KeyStore
from munadi.domain.key import Scope
from tests.api.browsing import visiting
from tests.api.door import Door
from tests.api.operations import OPERATIONS, PUBLIC
from tests.api.test_auth import acmes

# For everyone: documentation, styles, and the form of the sign-in.
OPEN = {
    "GET /openapi.json",
    "HEAD /openapi.json",
    "GET /docs/api",
    "GET /docs/api/openapi-3.0.json",
    "GET /docs/api/assets/{name}",
    "GET /docs",
    "GET /docs/{address:path}",
    "GET /connect/assets/page.css",
    "GET /assets/{version}/{name}",
    "GET /v1/oauth/{channel}/client-metadata.json",
    "GET /v1/oauth/{channel}/jwks.json",
    "GET /sign-in",
    "POST /sign-in",
}
# Whoever has the address may use it: it holds a secret that cannot be guessed, and ends.
SECRET_ADDRESS = {
    "GET /media/{digest}/{token}/{filename}",
    "HEAD /media/{digest}/{token}/{filename}",
    "GET /connect/{link}",
    "POST /connect/{link}",
    "GET /v1/oauth/{channel}/callback",
    "GET /connections/{connection_id}/choose",
    "POST /connections/{connection_id}/choose",
    "GET /connections/{connection_id}/end",
}
# Pages of the dashboard, for the holder of a session.
SESSION = {
    "GET /",
    "GET /attention",
    "GET /calendar",
    "GET /contents",
    "GET /contents/{content_id}",
    "GET /publications/{publication_id}",
    "GET /previews/{media_id}",
    "GET /compose",
    "GET /accounts",
    "GET /webhooks",
    "GET /webhooks/{endpoint_id}",
    "GET /usage",
    "GET /audit",
    "GET /live",
    "POST /sign-out",
}
# Of these, what needs a key of an administrator.
ADMINISTRATOR = {"GET /audit"}
GUESSED = {"digest": "0" * 64, "token": "x", "filename": "a.jpg", "link": "x" * 43, "channel": "bluesky"}


def served(app: FastAPI) -> set[str]:
    """Every method and path, as the router of the running application has them."""
    return {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in getattr(context, "methods", None) or ()
    }


def address(route: str, names: dict[str, str]) -> tuple[str, str]:
    """Method and path of a route with these names in it."""
    method, path = route.split(" ")
    return method, path.format(**(GUESSED | names))


def test_every_route_is_listed(door: Door) -> None:
    listed = {str(operation) for operation in OPERATIONS} | PUBLIC | OPEN | SECRET_ADDRESS | SESSION
    assert served(door.app) - listed == set(), "say who may use these routes, here or in tests/api/operations.py"
    assert listed - served(door.app) == set(), "these routes are gone"


async def test_a_page_of_the_dashboard_asks_for_a_session(door: Door) -> None:
    names = await acmes(door)
    async with visiting(door.app) as visitor:
        for route in SESSION:
            method, path = address(route, names)
            answer = await visitor.client.request(method, path)
            assert answer.status_code in (303, 401, 403), (route, answer.status_code)
            assert not any(name in answer.text for name in names.values()), route


@pytest.mark.parametrize("end", ["revoked", "expired"])
async def test_a_session_ends_with_its_key(door: Door, end: str) -> None:
    names = await acmes(door)
    key = await door.key(Scope.ADMIN, lasts=timedelta(minutes=5))
    async with visiting(door.app, key) as visitor:
        assert (await visitor.client.get("/contents")).status_code == 200
        if end == "revoked":
            row = await KeyStore(door.services.database).find(key)
            assert row is not None
            assert (await door.ask("DELETE", f"/v1/keys/{row.id}")).status_code < 300
        door.clock.ahead = timedelta(minutes=10)
        for route in SESSION - {"POST /sign-out"}:
            method, path = address(route, names)
            answer = await visitor.client.request(method, path)
            assert answer.status_code in (303, 401, 403), (route, answer.status_code)


async def test_a_session_of_another_brand_sees_nothing(door: Door) -> None:
    names = await acmes(door)
    key = await door.key(*(scope for scope in Scope if scope is not Scope.ADMIN), brand_ref="rival")
    async with visiting(door.app, key) as visitor:
        for route in SESSION - {"POST /sign-out", "GET /live"}:
            method, path = address(route, names)
            answer = await visitor.client.request(method, path)
            if route in ADMINISTRATOR:
                assert answer.status_code == 403, route
            elif "{" in route:
                assert answer.status_code == 404, route
            else:
                assert answer.status_code == 200, (route, answer.status_code)
                assert not any(name in answer.text for name in names.values()), route


async def test_a_secret_address_cannot_be_guessed(door: Door) -> None:
    names = await acmes(door)
    async with visiting(door.app) as visitor:
        for route in SECRET_ADDRESS:
            method, path = address(route, names)
            answer = await visitor.client.request(method, path)
            assert 400 <= answer.status_code < 500, (route, answer.status_code)
