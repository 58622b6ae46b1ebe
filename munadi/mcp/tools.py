"""The tools, one row each."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from mcp.types import CallToolResult

from munadi.client import ClientError, NotEnded, NotReachable, ProblemError
from munadi.client.shapes import Event, Json
from munadi.mcp import inputs, outputs
from munadi.mcp.answers import (
    beginning,
    done,
    invalid_base64,
    listed,
    not_confirmed,
    not_of_content,
    of_content,
    refused,
)
from munadi.mcp.draft_tools import DRAFT_TOOLS
from munadi.mcp.offered import READS, Effects, Needs, OfferedTool, ToolContext
from munadi.mcp.resources import channel_rules
from munadi.mcp.series_tools import SERIES_TOOLS
from munadi.mcp.texts import brief, failed, happened, not_worth_waiting, remedy_of, violated

# Of a brand: what concerns who runs Munadi.
OPERATOR = frozenset({"limits", "createdAt"})
# Of a stored file: what decides where it can be posted.
FACTS = ("kind", "type", "bytes", "width", "height", "duration", "pages")


async def validate(context: ToolContext, arguments: inputs.ValidateInput) -> CallToolResult:
    found = await context.munadi.contents.validate(cast(Any, arguments.given()))
    lines = ["Valid: publish would accept it." if found["valid"] else "Not valid: publish would refuse it."]
    lines += violated(found["problems"])
    lines += [f"warning {warning['code']}: {warning['message']}" for warning in found["warnings"]]
    problems = [{**problem, "remedy": remedy_of(problem)} for problem in found["problems"]]
    return done("\n".join(lines), {**found, "problems": problems})


async def publish(context: ToolContext, arguments: inputs.PublishInput) -> CallToolResult:
    key = arguments.key
    try:
        made = await context.munadi.contents.submit(cast(Any, arguments.payload), key)
        # The first answer is as old as the first call.
        content = await context.munadi.contents.get(made.content["id"]) if made.replayed else made.content
    except ClientError as error:
        return refused(error, idempotencyKey=key)
    lines = [f"Accepted, not published yet. idempotencyKey: {key}"]
    if made.replayed:
        lines = [
            f"REPEATED: this content was accepted before under idempotencyKey {key}; NO new content was created. What "
            "follows is its current state. To publish the same content again on purpose, call publish with an "
            "idempotencyKey of your own."
        ]
    return of_content(content, lines, idempotencyKey=key, replayed=made.replayed)


async def status(context: ToolContext, arguments: inputs.ContentNamed) -> CallToolResult:
    return of_content(await context.munadi.contents.get(arguments.content_id))


async def wait(context: ToolContext, arguments: inputs.WaitInput) -> CallToolResult:
    began, limit = time.monotonic(), float(arguments.timeout_seconds)
    while True:
        left = limit - (time.monotonic() - began)
        try:
            content = await context.munadi.contents.wait(arguments.content_id, min(context.beat, left))
            return of_content(content, timedOut=False)
        except NotEnded as error:
            if (instead := not_worth_waiting(error.content, left)) is not None:
                return of_content(error.content, [instead], timedOut=True)
            if left <= context.beat:
                lines = [f"Not ended after {limit:g} seconds; it continues. Call wait again to keep waiting."]
                return of_content(error.content, lines, timedOut=True)
            news = brief(error.content)
        except (NotReachable, ProblemError) as error:
            if left <= context.beat or (isinstance(error, ProblemError) and not error.is_away):
                raise
            news = "Munadi does not answer; waiting for it. Publishing continues meanwhile."
        await context.progress(limit - left + context.beat, limit, news)


async def edit(context: ToolContext, arguments: inputs.EditInput) -> CallToolResult:
    return of_content(
        await context.munadi.contents.update(arguments.content_id, cast(Any, arguments.changes), arguments.version)
    )


async def upload_media(context: ToolContext, arguments: inputs.UploadInput) -> CallToolResult:
    try:
        content = base64.b64decode(arguments.base64, validate=True)
    except ValueError as error:
        return invalid_base64(str(error))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        await asyncio.to_thread(file.write_bytes, content)
        media: Mapping[str, Any] = await context.munadi.media.upload(arguments.brand_ref, file)
    found = ", ".join(f"{name} {media[name]}" for name in FACTS if media.get(name))
    return done(f'{media["id"]} is stored ({found}). Use it as media: [{{"id": "{media["id"]}"}}]', media)


async def list_brands(context: ToolContext, arguments: inputs.PageInput) -> CallToolResult:
    page = await context.munadi.brands.list(arguments.limit, arguments.cursor)
    brands = [{name: value for name, value in brand.items() if name not in OPERATOR} for brand in page["data"]]
    lines = [f"{each['ref']} ({each['name'] or 'no name'}): {each['timezone'] or 'UTC'}" for each in brands]
    return listed(lines, {**page, "data": brands}, "no brands")


async def cancel(context: ToolContext, arguments: inputs.ContentNamed) -> CallToolResult:
    return of_content(await context.munadi.contents.cancel(arguments.content_id))


async def withdraw(context: ToolContext, arguments: inputs.WithdrawInput) -> CallToolResult:
    content = await context.munadi.contents.get(arguments.content_id)
    if arguments.confirm.strip() != beginning(content):
        return not_confirmed(content)
    if (wanted := arguments.publication_id) is None:
        return of_content(await context.munadi.contents.withdraw(arguments.content_id))
    if wanted not in {each["id"] for each in content["publications"]}:
        return not_of_content(content, wanted)
    await context.munadi.publications.withdraw(wanted)
    return of_content(await context.munadi.contents.get(arguments.content_id))


async def edit_live(context: ToolContext, arguments: inputs.LiveEditInput) -> CallToolResult:
    edited: Mapping[str, Any] = await context.munadi.publications.edit(
        arguments.publication_id,
        arguments.text,
        arguments.title,
        arguments.description,
        arguments.options,
        alt_texts=arguments.alt_texts,
        link=arguments.link,
    )
    return of_content(await context.munadi.contents.get(edited["contentId"]))


async def receipt(context: ToolContext, arguments: inputs.PublicationNamed) -> CallToolResult:
    found = await context.munadi.publications.receipt(arguments.publication_id)
    words = "The signed receipt. munadi receipts verify, or any JOSE library with the keys, verifies it:"
    return done(f"{words}\n{found['receipt']}", found)


async def reschedule(context: ToolContext, arguments: inputs.RescheduleInput) -> CallToolResult:
    moved = await context.munadi.contents.reschedule(
        arguments.content_id,
        arguments.scheduled_at,
        timezone=arguments.timezone,
        fold=arguments.fold,
        publish_by=arguments.publish_by,
    )
    return of_content(moved)


async def retry(context: ToolContext, arguments: inputs.RetryInput) -> CallToolResult:
    content = await context.munadi.contents.retry(arguments.content_id, arguments.publication_ids)
    return of_content(content, ["Queued again, not published yet."])


async def list_accounts(context: ToolContext, arguments: inputs.OfBrandInput) -> CallToolResult:
    page = await context.munadi.accounts.list(arguments.brand_ref, arguments.limit, arguments.cursor)
    return listed([_account(account) for account in page["data"]], dict(page), "no accounts")


async def describe_channel(context: ToolContext, arguments: inputs.ChannelNamed) -> CallToolResult:
    channel = await channel_rules(context.munadi, arguments.channel)
    return done(json.dumps(channel, ensure_ascii=False), channel)


async def list_contents(context: ToolContext, arguments: inputs.ContentsInput) -> CallToolResult:
    page = await context.munadi.contents.list(**arguments.given())
    lines = [brief(content) for content in page["data"]]
    return listed(lines, {**page, "data": [_short(content) for content in page["data"]]}, "no contents")


async def events(context: ToolContext, arguments: inputs.EventsInput) -> CallToolResult:
    if arguments.content_id is not None:
        found: list[Any] = [*await context.munadi.contents.events(arguments.content_id, arguments.after)]
        wanted = [each for each in found if arguments.types is None or each["type"] in arguments.types][
            : arguments.limit
        ]
        more = len(found) > arguments.limit
    else:
        page = await context.munadi.events.list(
            arguments.after, brand_ref=arguments.brand_ref, types=arguments.types, limit=arguments.limit
        )
        wanted, more = page["data"], page["nextCursor"] is not None
    after = wanted[-1]["position"] if wanted else arguments.after
    lines = [line for event in wanted for line in _event_lines(event)] or ["no events"]
    lines.append(f"{'There are more: c' if more else 'C'}all events with after={after} for what comes next.")
    return done("\n".join(lines), {"data": [_flat(event) for event in wanted], "nextAfter": after, "more": more})


def _account(account: Mapping[str, Any]) -> str:
    line = f"{account['id']} {account['channel']} {account['handle']} brand {account['brandRef']}: {account['status']}"
    failure = account["lastFailure"] if account["status"] != "connected" else None
    return f"{line} ({failure['reason']}: {failure['message']} What to do: {failure['remedy']})" if failure else line


def _short(content: Mapping[str, Any]) -> Json:
    """A content as a list shows it; status shows it whole."""
    names = ("id", "brandRef", "status", "scheduledAt", "timezone", "text", "clientRef", "createdAt")
    fields = ("id", "channel", "accountId", "status", "providerUrl")
    publications = [
        {**{name: each[name] for name in fields}, "reason": each["failure"] and each["failure"]["reason"]}
        for each in content["publications"]
    ]
    return {**{name: content[name] for name in names}, "publications": publications}


def _flat(event: Json) -> Json:
    """An event without its snapshot, except the failure."""
    publication = (event["data"] or {}).get("publication") or {}
    return {**{name: value for name, value in event.items() if name != "data"}, "failure": publication.get("failure")}


def _event_lines(event: Event) -> list[str]:
    failure = _flat(dict(event))["failure"]
    return [happened(event), *(f"  {line}" for line in (failed(failure) if failure else ()))]


TOOLS: Mapping[str, OfferedTool] = {
    offered.name: offered
    for offered in (
        # Validation fetches media that are given by URL.
        OfferedTool("validate", "Check a post", inputs.ValidateInput, outputs.VALIDATED, validate,
                    Effects(reads=True, outside=True)),
        OfferedTool("publish", "Publish or schedule a post", inputs.PublishInput, outputs.PUBLISHED, publish,
                    Effects(outside=True)),
        OfferedTool("status", "Show a post", inputs.ContentNamed, outputs.STATUS, status, READS),
        OfferedTool("wait", "Wait for a post to end", inputs.WaitInput, outputs.WAITED, wait, READS),
        OfferedTool("edit", "Change a post", inputs.EditInput, outputs.STATUS, edit,
                    Effects(destroys=True, outside=True), needs=Needs.CHANGES),
        OfferedTool("cancel", "Cancel a post", inputs.ContentNamed, outputs.STATUS, cancel,
                    Effects(destroys=True), needs=Needs.CHANGES),
        OfferedTool("withdraw", "Take a live post back", inputs.WithdrawInput, outputs.STATUS, withdraw,
                    Effects(destroys=True, outside=True)),
        OfferedTool("edit_live", "Edit a live post", inputs.LiveEditInput, outputs.STATUS, edit_live,
                    Effects(destroys=True, outside=True)),
        OfferedTool("receipt", "Get a signed receipt", inputs.PublicationNamed, outputs.RECEIPT, receipt, READS),
        OfferedTool("reschedule", "Move a post", inputs.RescheduleInput, outputs.STATUS, reschedule,
                    Effects(destroys=True), needs=Needs.CHANGES),
        OfferedTool("retry", "Retry what failed", inputs.RetryInput, outputs.STATUS, retry,
                    Effects(is_repeatable=False, outside=True)),
        *DRAFT_TOOLS,
        *SERIES_TOOLS,
        OfferedTool("upload_media", "Store a file", inputs.UploadInput, outputs.MEDIA, upload_media,
                    Effects(is_repeatable=False), needs=Needs.DRAFTS),
        OfferedTool("list_brands", "List brands", inputs.PageInput, outputs.PAGE, list_brands, READS),
        OfferedTool("list_accounts", "List accounts", inputs.OfBrandInput, outputs.PAGE, list_accounts, READS),
        OfferedTool("describe_channel", "Describe a network", inputs.ChannelNamed, outputs.CHANNEL,
                    describe_channel, READS),
        OfferedTool("list_contents", "List posts", inputs.ContentsInput, outputs.PAGE, list_contents, READS),
        OfferedTool("events", "Read what happened", inputs.EventsInput, outputs.EVENTS, events, READS),
    )
}  # fmt: skip
PREPARING: Mapping[str, OfferedTool] = {name: each for name, each in TOOLS.items() if each.is_safe_for_drafts}
