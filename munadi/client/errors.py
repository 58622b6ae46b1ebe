"""What can go wrong between a client and the API.

ClientError
├── ProblemError   an error answer (RFC 9457) of the API, or of a proxy in its place
├── NotReachable   no answer, after all retries
└── NotEnded       `wait` timed out; publishing continues
"""

from __future__ import annotations

from typing import Any

import httpx

from munadi.client.metadata import ResponseMetadata, metadata_of
from munadi.client.retrying import ASKED_TO_WAIT, AWAY, retry_after
from munadi.client.shapes import Content, Problem, Violation


class ClientError(Exception):
    """What every error of the client is: ProblemError, NotReachable, NotEnded."""


class NotReachable(ClientError):
    """No answer came. A POST may still have arrived: repeat it with the same idempotency key."""

    def __init__(self, url: str, cause: str, *, is_no_address: bool = False) -> None:
        super().__init__(f"{url} cannot be reached: {cause}")
        self.url = url
        self.is_no_address = is_no_address


class ProblemError(ClientError):
    """An answer that is not a 2xx. `problem` is the API's own document, whole; `retry_after` its header, in seconds.

    `response` has what the answer says beside its body, such as the request's id.
    """

    def __init__(
        self,
        status: int,
        problem: Problem,
        retry_after: int | None = None,
        response: ResponseMetadata | None = None,
    ) -> None:
        super().__init__(f"{status} {problem.get('title') or ''}: {problem.get('detail') or ''}".rstrip(": "))
        self.status = status
        self.problem = problem
        self.retry_after = retry_after
        self.response = response

    @property
    def code(self) -> str | None:
        """The stable code, if there is one."""
        return self.problem.get("code")

    @property
    def is_away(self) -> bool:
        """Whether a gateway, or an API without its database, is temporarily unavailable."""
        return self.status in AWAY

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later without a change: the API is away, or a limit is used up."""
        return self.is_away or (self.status in ASKED_TO_WAIT and self.retry_after is not None)

    @property
    def violations(self) -> list[Violation]:
        """Each broken rule, where the API names them."""
        return self.problem.get("errors") or []


class NotEnded(ClientError):
    """Some publication has not ended yet. `content` is its last known state."""

    def __init__(self, content: Content, seconds: float) -> None:
        super().__init__(f"{content['id']} is {content['status']} after {seconds:g} s; publishing continues")
        self.content = content


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
    return ProblemError(response.status_code, body, retry_after(response), metadata_of(response))
