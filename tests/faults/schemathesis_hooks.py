"""Our own part of schemathesis: every error is a problem document, and no two calls share an idempotency key."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis

NAMES = {"type", "title", "status", "detail", "instance", "code", "requestId", "errors"}


@schemathesis.check
def every_error_is_a_problem(
    _ctx: schemathesis.CheckContext, response: schemathesis.Response, _case: schemathesis.Case
) -> None:
    """See the module."""
    if response.status_code < 400:
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind.startswith("application/problem+json"), f"{response.status_code} is answered as {kind or 'nothing'}"
    missing = NAMES - set(response.json())
    assert not missing, f"the problem lacks {sorted(missing)}"
    assert response.json()["status"] == response.status_code


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case, _kwargs: dict[str, Any]) -> None:
    """Make a valid key unique. A repeated one replays the first answer, whose resource may be deleted meanwhile."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and key.isascii() and key.isprintable() and 0 < len(key) <= 200:
        case.headers["Idempotency-Key"] = f"{key}-{uuid4().hex}"
