"""`munadi usage`: one brand with its limits, or a line for each."""

from __future__ import annotations

import json
from typing import Any

import httpx

from api.known_problems import of_code
from api.openapi.problem_examples import ERRORS
from api.openapi.quota_examples import USAGE, USAGE_DAYS
from tests.cli.conftest import FakeApi, Munadi


def answers(api: FakeApi, value: Any, status: int = 200) -> None:
    api.on("GET /v1/usage", httpx.Response(status, json=value))


def cells(output: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in output.splitlines()]


def test_a_brand_is_shown_against_its_limits(munadi: Munadi, api: FakeApi) -> None:
    answers(api, USAGE)
    result = munadi("usage", "--brand-ref", "acme", "--month", "2026-12")
    assert result.exit_code == 0
    assert dict(api.requests[0].url.params) == {"brandRef": "acme", "month": "2026-12"}
    assert cells(result.output) == [
        ["acme in 2026-12 (UTC)"],
        ["used", "planned", "limit", "left"],
        ["connected accounts", "3", "-", "10", "7"],
        ["publications", "412", "88", "1,000", "500"],
        ["API calls", "5,210", "-", "-", "-"],
        ["API calls this minute", "2", "-", "-", "-"],
        ["webhook deliveries", "1,650", "-", "-", "-"],
        ["webhook endpoints", "2", "-", "100", "98"],
        ["API keys", "4", "-", "200", "196"],
        ["unused connect links", "0", "-", "200", "200"],
        ["saved drafts", "7", "-", "1,000", "993"],
        ["bytes of files", "52,428,800", "-", "107,374,182,400", "107,321,753,600"],
        ["running recoveries", "0", "-", "20", "20"],
    ]


def test_a_past_month_has_no_calls_per_minute(munadi: Munadi, api: FakeApi) -> None:
    answers(api, USAGE | {"apiCallsPerMinute": None})
    assert "this minute" not in munadi("usage").output


def test_all_brands_are_a_table(munadi: Munadi, api: FakeApi) -> None:
    answers(api, {"data": [USAGE, USAGE | {"brandRef": "rival"}], "nextCursor": "next"})
    result = munadi("usage")
    assert cells(result.stdout)[:2] == [
        ["brand", "connected accounts", "publications", "API calls", "webhook deliveries", "planned"],
        ["acme", "3 of 10", "412 of 1,000", "5,210", "1,650", "88"],
    ]
    assert "--cursor next" in result.output


def test_json_is_the_answer_of_the_api(munadi: Munadi, api: FakeApi) -> None:
    answers(api, USAGE)
    assert json.loads(munadi("usage", "--json").stdout) == USAGE


def test_a_refusal_shows_limit_and_actual(munadi: Munadi, api: FakeApi) -> None:
    problem = of_code("QUOTA_EXCEEDED")
    refusal = {"status": 429, "code": problem.code, "title": problem.title, "detail": problem.detail}
    answers(api, {**refusal, "errors": ERRORS["QUOTA_EXCEEDED"]}, 429)
    result = munadi("usage")
    assert result.exit_code == 1
    assert "the brand 'acme' may make 60 API calls a minute" in result.output
    assert "actual 61" in result.output


def test_a_bill_has_a_line_for_each_day_and_network(munadi: Munadi, api: FakeApi) -> None:
    bill = USAGE_DAYS[200]["content"]["application/json"]["example"]
    api.on("GET /v1/usage/days", bill)
    result = munadi("bill", "--brand-ref", "acme", "--since", "2026-12-01")
    assert dict(api.requests[0].url.params) == {"brandRef": "acme", "since": "2026-12-01"}
    assert cells(result.output) == [
        ["day (UTC)", "channel", "publications", "cost in USD"],
        ["2026-12-24", "x", "2", "0.215"],
        ["2 publications, 0.215 USD"],
    ]
    api.on("GET /v1/usage/days", bill | {"days": []})
    assert munadi("bill").output.strip() == "nothing was published"
