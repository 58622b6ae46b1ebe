"""Applies an edit to the stored request: the result is checked like a new post."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from munadi.domain.content import STORED_ON_WIRE
from munadi.domain.problem import Problem
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.requests import ChannelRequest, ContentEdit, ContentRequest

# What a post keeps unless the edit has it, by wire name.
_KEPT = {*map(to_camel, ContentEdit.model_fields), *STORED_ON_WIRE} - {"channels"}
_CHANNEL = re.compile(r"/channels/(\d+)")


@dataclass(frozen=True)
class Edited:
    """The whole request after the edit. `places` has the index in the edit for each channel that is in it."""

    request: ContentRequest
    places: Mapping[int, int]

    def pointed(self, problems: Sequence[Problem]) -> list[Problem]:
        """Problems of the whole request, with pointers into the edit."""
        return [each.model_copy(update={"pointer": _CHANNEL.sub(self._place, each.pointer)}) for each in problems]

    def _place(self, match: re.Match[str]) -> str:
        return f"/channels/{self.places.get(int(match[1]), int(match[1]))}"


def edited(brand_ref: str, source: Mapping[str, Any], edit: ContentEdit) -> Edited:
    """Apply `edit` to a draft's `source`. Raises ProblemsFound where it names a channel that the post does not have."""
    problems = ProblemCollector()
    whole = {name: source.get(name) for name in _KEPT}
    whole["brandRef"] = brand_ref
    whole["media"] = [{"id": asset["id"], "alt": asset.get("alt")} for asset in source.get("media", ())]
    whole |= _given(edit, {"channels"})
    channels = [dict(channel) for channel in source["channels"]]
    places: dict[int, int] = {}
    for index, each in enumerate(edit.channels or ()):
        place = _find(index, each, channels, problems)
        if place is not None:
            places[place] = index
            channels[place] |= _given(each, {"channel", "account_id"})
    problems.raise_if_any()
    return Edited(ContentRequest.model_validate(whole | {"channels": channels}), places)


def _given(sent: ContentEdit | ChannelRequest, without: set[str]) -> dict[str, Any]:
    """The fields that were sent, by wire name. Null is included, since it clears a field."""
    return sent.model_dump(include=sent.model_fields_set - without, by_alias=True)


def _find(
    index: int, sent: ChannelRequest, channels: Sequence[Mapping[str, Any]], problems: ProblemCollector
) -> int | None:
    """The index of the stored channel that an edited channel names."""
    matching = [
        place
        for place, channel in enumerate(channels)
        if channel["channel"] == sent.channel and sent.account_id in (None, channel["accountId"])
    ]
    if len(matching) == 1:
        return matching[0]
    if matching:
        message = f"the post publishes to {len(matching)} accounts of {sent.channel}; name one with accountId"
        problems.add(f"/channels/{index}", "ACCOUNT_AMBIGUOUS", message, limit=1, actual=len(matching))
    else:
        message = "the channels of an accepted post are fixed, and this is not one of them"
        problems.add(f"/channels/{index}", "CHANNELS_FIXED", message)
    return None
