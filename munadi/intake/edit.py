"""An edit laid over what was sent before: the request as it would now be sent anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from munadi.domain.problem import Problem
from munadi.intake.problems import Findings
from munadi.intake.wire import ChannelSent, ContentEdit, ContentSent

_CHANNEL = re.compile(r"/channels/(\d+)")


@dataclass(frozen=True)
class Edited:
    """The whole request after the edit, and where its channels stand in the edit (by index; absent: nowhere)."""

    request: ContentSent
    places: Mapping[int, int]

    def pointed(self, problems: Sequence[Problem]) -> list[Problem]:
        """Violations of the whole request, with pointers into the edit."""
        return [each.model_copy(update={"pointer": _CHANNEL.sub(self._place, each.pointer)}) for each in problems]

    def _place(self, match: re.Match[str]) -> str:
        return f"/channels/{self.places.get(int(match[1]), int(match[1]))}"


def edited(brand_ref: str, source: Mapping[str, Any], edit: ContentEdit) -> Edited:
    """Lay `edit` over a draft's `source`. Raises ProblemsFound where it names a channel the content has not."""
    found = Findings()
    whole: dict[str, Any] = {
        "brandRef": brand_ref,
        "text": source.get("text"),
        "link": source.get("link"),
        "media": [{"id": asset["id"], "alt": asset.get("alt")} for asset in source.get("media", ())],
    }
    whole |= _given(edit, ("text", "link", "media"))
    channels = [dict(channel) for channel in source["channels"]]
    places: dict[int, int] = {}
    for index, each in enumerate(edit.channels or ()):
        place = _find(index, each, channels, found)
        if place is not None:
            places[place] = index
            channels[place] |= _given(each, ("text", "media", "link", "first_comment", "parts", "options"))
    found.raise_if_any()
    return Edited(ContentSent.model_validate(whole | {"channels": channels}), places)


def _given(sent: ContentEdit | ChannelSent, names: Sequence[str]) -> dict[str, Any]:
    """What was sent of these, by its name on the wire; null included, since it clears."""
    return sent.model_dump(include=set(names) & sent.model_fields_set, by_alias=True)


def _find(index: int, sent: ChannelSent, channels: Sequence[Mapping[str, Any]], found: Findings) -> int | None:
    """Which of the content's channels is meant."""
    matching = [
        place
        for place, channel in enumerate(channels)
        if channel["channel"] == sent.channel and sent.account_id in (None, channel["accountId"])
    ]
    if len(matching) == 1:
        return matching[0]
    if matching:
        message = f"the content publishes to {len(matching)} accounts of {sent.channel}; say which by accountId"
        found.add(f"/channels/{index}", "ACCOUNT_AMBIGUOUS", message, limit=1, actual=len(matching))
    else:
        message = "the set of channels is fixed once a content is accepted; this is none of them"
        found.add(f"/channels/{index}", "CHANNELS_FIXED", message)
    return None
