"""Resources: the details that a model reads when it needs them, instead of loading them with every tool.

Each is JSON. What the API answers is read with the caller's own key.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp.types import ReadResourceResult, Resource, ResourceTemplate, TextResourceContents

from munadi.client import AsyncClient
from munadi.client.shapes import Json
from munadi.domain.reasons import REASONS
from munadi.mcp.outputs import SHAPES

JSON_TYPE = "application/json"
CHANNELS = "munadi://channels"
# Of a channel: how Munadi talks to the network. Nothing that a post is written by.
INTERNALS = frozenset(
    {"scopes", "publishScopes", "tokens", "logins", "tokensByLogin", "hosts", "pulledMedia", "lead", "publishDeadline",
     "visibleBytes", "margin", "absenceWindow", "findsWithoutHandle", "resend", "leftovers", "lookEvery", "looksADay",
     "factsVersion", "sources"}
)  # fmt: skip


@dataclass(frozen=True)
class OfferedResource:
    """One resource: its address, what it is, and how it is read."""

    uri: str
    title: str
    description: str
    read: Callable[[AsyncClient], Awaitable[Json]]

    @property
    def resource(self) -> Resource:
        """The resource as clients list it."""
        return Resource(
            uri=self.uri,
            name=self.uri.removeprefix("munadi://"),
            title=self.title,
            description=self.description,
            mime_type=JSON_TYPE,
        )


async def channel_rules(munadi: AsyncClient, channel: str) -> Json:
    """What a post for a network is written by. Raises ClientError, as for an unknown network."""
    found = await munadi.channels.get(channel)
    return {name: value for name, value in found.items() if name not in INTERNALS}


async def _channels(munadi: AsyncClient) -> Json:
    page = await munadi.channels.list()
    shown = ("name", "title", "textLimits")
    channels: Sequence[Mapping[str, Any]] = page["data"]
    return {"channels": [{name: each[name] for name in shown} for each in channels]}


async def _failures(munadi: AsyncClient) -> Json:
    return {
        reason.value: {
            "class": facts.class_.value,
            "retryable": facts.retryable.value,
            "meaning": facts.meaning,
            "remedy": facts.remedy,
        }
        for reason, facts in REASONS.items()
    }


async def _events(munadi: AsyncClient) -> Json:
    page = await munadi.event_types()
    return {each["type"]: each["description"] for each in page["data"]}


async def _answers(munadi: AsyncClient) -> Json:
    return SHAPES


RESOURCES: Mapping[str, OfferedResource] = {
    each.uri: each
    for each in (
        OfferedResource(CHANNELS, "Networks", "The networks, and how long a text may be on each.", _channels),
        OfferedResource(
            "munadi://failures", "Failure reasons", "Why a publication can fail, and what to do about it.", _failures
        ),
        OfferedResource("munadi://events", "Events", "The types of events, and what each means.", _events),
        OfferedResource(
            "munadi://answers", "Answers", "The JSON Schemas of a content, a draft and a refusal in answers.", _answers
        ),
    )
}
TEMPLATE = ResourceTemplate(
    uri_template=f"{CHANNELS}/{{channel}}",
    name="channel",
    title="Rules of a network",
    description="Its text limits, media, links, threads, first comments, and the JSON Schema of its options.",
    mime_type=JSON_TYPE,
)


async def read_resource(munadi: AsyncClient, uri: str) -> ReadResourceResult | None:
    """The resource at an address; None when there is none. Raises ClientError."""
    found: Any
    if (offered := RESOURCES.get(uri)) is not None:
        found = await offered.read(munadi)
    elif (channel := uri.removeprefix(f"{CHANNELS}/")) != uri:
        found = await channel_rules(munadi, channel)
    else:
        return None
    text = json.dumps(found, ensure_ascii=False)
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=JSON_TYPE, text=text)])
