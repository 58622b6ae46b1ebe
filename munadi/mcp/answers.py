"""Builds the results of tools: a text for the model, and data. A refusal is a tool error with a next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.types import CallToolResult, TextContent
from pydantic import ValidationError

from munadi.client import ClientError, NotReachable, ProblemError
from munadi.client.shapes import Content, Json, Violation
from munadi.domain.shape import problems_of_shape
from munadi.mcp.texts import describe, has_ended, next_step, remedy_of, violated

AGAIN = "Call the tool again with the same arguments: whatever arrived already is not done twice."
SIGN_IN = (
    "The API key is missing, unknown, expired or revoked. Ask the person who set this server up: over stdio the key is "
    "in MUNADI_API_KEY (or `munadi login`), over HTTP it is the bearer token of each request."
)
MORE_SCOPE = "This key may not do that. Ask an administrator for one with the scope: munadi keys create --scope …"
FIX = "Correct what is named and call the tool again; nothing was stored. validate finds out without storing anything."
LOOK = "Call status for its present state."
NEXT_BY_CODE = {
    "TOO_LATE": "Publishing has begun, so this cannot be changed any more. Call status or wait.",
    "IDEMPOTENCY_KEY_REUSED": "Another content was sent under this idempotencyKey. Leave it out, or take another one.",
    "DRAFT_SUBMITTED": "The draft became the post named above. Call status with its id.",
    "TOO_MANY_DRAFTS": "Ask the person which drafts can go; list_post_drafts shows them.",
    "NOT_CONFIRMED": "Show the person this post and ask whether it may go; then give its beginning as confirm.",
    "NOT_A_PROPOSER": "Show the draft to the person, and call submit_post_draft when they agree.",
    "NO_APPROVAL_ASKED": "Nothing has to be approved: it is published at its time.",
    "NOT_LIVE": "Nothing of it is live. Call cancel for what is not published yet.",
    "NO_POST_YET": "There is a receipt once it is published. Call wait or status.",
    "EDIT_NOT_SUPPORTED": "Only a person can edit it, in the network's own app. Give them the address.",
    "WITHDRAWAL_NOT_SUPPORTED": "Only a person can remove it, in the network's own app. Give them the address.",
    "INVALID_ARGUMENTS": "Correct the arguments named and call the tool again; nothing was sent.",
}
NEXT_BY_STATUS = {
    401: SIGN_IN,
    403: MORE_SCOPE,
    404: "There is no such thing for this key. list_contents, list_post_drafts and list_accounts show what there is.",
    409: LOOK,
    412: "Someone changed it meanwhile. Read it again (status, get_post_draft), then repeat the call with its version.",
    422: FIX,
}


def done(text: str, data: Mapping[str, Any]) -> CallToolResult:
    """A success: what the model reads, and the same as data."""
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content={**data})


def of_content(content: Content, lines: Sequence[str] = (), **more: Any) -> CallToolResult:
    """A content with what to do next; `lines` comes first."""
    data = {**more, "content": content, "ended": has_ended(content), "nextStep": next_step(content)}
    return done("\n".join([*lines, describe(content)]), data)


def listed(lines: list[str], data: Mapping[str, Any], empty: str) -> CallToolResult:
    """A page of a list, with how to continue."""
    if data["nextCursor"]:
        lines = [*lines, f"There are more: call again with cursor={data['nextCursor']}"]
    return done("\n".join(lines) or empty, data)


def refused(error: ClientError, **more: Any) -> CallToolResult:
    """Why the API refused or failed, and what to do. `more` is appended, such as an idempotency key."""
    if isinstance(error, ProblemError):
        return _problem(dict(error.problem), error.violations, error.retry_after, more)
    reachable = not isinstance(error, NotReachable)
    problem: Json = {
        "type": "about:blank",
        "title": str(error) if reachable else "Munadi is not reachable",
        "status": None,
        "detail": None if reachable else f"{error}. Is it running? MUNADI_URL says where it is.",
        "code": "CLIENT_ERROR" if reachable else "NOT_REACHABLE",
        "errors": [],
    }
    return _problem(problem, [], None, more)


def invalid_arguments(error: ValidationError) -> CallToolResult:
    """Arguments that break the tool's own schema; nothing was sent to the API."""
    found = problems_of_shape(error.errors(include_url=False, include_input=False))
    violations: list[Any] = [each.model_dump(mode="json") for each in found]
    problem = {
        "type": "about:blank",
        "title": "The arguments do not match the tool's schema",
        "status": None,
        "detail": None,
        "code": "INVALID_ARGUMENTS",
        "errors": violations,
    }
    return _problem(problem, violations, None, {})


def invalid_base64(why: str) -> CallToolResult:
    """A file that is not Base64; nothing was sent to the API."""
    error = {"pointer": "/base64", "code": "INVALID_ARGUMENTS", "message": f"is not Base64: {why}"}
    problem = {"title": "The file cannot be read", "status": None, "code": "INVALID_ARGUMENTS", "errors": [error]}
    violations: list[Any] = [error]
    return _problem(problem, violations, None, {})


def beginning(content: Content) -> str:
    """What names a post to a person who is asked whether it may go."""
    return (content["text"] or content["id"])[:40].strip()


def not_confirmed(content: Content) -> CallToolResult:
    """A withdrawal that names another post than its id does; nothing was sent to the API."""
    detail = f"this post begins with: {beginning(content)}"
    problem = {"title": "The post is not named", "status": None, "code": "NOT_CONFIRMED", "detail": detail}
    return _problem(problem, [], None, {})


def publishes_unasked() -> CallToolResult:
    """A proposal by a key that may publish: its post would not wait. Nothing was sent to the API."""
    detail = "this key may publish, so what it submits is published without an approval"
    problem = {"title": "The key does not propose", "status": None, "code": "NOT_A_PROPOSER", "detail": detail}
    return _problem(problem, [], None, {})


def not_of_content(content: Content, publication_id: str) -> CallToolResult:
    """A publication that is none of the post; nothing was sent to the API."""
    theirs = ", ".join(f"{each['id']} ({each['channel']})" for each in content["publications"])
    error = {"pointer": "/publicationId", "code": "INVALID_ARGUMENTS", "message": f"this post has {theirs}"}
    title = f"{publication_id} is none of the post's publications"
    violations: list[Any] = [error]
    problem = {"title": title, "status": None, "code": "INVALID_ARGUMENTS", "errors": violations}
    return _problem(problem, violations, None, {})


def _problem(
    problem: Json, violations: Sequence[Violation], retry_after: int | None, more: Mapping[str, Any]
) -> CallToolResult:
    status, code = problem.get("status"), problem.get("code")
    step = _step(status, str(code), retry_after)
    about = " ".join(str(part) for part in (status, code) if part is not None)
    lines = [f"{problem.get('title') or 'Refused'} ({about})", *([problem["detail"]] if problem.get("detail") else [])]
    if address := problem.get("permalink"):
        lines.append(f"its address: {address}")
    lines += [*violated(violations), *(f"{name}: {value}" for name, value in more.items()), f"Next: {step}"]
    problem["errors"] = [{**violation, "remedy": remedy_of(violation)} for violation in violations]
    data = {**more, "problem": problem, "retryAfterSeconds": retry_after, "nextStep": step}
    return CallToolResult(
        content=[TextContent(type="text", text="\n".join(lines))], structured_content=data, is_error=True
    )


def _step(status: int | None, code: str, retry_after: int | None) -> str:
    if (known := NEXT_BY_CODE.get(code)) is not None:
        return known
    if status == 429:
        return (
            f"A limit is reached. Wait {retry_after or 60} seconds, then call the tool again with the same arguments."
        )
    if status is None or status >= 500:
        wait = f"Wait {retry_after} seconds. " if retry_after else ""
        return wait + AGAIN
    return NEXT_BY_STATUS.get(status, FIX)
