"""The tools for series: posts that come again by a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, cast

from mcp.types import CallToolResult
from pydantic import Field

from munadi.domain.brand import BrandRef
from munadi.mcp import outputs
from munadi.mcp.answers import done, listed
from munadi.mcp.inputs import OfBrandInput, Repeatable
from munadi.mcp.offered import READS, Effects, OfferedTool, ToolContext
from munadi.mcp.schema import AccountId

SHOWN = 60


class SeriesInput(Repeatable):
    """A post that comes again, and the key that makes repeating safe."""

    _prefix: ClassVar[str] = "mcp-series"
    brand_ref: BrandRef
    rrule: Annotated[str, Field(max_length=300, description="RFC 5545, such as FREQ=WEEKLY;BYDAY=MO,TH;COUNT=12.")]
    start: Annotated[str, Field(description="First possible date and the time of day, local: 2027-01-15T09:00.")]
    timezone: Annotated[str, Field(description="IANA.")]
    account_ids: Annotated[list[AccountId], Field(min_length=1, description="Where; of list_accounts.")]
    text: str | None = None
    variants: Annotated[list[str], Field(description="Texts in turn, in place of text.")] | None = None
    media_ids: Annotated[list[str], Field(description="Of upload_media.")] | None = None


async def create(context: ToolContext, arguments: SeriesInput) -> CallToolResult:
    channels = []
    for account_id in arguments.account_ids:
        account = await context.munadi.accounts.get(account_id)
        channels.append({"channel": account["channel"], "accountId": account_id})
    content: dict[str, Any] = {"channels": channels}
    if arguments.text is not None:
        content["text"] = arguments.text
    if arguments.media_ids:
        content["media"] = [{"id": each} for each in arguments.media_ids]
    sent: dict[str, Any] = {name: getattr(arguments, name) for name in ("rrule", "start", "timezone")}
    sent |= {"brandRef": arguments.brand_ref, "content": content}
    if arguments.variants:
        sent["variants"] = arguments.variants
    series = await context.munadi.series.create(cast(Any, sent), arguments.key)
    dates = ", ".join(str(each["at"]) for each in series["upcoming"])
    words = "Created. Each date becomes an ordinary post, fourteen days before it at most."
    return done(f"{_brief(series)}\n{words} The next dates: {dates}", {"series": series})


async def list_(context: ToolContext, arguments: OfBrandInput) -> CallToolResult:
    page = await context.munadi.series.list(arguments.brand_ref, arguments.limit, arguments.cursor)
    return listed([_brief(each) for each in page["data"]], dict(page), "no series")


def _brief(series: Mapping[str, Any]) -> str:
    text = " ".join(str(series["content"].get("text") or "").split())
    rule = f"{series['rrule']} from {series['start']} {series['timezone']}"
    problems = "".join(f" CANNOT BE MADE: {each['message']}" for each in series["problems"])
    return f"series {series['id']} of {series['brandRef']}: {series['status']}, {rule} {text[:SHOWN]!r}{problems}"


SERIES_TOOLS = (
    OfferedTool("create_series", "Repeat a post by a rule", SeriesInput, outputs.SERIES, create, Effects(outside=True)),
    OfferedTool("list_series", "List series", OfBrandInput, outputs.PAGE, list_, READS),
)
