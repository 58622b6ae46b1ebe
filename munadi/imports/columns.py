"""The columns of a CSV file, and the post that a record makes.

    rowKey  text  link  scheduledAt  …       fields of the post
    channels                                 names, each perhaps with an account: bluesky instagram:acc_…
    media, alt                               URLs, ids or names of files in the ZIP, and their alt texts, between |
    text.bluesky  options.youtube.title      what one network gets instead
    metadata.campaign                        a name of the metadata

An empty cell is an absent field.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from munadi.domain.channel import ChannelName
from munadi.domain.problem import Problem, ProblemsFound
from munadi.intake.requests import ContentRequest

MAX_COLUMNS = 200
_LISTS = {"channels", "media", "metadata"}
PLAIN = ["rowKey", *(str(each.alias) for name, each in ContentRequest.model_fields.items() if name not in _LISTS)]
KNOWN = [*PLAIN, "channels", "media", "alt"]
# What a column may say for one network.
OWN = ("text", "link", "firstComment", "accountId", "media", "alt")
BETWEEN = "|"
_CHANNELS = re.compile(r"[\s,;|]+")
_JSON_LIKE = re.compile(r'true|false|null|-?\d+(\.\d+)?|[\[{"].*', re.DOTALL)


@dataclass(frozen=True)
class Columns:
    """The header of a file. `names` are as the API writes them."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, header: Sequence[str]) -> Columns:
        """Raises ProblemsFound for names that are unknown, missing or repeated."""
        problems: list[Problem] = []
        names: list[str] = []
        for written in header[:MAX_COLUMNS]:
            name = _canonical(written.strip())
            if not _is_known(name):
                near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.5)
                meant = f"; is it {near[0]}?" if near else ""
                problems.append(_problem(name, "COLUMN_UNKNOWN", f"there is no column {name[:60]!r}{meant}"))
            elif name in names:
                problems.append(_problem(name, "COLUMN_REPEATED", f"the column {name} occurs twice"))
            names.append(name)
        for needed in ("rowKey", "channels"):
            if needed not in names:
                text = f"the first line names the columns, and {needed} is missing"
                problems.append(_problem(needed, "COLUMN_MISSING", text))
        if len(header) > MAX_COLUMNS:
            problems.append(_problem("", "COLUMNS_TOO_MANY", f"a file has at most {MAX_COLUMNS} columns"))
        if problems:
            raise ProblemsFound(problems)
        return cls(tuple(names))

    def __len__(self) -> int:
        return len(self.names)

    def post(self, cells: Sequence[str]) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
        """The post of a record; by pointer, the column that it comes from; and what is wrong."""
        filled = {name: cell for name, cell in zip(self.names, cells, strict=False) if cell.strip()}
        sent: dict[str, Any] = {name: _value(name, filled[name]) for name in PLAIN if name in filled}
        places = {f"/{name}": name for name in PLAIN}
        channels = [_channel(each) for each in _CHANNELS.split(filled.get("channels", "").strip()) if each]
        sent["channels"], places["/channels"] = channels, "channels"
        if "media" in filled or "alt" in filled:
            sent["media"] = _media(filled.get("media", ""), filled.get("alt", ""))
            _place_media(places, "", len(sent["media"]), "")
        problems: list[Problem] = []
        for name, cell in filled.items():
            if name.startswith("metadata."):
                key = name.removeprefix("metadata.")
                sent.setdefault("metadata", {})[key] = cell.strip()
                places[f"/metadata/{key}"] = name
            elif "." in name:
                problems += _override(channels, places, filled, name, cell)
        return sent, places, problems


def column_of(pointer: str, places: Mapping[str, str] | None) -> str | None:
    """The column that a pointer leads to."""
    while places and pointer:
        if pointer in places:
            return places[pointer]
        pointer = pointer.rpartition("/")[0]
    return None


def _canonical(name: str) -> str:
    """The name as the API writes it, whatever its case."""
    first, dot, rest = name.partition(".")
    known = {each.lower(): each for each in (*KNOWN, *OWN, "options", "metadata")}
    return known.get(first.lower(), first) + dot + rest


def _is_known(name: str) -> bool:
    first, _, rest = name.partition(".")
    if not rest:
        return name in KNOWN
    if first == "metadata":
        return True
    channel, _, option = rest.partition(".")
    return channel in set(ChannelName) and (bool(option) if first == "options" else first in OWN and not option)


def _value(name: str, cell: str) -> str:
    return cell if name == "text" else cell.strip()


def _channel(written: str) -> dict[str, Any]:
    name, _, account = written.partition(":")
    return {"channel": name, **({"accountId": account} if account else {})}


def _media(cell: str, alt: str) -> list[dict[str, Any]]:
    alts = [each.strip() for each in alt.split(BETWEEN)] if alt.strip() else []
    found = [_file(each.strip()) for each in cell.split(BETWEEN) if each.strip()]
    # An alt text too many has a file that is missing, which the check of the post reports.
    found += [{} for _ in range(len(alts) - len(found))]
    return [each | ({"alt": alts[at]} if at < len(alts) and alts[at] else {}) for at, each in enumerate(found)]


def _file(written: str) -> dict[str, Any]:
    if "://" in written:
        return {"url": written}
    return {"id": written} if re.fullmatch(r"med_[0-9a-z]{26}", written) else {"file": written}


def _place_media(places: dict[str, str], at: str, count: int, suffix: str) -> None:
    places[f"{at}/media"] = f"media{suffix}"
    places.update({f"{at}/media/{index}/alt": f"alt{suffix}" for index in range(count)})


def _override(
    channels: Sequence[dict[str, Any]], places: dict[str, str], filled: Mapping[str, str], name: str, cell: str
) -> list[Problem]:
    """Put the cell of a column for one network where it belongs."""
    what, _, rest = name.partition(".")
    channel, _, option = rest.partition(".")
    at = [index for index, each in enumerate(channels) if each["channel"] == channel]
    for index in at:
        own, place = channels[index], f"/channels/{index}"
        if what == "options":
            own.setdefault("options", {})[option] = _option(cell.strip())
            places[f"{place}/options/{option}"] = name
        elif what in ("media", "alt"):
            own["media"] = _media(filled.get(f"media.{channel}", ""), filled.get(f"alt.{channel}", ""))
            _place_media(places, place, len(own["media"]), f".{channel}")
        else:
            own[what] = _value(what, cell)
            places[f"{place}/{what}"] = name
    if at:
        return []
    return [_problem("", "CHANNEL_NOT_CHOSEN", f"the column {name} is filled, and channels does not name {channel}")]


def _option(cell: str) -> Any:
    """The value of an option: JSON where it looks like it, else the text."""
    if _JSON_LIKE.fullmatch(cell):
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    return cell


def _problem(column: str, code: str, message: str) -> Problem:
    return Problem(pointer="", code=code, message=message, rule=code.lower(), actual=column or None)
