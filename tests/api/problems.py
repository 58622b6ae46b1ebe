"""What tests expect of a refusal: a whole problem document with these codes, pointers and limits."""

from __future__ import annotations

import re
from typing import Any

import httpx

from api.known_problems import problem_type

FIELDS = {"type", "title", "status", "detail", "instance", "code", "requestId", "errors"}
LIMIT_HEADERS = ("retry-after", "ratelimit", "ratelimit-policy")


def expect_problem(answer: httpx.Response, status: int = 422, code: str | None = None) -> dict[str, Any]:
    """The problem document of an answer, which must be whole and have this status and code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert set(problem) - {"permalink"} == FIELDS
    assert problem["type"] == problem_type(problem["code"])
    assert (problem["status"], problem["requestId"]) == (status, answer.headers["x-request-id"])
    assert code is None or problem["code"] == code, problem
    return problem


def expect_errors(answer: httpx.Response, *expected: tuple[str, str] | str, status: int = 422) -> list[dict[str, Any]]:
    """The errors of a problem. `expected` are their pointers, alone or with their codes, in any order."""
    errors: list[dict[str, Any]] = expect_problem(answer, status)["errors"]
    found = [(error["pointer"], error["code"]) for error in errors]
    wanted = sorted((each, dict(found).get(each, "")) if isinstance(each, str) else each for each in expected)
    assert not expected or sorted(found) == wanted, found
    return errors


def expect_quota_exceeded(answer: httpx.Response, rule: str, left: int = 0) -> dict[str, Any]:
    """The problem of a 429 about this limit, which must have all three header fields."""
    problem = expect_problem(answer, 429, "QUOTA_EXCEEDED")
    assert [error["rule"] for error in problem["errors"]] == [rule]
    assert all(name in answer.headers for name in LIMIT_HEADERS), answer.headers
    assert re.fullmatch(rf'"{rule}";r={left}(;t=\d+)?', answer.headers["ratelimit"])
    return problem
