"""A check of our own for schemathesis: every error is a problem document with a code and a request id."""

from __future__ import annotations

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
