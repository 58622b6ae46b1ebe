"""Every route that is not in the OpenAPI document: who may see it, and what a foreign brand gets.

A new route fails until it is listed here, or in `tests.api.operations` when it is part of the API.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.app import create_app
from munadi.config import Settings
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness, open_api
from tests.api.operations import OPERATIONS, PUBLIC
from tests.api.problems import expect_problem
from tests.api.test_auth import resources_of_acme

pytestmark = pytest.mark.fake_network
# For everyone: documentation, styles, the sign-in form, and the choice of a language.
OPEN = {
    "GET /openapi.json",
    "HEAD /openapi.json",
    "GET /docs/api",
    "GET /docs/api/{operation_id}",
    "GET /docs/api/assets/{name}",
    "GET /docs",
    "GET /docs/search",
    "GET /docs/{address:path}",
    "GET /connect/assets/page.css",
    "GET /connect/assets/icon.svg",
    "GET /assets/{version}/{name}",
    "GET /brandings/{branding_id}/logo",
    "HEAD /brandings/{branding_id}/logo",
    "GET /brandings/{branding_id}/style.css",
    "GET /brandings/{branding_id}/preview.css",
    "GET /v1/oauth/{channel}/client-metadata.json",
    "GET /v1/oauth/{channel}/jwks.json",
    "GET /sign-in",
    "POST /sign-in",
    "POST /language",
}
# For programs that sign in. What they get for a wrong request is OAuth's JSON (tests/api/test_oauth.py).
PROGRAMS = {
    "GET /.well-known/oauth-authorization-server",
    "OPTIONS /.well-known/oauth-authorization-server",
    "GET /oauth/authorize",
    "POST /oauth/token",
    "OPTIONS /oauth/token",
    "POST /oauth/register",
    "OPTIONS /oauth/register",
    "POST /oauth/revoke",
    "POST /oauth/device_authorization",
    "OPTIONS /oauth/revoke",
}
# For everyone who has the address: it holds a secret that cannot be guessed, and expires.
SECRET_ADDRESS = {
    "GET /media/{digest}/{token}/{filename}",
    "HEAD /media/{digest}/{token}/{filename}",
    "GET /feeds/{secret}.ics",
    "GET /review/{secret}",
    "POST /review/{secret}",
    "GET /review/{secret}/media/{media_id}",
    "GET /connect/{link}",
    "POST /connect/{link}",
    "GET /v1/oauth/{channel}/callback",
    "GET /connections/{connection_id}/choose",
    "POST /connections/{connection_id}/choose",
    "GET /connections/{connection_id}/end",
    "GET /callbacks/deletions/{code}",
}
# For networks: signed with the app's secret.
SIGNED = {
    "POST /callbacks/{channel}",
    "POST /callbacks/{channel}/deauthorize",
    "POST /callbacks/{channel}/data-deletion",
    "POST /callbacks/apps/{app_id}",
    "POST /callbacks/apps/{app_id}/deauthorize",
    "POST /callbacks/apps/{app_id}/data-deletion",
}
# Pages of the dashboard, for the holder of a session.
SESSION = {
    "GET /",
    "GET /attention",
    "GET /calendar",
    "GET /contents",
    "GET /contents/{content_id}",
    "GET /contents/{content_id}/edit",
    "GET /contents/{content_id}/card",
    "GET /contents/{content_id}/copy",
    "GET /publications/{publication_id}",
    "GET /previews/{media_id}",
    "GET /thumbnails/{media_id}",
    "GET /compose",
    "GET /queue",
    "GET /series",
    "GET /series/dates",
    "GET /series/{series_id}",
    "GET /series/{series_id}/edit",
    "GET /imports",
    "GET /imports/{import_id}",
    "GET /imports/{import_id}/problems.csv",
    "GET /accounts",
    "GET /accounts/{account_id}",
    "GET /webhooks",
    "GET /alerts",
    "GET /webhooks/{endpoint_id}",
    "GET /webhooks/deliveries/{delivery_id}",
    "GET /insights",
    "GET /proposals",
    "GET /drafts",
    "GET /media",
    "GET /usage",
    "GET /audit",
    "GET /settings",
    "GET /brands/{ref}",
    "GET /live",
    "POST /sign-out",
}
# A page for the holder of a session, about what is sealed in its address (tests/api/test_consent.py).
CONSENT = {"GET /oauth/consent", "POST /oauth/consent", "GET /device", "POST /device"}
# Of other programs, where the settings open them (tests/api/test_ayrshare_door.py, test_postiz_door.py).
DOORS = {
    "POST /api/post",
    "GET /api/post/{post_id}",
    "DELETE /api/post",
    "DELETE /api/delete",
    "GET /api/history",
    "GET /api/history/{post_id}",
    "GET /api/user",
    "POST /api/media/upload",
    "POST /api/upload",
    "GET /public/v1/is-connected",
    "GET /public/v1/integrations",
    "GET /public/v1/find-slot/{account_id}",
    "GET /public/v1/posts",
    "POST /public/v1/posts",
    "DELETE /public/v1/posts/{post_id}",
    "DELETE /public/v1/posts/group/{post_id}",
    "PUT /public/v1/posts/{post_id}/status",
    "POST /public/v1/upload",
    "POST /public/v1/upload-from-url",
}
ADMINISTRATOR = {"GET /audit", "GET /settings"}
GUESSED = {
    "ref": "acme",
    "digest": "0" * 64,
    "token": "x",
    "filename": "a.jpg",
    "link": "x" * 43,
    "code": "0" * 32,
    "secret": "x" * 43,
    "channel": "bluesky",
}


def served(app: FastAPI) -> set[str]:
    """Every method and path in the router of the running application."""
    return {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in getattr(context, "methods", None) or ()
    }


def address(route: str, names: dict[str, str]) -> tuple[str, str]:
    """Method and path of a route with these names in it."""
    method, path = route.split(" ")
    return method, path.format(**(GUESSED | names))


def test_every_route_is_listed(api: ApiHarness) -> None:
    listed = {str(operation) for operation in OPERATIONS} | PUBLIC | OPEN | SECRET_ADDRESS | SIGNED | SESSION
    listed |= PROGRAMS | CONSENT
    assert served(api.app) - listed == set(), "say who may use these routes, here or in tests/api/operations.py"
    assert listed - served(api.app) == set(), "these routes do not exist any more"


async def test_a_door_requires_a_key_and_shows_no_other_brand(api: ApiHarness, tmp_path: Path) -> None:
    opened = create_app(Settings(data_dir=tmp_path, doors="ayrshare,postiz"))
    assert served(opened) - served(api.app) == DOORS
    async with open_api(tmp_path, fake_network=True, doors="ayrshare,postiz") as other:
        names = await resources_of_acme(other) | {"post_id": await other.seed.content((await other.seed.account()).id)}
        key = await other.key(*(scope for scope in Scope if scope is not Scope.ADMIN), brand_ref="rival")
        for route in DOORS:
            method, path = address(route, names)
            body = {"id": names["post_id"], "bulk": []} if method in ("POST", "DELETE", "PUT") else None
            assert (await other.request(method, path, body, key="")).status_code == 401, route
            answer = await other.request(method, path, body, key=key)
            expected = 400 if method in ("POST", "PUT") else 404 if "{" in route or method == "DELETE" else 200
            assert answer.status_code == expected, (route, answer.text)
            assert not any(name in answer.text for name in names.values() if name not in path + str(body)), route


async def test_a_page_of_the_dashboard_requires_a_session(api: ApiHarness) -> None:
    names = await resources_of_acme(api)
    async with api.dashboard() as dashboard:
        for route in SESSION | CONSENT:
            answer = await dashboard.client.request(*address(route, names))
            assert answer.status_code in (303, 401, 403), (route, answer.status_code)
            assert not any(name in answer.text for name in names.values()), route


@pytest.mark.parametrize("end", ["revoked", "expired"])
async def test_a_session_ends_with_its_key(api: ApiHarness, end: str) -> None:
    names = await resources_of_acme(api)
    key = await api.key(Scope.ADMIN, lasts=timedelta(minutes=5))
    async with api.dashboard(key) as dashboard:
        await dashboard.page()
        if end == "revoked":
            await api.revoke(key)
        else:
            api.clock.ahead = timedelta(minutes=6)
        for route in SESSION - {"POST /sign-out"}:
            answer = await dashboard.client.request(*address(route, names))
            assert answer.status_code in (303, 401, 403), (route, answer.status_code)
        expect_problem(await dashboard.get("/v1/contents"), 401, f"KEY_{end.upper()}")


async def test_a_session_of_another_brand_sees_nothing(api: ApiHarness) -> None:
    names = await resources_of_acme(api)
    key = await api.key(*(scope for scope in Scope if scope is not Scope.ADMIN), brand_ref="rival")
    async with api.dashboard(key) as dashboard:
        for route in SESSION - {"POST /sign-out", "GET /live"}:
            answer = await dashboard.client.request(*address(route, names))
            # A thumbnail that the key may not see is the same drawing as one of a deleted file.
            is_hidden = "{" in route and route != "GET /thumbnails/{media_id}"
            expected = 403 if route in ADMINISTRATOR else 404 if is_hidden else 200
            assert answer.status_code == expected, route
            if expected == 404:
                assert answer.headers["content-type"].startswith("text/html"), route
            if expected == 200:
                assert not any(name in answer.text for name in names.values()), route


async def test_a_secret_address_cannot_be_guessed(api: ApiHarness) -> None:
    names = await resources_of_acme(api)
    async with api.dashboard() as dashboard:
        for route in SECRET_ADDRESS:
            answer = await dashboard.client.request(*address(route, names))
            assert 400 <= answer.status_code < 500, (route, answer.status_code)
