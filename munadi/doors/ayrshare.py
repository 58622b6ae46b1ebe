"""Reads a post as Ayrshare's clients send it to `POST /api/post`.

Sources, read in autumn 2026: www.ayrshare.com/docs/apis/post/post (fields, `all`, times in UTC) and …/post/overview
(approval, first comment, automatic times, idempotency); the names of the networks are in
github.com/ayrshare/ayrshare-mcp (its skill about posts). `source` is what its clients on npm and PyPI
add by themselves (`social-post-api`).

What cannot be expressed is refused by its name, unless its value says that it is not wanted: a client never believes
that something happened which did not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from munadi.domain.channel import ChannelName
from munadi.domain.problem import Problem
from munadi.doors.ayrshare_options import ALT, LINK, OPTIONS, Options
from munadi.doors.translated import Translated, media_of, problem, raise_if_any

# Ayrshare's name for a network of ours, where it differs. All others are called as here.
RENAMED = {"twitter": "x", "gmb": "google_business"}
THEIRS = {ours: theirs for theirs, ours in RENAMED.items()}
ALL = "all"
_HAS_ZONE = re.compile(r"([zZ]|[+-]\d\d:?\d\d)$")
# Known, and without an effect here: what a file is, is read in the file; a scheduled post is always checked.
NO_EFFECT = frozenset({"source", "isVideo", "validateScheduled", "validateSchedule", "profileKey"})
_READ = frozenset(
    {
        "post",
        "platforms",
        "mediaUrls",
        "scheduleDate",
        "idempotencyKey",
        "notes",
        "firstComment",
        "autoSchedule",
        "requiresApproval",
        *OPTIONS,
    }
)


def network_of(channel: str) -> str:
    """Ayrshare's name of a network."""
    return THEIRS.get(channel, channel)


def read_post(sent: Any, brand_ref: str, connected: Sequence[str], base_url: str) -> Translated:
    """The post. `connected`: the networks on which the brand has accounts. Raises ProblemsFound."""
    if not isinstance(sent, dict):
        raise_if_any([problem("", "MISSING_FIELD", "send a JSON object with post and platforms")])
    return _Reading(sent, base_url).read(brand_ref, connected)


class _Reading:
    """One request: its problems, our post, and by pointer where each part of it came from."""

    def __init__(self, sent: dict[str, Any], base_url: str) -> None:
        self._sent, self._base_url = sent, base_url
        self._problems: list[Problem] = []
        self._content: dict[str, Any] = {}
        self._channels: list[dict[str, Any]] = []
        self._places: dict[str, str] = {"/channels": "/platforms"}

    def read(self, brand_ref: str, connected: Sequence[str]) -> Translated:
        """The whole request."""
        for name, value in self._sent.items():
            if name not in _READ and name not in NO_EFFECT and value not in (None, False, "", [], {}):
                self._refuse(f"/{name}", "NOT_EXPRESSIBLE", f"{name} has no equivalent here; leave it out")
        self._read_channels(connected)
        self._read_text()
        self._read_media()
        self._read_time()
        self._read_comment()
        for name, options in OPTIONS.items():
            if self._sent.get(name):
                self._read_options(name, self._sent[name], options)
        self._default_options()
        if notes := self._sent.get("notes"):
            self._content["metadata"] = {"notes": notes}
            self._places["/metadata/notes"] = "/notes"
        key = self._sent.get("idempotencyKey")
        if key is not None and not (isinstance(key, str) and 0 < len(key) <= 255 and key.isprintable()):
            self._refuse("/idempotencyKey", "IDEMPOTENCY_KEY_MALFORMED", "a text of 1 to 255 printable characters")
        raise_if_any(self._problems)
        content = {"brandRef": brand_ref, **self._content, "channels": self._channels}
        return Translated(content, self._places, key, is_proposal=self._sent.get("requiresApproval") is True)

    def _refuse(self, pointer: str, code: str, message: str) -> None:
        self._problems.append(problem(pointer, code, message))

    def _read_channels(self, connected: Sequence[str]) -> None:
        wanted = self._sent.get("platforms")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(each, str) for each in wanted):
            self._refuse("/platforms", "MISSING_FIELD", 'platforms is a list of networks, such as ["bluesky"]')
            return
        if ALL in wanted:
            wanted = [network_of(each) for each in dict.fromkeys(connected)]
            if not wanted:
                self._refuse("/platforms", "NO_ACCOUNT", "the brand has no connected account")
        for index, each in enumerate(wanted):
            name, _, account = each.partition(":")
            channel = RENAMED.get(name, name)
            if channel not in set(ChannelName):
                self._refuse(f"/platforms/{index}", "CHANNEL_UNKNOWN", f"there is no network {name[:40]!r} here")
                continue
            self._places[f"/channels/{len(self._channels)}"] = f"/platforms/{index}"
            self._channels.append({"channel": channel, **({"accountId": account} if account else {})})

    def _read_text(self) -> None:
        text = self._sent.get("post")
        if isinstance(text, dict):
            self._per_network("post", text, "text")
        elif isinstance(text, str):
            self._content["text"] = text
            self._places["/text"] = "/post"
        else:
            self._refuse("/post", "MISSING_FIELD", "post is the text; an empty one publishes the media alone")

    def _read_media(self) -> None:
        urls = self._sent.get("mediaUrls")
        if isinstance(urls, dict):
            self._per_network("mediaUrls", {name: self._files(each, name) for name, each in urls.items()}, "media")
        elif urls:
            self._content["media"] = self._files(urls, None)
            self._places["/media"] = "/mediaUrls"

    def _files(self, urls: Any, name: str | None) -> list[dict[str, Any]]:
        urls = [urls] if isinstance(urls, str) else urls
        if not isinstance(urls, list) or not all(isinstance(each, str) for each in urls):
            at = "/mediaUrls" if name is None else f"/mediaUrls/{name}"
            self._refuse(at, "INVALID_FIELD", "a list of addresses")
            return []
        return [media_of(each, self._base_url) for each in urls]

    def _per_network(self, field: str, values: dict[str, Any], ours: str) -> None:
        """A field with a value for each network; `default` is for the others."""
        for name, value in values.items():
            if name == "default":
                self._content[ours], self._places[f"/{ours}"] = value, f"/{field}/default"
                continue
            places = self._of_channel(RENAMED.get(name, name))
            if not places:
                self._refuse(f"/{field}/{name}", "CHANNEL_NOT_CHOSEN", f"platforms does not name {name[:40]}")
            for index in places:
                self._channels[index][ours] = value
                self._places[f"/channels/{index}/{ours}"] = f"/{field}/{name}"

    def _of_channel(self, channel: str) -> list[int]:
        return [index for index, each in enumerate(self._channels) if each["channel"] == channel]

    def _read_time(self) -> None:
        if at := self._sent.get("scheduleDate"):
            self._content["scheduledAt"], self._places["/scheduledAt"] = at, "/scheduleDate"
            if isinstance(at, str) and not _HAS_ZONE.search(at):
                self._content["timezone"] = "UTC"  # what its documentation says of a time
        automatic = self._sent.get("autoSchedule")
        if not automatic:
            return
        title = automatic.get("title", "default") if isinstance(automatic, dict) else "default"
        if title != "default":
            message = "there are no named schedules here; a post takes the next free slot of the brand or the account"
            self._refuse("/autoSchedule/title", "NOT_EXPRESSIBLE", message)
        elif not isinstance(automatic, dict) or automatic.get("schedule") is not False:
            self._content["slot"], self._places["/slot"] = "next", "/autoSchedule"

    def _read_comment(self) -> None:
        sent = self._sent.get("firstComment")
        if not sent:
            return
        given = {"comment": sent} if isinstance(sent, str) else sent
        text = given.get("comment", given.get("text")) if isinstance(given, dict) else None
        if not isinstance(text, str):
            self._refuse("/firstComment", "MISSING_FIELD", "firstComment has the text of the comment in comment")
            return
        for name in given.keys() - {"comment", "text", "platforms"}:
            self._refuse(f"/firstComment/{name}", "NOT_EXPRESSIBLE", "a first comment is a text here")
        named = given.get("platforms")
        only = {RENAMED.get(each, each) for each in named if isinstance(each, str)} if named else None
        for index, each in enumerate(self._channels):
            if only is None or each["channel"] in only:
                each["firstComment"] = text
                self._places[f"/channels/{index}/firstComment"] = "/firstComment"

    def _read_options(self, name: str, sent: Any, options: Options) -> None:
        if not isinstance(sent, dict):
            self._refuse(f"/{name}", "INVALID_FIELD", "must be an object")
            return
        for field, value in sent.items():
            target = options.targets.get(field)
            if field in options.no_effect or value in (None, "", []):
                continue
            if target is None or (target.values is not None and value not in target.values):
                if value is not False:
                    known = ", ".join(options.targets)
                    message = f"{field} has no equivalent here; there are {known}"
                    self._refuse(f"/{name}/{field}", "NOT_EXPRESSIBLE", message)
                continue
            said = value if target.values is None else target.values[value]
            for index in self._of_channel(options.channel):
                self._set(index, target.option, said, f"/{name}/{field}")

    def _set(self, index: int, option: str, value: Any, place: str) -> None:
        channel, at = self._channels[index], f"/channels/{index}"
        if option == ALT:
            files = channel.get("media") or self._content.get("media") or []
            texts = value if isinstance(value, list) else [value]
            alts = [{"alt": texts[number]} if number < len(texts) else {} for number in range(len(files))]
            channel["media"] = [{**each, **alt} for each, alt in zip(files, alts, strict=True)]
            self._places[f"{at}/media"] = place
        elif option == LINK:
            channel["link"], self._places[f"{at}/link"] = value, place
        else:
            channel.setdefault("options", {})[option] = value
            self._places[f"{at}/options/{option}"] = place

    def _default_options(self) -> None:
        for name, options in OPTIONS.items():
            for index in self._of_channel(options.channel):
                for option, value in options.defaults.items():
                    if option not in self._channels[index].get("options", {}):
                        self._set(index, option, value, f"/{name}")
