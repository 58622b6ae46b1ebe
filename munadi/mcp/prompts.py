"""Prompts: requests that a person chooses in their AI client, with what the model needs to answer them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mcp.types import GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

from munadi.client import AsyncClient
from munadi.domain.publication import PublicationStatus
from munadi.mcp.resources import channel_rules
from munadi.mcp.texts import failed

# What needs a person. A waiting one is named only when it waits for something.
TROUBLED = (PublicationStatus.FAILED, PublicationStatus.UNCONFIRMED, PublicationStatus.QUEUED)
MOST = 100
Arguments = Mapping[str, str]
BRAND = PromptArgument(name="brandRef", description="Only of this brand; absent: of all that the key may see.")


@dataclass(frozen=True)
class OfferedPrompt:
    """One prompt. `write` makes its text, with the caller's key."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]
    write: Callable[[AsyncClient, Arguments], Awaitable[str]]

    @property
    def prompt(self) -> Prompt:
        """The prompt as clients list it."""
        return Prompt(name=self.name, title=self.title, description=self.description, arguments=list(self.arguments))

    def problem_of(self, given: Arguments) -> str | None:
        """What is wrong with the arguments."""
        known = {each.name for each in self.arguments}
        if unknown := sorted(set(given) - known):
            return f"{self.name} has no argument {unknown[0][:64]}; it takes {', '.join(sorted(known))}"
        missing = [each.name for each in self.arguments if each.required and not given.get(each.name)]
        return f"{self.name} needs the argument {missing[0]}" if missing else None

    async def written(self, munadi: AsyncClient, given: Arguments) -> GetPromptResult:
        """The prompt with its arguments. Raises ClientError."""
        content = TextContent(type="text", text=await self.write(munadi, given))
        return GetPromptResult(description=self.description, messages=[PromptMessage(role="user", content=content)])


async def _failed_today(munadi: AsyncClient, given: Arguments) -> str:
    brand = given.get("brandRef")
    zone = await _zone(munadi, brand)
    midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    page = await munadi.contents.publications(
        brandRef=brand,
        status=[each.value for each in TROUBLED],
        since=midnight.astimezone(UTC).isoformat(),
        until=datetime.now(UTC).isoformat(),
        limit=MOST,
    )
    lines = [line for each in page["data"] for line in _trouble(each)]
    found = "\n".join(lines) or "Nothing: no publication that was due failed, is unconfirmed, or waits."
    more = "\nThere are more: list_contents with status=failed shows all." if page["nextCursor"] else ""
    return (
        f"What went wrong with the posts that were due today (since {midnight:%Y-%m-%d %H:%M} {zone})? This is what "
        f"Munadi has:\n\n{found}{more}\n\nGroup it by cause, say for each what is to be done and by whom, and which "
        "ones retry can repeat after that. An unconfirmed post may be live: never publish it again. Change nothing "
        "before I agree."
    )


async def _write_for_channel(munadi: AsyncClient, given: Arguments) -> str:
    rules = await channel_rules(munadi, given["channel"])
    about = f" about: {given['about']}" if given.get("about") else ""
    return (
        f"Write a post for {rules['title']}{about}. Keep to the network's rules, check it with validate, correct what "
        f"that names, and show it to me; publish nothing. The rules:\n\n{json.dumps(rules, ensure_ascii=False)}"
    )


async def _zone(munadi: AsyncClient, brand: str | None) -> str:
    """The time zone of the brand, or of the only one; UTC for several."""
    if brand is not None:
        return (await munadi.brands.get(brand))["timezone"] or "UTC"
    brands = (await munadi.brands.list(2))["data"]
    return (brands[0]["timezone"] or "UTC") if len(brands) == 1 else "UTC"


def _trouble(publication: Mapping[str, Any]) -> Iterator[str]:
    """A publication that needs somebody: where, since when, why, and what to do."""
    if publication["status"] == PublicationStatus.QUEUED and not publication["hold"]:
        return
    yield (
        f"- {publication['channel']} {publication['status']}, content {publication['contentId']} of "
        f"{publication['brandRef']}, due {publication['scheduledAt']}"
    )
    if hold := publication["hold"]:
        yield f"  waiting since {hold['since']}: {hold['reason']}, until {hold['until'] or 'a person acts'}"
    if failure := publication["failure"]:
        yield from (f"  {line}" for line in failed(failure))


PROMPTS: Mapping[str, OfferedPrompt] = {
    each.name: each
    for each in (
        OfferedPrompt(
            "failed_today",
            "What failed today?",
            "What was due today and failed, is unconfirmed or waits, with causes and remedies.",
            (BRAND,),
            _failed_today,
        ),
        OfferedPrompt(
            "write_for_channel",
            "Write for a network",
            "A post by the rules of one network.",
            (
                PromptArgument(name="channel", description="The network, as list_accounts names it.", required=True),
                PromptArgument(name="about", description="What the post is about."),
            ),
            _write_for_channel,
        ),
    )
}
