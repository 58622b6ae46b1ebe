"""What can go wrong between a client and the API.

ClientError
├── ProblemError   the API answered no (RFC 9457), or something else answered in its place
└── NotReachable   nobody answered, whatever was tried
"""

from __future__ import annotations

from typing import Any

import httpx

from munadi.client.shapes import Problem, Violation


class ClientError(Exception):
    """The common root."""


class NotReachable(ClientError):
    """No answer came. A POST may still have arrived: repeat it with the same idempotency key."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"{url} cannot be reached: {cause}")
        self.url = url


class ProblemError(ClientError):
    """An answer that is not a 2xx. `problem` is the API's own document, whole."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"{status} {problem.get('title') or ''}: {problem.get('detail') or ''}".rstrip(": "))
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str | None:
        """The stable code, if there is one."""
        return self.problem.get("code")

    @property
    def violations(self) -> list[Violation]:
        """Each broken rule, where the API names them."""
        return self.problem.get("errors") or []


def problem_of(response: httpx.Response) -> ProblemError:
    """The error of a refused response; one is made up where a proxy answered instead of Munadi."""
    body: Any = None
    if "json" in response.headers.get("content-type", ""):
        try:
            body = response.json()
        except ValueError:
            body = None
    if not isinstance(body, dict) or "title" not in body:
        body = {
            "type": "about:blank",
            "title": response.reason_phrase or "Unexpected answer",
            "status": response.status_code,
            "detail": f"this is not an answer of Munadi's API: {response.text[:200].strip()!r}",
            "code": None,
            "errors": [],
        }
    return ProblemError(response.status_code, body)
