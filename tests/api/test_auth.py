"""Every operation × no key, bad, revoked, expired, wrong scope, other brand. A new one fails until it is listed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from munadi.db.accounts.apps import AppStore
from munadi.db.ids import new_id
from munadi.db.tables import BrandingRow, ErasureRow, ImportRow, MediaRow, ReviewLinkRow
from munadi.domain.brand_app import AppPut
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix
from munadi.domain.key import ALPHABET, KeyKind, Scope, allows, is_well_formed, kind_of, write_key
from munadi.limits.wrong_keys import WrongKeys
from tests.api.harness import ApiHarness
from tests.api.operations import ID_PREFIXES, OPERATIONS, PUBLIC, SERIES, Foreign, Operation
from tests.api.owner import create_link
from tests.api.problems import expect_problem
from tests.db.seeding import START

pytestmark = pytest.mark.fake_network
IMAGE = {"kind": "image", "mime_type": "image/jpeg", "bytes": 10, "width": 1, "height": 1}


async def call(
    api: ApiHarness, operation: Operation, key: str, names: dict[str, str] | None = None, query: str = ""
) -> httpx.Response:
    unknown = {name: new_id(prefix) for name, prefix in ID_PREFIXES.items()}
    channel = "x" if "/apps" in operation.path else "bluesky"  # only some networks know apps
    path = operation.path.format(**(unknown | {"ref": "acme", "channel": channel} | (names or {})))
    headers = dict(operation.headers or {})
    return await api.request(operation.method, path + operation.query + query, operation.body, key=key, headers=headers)


async def resources_of_acme(api: ApiHarness) -> dict[str, str]:
    """The id of one resource of each kind that belongs to `acme`."""
    seed = api.seed
    account = await seed.account()
    endpoint = await seed.endpoint(brand_ref="acme")
    content_id, erasure_id = await seed.content(account.id), new_id(Prefix.ERASURE)
    link_id, import_id = new_id(Prefix.REVIEW_LINK), new_id(Prefix.IMPORT)
    media_id, [event, *_] = new_id(Prefix.MEDIA), await seed.events(EventType.CONTENT_ACCEPTED)
    async with api.services.database.write() as session:
        link = {"content_id": content_id, "key_id": "key", "secret_hash": "0" * 64}
        session.add(ReviewLinkRow(id=link_id, **link, expires_at=START, created_at=START))
        session.add(MediaRow(id=media_id, brand_ref="acme", sha256="0" * 64, facts=IMAGE, created_at=START))
        times = {"requested_at": START, "updated_at": START, "ended_at": START}
        session.add(BrandingRow(id=new_id(Prefix.BRANDING), brand_ref="acme", created_at=START, updated_at=START))
        app = AppPut(client_id="id", client_secret=SecretStr("secret"))
        await AppStore(api.services.database, api.services.keyring).put(session, "acme", ChannelName.X, app, START)
        imported = {"key_id": "key", "status": "completed", "dry_run": False, "created_at": START}
        session.add(ImportRow(id=import_id, brand_ref="acme", **imported))
        session.add(ErasureRow(id=erasure_id, brand_ref="acme", account_id=new_id(Prefix.ACCOUNT), **times))
    recover = f"/v1/webhooks/endpoints/{endpoint.id}/recover"
    return {
        "connection_id": (await create_link(api))["id"],
        "account_id": account.id,
        "endpoint_id": endpoint.id,
        "alert_id": (await api.create("/v1/alerts", {"url": "ntfys://acme-posts", "brandRef": "acme"}))["id"],
        "content_id": content_id,
        "link_id": link_id,
        "import_id": import_id,
        "series_id": (await api.create("/v1/series", SERIES))["id"],
        "publication_id": (await seed.publication(content_id)).id,
        "media_id": media_id,
        "erasure_id": erasure_id,
        "event_id": event.id,
        "recovery_id": (await api.post(recover, {"since": "2026-01-01T00:00:00Z"})).json()["id"],
        "delivery_id": (await api.read_list("/v1/webhooks/deliveries"))[0]["id"],
        "feed_id": (await api.create("/v1/brands/acme/calendar-feeds", None))["id"],
        "draft_id": (await api.create("/v1/drafts", {"brandRef": "acme", "text": "Later"}))["id"],
        "key_id": await api.key_id(await api.key(Scope.CONTENTS_READ, brand_ref="acme")),
    }


def test_every_operation_is_listed(api: ApiHarness) -> None:
    paths: dict[str, dict[str, Any]] = api.app.openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert served == {str(operation) for operation in OPERATIONS} | PUBLIC


async def test_every_operation_requires_a_valid_key(api: ApiHarness) -> None:
    good = await api.key(Scope.ADMIN)
    api.services.wrong_keys = WrongKeys(api.services.database, 10_000)
    revoked, expired = await api.key(Scope.ADMIN), await api.key(Scope.ADMIN, lasts=timedelta(seconds=30))
    await api.revoke(revoked)
    api.clock.ahead = timedelta(minutes=1)
    bad = {
        "": "KEY_MISSING",
        good[:-1] + ("A" if good[-1] != "A" else "B"): "KEY_MALFORMED",
        "not a key": "KEY_MALFORMED",
        write_key(KeyKind.ADMIN, "0" * 32): "KEY_UNKNOWN",
        revoked: "KEY_REVOKED",
        expired: "KEY_EXPIRED",
    }
    for operation in OPERATIONS:
        for key, expected in bad.items():
            answer = await call(api, operation, key)
            expect_problem(answer, 401, expected)
            assert answer.headers["www-authenticate"].startswith('Bearer realm="munadi"')


async def test_a_key_without_the_scope_is_refused_and_each_named_scope_is_enough(api: ApiHarness) -> None:
    for operation in OPERATIONS:
        if others := set(Scope) - {Scope.ADMIN} - set(operation.scopes):
            answer = await call(api, operation, await api.key(*others))
            expect_problem(answer, 403, "SCOPE_MISSING")
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        for scope in operation.scopes:
            answer = await call(api, operation, await api.key(scope), {"ref": "nobody"})
            assert answer.status_code not in (401, 403), (operation, scope)


# Its examples are about the brand `acme`, whoever asks.
SAME_FOR_EVERYONE = {"/v1/events/types"}


async def test_a_foreign_resource_looks_like_one_that_does_not_exist(api: ApiHarness) -> None:
    names = await resources_of_acme(api)
    for operation in OPERATIONS:
        key = await api.key(*operation.scopes, brand_ref="rival")
        answer = await call(api, operation, key, names)
        match operation.foreign:
            case Foreign.NOT_FOUND:
                unknown = await call(api, operation, key, {"ref": "nobody"})
                expect_problem(answer, 404, "NOT_FOUND")
                assert _without_names(answer) == _without_names(unknown), operation
            case Foreign.BRAND_UNKNOWN:
                found = answer.json()
                problems = found["problems"] if answer.status_code == 200 else found["errors"]
                assert ("/brandRef", "BRAND_UNKNOWN") in [(p["pointer"], p["code"]) for p in problems], operation
            case Foreign.EMPTY:
                assert answer.json() == {"data": [], "nextCursor": None}, operation
            case Foreign.OWN:
                # In quotes: the letters of an id are drawn at random.
                assert '"acme"' not in answer.text or operation.path in SAME_FOR_EVERYONE, operation


# The query parameters that name one object, and how the resources of `acme` call it.
FILTERS = {
    "brandRef": "ref",
    "accountId": "account_id",
    "endpointId": "endpoint_id",
    "contentId": "content_id",
    "eventId": "event_id",
}
UNKNOWN = {"ref": "nobody"} | {name: new_id(prefix) for name, prefix in ID_PREFIXES.items()}


async def test_what_a_list_is_filtered_by_must_exist_and_be_visible(api: ApiHarness) -> None:
    """To a key of another brand, what is foreign answers exactly like what does not exist."""
    names, filtered = await resources_of_acme(api) | {"ref": "acme"}, set[str]()
    for operation in OPERATIONS:
        taken = {each["name"] for each in _parameters(api, operation) if each["in"] == "query"}
        taken = {name for name in taken if f"{name}=" not in operation.query}
        for parameter in taken & set(FILTERS) if operation.method == "GET" and "{" not in operation.path else ():
            filtered.add(f"{operation.path}?{parameter}")
            rival = await api.key(*operation.scopes, brand_ref="rival")
            before, answers = f"{'&' if operation.query else '?'}{parameter}=", []
            for key, of in ((rival, names), (rival, UNKNOWN), (api.admin_key, UNKNOWN)):
                answers.append(await call(api, operation, key, query=before + of[FILTERS[parameter]]))
                expect_problem(answers[-1], 404, "NOT_FOUND")
            assert len({json.dumps(_without_names(answer)) for answer in answers}) == 1, operation
            known = await call(api, operation, api.admin_key, query=before + names[FILTERS[parameter]])
            assert known.status_code == 200, (operation, known.text)
    assert len(filtered) >= 14, filtered


async def test_a_key_of_the_owning_brand_finds_its_resources(api: ApiHarness) -> None:
    names = await resources_of_acme(api)
    for operation in OPERATIONS:
        if operation.foreign is Foreign.NOT_FOUND and operation.method == "GET":
            answer = await call(api, operation, await api.key(*operation.scopes, brand_ref="acme"), names)
            # The post waits: it has no receipt yet. The account's network lists no boards.
            found = {"receipt": 409, "choices": 422}.get(operation.path.rpartition("/")[2], 200)
            assert answer.status_code == found, operation


async def test_text_that_cannot_be_an_id_is_not_found(api: ApiHarness) -> None:
    for operation in OPERATIONS:
        for odd in ("x", "%00", "%F0%9F%90%98", "acc_") if "_id}" in operation.path else ():
            answer = await call(api, operation, api.admin_key, dict.fromkeys(ID_PREFIXES, odd))
            expect_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "bearer  ", "Token x"])
async def test_another_kind_of_authorization_is_not_a_key(api: ApiHarness, header: str) -> None:
    expect_problem(await api.get("/v1/brands", headers={"Authorization": header}), 401)


@given(st.text(ALPHABET, min_size=32, max_size=32), st.integers(4, 48), st.sampled_from(ALPHABET))
def test_any_single_typo_in_a_key_is_detected(random_part: str, place: int, letter: str) -> None:
    key = write_key(KeyKind.CLIENT, random_part)
    place = min(place, len(key) - 1)
    typo = key[:place] + letter + key[place + 1 :]
    assert is_well_formed(key)
    assert is_well_formed(typo) == (typo == key)


def test_who_may_publish_may_propose_and_prepare_but_approves_and_withdraws_nothing() -> None:
    prepares, proposes = {Scope.DRAFTS_WRITE}, {Scope.CONTENTS_PROPOSE, Scope.DRAFTS_WRITE}
    included = {Scope.ADMIN: set(Scope), Scope.CONTENTS_WRITE: {Scope.CONTENTS_WRITE, *proposes}}
    included |= {Scope.CONTENTS_PROPOSE: proposes, Scope.DRAFTS_WRITE: prepares}
    for scope in Scope:
        allowed = {wanted for wanted in Scope if allows([scope], wanted)}
        assert allowed == included.get(scope, {scope}), scope


def test_the_prefix_of_a_key_shows_its_kind() -> None:
    assert kind_of([Scope.ADMIN], None) is KeyKind.ADMIN
    assert kind_of([Scope.ADMIN], "acme") is KeyKind.BRAND
    assert kind_of([Scope.CONTENTS_READ], None) is KeyKind.CLIENT
    assert write_key(KeyKind.BRAND, "0" * 32).startswith("mnd_brand_")


def _parameters(api: ApiHarness, operation: Operation) -> Any:
    return api.app.openapi()["paths"][operation.path][operation.method.lower()].get("parameters", [])


def _without_names(answer: httpx.Response) -> dict[str, Any]:
    """A problem without what names the request."""
    problem = answer.json()
    detail = re.sub(r"'[^']*'", "'…'", problem["detail"])
    return {**problem, "detail": detail, "instance": "", "requestId": ""}
