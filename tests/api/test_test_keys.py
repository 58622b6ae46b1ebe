"""Test keys and live keys: neither sees what is of the other, in any operation of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import col, update

from munadi.db.keys.callers import forget_callers
from munadi.db.tables import AccountRow, BrandRow, EventRow
from munadi.domain.key import ADMINISTERING, Scope, is_well_formed
from tests.api.harness import ApiHarness, open_api
from tests.api.operations import OPERATIONS, Foreign, Operation
from tests.api.problems import expect_problem
from tests.api.test_auth import SAME_FOR_EVERYONE, call, resources_of_acme

WRITER = [Scope.CONTENTS_READ.value, Scope.CONTENTS_WRITE.value]
ALL_BUT_ADMINISTERING = tuple(scope for scope in Scope if scope not in ADMINISTERING)


@pytest.fixture
async def beside(tmp_path: Path) -> AsyncIterator[ApiHarness]:
    """The API with the test brand `trial` beside the live ones."""
    async with open_api(tmp_path, sandbox_url="http://127.0.0.1:9") as opened:
        assert (await opened.post("/v1/brands", {"ref": "trial", "mode": "test"})).status_code == 201
        yield opened


async def made(api: ApiHarness, **fields: object) -> dict[str, str]:
    return await api.create("/v1/keys", {"name": "cms", "scopes": WRITER, **fields})


async def make_test_brand(api: ApiHarness, ref: str) -> None:
    """Turn a brand of the harness into a test brand, with all that it has."""
    async with api.services.database.write() as session:
        await session.exec(update(BrandRow).where(col(BrandRow.ref) == ref).values(mode="test"))
        for table in (AccountRow, EventRow):
            await session.exec(update(table).where(col(table.brand_ref) == ref).values(is_test=True))
    forget_callers(api.services.database)


def names_acme(operation: Operation) -> bool:
    """Whether a call of it names the brand in its address or at the top of its body."""
    return "{ref}" in operation.path or "brandRef=acme" in operation.query or "brandRef" in (operation.body or {})


async def expect_nothing_of_acme(api: ApiHarness, key: str, operation: Operation, names: dict[str, str]) -> None:
    answer = await call(api, operation, key, names)
    if names_acme(operation):
        expect_problem(answer, 403, "KEY_MODE")
    elif operation.foreign is Foreign.NOT_FOUND:
        expect_problem(answer, 404, "NOT_FOUND")
    elif operation.foreign is Foreign.EMPTY:
        assert answer.json()["data"] == [], operation
    else:
        assert operation.foreign is Foreign.OWN
        found = [name for name in ("acme", *names.values()) if f'"{name}"' in answer.text]
        assert found == [] or operation.path in SAME_FOR_EVERYONE, operation


@pytest.mark.fake_network
async def test_a_test_key_gets_nothing_of_a_live_brand_by_any_operation(api: ApiHarness) -> None:
    await make_test_brand(api, "rival")
    names = await resources_of_acme(api)
    for operation in OPERATIONS:
        await expect_nothing_of_acme(api, await api.key(*operation.scopes, brand_ref="rival"), operation, names)


@pytest.mark.fake_network
@pytest.mark.parametrize("brands", [None, ["ac*", "rival"]])
async def test_a_live_key_gets_nothing_of_a_test_brand_by_any_operation(
    api: ApiHarness, brands: list[str] | None
) -> None:
    names, tried = await resources_of_acme(api), 0
    await make_test_brand(api, "acme")
    for operation in OPERATIONS:
        scopes = [scope for scope in operation.scopes if scope not in ADMINISTERING]
        key = await api.key(*scopes, brand_refs=brands)
        if not scopes:
            continue  # an administrator's, see below
        if brands is not None and operation.foreign is Foreign.EMPTY:
            expect_problem(await call(api, operation, key, names), 422)  # such a key names a brand
            expect_problem(await call(api, operation, key, names, "?brandRef=acme"), 403, "KEY_MODE")
        else:
            await expect_nothing_of_acme(api, key, operation, names)
            tried += 1
    assert tried > 60


@pytest.mark.fake_network
async def test_a_live_key_for_all_brands_lists_live_brands_beside_test_brands(api: ApiHarness) -> None:
    """A page has fewer entries where test brands' are left out, and the next page continues behind them."""
    await make_test_brand(api, "rival")
    for ref in ("acme", "rival", "acme"):
        await api.create("/v1/drafts", {"brandRef": ref, "text": ref})
    key = await api.key(*ALL_BUT_ADMINISTERING)
    assert [draft["brandRef"] for draft in await api.read_list("/v1/drafts")] == ["acme", "rival", "acme"]
    seen, path = [], "/v1/drafts?limit=1"
    for _ in range(3):
        page = (await api.get(path, key=key)).json()
        seen.append([draft["brandRef"] for draft in page["data"]])
        path = f"/v1/drafts?limit=1&cursor={page['nextCursor']}"
    assert page["nextCursor"] is None
    assert seen == [["acme"], [], ["acme"]]


@pytest.mark.fake_network
async def test_what_is_counted_for_a_live_key_leaves_test_brands_out(api: ApiHarness) -> None:
    names = await resources_of_acme(api)
    await make_test_brand(api, "acme")
    live, admin = await api.key(*ALL_BUT_ADMINISTERING), api.admin_key
    post = (await api.get(f"/v1/contents/{names['content_id']}")).json()
    day = post["scheduledAt"][:10]
    totals = [(await api.get(f"/v1/calendar?since={day}&until={day}", key=key)).json() for key in (live, admin)]
    assert [each["days"][0]["total"] for each in totals] == [0, len(await api.read_list("/v1/contents"))]
    usages = [(await api.get("/v1/usage", key=key)).json()["data"] for key in (live, admin)]
    assert [[each["brandRef"] for each in usage] for usage in usages] == [["rival"], ["acme", "rival"]]
    brands = (await api.get("/v1/brands", key=live)).json()["data"]
    assert [brand["ref"] for brand in brands] == ["rival"]
    # The event of an endpoint for all brands that is about a test brand.
    everywhere = await api.seed.endpoint(brand_ref=None)
    await api.seed.content((await api.seed.account()).id)
    deliveries = await api.read_list(f"/v1/webhooks/deliveries?endpointId={everywhere.id}")
    assert deliveries
    hidden = await api.get(f"/v1/webhooks/deliveries?endpointId={everywhere.id}", key=live)
    assert hidden.json() == {"data": [], "nextCursor": None}
    path = f"/v1/webhooks/deliveries/{deliveries[0]['id']}"
    expect_problem(await api.get(path, key=live), 404)
    expect_problem(await api.post(f"{path}/redeliver", {}, key=live), 404)
    async with api.dashboard(live) as dashboard:
        for path in ("/", "/attention", "/contents", "/drafts", "/calendar"):
            page = await dashboard.client.get(path, follow_redirects=True)
            assert page.status_code == 200, path
            assert not any(name in page.text for name in names.values()), path
            assert "acme" not in page.text, path


async def test_a_test_key_has_a_prefix_of_its_own_and_keeps_it_when_it_is_rotated(beside: ApiHarness) -> None:
    key = await made(beside, brandRef="trial")
    assert key["key"].startswith("mnd_test_")
    assert is_well_formed(key["key"])
    rotated = await beside.post(f"/v1/keys/{key['id']}/rotate", {"overlap": "PT0S"})
    assert rotated.json()["key"].startswith("mnd_test_")
    assert (await made(beside, brandRef="acme"))["key"].startswith("mnd_brand_")
    assert (await made(beside))["key"].startswith("mnd_client_")


@pytest.mark.parametrize("ref", ["acme", "no-such-brand"])
async def test_a_test_key_is_refused_for_other_brands_and_says_nothing_of_them(beside: ApiHarness, ref: str) -> None:
    key = (await made(beside, brandRef="trial"))["key"]
    post = {"brandRef": ref, "text": "Monsoon sale", "channels": ["bluesky"]}
    for answer in (
        await beside.post("/v1/contents", post, key=key),
        await beside.post("/v1/contents/validate", post, key=key),
        await beside.get(f"/v1/contents?brandRef={ref}", key=key),
        await beside.get(f"/v1/brands/{ref}", key=key),
    ):
        expect_problem(answer, 403, "KEY_MODE")
        assert "'trial'" in answer.json()["detail"]
        assert ref not in answer.json()["detail"]
    assert (await beside.get("/v1/contents?brandRef=trial", key=key)).status_code == 200


async def test_a_live_key_is_refused_for_a_test_brand_also_within_a_batch(beside: ApiHarness) -> None:
    post = {"brandRef": "trial", "text": "Monsoon sale", "channels": ["bluesky"]}
    several = await made(beside, brandRefs=["acme", "trial"])
    for key in ((await made(beside))["key"], several["key"]):
        expect_problem(await beside.post("/v1/contents", post, key=key), 403, "KEY_MODE")
        expect_problem(await beside.get("/v1/contents?brandRef=trial", key=key), 403, "KEY_MODE")
        assert (await beside.get("/v1/contents?brandRef=acme", key=key)).status_code == 200
        live = {**post, "brandRef": "acme"}
        batch = await beside.post("/v1/contents/batch", {"contents": [post, live]}, key=key)
        first, second = batch.json()["results"]
        assert first["status"] == 422
        assert [(each["pointer"], each["code"]) for each in first["problem"]["errors"]] == [
            ("/brandRef", "BRAND_UNKNOWN")
        ]
        assert second["status"] == 202
    of_acme = (await made(beside, brandRef="acme"))["key"]
    assert (await beside.get("/v1/contents?brandRef=trial", key=of_acme)).status_code == 404


async def test_a_key_that_administers_brands_or_keys_sees_both(beside: ApiHarness) -> None:
    platform = await beside.create("/v1/keys", {"name": "saas", "scopes": ["brands:write", "keys:write", *WRITER]})
    assert (await beside.get("/v1/brands/trial", key=platform["key"])).status_code == 200
    brands = (await beside.get("/v1/brands", key=platform["key"])).json()["data"]
    assert [brand["ref"] for brand in brands] == ["acme", "rival", "trial"]
    body = {"name": "t", "scopes": WRITER, "brandRef": "trial"}
    made_by_it = await beside.post("/v1/keys", body, key=platform["key"])
    assert made_by_it.json()["key"].startswith("mnd_test_")
    assert (await beside.get("/v1/contents?brandRef=trial")).status_code == 200


async def test_a_key_never_changes_between_test_and_live(beside: ApiHarness) -> None:
    test, live = await made(beside, brandRef="trial"), await made(beside, brandRef="acme")
    for key, ref in ((test, "acme"), (live, "trial")):
        answer = await beside.patch(f"/v1/keys/{key['id']}", {"brandRefs": [ref]})
        expect_problem(answer, 403, "KEY_MODE")


async def test_a_new_test_brand_is_hidden_from_a_live_key_at_once(beside: ApiHarness) -> None:
    key = (await made(beside))["key"]
    assert (await beside.get("/v1/brands", key=key)).status_code == 200  # the test brands of now are known
    assert (await beside.post("/v1/brands", {"ref": "second", "mode": "test"})).status_code == 201
    draft = await beside.create("/v1/drafts", {"brandRef": "second", "text": "later"})
    expect_problem(await beside.get(f"/v1/drafts/{draft['id']}", key=key), 404)
