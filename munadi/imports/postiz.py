"""Rows of an import from a dump of Postiz's database: what waits there becomes what waits here.

Source, read in autumn 2026: github.com/gitroomhq/postiz-app, its Prisma schema in
`libraries/nestjs-libraries/src/database`: `Post` (`state`, `publishDate` in UTC, `content`, `image` and `settings` as
JSON, `parentPostId` of what follows a post, `delay`, `intervalInDays`, `deletedAt`) and `Integration`. Its API does not
list the files of posts, so it cannot be read instead.

A post is read as the door reads a request (`munadi.doors.postiz`): the same texts, threads, settings and refusals. Its
key in the import is Postiz's id, so the same dump can be sent again.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from munadi.domain.channel import ChannelName, ChannelSpec
from munadi.domain.problem import ProblemsFound
from munadi.doors.postiz import read_posts
from munadi.imports.postgres_dump import NoDump, Row, read_tables

QUEUE, DRAFT = "QUEUE", "DRAFT"
# Its name of a network of ours, where it differs.
NETWORKS = {
    "linkedin-page": "linkedin",
    "instagram-standalone": "instagram",
    "gmb": "google_business",
}
COLUMNS = ("integration", "network", "name", "waiting", "account")
# A value of `account` that says to leave an integration out.
LEFT_OUT = "-"


@dataclass(frozen=True)
class Integration:
    """An account there, and how many posts wait for it."""

    id: str
    network: str
    name: str
    waiting: int

    @property
    def channel(self) -> str:
        """The network as it is called here."""
        return NETWORKS.get(self.network, self.network)


@dataclass(frozen=True)
class Target:
    """The account here that publishes in place of an integration."""

    id: str
    channel: str


@dataclass
class Moved:
    """Rows for an import, drafts as bodies for `POST /v1/drafts`, and by Postiz's id why a post is neither."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    drafts: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    left_out: int = 0


@dataclass(frozen=True)
class PostizDump:
    """What waits in a dump: its posts in the order of their times, what follows each, and its integrations."""

    posts: tuple[Row, ...]
    following: Mapping[str, Row]
    integrations: tuple[Integration, ...]

    @classmethod
    def read(cls, path: Path) -> PostizDump:
        """Raises NoDump."""
        waiting: list[Row] = []
        accounts: list[Row] = []
        for table, row in read_tables(path, {"Post", "Integration"}):
            if table == "Integration":
                accounts.append(row)
            elif row.get("deletedAt") is None and row.get("state") in (QUEUE, DRAFT):
                waiting.append(row)
        first = [row for row in waiting if row.get("parentPostId") is None]
        later = {parent: row for row in waiting if (parent := row.get("parentPostId")) is not None}
        counts = [row.get("integrationId") for row in first]
        known = tuple(
            Integration(_text(row, "id"), _text(row, "providerIdentifier"), _text(row, "name"), counts.count(row["id"]))
            for row in accounts
            if row["id"] in counts
        )
        return cls(tuple(sorted(first, key=lambda row: _text(row, "publishDate"))), later, known)

    def table(self) -> Iterator[tuple[str, ...]]:
        """The table that a person fills in: a line for each integration that posts wait for."""
        yield COLUMNS
        for each in self.integrations:
            yield each.id, each.network, each.name, str(each.waiting), ""

    def targets(self, path: Path) -> dict[str, Target | None]:
        """The account for each integration, from that table; None for one that is left out. Raises NoDump."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            filled = {row.get("integration"): (row.get("account") or "").strip() for row in csv.DictReader(file)}
        missing = [each for each in self.integrations if not filled.get(each.id)]
        if missing:
            named = ", ".join(f"{each.id} ({each.network}, {each.name})" for each in missing[:10])
            raise NoDump(f"{path.name} says no account for {named}; give acc_…, or {LEFT_OUT} to leave its posts out")
        chosen = {each.id: filled[each.id] for each in self.integrations}
        return {
            each.id: None if chosen[each.id] == LEFT_OUT else Target(chosen[each.id], each.channel)
            for each in self.integrations
        }

    def moved(self, targets: Mapping[str, Target | None], brand_ref: str, spec_of: SpecOf) -> Moved:
        """Every post that waits, as a row or a draft, or with the reason why not."""
        moved = Moved()
        for row in self.posts:
            post_id, target = _text(row, "id"), targets.get(_text(row, "integrationId"))
            if target is None:
                moved.left_out += 1
                continue
            try:
                content = self._content(row, target, brand_ref, spec_of)
            except ProblemsFound as error:
                moved.refused[post_id] = "; ".join(f"{each.pointer}: {each.message}" for each in error.problems)
            except ValueError as error:
                moved.refused[post_id] = str(error)
            else:
                if row.get("state") == DRAFT:
                    moved.drafts.append(content)
                else:
                    moved.rows.append({"rowKey": f"postiz-{post_id}", **content})
        return moved

    def _content(self, row: Row, target: Target, brand_ref: str, spec_of: SpecOf) -> dict[str, Any]:
        if target.channel not in set(ChannelName):
            raise ValueError(f"there is no network {target.channel} here")
        value = [
            {
                "content": each.get("content") or "",
                "image": _json(each, "image", []),
                "delay": int(each.get("delay") or 0),
            }
            for each in self._chain(row)
        ]
        interval = row.get("intervalInDays")
        post = {"integration": {"id": target.id}, "value": value, "settings": _json(row, "settings", {})}
        date = f"{_text(row, 'publishDate').replace(' ', 'T')}Z"
        sent = {"type": "schedule", "date": date, "inter": int(interval) if interval else None, "posts": [post]}
        channel = ChannelName(target.channel)
        return read_posts(sent, brand_ref, {target.id: target}, {channel: spec_of(channel)}, "").content

    def _chain(self, row: Row) -> Iterator[Row]:
        """A post, and what follows it."""
        seen = set()
        current: Row | None = row
        while current is not None and current["id"] not in seen:
            seen.add(current["id"])
            yield current
            current = self.following.get(_text(current, "id"))


SpecOf = Callable[[ChannelName], ChannelSpec]


def write_lines(path: Path, bodies: Iterable[Mapping[str, Any]]) -> None:
    """A file of NDJSON."""
    with path.open("w", encoding="utf-8") as file:
        for each in bodies:
            file.write(json.dumps(each, ensure_ascii=False) + "\n")


def _text(row: Row, name: str) -> str:
    found = row.get(name)
    if found is None:
        raise NoDump(f"the dump has a row without {name}; it is not one of Postiz's database")
    return found


def _json(row: Row, name: str, absent: Any) -> Any:
    text = row.get(name)
    if not text:
        return absent
    try:
        return json.loads(text) or absent
    except ValueError:
        raise ValueError(f"its {name} is not JSON") from None
