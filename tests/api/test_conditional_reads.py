"""If-None-Match: a client that has the answer already gets 304, and never for an answer that has changed."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from api.http.conditional import ConditionalReads
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness, later
from tests.api.operations import OPERATIONS
from tests.api.problems import expect_problem
from tests.api.test_auth import resources_of_acme

S = PublicationStatus
OTHER = '"0123"'


async def again(api: ApiHarness, path: str, tag: str, **options: str) -> httpx.Response:
    """Read a path with If-None-Match."""
    return await api.get(path, headers={"If-None-Match": tag}, **options)


def expect_unchanged(answer: httpx.Response, tag: str) -> None:
    """304 with the tag, and without a body."""
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), answer.text
    assert "content-type" not in answer.headers
    assert (answer.headers["cache-control"], answer.headers["x-request-id"][:4]) == ("no-store", "req_")


@pytest.mark.fake_network
async def test_every_read_of_the_api_is_conditional(api: ApiHarness) -> None:
    names = await resources_of_acme(api) | {"ref": "acme"}
    reads = [each for each in OPERATIONS if each.method == "GET" and each.path.startswith("/v1/")]
    # The post waits, so it has no receipt; one is made for each read, and never the same.
    reads = [each for each in reads if not each.path.endswith("/receipt")]
    # No option of the account's network is a list of things that it keeps.
    reads = [each for each in reads if not each.path.endswith("/choices")]
    for each in reads:
        # Only some networks know apps; the brand has one at X.
        channel = "x" if "/apps" in each.path else "bluesky"
        path = each.path.format(**names, channel=channel) + each.query
        first = await api.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-store"), path
        tag = first.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f-]+"', tag), path
        # The second read may itself be in the list, or have counted something.
        second = await again(api, path, tag)
        if second.status_code == 304:
            expect_unchanged(second, tag)
        else:
            assert (second.status_code, second.content != first.content) == (200, True), path


@pytest.mark.each_database
async def test_a_post_is_sent_again_after_every_change(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    path, tags = f"/v1/contents/{content_id}", []
    for status in (None, S.QUEUED, S.PUBLISHING, S.PUBLISHED):
        if status is not None:
            await api.move(content_id, status)
            assert (await again(api, path, tags[-1])).json()["status"] == status
        tags.append((await api.get(path)).headers["etag"])
        expect_unchanged(await again(api, path, tags[-1]), tags[-1])
    assert len(set(tags)) == len(tags)
    assert all(tag.startswith('"1-') for tag in tags)


@pytest.mark.each_database
async def test_the_tag_of_a_change_serves_a_later_read_until_something_changes(api: ApiHarness) -> None:
    made = await api.try_submit(media=[{"url": api.site.url("/a.jpg")}], timezone="UTC", idempotency_key="once")
    path, tag = made.headers["location"], made.headers["etag"]
    expect_unchanged(await again(api, path, tag), tag)
    content_id = made.json()["id"]
    changes = (
        lambda tag: api.edit(content_id, {"text": "other"}, tag),
        lambda _: api.change(content_id, "reschedule", {"scheduledAt": later(days=3)}),
        lambda _: api.change(content_id, "publish-now"),
        lambda _: api.change(content_id, "cancel"),
    )
    for change in changes:
        changed = await change(tag)
        assert (changed.status_code, changed.headers["etag"] != tag) == (200, True), changed.text
        assert (await again(api, path, tag)).content == changed.content
        tag = changed.headers["etag"]
        expect_unchanged(await again(api, path, tag), tag)
    repeated = await api.try_submit(media=[{"url": api.site.url("/a.jpg")}], timezone="UTC", idempotency_key="once")
    assert repeated.headers["etag"] == made.headers["etag"], "a repetition is the first answer, whatever came after"


@pytest.mark.each_database
async def test_the_tag_of_a_read_is_what_a_change_is_based_on(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    path = f"/v1/contents/{content_id}"
    tag = (await api.get(path)).headers["etag"]
    await api.move(content_id, S.QUEUED)  # by the worker: the same version
    edited = await api.edit(content_id, {"text": "other"}, tag)
    assert (edited.status_code, edited.headers["etag"][:3]) == (200, '"2-')
    expect_problem(await api.edit(content_id, {"text": "late"}, tag), 412, "STALE")
    assert (await api.edit(content_id, {"text": "third"}, '"2"')).status_code == 200
    expect_problem(await api.edit(content_id, {"text": "x"}, f"W/{(await api.get(path)).headers['etag']}"), 412)


@pytest.mark.parametrize("given", ["{}", "W/{}", "*", '"a", {}', '{} , ,W/"b"', '"a",{}'])
async def test_one_tag_of_a_list_is_enough_and_the_comparison_is_weak(api: ApiHarness, given: str) -> None:
    tag = (await api.get("/v1/channels")).headers["etag"]
    expect_unchanged(await again(api, "/v1/channels", given.format(tag)), tag)


async def test_several_lines_are_one_list(api: ApiHarness) -> None:
    tag = (await api.get("/v1/channels")).headers["etag"]
    lines = [("If-None-Match", OTHER), ("If-None-Match", tag), ("Authorization", f"Bearer {api.admin_key}")]
    answer = await api.client.get("/v1/channels", headers=lines)
    expect_unchanged(answer, tag)


@pytest.mark.parametrize("given", [OTHER, 'W/"a", "b"', '"*"'])
async def test_another_tag_gets_the_whole_answer(api: ApiHarness, given: str) -> None:
    whole = await api.get("/v1/channels")
    answer = await again(api, "/v1/channels", given)
    assert (answer.status_code, answer.content) == (200, whole.content)


@pytest.mark.parametrize("given", ["abc", '"a', '"a" "b"', "*, *", 'w/"a"'])
async def test_a_malformed_header_is_refused(api: ApiHarness, given: str) -> None:
    expect_problem(await again(api, "/v1/channels", given), 400, "IF_NONE_MATCH_MALFORMED")
    expect_problem(await again(api, "/v1/channels", given, key=""), 401)


async def test_errors_and_changes_are_not_conditional(api: ApiHarness) -> None:
    expect_problem(await again(api, "/v1/contents/cnt_unknown", "*"), 404)
    expect_problem(await again(api, "/v1/contents", "*", key=""), 401)
    made = await api.request("POST", "/v1/contents", api.body(), headers={"If-None-Match": "*"})
    assert (made.status_code, made.headers["etag"][:3]) == (202, '"1-')


async def test_a_list_changes_with_what_is_in_it(api: ApiHarness) -> None:
    await api.submit()
    for path in ("/v1/contents", "/v1/publications"):
        tag = (await api.get(path)).headers["etag"]
        expect_unchanged(await again(api, path, tag), tag)
        await api.submit()
        assert (await again(api, path, tag)).status_code == 200


async def test_a_streamed_answer_is_passed_on_untouched() -> None:
    start: Message = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json")],
    }
    parts: list[Message] = [
        {"type": "http.response.body", "body": b"{", "more_body": True},
        {"type": "http.response.body", "body": b"}", "more_body": False},
    ]
    sent: list[Message] = []

    async def streaming(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in (start, *parts):
            await send(message)

    async def receive() -> Message:
        raise AssertionError("a GET has no body")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/x", "headers": [(b"if-none-match", b"*")]}
    await ConditionalReads(streaming)(scope, receive, send)
    assert sent == [start, *parts]
    assert "etag" not in Headers(scope=sent[0])
