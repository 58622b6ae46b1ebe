"""Several posts in one request: each is accepted or refused for itself, once under the request's key."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from munadi.db.tables import ContentRow, IdempotencyRow
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps
from munadi.intake.requests import MAX_BATCH
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.api.test_call_limits import calls

pytestmark = pytest.mark.each_database
KEY = "import-7"


async def send(api: ApiHarness, *posts: Any, key: str | None = None, idempotency: str | None = KEY) -> httpx.Response:
    return await api.post("/v1/contents/batch", {"contents": [*posts]}, key=key, idempotency_key=idempotency)


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def post(api: ApiHarness, number: int, **changes: Any) -> dict[str, Any]:
    return api.body(**{"text": f"Post {number}", **changes})


async def test_each_post_has_its_own_result_and_a_refused_one_stops_no_other(api: ApiHarness) -> None:
    wrong = [post(api, 1, text="x" * 400), post(api, 2, brandRef="nobody"), {"text": 7}, "a post", None]
    found = results(await send(api, post(api, 0), *wrong, post(api, 6)))
    assert [(each["index"], each["status"]) for each in found] == [(0, 202), *((n, 422) for n in range(1, 6)), (6, 202)]
    for each in found:
        assert (each["content"] is None) == (each["status"] != 202) == (each["problem"] is not None)
    assert [each["content"]["text"] for each in (found[0], found[6])] == ["Post 0", "Post 6"]
    assert found[0]["content"] == await api.read_content(found[0]["content"]["id"])
    pointers = [[error["pointer"] for error in each["problem"]["errors"]] for each in found[1:6]]
    assert pointers[:2] == [["/text"], ["/brandRef"]]
    assert all(each["problem"]["instance"] == "/v1/contents/batch" for each in found[1:6])
    assert await api.count() == 2


async def test_a_repetition_has_the_same_bytes_and_another_batch_under_the_key_is_refused(api: ApiHarness) -> None:
    posts = [post(api, 0), post(api, 1, text="x" * 400), post(api, 2)]
    first, again = await send(api, *posts), await send(api, *posts)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert "idempotent-replayed" not in first.headers
    expect_problem(await send(api, *reversed(posts)), 422, "IDEMPOTENCY_KEY_REUSED")
    assert await api.count() == 2
    # The key of a batch is none of single posts, and a batch without a key is another one each time.
    assert (await api.try_submit(idempotency_key=f"0 {KEY}".replace(" ", "-"))).status_code == 202
    await send(api, *posts, idempotency=None)
    assert await api.count() == 5


async def test_a_repetition_after_half_of_it_accepts_the_rest_alone(api: ApiHarness) -> None:
    """As after a crash: the test of tests/faults kills the API."""
    posts = [post(api, number) for number in range(4)]
    first = results(await send(api, *posts))
    async with api.services.database.write() as session:
        for index in (1, 3):
            await (await session.connection()).execute(
                delete(IdempotencyRow).where(IdempotencyRow.key == f"{index} {KEY}")
            )  # type: ignore[arg-type]
    again = await send(api, *posts)
    second = results(again)
    assert "idempotent-replayed" not in again.headers
    assert [a == b for a, b in zip(first, second, strict=True)] == [True, False, True, False]
    assert [each["status"] for each in second] == [202] * 4
    assert await api.count() == 6


async def test_requests_at_once_under_one_key_accept_each_post_once(api: ApiHarness) -> None:
    posts = [post(api, 0), post(api, 1, text="x" * 400), *(post(api, number) for number in range(2, 8))]
    answers = await asyncio.gather(*(send(api, *posts) for _ in range(4)))
    assert await api.count() == 7
    whole = [answer.content for answer in answers if [each["status"] for each in results(answer)].count(202) == 7]
    assert len({*whole, (await send(api, *posts)).content}) == 1


async def test_what_a_limit_refused_is_accepted_by_a_repetition_and_the_rest_is_not_counted_again(
    api: ApiHarness,
) -> None:
    await api.limit(apiCallsPerMinute=3)
    posts = [post(api, number) for number in range(5)]
    key = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    found = results(await send(api, *posts, key=key))
    assert [each["status"] for each in found] == [202, 202, 202, 429, 429]
    assert found[4]["problem"]["code"] == "QUOTA_EXCEEDED"
    api.clock.ahead = timedelta(minutes=1)
    again = results(await send(api, *posts, key=key))
    assert [each["status"] for each in again] == [202] * 5
    assert again[:3] == found[:3]
    assert await api.count() == 5


async def test_each_post_counts_as_a_call_of_its_brand(api: ApiHarness) -> None:
    await send(
        api, post(api, 0), post(api, 1, text="x" * 400), post(api, 2, brandRef="rival"), post(api, 3, brandRef="no")
    )
    assert (await calls(api), await calls(api, "rival")) == (2, 1)
    own, before = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival"), await calls(api, "rival")
    await send(api, post(api, 0, brandRef="rival"), post(api, 1, brandRef="rival"), key=own)
    assert await calls(api, "rival") == before + 3  # with the call that read the number before


async def test_a_key_of_one_brand_neither_sees_nor_takes_the_results_of_another(api: ApiHarness) -> None:
    rival = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    foreign = results(await send(api, post(api, 0), post(api, 1, brandRef="rival"), key=rival))
    assert [each["status"] for each in foreign] == [422, 202]
    assert foreign[0]["problem"]["errors"][0]["code"] == "BRAND_UNKNOWN"
    own = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    assert results(await send(api, post(api, 0), post(api, 1), key=own))[0]["status"] == 202


async def test_keys_of_several_brands_do_not_meet_under_one_key_and_count_for_no_brand_of_others(
    api: ApiHarness,
) -> None:
    await api.create("/v1/brands", {"ref": "saas-one"})
    ours = await api.key(Scope.CONTENTS_WRITE, brand_refs=["acme", "saas-*"])
    theirs = await api.key(Scope.CONTENTS_WRITE, brand_refs=["rival", "other-*"])
    foreign = post(api, 1, brandRef="rival")
    before = await calls(api, "rival")
    found = results(await send(api, post(api, 0), foreign, post(api, 2, brandRef="saas-two"), key=ours))
    assert [each["status"] for each in found] == [202, 422, 422]
    assert await calls(api, "rival") == before + 1  # the call that read the number before
    accepted = results(await send(api, post(api, 3, brandRef="rival"), foreign, key=theirs))
    assert [each["status"] for each in accepted] == [202, 202]
    assert results(await send(api, post(api, 0), foreign, post(api, 2, brandRef="saas-two"), key=ours)) == found


async def test_posts_that_name_no_brand_of_the_key_count_for_its_own(api: ApiHarness) -> None:
    own, before = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme"), await calls(api)
    await send(api, *(post(api, number, brandRef="rival") for number in range(5)), key=own)
    assert await calls(api) == before + 5 + 1  # with the call that read the number before


async def test_a_batch_keeps_the_caps_of_its_key_and_a_repetition_tries_what_they_refused(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme", caps=KeyCaps(posts_per_day=2))
    posts = [post(api, number) for number in range(4)]
    found = results(await send(api, *posts, key=key))
    assert [each["status"] for each in found] == [202, 202, 403, 403]
    assert {each["problem"]["code"] for each in found[2:]} == {"KEY_CAP"}
    await api.patch(f"/v1/keys/{await api.key_id(key)}", {"caps": {"postsPerDay": 3}})
    again = results(await send(api, *posts, key=key))
    assert [each["status"] for each in again] == [202, 202, 202, 403]
    assert again[:2] == found[:2]
    assert await api.count() == 3


async def test_a_key_that_may_only_propose_proposes_every_post_of_a_batch(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_PROPOSE, brand_ref="acme")
    found = results(await send(api, post(api, 0), post(api, 1), key=key))
    assert [each["content"]["approval"]["status"] for each in found] == ["requested", "requested"]


async def test_a_time_to_end_needs_its_scope_in_a_batch_too(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    ending = post(api, 0, withdrawAt="2027-04-01T09:00:00Z")
    found = results(await send(api, ending, post(api, 1), key=key))
    assert [(each["status"], each["problem"] and each["problem"]["code"]) for each in found] == [
        (403, "SCOPE_MISSING"),
        (202, None),
    ]


@pytest.mark.each_database(False)
@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"contents": []}, "/contents", "INVALID_FIELD"),
        ({"contents": [{}] * (MAX_BATCH + 1)}, "/contents", "INVALID_FIELD"),
        ({"contents": {}}, "/contents", "INVALID_FIELD"),
        ({"posts": []}, "/contents", "MISSING_FIELD"),
        ([], "", "INVALID_FIELD"),
    ],
)
async def test_a_body_that_is_no_batch_is_refused_whole(api: ApiHarness, body: Any, pointer: str, code: str) -> None:
    answer = await api.post("/v1/contents/batch", body)
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in expect_errors(answer)]
    assert await api.count() == 0


@pytest.mark.each_database(False)
async def test_a_hundred_posts_are_accepted(api: ApiHarness) -> None:
    found = results(await send(api, *(post(api, number) for number in range(MAX_BATCH))))
    assert {each["status"] for each in found} == {202}
    assert await api.count(ContentRow) == MAX_BATCH


@pytest.mark.each_database(False)
async def test_a_database_that_goes_away_ends_the_batch_and_a_repetition_finishes_it(
    api: ApiHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts, tried = [post(api, number) for number in range(4)], 0
    check = type(api.services.posts.checker).check_new

    async def away(*arguments: Any, **options: Any) -> Any:
        nonlocal tried
        tried += 1
        if tried == 2:
            raise TimeoutError_
        return await check(*arguments, **options)

    from sqlalchemy.exc import TimeoutError as TimeoutError_

    monkeypatch.setattr(type(api.services.posts.checker), "check_new", away)
    found = results(await send(api, *posts))
    assert [each["status"] for each in found] == [202, 503, 503, 503]
    assert (tried, {each["problem"]["code"] for each in found[1:]}) == (2, {"DATABASE_UNAVAILABLE"})
    again = results(await send(api, *posts))
    assert [each["status"] for each in again] == [202] * 4
    assert json.dumps(again[0]) == json.dumps(found[0])
    assert await api.count() == 4
