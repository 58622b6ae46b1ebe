"""The form in which a problem is known."""

from __future__ import annotations

from dataclasses import dataclass

IDEMPOTENCY, MATCH, NONE_MATCH, BODY = "Idempotency-Key", "If-Match", "If-None-Match", "body"
AGAIN = "Repeat the request with the same Idempotency-Key after `Retry-After`."


@dataclass(frozen=True)
class KnownProblem:
    """One problem. `detail` is an example, `remedy` what to do, `also` further statuses of the same code.

    `tags`: the tags of the operations that answer it, empty for all of them; `needs`: only those with this header or a
    body. An `is_hidden` one is not an example of any operation.
    """

    code: str
    status: int
    title: str
    detail: str
    remedy: str
    tags: frozenset[str] = frozenset()
    needs: str | None = None
    is_hidden: bool = False
    also: tuple[int, ...] = ()


def late(code: str, detail: str, remedy: str, *tags: str) -> KnownProblem:
    """What the state of a thing no longer allows."""
    return KnownProblem(code, 409, "No longer possible", detail, remedy, frozenset(tags))
