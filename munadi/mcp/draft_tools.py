"""The tools for drafts: an agent prepares a post, a person approves it, and only submitting publishes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from mcp.types import CallToolResult
from pydantic import Field

from munadi.client.shapes import Json
from munadi.domain.brand import BrandRef
from munadi.domain.key import Scope, allows
from munadi.mcp import outputs
from munadi.mcp.answers import done, listed, of_content, publishes_unasked
from munadi.mcp.generated import Post
from munadi.mcp.inputs import OfBrandInput, Repeatable
from munadi.mcp.offered import READS, Effects, Needs, OfferedTool, ToolContext
from munadi.mcp.schema import TYPE_ID, Change, Input
from munadi.mcp.texts import remedy_of, violated

READY = (
    "It is ready, and NOT published. Show it to the person who approves it. They submit it themselves, in the "
    "dashboard or with munadi drafts submit, or tell you to call submit_post_draft. If you have the tool propose, "
    "call it: the post then waits for their approval."
)
UNFINISHED = "Complete or correct what is named: update_post_draft with this version. Nothing is published meanwhile."
SHOWN = 60

DraftId = Annotated[str, Field(pattern=f"^drf{TYPE_ID}", description="drf_…")]
Version = Annotated[int, Field(ge=1, description="The version that was read.")]


class DraftInput(Post, Repeatable):
    """An unfinished post, and the key that makes repeating safe."""

    _prefix: ClassVar[str] = "mcp-draft"
    described = Post
    brand_ref: Annotated[BrandRef, Field(description="Whose it is.")]


class DraftNamed(Input):
    """A draft by its id."""

    draft_id: DraftId


class DraftChange(DraftNamed, Post, Change):
    """Changes to a draft: absent fields stay, null removes one."""

    described = Post
    version: Version


class DraftSubmission(DraftNamed):
    """A draft, in the version that was approved."""

    version: Version


async def create(context: ToolContext, arguments: DraftInput) -> CallToolResult:
    return _of_draft(await context.munadi.drafts.create(arguments.payload, arguments.key))


async def get(context: ToolContext, arguments: DraftNamed) -> CallToolResult:
    draft = await context.munadi.drafts.get(arguments.draft_id)
    return _of_draft(draft, [json.dumps(draft["content"], ensure_ascii=False)])


async def update(context: ToolContext, arguments: DraftChange) -> CallToolResult:
    return _of_draft(await context.munadi.drafts.update(arguments.draft_id, arguments.changes, arguments.version))


async def list_(context: ToolContext, arguments: OfBrandInput) -> CallToolResult:
    page = await context.munadi.drafts.list(arguments.brand_ref, arguments.limit, arguments.cursor)
    drafts = [_with_remedies(draft) for draft in page["data"]]
    return listed([_brief(draft) for draft in drafts], {**page, "data": drafts}, "no drafts")


async def submit(context: ToolContext, arguments: DraftSubmission) -> CallToolResult:
    # A draft becomes one post at most, so its id is the key: a repeated call gets the first answer.
    key = f"mcp-{arguments.draft_id}"
    content = await context.munadi.drafts.submit(arguments.draft_id, key, version=arguments.version)
    return of_content(content, [f"Accepted, not published yet. {arguments.draft_id} has ended: it is this post now."])


async def propose(context: ToolContext, arguments: DraftSubmission) -> CallToolResult:
    if allows((await context.munadi.keys.me())["scopes"], Scope.CONTENTS_WRITE):
        return publishes_unasked()
    return await submit(context, arguments)


def _of_draft(draft: Mapping[str, Any], lines: list[str] | None = None) -> CallToolResult:
    step = READY if draft["valid"] else UNFINISHED
    said = [_headline(draft), *(lines or []), *violated(draft["problems"])]
    if draft["moreProblems"]:
        said.append(f"and {draft['moreProblems']} more problems")
    said += [f"warning {warning['code']}: {warning['message']}" for warning in draft["warnings"]]
    return done("\n".join([*said, f"Next: {step}"]), {"draft": _with_remedies(draft), "nextStep": step})


def _with_remedies(draft: Mapping[str, Any]) -> Json:
    return {**draft, "problems": [{**problem, "remedy": remedy_of(problem)} for problem in draft["problems"]]}


def _headline(draft: Mapping[str, Any]) -> str:
    state = "ready to submit" if draft["valid"] else "not ready to submit"
    return f"draft {draft['id']} of {draft['brandRef']}, version {draft['version']}: {state}"


def _brief(draft: Mapping[str, Any]) -> str:
    text: Any = draft["content"].get("text")
    shown = " ".join(str(text or "").split())
    return f"{_headline(draft)} {shown if len(shown) <= SHOWN else f'{shown[:SHOWN]}…'!r}"


CHECKED = Effects(outside=True)
DRAFT_TOOLS = (
    # A check fetches media that are given by URL.
    OfferedTool(
        "create_post_draft", "Save an unfinished post", DraftInput, outputs.DRAFT, create, CHECKED,
        needs=Needs.DRAFTS,
    ),
    OfferedTool(
        "update_post_draft", "Change a draft", DraftChange, outputs.DRAFT, update,
        Effects(destroys=True, outside=True), needs=Needs.DRAFTS,
    ),
    OfferedTool("get_post_draft", "Show a draft", DraftNamed, outputs.DRAFT, get, READS),
    OfferedTool("list_post_drafts", "List drafts", OfBrandInput, outputs.PAGE, list_, READS),
    OfferedTool(
        "submit_post_draft", "Publish a draft", DraftSubmission, outputs.STATUS, submit, CHECKED
    ),
    OfferedTool("propose", "Propose a draft", DraftSubmission, outputs.STATUS, propose, CHECKED, needs=Needs.PROPOSE),
)  # fmt: skip
