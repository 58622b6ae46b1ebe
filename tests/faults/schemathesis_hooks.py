"""Our own part of schemathesis: every error is a problem document, no two calls share an idempotency key, what the
other calls need is spared, and most calls that follow links have a body that is accepted."""

from __future__ import annotations

import atexit
import copy
import json
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

NAMES = {"type", "title", "status", "detail", "instance", "code", "requestId", "errors"}
# What exists, and bodies that are accepted: written by fuzz_seeds.py.
KNOWN = json.loads(Path(os.environ["FUZZ_KNOWN"]).read_text())
AN_ID = re.compile(r"[a-z]{3,4}_[0-9a-z]{26}")
# These name the brand in their body or query.
IN_BRANDS = {"/v1/contents", "/v1/contents/validate", "/v1/calendar", "/v1/insights", "/v1/usage", "/v1/usage/days"}
# The statuses that each operation has answered, written for the test when the run ends.
ANSWERS: dict[str, set[int]] = defaultdict(set)


@atexit.register
def write_answers() -> None:
    """See `ANSWERS`."""
    found = {operation: sorted(statuses) for operation, statuses in ANSWERS.items()}
    Path(os.environ["FUZZ_ANSWERS"]).write_text(json.dumps(found))


@schemathesis.hook
def before_load_schema(_context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Link the list of brands to what is done in a brand: schemathesis infers links by ids, and a brand's name is none.

    Without a link to it, it never creates a post to follow. A random body of a post is also too large for a walk of
    many steps, so there it is always the known one.
    """
    paths = raw_schema["paths"]
    for path in ("/v1/contents", "/v1/contents/validate") if KNOWN["walk"] else ():
        sent = paths[path]["post"]["requestBody"]["content"]["application/json"]
        sent["schema"] = {"const": KNOWN["bodies"][f"POST {path}"]}
        sent.pop("examples", None)
    in_brands = {path: methods for path, methods in paths.items() if "{ref}" in path or path in IN_BRANDS}
    links = paths["/v1/brands"]["get"]["responses"]["200"].setdefault("links", {})
    for path, methods in in_brands.items():
        named = {"parameters": {"path.ref": "$response.body#/data/0/ref"}} if "{ref}" in path else {}
        links |= {name: {"operationId": name, **named} for name in (each["operationId"] for each in methods.values())}
    made = paths["/v1/brands/{ref}/accounts/connect"]["post"]["responses"]["201"].setdefault("links", {})
    for name in ("connections.get", "connections.select"):
        made[name] = {"operationId": name, "parameters": {"path.connection_id": "$response.body#/id"}}


@schemathesis.check
def every_error_is_a_problem(
    _ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """See the module."""
    if response.status_code < 400 or (case.path.startswith("/v1/oauth/") and response.status_code < 500):
        return  # the callback is a page for browsers
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
    help_along(case)
    spare(case)


@schemathesis.hook
def after_call(_context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response) -> None:
    """Note the status."""
    ANSWERS[operation_of(case)].add(response.status_code)


def operation_of(case: schemathesis.Case) -> str:
    """The operation, as tests/api/operations.py names it."""
    return f"{case.method.upper()} {case.path}"


def spare(case: schemathesis.Case) -> None:
    """Send a deletion of what is kept to another id, and leave the limits of brands as they are.

    A run that revokes its own key gets 401 from then on, and one that limits its brand to no calls gets 429.
    """
    for name, value in (case.path_parameters or {}).items() if case.method.upper() == "DELETE" else ():
        if value in KNOWN["kept"]:
            case.path_parameters[name] = f"{value[:-1]}{'0' if value[-1] != '0' else '1'}"
    if case.path.startswith("/v1/brands") and isinstance(case.body, dict):
        case.body.pop("limits", None)


def help_along(case: schemathesis.Case) -> None:
    """Let three of four calls that follow links be accepted: a known body, any version, and in the query only ids.

    The fourth stays as it was generated, and so do all that are meant to be refused. Which one depends on the case, so
    that a repetition sends the same.
    """
    meta = case.meta
    if meta is None or meta.phase.name is not TestPhase.STATEFUL or meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if crc32(repr((case.body, case.query, case.headers)).encode()) % 4 == 0:
        return
    case.query = {name: value for name, value in (case.query or {}).items() if is_needed(case, name, value)}
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = "*"
    body = KNOWN["bodies"].get(operation_of(case))
    if body is not None:
        case.body, case.media_type = copy.deepcopy(body), "application/json"


def is_needed(case: schemathesis.Case, name: str, value: Any) -> bool:
    """Whether a query parameter has an id, or is required."""
    required = {each.name for each in case.operation.query if each.is_required}
    return name in required or (isinstance(value, str) and AN_ID.fullmatch(value) is not None)
