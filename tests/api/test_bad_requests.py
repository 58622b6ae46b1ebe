"""Bad bodies and queries of every other operation: a 422 that names each field, rule and limit."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from munadi.domain.problem import MAX_PROBLEMS
from tests.api.client import FAR
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.operations import OPERATIONS
from tests.api.problems import expect_errors, expect_problem

BRANDS, KEYS, ENDPOINTS = "POST /v1/brands", "POST /v1/keys", "POST /v1/webhooks/endpoints"
LIMITS, CONNECT = "PATCH /v1/brands/acme", "POST /v1/brands/acme/accounts/connect"
PAST = "2020-01-01T00:00:00Z"
# What a broken field is laid over, so that nothing else is wrong.
GOOD: dict[str, dict[str, Any]] = {
    BRANDS: {"ref": "x"},
    LIMITS: {},
    KEYS: {"name": "cms", "scopes": ["contents:read"]},
    ENDPOINTS: {"url": "https://93.184.215.14/hook"},
    CONNECT: {"channel": "bluesky"},
}
BODIES: list[tuple[str, dict[str, Any], list[str]]] = [
    (BRANDS, {"ref": "Acme"}, ["/ref"]),
    (BRANDS, {"ref": "-acme"}, ["/ref"]),
    (BRANDS, {"ref": "a" * 64}, ["/ref"]),
    (BRANDS, {"timezone": "Mars/Base"}, ["/timezone"]),
    (BRANDS, {"limits": {"accounts": -1}}, ["/limits/accounts"]),
    (BRANDS, {"limits": {"accounts": True}}, ["/limits/accounts"]),
    (BRANDS, {"limits": {"accounts": "5"}}, ["/limits/accounts"]),
    (BRANDS, {"colour": "red"}, ["/colour"]),
    (BRANDS, {"ref": "Acme", "timezone": "Mars/Base", "colour": 1}, ["/ref", "/timezone", "/colour"]),
    (LIMITS, {"limits": {"accounts": -1}}, ["/limits/accounts"]),
    (LIMITS, {"limits": {"publicationsPerMonth": 1.5}}, ["/limits/publicationsPerMonth"]),
    (LIMITS, {"limits": {"apiCallsPerMinute": "many"}}, ["/limits/apiCallsPerMinute"]),
    (KEYS, {"brandRef": "nobody"}, ["/brandRef"]),
    (KEYS, {"scopes": []}, ["/scopes"]),
    (KEYS, {"expiresAt": "2099-01-01T00:00:00"}, ["/expiresAt"]),
    (KEYS, {"expiresAt": 1_900_000_000}, ["/expiresAt"]),
    (KEYS, {"expiresAt": "9999-12-31T23:59:59-12:00"}, ["/expiresAt"]),
    (KEYS, {"expiresAt": "0001-01-01T00:00:00+12:00"}, ["/expiresAt"]),
    (KEYS, {"name": ""}, ["/name"]),
    (
        KEYS,
        {"scopes": ["admin", "all"], "brandRef": "nobody", "expiresAt": PAST},
        ["/scopes/1", "/brandRef", "/expiresAt"],
    ),
    (ENDPOINTS, {"types": ["content.exploded"]}, ["/types/0"]),
    (ENDPOINTS, {"channels": ["myspace"]}, ["/channels/0"]),
    (ENDPOINTS, {"description": "x" * 501}, ["/description"]),
    (
        ENDPOINTS,
        {"url": "https://10.0.0.1/x", "types": ["content.liked"], "brandRef": "nobody", "colour": 1},
        ["/url", "/types/0", "/brandRef", "/colour"],
    ),
    (CONNECT, {"channel": "youtube"}, ["/channel"]),
    (CONNECT, {"channel": "mastodon"}, ["/serviceUrl"]),
    (CONNECT, {"channel": "mastodon", "hint": " "}, ["/serviceUrl"]),
    (CONNECT, {"channel": "mastodon", "serviceUrl": "https://s.example", "hint": "s.example"}, ["/hint"]),
    (CONNECT, {"channel": "bluesky", "serviceUrl": "https://s.example"}, ["/serviceUrl"]),
    (CONNECT, {"redirectUrl": "javascript:alert(1)"}, ["/redirectUrl"]),
    (CONNECT, {"redirectUrl": "http://cms.example/"}, ["/redirectUrl"]),
    (CONNECT, {"redirectUrl": "https://a:b@cms.example/"}, ["/redirectUrl"]),
    (CONNECT, {"redirectUrl": "https://cms.example/#x"}, ["/redirectUrl"]),
    (CONNECT, {"redirectUrl": "//cms.example/"}, ["/redirectUrl"]),
    (CONNECT, {"redirectUrl": "https://cms.example/\r\nX: 1"}, ["/redirectUrl"]),
    (CONNECT, {"redirectUrl": "https:\\\\cms.example"}, ["/redirectUrl"]),
    (CONNECT, {"expiresAt": PAST}, ["/expiresAt"]),
    (CONNECT, {"expiresAt": "2999-01-01T00:00:00Z"}, ["/expiresAt"]),
    (CONNECT, {"surprise": 1}, ["/surprise"]),
]


@pytest.mark.parametrize(("operation", "change", "pointers"), BODIES)
async def test_every_broken_field_of_a_body_is_named(
    api: ApiHarness, operation: str, change: dict[str, Any], pointers: list[str]
) -> None:
    method, path = operation.split()
    expect_errors(await api.request(method, path, GOOD[operation] | change), *pointers)


@pytest.mark.parametrize("path", ["/v1/brands", "/v1/keys", "/v1/webhooks/endpoints"])
async def test_an_empty_a_foreign_and_a_missing_body_are_refused(api: ApiHarness, path: str) -> None:
    for body in ({}, [], None):
        assert expect_errors(await api.post(path, body))


CALENDAR = "/v1/calendar?since=2026-12-01"
OUTSIDE = ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00")
ROWS = [*(f"{time} cnt_x" for time in OUTSIDE), "2026-12-01T00:00:00Z cnt_\0"]
CURSORS = [base64.urlsafe_b64encode(row.encode()).decode() for row in ROWS]
QUERIES = [
    (f"{CALENDAR}&until=2026-11-30", "?until", "RANGE_EMPTY"),
    (f"{CALENDAR}&until=2027-02-01", "?until", "RANGE_TOO_LONG"),
    ("/v1/calendar?since=0001-01-01&until=0001-01-02", "?until", "TIME_FORMAT"),
    ("/v1/calendar?since=9999-12-30&until=9999-12-31", "?until", "TIME_FORMAT"),
    (CALENDAR, "?until", "MISSING_FIELD"),
    ("/v1/calendar?to=2026-12-01", "?since", "MISSING_FIELD"),
    (f"{CALENDAR}&from=2026-12-01&until=2026-12-02", "?from", "FIELD_NOT_ALLOWED"),
    (
        "/v1/contents?since=2026-12-01T00:00:00Z&scheduledFrom=2026-12-01T00:00:00Z",
        "?scheduledFrom",
        "FIELD_NOT_ALLOWED",
    ),
    ("/v1/contents?until=2026-12-01T00:00:00Z&scheduledTo=2026-12-01T00:00:00Z", "?scheduledTo", "FIELD_NOT_ALLOWED"),
    (f"{CALENDAR}&until=2026-12-02&timezone=Mars/Base", "?timezone", "TIMEZONE_UNKNOWN"),
    (f"{CALENDAR}&until=2026-12-02&perDay=101", "?perDay", "INVALID_FIELD"),
    ("/v1/contents?limit=0", "?limit", "INVALID_FIELD"),
    ("/v1/contents?status=sent", "?status/0", "INVALID_FIELD"),
    ("/v1/contents?held=maybe", "?held", "INVALID_FIELD"),
    ("/v1/contents?cursor=zzz", "?cursor", "CURSOR_INVALID"),
    *((f"/v1/contents?cursor={cursor}", "?cursor", "CURSOR_INVALID") for cursor in CURSORS),
    ("/v1/contents?since=9999-12-31T23:59:59-12:00", "?since", "INVALID_FIELD"),
    ("/v1/contents?until=0001-01-01T00:00:00%2B12:00", "?until", "INVALID_FIELD"),
    ("/v1/events?type=content.liked", "?type/0", "INVALID_FIELD"),
    ("/v1/accounts?status=fine", "?status/0", "INVALID_FIELD"),
    ("/v1/audit?action=nothing", "?action", "INVALID_FIELD"),
    ("/v1/audit?since=yesterday", "?since", "INVALID_FIELD"),
    ("/v1/audit?cursor=x", "?cursor", "CURSOR_INVALID"),
    *(
        (f"/v1/usage?month={month}", "?month", "INVALID_FIELD")
        for month in ("2026-13", "2026-1", "1999-12", "2026-12-01", "december", "", "2026-12%0A", "٢٠٢٦-12")
    ),
]


@pytest.mark.parametrize(("path", "pointer", "code"), QUERIES)
async def test_a_broken_parameter_is_named(api: ApiHarness, path: str, pointer: str, code: str) -> None:
    expect_errors(await api.get(path), (pointer, code))


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/contents?q=%00", "?q"),
        ("/v1/contents?q=umb%00rella", "?q"),
        ("/v1/contents?brandRef=acme&clientRef=%00", "?clientRef"),
        ("/v1/accounts?brandRef=%00", "?brandRef"),
        ("/v1/webhooks/deliveries?contentId=%00", "?contentId"),
        ("/v1/usage?brandRef=%00", "?brandRef"),
        ("/v1/contents?q=%2500", None),
    ],
)
async def test_a_nul_character_is_refused(api: ApiHarness, path: str, pointer: str | None) -> None:
    """PostgreSQL stores none, and SQLite would stop reading there. An escaped percent sign is not one."""
    answer = await api.get(path)
    if pointer is None:
        assert answer.status_code == 200
    else:
        assert [error["rule"] for error in expect_errors(answer, pointer)] == ["nul"]


@pytest.mark.parametrize(
    "text",
    ["0.5", "0", "1700000000", "-1", "2026-12-03", "2026-12-03T09:00:00", "2026-12-03T09:00Z",
     "2026-12-03T09:00:00 05:30"],
)  # fmt: skip
async def test_an_instant_that_is_not_rfc_3339_is_refused_with_an_example(api: ApiHarness, text: str) -> None:
    for name in ("since", "until", "scheduledFrom", "scheduledTo"):
        [error] = expect_errors(await api.get("/v1/contents", params={name: text}), (f"?{name}", "INVALID_FIELD"))
        assert "2027-01-15T09:00:00Z" in error["message"]


@pytest.mark.parametrize("text", ["2026-12-03T09:00:00Z", "2026-12-03t09:00:00.123456z", "2026-12-03 09:00:00+05:30"])
async def test_every_spelling_of_rfc_3339_is_an_instant(api: ApiHarness, text: str) -> None:
    assert (await api.get("/v1/contents", params={"until": text})).status_code == 200


@pytest.mark.parametrize(
    ("path", "name", "message"),
    [
        ("/v1/contents?brandref=acme", "brandref", "did you mean brandRef?"),
        ("/v1/contents?scheduledform=x", "scheduledform", "did you mean scheduledFrom?"),
        ("/v1/contents?states=x", "states", "did you mean status?"),
        ("/v1/brands?zzz=1", "zzz", "there is no such parameter; there are cursor, limit, q"),
        ("/v1/channels?zzz=1", "zzz", "there is no such parameter"),
    ],
)
async def test_an_unknown_parameter_is_refused_with_the_nearest_one(
    api: ApiHarness, path: str, name: str, message: str
) -> None:
    [error] = expect_errors(await api.get(path), (f"?{name}", "UNKNOWN_PARAMETER"))
    assert error["message"].endswith(message)


async def test_a_parameter_of_one_value_is_given_once(api: ApiHarness) -> None:
    answer = await api.get("/v1/contents?brandRef=acme&brandRef=other&limit=1&status=failed&status=queued")
    [error] = expect_errors(answer, ("?brandRef", "REPEATED_PARAMETER"))
    assert (error["limit"], error["actual"]) == (1, 2)


async def test_every_operation_refuses_an_unknown_parameter_and_no_page_of_the_dashboard_does(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    for operation in OPERATIONS:
        if operation.path.startswith("/v1/"):
            path = re.sub(r"\{.*?\}", "x", operation.path) + "?zzz=1"
            answer = await api.request(operation.method, path, operation.body, headers=operation.headers or {})
            assert answer.status_code == 422, f"{operation}: {answer.text}"
            expect_errors(answer, ("?zzz", "UNKNOWN_PARAMETER"))
    for page in ("/contents", "/accounts", "/calendar"):
        assert (await dashboard.get(f"{page}?zzz=1")).status_code == 200


async def test_many_unknown_parameters_get_a_small_answer(api: ApiHarness) -> None:
    answer = await api.get("/v1/contents?" + "&".join(f"p{number}=1" for number in range(3_000)))
    assert len(expect_errors(answer)) == MAX_PROBLEMS
    assert len(answer.content) < 10_000


async def test_a_network_may_add_parameters_of_its_own(api: ApiHarness) -> None:
    answer = await api.get("/v1/oauth/threads/callback?state=x&code=y&authuser=0&prompt=consent")
    assert "UNKNOWN_PARAMETER" not in answer.text
    assert (await api.get("/healthz?at=1")).status_code == 200


async def test_an_unknown_resource_is_a_404_and_a_method_without_a_route_a_405(api: ApiHarness) -> None:
    missing = ["nothing", "contents/cnt_x", "contents/%00", "contents/validated", "publications/x", "media/x"]
    for path in (*missing, "channels/orkut", "channels/myspace"):
        expect_problem(await api.get(f"/v1/{path}"), 404)
    wrong = await api.request("PUT", "/v1/contents/cnt_x", {"scheduledAt": FAR})
    expect_problem(wrong, 405)
    assert wrong.headers["allow"] == "GET, PATCH"
