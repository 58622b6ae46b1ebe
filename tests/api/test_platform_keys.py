"""Keys of several brands: a platform onboards, bills and erases its tenants with one, and sees no other brand."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from munadi.db.tables import KeyRow
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem

PLATFORM = (
    Scope.BRANDS_WRITE,
    Scope.KEYS_WRITE,
    Scope.CONTENTS_READ,
    Scope.CONTENTS_WRITE,
    Scope.ACCOUNTS_READ,
    Scope.WEBHOOKS_READ,
    Scope.WEBHOOKS_WRITE,
)
POST = {"text": "hello", "channels": ["bluesky"]}


@pytest.mark.each_database
async def test_a_platform_onboards_bills_and_erases_a_tenant_without_admin(api: ApiHarness) -> None:
    platform = await api.key(*PLATFORM, brand_refs=["saas-*"])
    await api.create("/v1/brands", {"ref": "saas-one", "limits": {"accounts": 3}}, key=platform)
    tenant = await api.create(
        "/v1/keys", {"name": "tenant", "scopes": ["contents:read"], "brandRef": "saas-one"}, key=platform
    )
    assert tenant["parentId"] == await api.key_id(platform)
    [usage] = await api.read_list("/v1/usage", key=platform)
    assert (usage["brandRef"], usage["connectedAccounts"]["limit"]) == ("saas-one", 3)
    assert [brand["ref"] for brand in await api.read_list("/v1/brands", key=platform)] == ["saas-one"]
    erased = await api.delete("/v1/brands/saas-one?confirm=saas-one", key=platform)
    assert erased.status_code == 202, erased.text
    assert (await api.get(f"/v1/erasures/{erased.json()['id']}", key=platform)).json()["brandRef"] == "saas-one"
    expect_problem(await api.get("/v1/keys/me", key=tenant["key"]), 401, "KEY_REVOKED")


@pytest.mark.parametrize("brands", [["saas-*"], ["rival", "saas-one"]], ids=["prefix", "list"])
async def test_a_key_of_several_brands_sees_no_other(api: ApiHarness, brands: list[str]) -> None:
    await api.create("/v1/brands", {"ref": "saas-one"})
    key = await api.key(*PLATFORM, brand_refs=brands)
    content = await api.submit()
    hook = await api.create("/v1/webhooks/endpoints", {"url": "https://93.184.215.14/hook"})
    for path in (
        f"/v1/contents/{content['id']}",
        f"/v1/webhooks/endpoints/{hook['id']}",
        "/v1/brands/acme",
        "/v1/usage?brandRef=acme",
        "/v1/usage/days?brandRef=acme",
        "/v1/contents?brandRef=acme",
        "/v1/events?brandRef=acme",
        "/v1/webhooks/deliveries?brandRef=acme",
        "/v1/insights?brandRef=acme",
    ):
        expect_problem(await api.get(path, key=key), 404, "NOT_FOUND")
    expect_problem(await api.patch("/v1/brands/acme", {"name": "x"}, key=key), 404, "NOT_FOUND")
    expect_problem(await api.delete("/v1/brands/acme?confirm=acme", key=key), 404, "NOT_FOUND")
    refused = await api.post("/v1/contents", {"brandRef": "acme", **POST}, key=key)
    expect_errors(refused, ("/brandRef", "BRAND_UNKNOWN"))
    assert "acme" not in {brand["ref"] for brand in await api.read_list("/v1/brands", key=key)}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/contents",
        "/v1/publications",
        "/v1/events",
        "/v1/accounts",
        "/v1/media",
        "/v1/drafts",
        "/v1/insights",
        "/v1/usage/days",
        "/v1/webhooks/endpoints",
        "/v1/webhooks/deliveries",
    ],
)
async def test_a_list_for_a_key_of_several_brands_names_one(api: ApiHarness, path: str) -> None:
    key = await api.key(*PLATFORM, brand_refs=["acme", "saas-*"])
    expect_errors(await api.get(path, key=key), ("?brandRef", "MISSING_FIELD"))
    assert (await api.get(f"{path}?brandRef=acme", key=key)).status_code == 200


async def test_what_a_key_of_several_brands_makes_belongs_to_a_brand(api: ApiHarness) -> None:
    key = await api.key(*PLATFORM, brand_refs=["acme", "saas-*"])
    for path, body in (
        ("/v1/webhooks/endpoints", {"url": "https://93.184.215.14/hook"}),
        ("/v1/drafts", POST),
        ("/v1/keys", {"name": "k", "scopes": ["contents:read"]}),
        ("/v1/media", {"url": "https://93.184.215.14/a.jpg"}),
    ):
        refused = expect_problem(await api.post(path, body, key=key), 422, "INVALID_REQUEST")
        assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/brandRef", "MISSING_FIELD")], path
    expect_problem(await api.post("/v1/brands", {"ref": "other"}, key=key), 403, "BRAND_RESTRICTED")


async def test_a_platform_gets_no_answer_that_another_got(api: ApiHarness) -> None:
    one, two = [await api.key(Scope.BRANDS_WRITE, brand_refs=["saas-*"]) for _ in range(2)]
    made = [await api.post("/v1/brands", {"ref": "saas-one"}, key=key, idempotency_key="1") for key in (one, one, two)]
    assert [each.status_code for each in made] == [201, 201, 409]
    other = await api.post("/v1/brands", {"ref": "saas-two"}, key=two, idempotency_key="1")
    assert other.status_code == 201


async def test_the_calls_that_a_key_names_a_foreign_brand_in_do_not_count_for_it(api: ApiHarness) -> None:
    await api.patch("/v1/brands/rival", {"limits": {"apiCallsPerMinute": 1}})
    key = await api.key(Scope.CONTENTS_READ, brand_refs=["acme", "saas-*"])
    for _ in range(3):
        expect_problem(await api.get("/v1/contents?brandRef=rival", key=key), 404, "NOT_FOUND")
    own = await api.key(Scope.CONTENTS_READ, brand_ref="rival")
    assert (await api.get("/v1/contents", key=own)).status_code == 200


async def test_a_key_of_several_brands_cannot_sign_in_and_ends_a_session(api: ApiHarness) -> None:
    several = await api.key(Scope.CONTENTS_READ, brand_refs=["acme", "rival"])
    async with api.dashboard() as browser:
        page = await browser.client.post("/sign-in", data={"key": several, "next": "/contents"})
        assert (page.status_code, "several brands" in page.text) == (403, True)
    whole = await api.key(Scope.CONTENTS_READ)
    async with api.dashboard(whole) as browser:
        await api.patch(f"/v1/keys/{await api.key_id(whole)}", {"brandRefs": ["acme", "rival"]})
        assert (await browser.client.get("/v1/contents")).status_code == 401


@pytest.mark.each_database
async def test_a_rotated_key_works_until_the_overlap_ends(api: ApiHarness) -> None:
    made = await api.create("/v1/keys", {"name": "cms", "scopes": ["contents:read"], "brandRef": "acme"})
    rotate = f"/v1/keys/{made['id']}/rotate"
    answers = [await api.post(rotate, {"overlap": "PT1H"}, idempotency_key="again") for _ in range(2)]
    first, repeated = (answer.json() for answer in answers)
    assert (answers[1].headers["idempotent-replayed"], repeated) == ("true", first)
    assert (first["id"], first["key"] != made["key"], first["hint"]) == (made["id"], True, first["key"][-4:])
    for text in (made["key"], first["key"]):
        assert (await api.get("/v1/keys/me", key=text)).json()["id"] == made["id"]
    second = (await api.post(rotate, {"overlap": "PT1H"})).json()
    expect_problem(await api.get("/v1/keys/me", key=made["key"]), 401, "KEY_UNKNOWN")
    api.clock.ahead = timedelta(hours=1)
    expect_problem(await api.get("/v1/keys/me", key=first["key"]), 401, "KEY_EXPIRED")
    third = (await api.post(rotate, {"overlap": "PT0S"})).json()
    expect_problem(await api.get("/v1/keys/me", key=second["key"]), 401, "KEY_UNKNOWN")
    assert (await api.get("/v1/keys/me", key=third["key"])).json()["previousExpiresAt"] is None
    await api.delete(f"/v1/keys/{made['id']}")
    expect_problem(await api.post(rotate), 409, "KEY_ENDED")


async def test_a_text_that_was_rotated_away_rotates_nothing(api: ApiHarness) -> None:
    """It would outlive the overlap, and end the text that replaced it."""
    scopes = ["keys:write", "contents:read"]
    made = await api.create("/v1/keys", {"name": "platform", "scopes": scopes, "brandRef": "acme"})
    rotate = f"/v1/keys/{made['id']}/rotate"
    own = await api.post(rotate, {"overlap": "PT1H"}, key=made["key"], idempotency_key="own")
    refused = expect_problem(await api.post(rotate, {"overlap": "PT1H"}, key=made["key"]), 403, "KEY_EXCEEDS_OWN")
    assert refused["errors"][0]["limit"] == own.json()["previousExpiresAt"].replace("Z", "+00:00")
    # The answer may have been lost: the call that made it is repeated with the earlier text.
    again = await api.post(rotate, {"overlap": "PT1H"}, key=made["key"], idempotency_key="own")
    assert again.json() == own.json()
    assert (await api.post(rotate, {"overlap": "PT0S"}, key=own.json()["key"])).status_code == 200


async def test_a_key_cannot_get_at_a_key_that_may_do_more(api: ApiHarness) -> None:
    keeper = await api.key(Scope.KEYS_WRITE, Scope.CONTENTS_READ)
    admin = await api.key_id(api.admin_key)
    for call in (
        api.post(f"/v1/keys/{admin}/rotate", {"overlap": "PT0S"}, key=keeper),
        api.patch(f"/v1/keys/{admin}", {"name": "mine"}, key=keeper),
        api.delete(f"/v1/keys/{admin}", key=keeper),
        api.post("/v1/keys", {"name": "k", "scopes": ["contents:write"]}, key=keeper),
        api.patch(
            f"/v1/keys/{await api.key_id(keeper)}", {"caps": {"postsPerDay": 1}}, key=await api.key(Scope.KEYS_WRITE)
        ),
    ):
        found = expect_problem(await call, 403, "KEY_EXCEEDS_OWN")
        assert found["errors"][0]["code"] == "KEY_EXCEEDS_OWN"


async def test_a_capped_key_gives_its_caps_on_and_cannot_loosen_them(api: ApiHarness) -> None:
    capped = await api.create(
        "/v1/keys", {"name": "agent", "scopes": ["keys:write", "contents:write"], "caps": {"postsPerDay": 2}}
    )
    child = await api.create("/v1/keys", {"name": "child", "scopes": ["contents:write"]}, key=capped["key"])
    assert child["caps"]["postsPerDay"] == 2
    for body in ({"caps": {"postsPerDay": 3}}, {"caps": {"postsPerDay": None, "channels": ["x"]}}):
        refused = await api.patch(f"/v1/keys/{child['id']}", body, key=capped["key"])
        if body["caps"]["postsPerDay"] is None:  # filled with the caller's own
            assert refused.json()["caps"] == capped["caps"] | {"channels": ["x"]}
        else:
            found = expect_problem(refused, 403, "KEY_EXCEEDS_OWN")["errors"][0]
            assert (found["pointer"], found["limit"], found["actual"]) == ("/caps/postsPerDay", 2, 3)
    own = await api.patch(f"/v1/keys/{capped['id']}", {"caps": None}, key=capped["key"])
    assert own.json()["caps"] == capped["caps"]
    assert (await api.patch(f"/v1/keys/{capped['id']}", {"caps": None})).json()["caps"] is None


async def test_revoking_a_key_with_its_children_ends_them_all(api: ApiHarness) -> None:
    parent = await api.create("/v1/keys", {"name": "parent", "scopes": ["admin"], "brandRef": "acme"})
    child = await api.create("/v1/keys", {"name": "child", "scopes": ["admin"]}, key=parent["key"])
    grandchild = await api.create("/v1/keys", {"name": "g", "scopes": ["contents:read"]}, key=child["key"])
    assert [key["id"] for key in await api.read_list(f"/v1/keys?parentId={parent['id']}")] == [child["id"]]
    assert (await api.delete(f"/v1/keys/{parent['id']}?children=revoke")).status_code == 204
    for key in (parent, child, grandchild):
        expect_problem(await api.get("/v1/keys/me", key=key["key"]), 401, "KEY_REVOKED")


async def test_a_key_keeps_the_brands_that_its_children_work_for(api: ApiHarness) -> None:
    parent = await api.create(
        "/v1/keys", {"name": "p", "scopes": ["keys:write", "contents:read"], "brandRefs": ["acme", "rival"]}
    )
    child = await api.create(
        "/v1/keys", {"name": "c", "scopes": ["contents:read"], "brandRef": "rival"}, key=parent["key"]
    )
    refused = await api.patch(f"/v1/keys/{parent['id']}", {"brandRefs": ["acme"]})
    assert child["id"] in expect_problem(refused, 409, "KEY_HAS_CHILDREN")["detail"]
    await api.delete(f"/v1/keys/{child['id']}")
    changed = (await api.patch(f"/v1/keys/{parent['id']}", {"brandRefs": ["acme"]})).json()
    assert (changed["brandRef"], changed["brandRefs"]) == ("acme", ["acme"])
    expect_problem(await api.get("/v1/brands/rival", key=parent["key"]), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"brandRefs": []}, [("/brandRefs", "INVALID_FIELD")]),
        ({"brandRefs": ["acme", "-a*"]}, [("/brandRefs/1", "INVALID_FIELD")]),
        ({"brandRefs": ["acme", "nobody"]}, [("/brandRefs/1", "BRAND_UNKNOWN")]),
        ({"brandRefs": ["acme"], "brandRef": "acme"}, [("/brandRefs", "FIELD_NOT_ALLOWED")]),
        ({"caps": {"postsPerDay": -1}}, [("/caps/postsPerDay", "INVALID_FIELD")]),
        ({"caps": {"channels": ["myspace"]}}, [("/caps/channels/0", "INVALID_FIELD")]),
        (
            {"caps": {"notBefore": "2030-01-02T00:00:00Z", "notAfter": "2030-01-01T00:00:00Z"}},
            [("/caps/notAfter", "RANGE_EMPTY")],
        ),
    ],
)
async def test_a_malformed_key_names_the_field(
    api: ApiHarness, body: dict[str, object], errors: list[tuple[str, str]]
) -> None:
    expect_errors(await api.post("/v1/keys", {"name": "k", "scopes": ["contents:read"], **body}), *errors)


async def test_the_last_use_of_a_key_is_written_once_a_minute_and_by_no_request(api: ApiHarness) -> None:
    made = await api.create("/v1/keys", {"name": "cms", "scopes": ["contents:read"], "brandRef": "acme"})
    with api.statements() as seen:
        await api.get("/v1/contents", key=made["key"])
    assert not [each for each in seen if "last_used_at" in each and each.startswith("UPDATE")]
    await api.services.key_uses.flush()
    used = (await api.read(f"/v1/keys/{made['id']}"))["lastUsedAt"]
    assert used is not None
    for seconds, is_written in ((59, False), (60, True)):
        api.clock.ahead = timedelta(seconds=seconds)
        await api.get("/v1/contents", key=made["key"])
        await api.services.key_uses.flush()
        assert ((await api.read(f"/v1/keys/{made['id']}"))["lastUsedAt"] != used) is is_written


async def test_code_of_before_does_not_find_a_key_that_it_would_allow_too_much(api: ApiHarness) -> None:
    """It looks for the plain hash of a text."""
    made = await api.create("/v1/keys", {"name": "cms", "scopes": ["contents:read"], "brandRef": "acme"})
    plain = hashlib.sha256(made["key"].encode()).hexdigest()
    for changes, is_found in (({"brandRefs": ["acme", "rival"]}, False), ({"brandRefs": None}, True)):
        await api.patch(f"/v1/keys/{made['id']}", changes)
        async with api.services.database.read() as session:
            row = await session.get_one(KeyRow, made["id"])
        assert (row.hash == plain) is is_found
        assert (await api.get("/v1/keys/me", key=made["key"])).status_code == 200
