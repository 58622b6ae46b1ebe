"""What the page of a post shows of edits: the forms with what is live, and what each version has changed."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel

from api.dashboard.fields import Field, fields_of, words
from api.languages.catalogue import N_, gettext
from api.languages.templates import or_english
from munadi.domain.content import Draft
from munadi.ports import AnyChannel
from munadi.publishing.post_edits import EditWay

SAME, REMOVED, ADDED = "same", "removed", "added"
_WORDS = re.compile(r"\s+|[^\s]+")
# Longer texts are shown whole: a comparison takes the square of their length.
MAX_WORDS = 2000
# Where less of the words stays, the whole old text is shown before the whole new one.
LEAST_IN_COMMON = 0.3
_OPTION = "options."
_TITLE = N_("Title")
_LINK = N_("Link")
_ALT = N_("Alt text of file %(number)s")


@dataclass(frozen=True)
class EditForm:
    """The form for a live publication, which begins as `wanted`.

    `live` has what each field says now: only what differs from it is sent. `body` is what validating counts the lengths
    of. `options` are the network's own fields.
    """

    fields: tuple[str, ...]
    because: str
    wanted: Draft
    live: Mapping[str, Any]
    body: Mapping[str, Any]
    options: Sequence[Field]


@dataclass(frozen=True)
class Change:
    """What a version changes in one field, in pieces; without a label: in the text."""

    label: str
    pieces: Sequence[tuple[str, str]]


def form_of(publication: Mapping[str, Any], brand_ref: str, way: EditWay, channel: AnyChannel) -> EditForm:
    """The form, filled in with what was last asked for, or else with what the publication says now."""
    model: type[BaseModel] = channel.options
    options = [one for one in _option_fields(model) if f"{_OPTION}{one.name}" in way.fields]
    wanted = way.wanted
    sent = {
        "channel": publication["channel"],
        "accountId": publication["accountId"],
        "options": wanted.options,
        "media": [{"id": one.id, **({"alt": one.alt} if one.alt else {})} for one in wanted.media],
    }
    body = {"brandRef": brand_ref, "text": wanted.text, "link": wanted.link or "", "channels": [sent]}
    live = {
        "text": way.live.text,
        "title": way.live.options.get("title") or "",
        "link": way.live.link or "",
        "altTexts": [one.alt or "" for one in way.live.media],
        "options": {one.name: way.live.options.get(one.name, one.default) for one in options},
    }
    return EditForm(way.fields, way.because, wanted, live, body, options)


@cache
def _option_fields(options: type[BaseModel]) -> list[Field]:
    return fields_of(options.model_json_schema(by_alias=True))


def changes_of(way: EditWay) -> dict[int, list[Change]]:
    """What each edit was to change, by its version."""
    return {version: list(_changes(before, after)) for version, (before, after) in way.versions.items()}


def _changes(before: Draft, after: Draft) -> Iterator[Change]:
    for label, old, new in _compared(before, after):
        if old != new:
            yield Change(label, list(differences(old, new)))


def _compared(before: Draft, after: Draft) -> Iterator[tuple[str, str, str]]:
    """Each field that an edit can change: its label, and what it said before and after."""
    old, new = dict(before.options), dict(after.options)
    yield gettext(_TITLE), _shown(old.pop("title", None)), _shown(new.pop("title", None))
    yield "", before.text, after.text
    yield gettext(_LINK), before.link or "", after.link or ""
    alts = zip_longest((one.alt or "" for one in before.media), (one.alt or "" for one in after.media), fillvalue="")
    for number, (was, now) in enumerate(alts, start=1):
        yield gettext(_ALT) % {"number": number}, was, now
    for name in sorted(old.keys() | new.keys()):
        yield or_english(words(name)), _shown(old.get(name)), _shown(new.get(name))


def _shown(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def differences(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The later text in pieces that stay or are new, with what was removed in between."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MAX_WORDS:
        yield SAME, after
        return
    matcher = difflib.SequenceMatcher(None, old, new, False)
    if _in_common(old, matcher) < LEAST_IN_COMMON * _count(old, new):
        yield from ((kind, text) for kind, text in ((REMOVED, before), (ADDED, after)) if text)
        return
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            yield SAME, "".join(new[new_from:new_to])
            continue
        if old_from < old_to:
            yield REMOVED, "".join(old[old_from:old_to])
        if new_from < new_to:
            yield ADDED, "".join(new[new_from:new_to])


def _in_common(old: Sequence[str], matcher: difflib.SequenceMatcher[str]) -> int:
    blocks = matcher.get_matching_blocks()
    return sum(not word.isspace() for block in blocks for word in old[block.a : block.a + block.size])


def _count(*texts: Sequence[str]) -> int:
    return max(sum(not word.isspace() for word in text) for text in texts)
