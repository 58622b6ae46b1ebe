"""Reads posts as Postiz's clients send them to `POST /public/v1/posts`.

Sources, read in autumn 2026: github.com/gitroomhq/postiz-app: the class of the request, `CreatePostDto`, in
`libraries/nestjs-libraries/src/dtos/posts`, the controller in `apps/backend/src/public-api/routes/v1`, and for texts
with paragraphs `stripHtmlValidation` in `libraries/helpers/src/utils`; its command line on npm (`postiz`).

The posts of one request become one post of ours, with a publication for each: they are accepted together or not at all,
and deleted together, as its documentation says of a group.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any, Protocol

from munadi.domain.channel import ChannelName, ChannelSpec
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem
from munadi.doors.postiz_settings import LINK, SETTINGS, NoEquivalent
from munadi.doors.translated import Translated, media_of, problem, raise_if_any

DRAFT, SCHEDULE, NOW = "draft", "schedule", "now"
# `shortLink`: Postiz shortens only where a service for that is set up, and its command line always sends it.
_KNOWN = {"type", "date", "posts", "tags", "shortLink", "order", "creationMethod"}
_HAS_ZONE = re.compile(r"([zZ]|[+-]\d\d:?\d\d)$")
_PARAGRAPHS = re.compile(r"<p[\s>]", re.IGNORECASE)
Specs = Mapping[ChannelName, ChannelSpec]


class Account(Protocol):
    """What is needed of an account."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def channel(self) -> str:
        """Its network."""


_NOT_WANTED: tuple[Any, ...] = (None, False, "", 0, [], {})


def read_posts(sent: Any, brand_ref: str, accounts: Mapping[str, Account], specs: Specs, base_url: str) -> Translated:
    """The post. `accounts` are the brand's, by id; `specs` the networks. Raises ProblemsFound."""
    if not isinstance(sent, dict):
        raise_if_any([problem("", "MISSING_FIELD", "send a JSON object with type, date and posts")])
    return _Reading(sent, accounts, specs, base_url).read(brand_ref)


def plain(text: str) -> str:
    """A text without the tags of Postiz's editor: a paragraph is a line. Any other text stays as it is."""
    if not _PARAGRAPHS.search(text):
        return text
    lines = re.sub(r"(?i)</p>\s*<p[^<>]*>|<br\s*/?>", "\n", text)
    lines = re.sub(r"(?i)<li[^<>]*>\s*(<p[^<>]*>)?", "\n- ", lines)
    return html.unescape(re.sub(r"<[^<>]+>", "", lines)).replace("\xa0", " ").strip("\n")


class _Reading:
    """One request: its problems, our post, and by pointer where each part of it came from."""

    def __init__(self, sent: dict[str, Any], accounts: Mapping[str, Account], specs: Specs, base_url: str) -> None:
        self._sent, self._accounts, self._specs, self._base_url = sent, accounts, specs, base_url
        self._problems: list[Problem] = []
        self._content: dict[str, Any] = {}
        self._channels: list[dict[str, Any]] = []
        self._places: dict[str, str] = {"/channels": "/posts"}

    def read(self, brand_ref: str) -> Translated:
        """The whole request."""
        for name, value in self._sent.items():
            if name not in _KNOWN and value not in _NOT_WANTED:
                self._refuse(f"/{name}", "NOT_EXPRESSIBLE", f"{name} has no equivalent here; leave it out")
        self._read_time()
        posts = self._sent.get("posts")
        if not isinstance(posts, list) or not posts:
            self._refuse("/posts", "MISSING_FIELD", "posts is a list with a post for each integration")
            posts = []
        for index, post in enumerate(posts):
            if isinstance(post, dict):
                self._read_post(index, post)
            else:
                self._refuse(f"/posts/{index}", "INVALID_FIELD", "must be an object")
        self._read_tags()
        raise_if_any(self._problems)
        self._share_first()
        content = {"brandRef": brand_ref, **self._content, "channels": self._channels}
        return Translated(content, self._places)

    def _refuse(self, pointer: str, code: str, message: str) -> None:
        self._problems.append(problem(pointer, code, message))

    def _read_time(self) -> None:
        kind, date = self._sent.get("type"), self._sent.get("date")
        if kind not in (DRAFT, SCHEDULE, NOW):
            self._refuse("/type", "INVALID_FIELD", f"one of {DRAFT}, {SCHEDULE}, {NOW}")
        if kind == SCHEDULE and not date:
            self._refuse("/date", "MISSING_FIELD", "a scheduled post needs its date")
        if kind != NOW and date:
            self._content["scheduledAt"], self._places["/scheduledAt"] = date, "/date"
            if isinstance(date, str) and not _HAS_ZONE.search(date):
                self._content["timezone"] = "UTC"  # as its servers read it

    def _read_tags(self) -> None:
        tags = self._sent.get("tags") or []
        labels = [each.get("label") if isinstance(each, dict) else each for each in tags if each]
        if labels:
            self._content["metadata"] = {"tags": ", ".join(map(str, labels))}
            self._places["/metadata"] = "/tags"

    def _read_post(self, index: int, post: dict[str, Any]) -> None:
        place = f"/posts/{index}"
        integration = post.get("integration")
        named = integration.get("id") if isinstance(integration, dict) else None
        account = self._accounts.get(named) if isinstance(named, str) else None
        if account is None:
            message = "there is no such integration of this brand; GET /public/v1/integrations lists them"
            self._refuse(f"{place}/integration/id", "ACCOUNT_UNKNOWN", message)
            return
        values = post.get("value")
        if not isinstance(values, list) or not values or not all(isinstance(each, dict) for each in values):
            self._refuse(f"{place}/value", "MISSING_FIELD", "value is a list of texts: the post, then what follows it")
            return
        own: dict[str, Any] = {"channel": account.channel, "accountId": account.id}
        at = f"/channels/{len(self._channels)}"
        self._places[at] = place
        own["text"], self._places[f"{at}/text"] = self._text(values[0], place, 0), f"{place}/value/0/content"
        own["media"], self._places[f"{at}/media"] = self._files(values[0], place), f"{place}/value/0/image"
        if len(values) > 1:
            self._read_thread(own, values, at, place)
        self._read_settings(own, account.channel, post.get("settings"), at, place)
        self._channels.append(own)

    def _text(self, value: dict[str, Any], place: str, number: int) -> str:
        text = value.get("content")
        if not isinstance(text, str):
            self._refuse(f"{place}/value/{number}/content", "MISSING_FIELD", "content is the text")
            return ""
        return plain(text)

    def _files(self, value: dict[str, Any], place: str) -> list[dict[str, Any]]:
        found = []
        for number, image in enumerate(value.get("image") or []):
            sent = image if isinstance(image, dict) else {}
            path, known = sent.get("path"), sent.get("id")
            alt = {"alt": sent["alt"]} if isinstance(sent.get("alt"), str) and sent["alt"] else {}
            if is_id(known, Prefix.MEDIA) if isinstance(known, str) else False:
                found.append({"id": known, **alt})
            elif isinstance(path, str):
                found.append({**media_of(path, self._base_url), **alt})
            else:
                self._refuse(f"{place}/value/0/image/{number}", "MISSING_FIELD", "an image has a path or an id")
        return found

    def _read_thread(self, own: dict[str, Any], values: list[dict[str, Any]], at: str, place: str) -> None:
        """What follows a post: the parts of a thread where the network has them, else one first comment."""
        spec = self._specs[ChannelName(own["channel"])]
        texts = [self._text(each, place, number) for number, each in enumerate(values)][1:]
        for number, each in enumerate(values[1:], 1):
            if each.get("image"):
                message = "what follows a post has no files here"
                self._refuse(f"{place}/value/{number}/image", "NOT_EXPRESSIBLE", message)
            if each.get("delay"):
                self._refuse(f"{place}/value/{number}/delay", "NOT_EXPRESSIBLE", "what follows a post is sent at once")
        if spec.max_parts > 1:
            own["parts"], self._places[f"{at}/parts"] = texts, f"{place}/value"
        elif spec.first_comment and len(texts) == 1:
            own["firstComment"], self._places[f"{at}/firstComment"] = texts[0], f"{place}/value/1/content"
        else:
            message = f"{spec.name} has no threads here" + ("; one comment can follow" if spec.first_comment else "")
            self._refuse(f"{place}/value", "NOT_EXPRESSIBLE", message)

    def _read_settings(self, own: dict[str, Any], channel: str, sent: Any, at: str, place: str) -> None:
        known = SETTINGS.get(ChannelName(channel), {})
        for name, value in (sent if isinstance(sent, dict) else {}).items():
            setting = known.get(name)
            if name == "__type" or value in (None, "", []) or (setting is not None and setting.option is None):
                continue
            if setting is None:
                if value not in _NOT_WANTED:
                    there = f"; there are {', '.join(known)}" if known else ""
                    self._refuse(f"{place}/settings/{name}", "NOT_EXPRESSIBLE", f"{name} has no equivalent here{there}")
                continue
            if value == setting.unset:
                continue
            try:
                said = setting.convert(value)
            except NoEquivalent:
                self._refuse(f"{place}/settings/{name}", "INVALID_FIELD", f"{value!r} has no equivalent here"[:200])
                continue
            if setting.option == LINK:
                own["link"], self._places[f"{at}/link"] = said, f"{place}/settings/{name}"
            else:
                own.setdefault("options", {})[setting.option] = said
                self._places[f"{at}/options/{setting.option}"] = f"{place}/settings/{name}"

    def _share_first(self) -> None:
        """The first text and files are the post's own, so that it shows them; the others keep what differs."""
        if not self._channels:
            return
        for field in ("text", "media"):
            shared = self._channels[0][field]
            if shared:
                self._content[field], self._places[f"/{field}"] = shared, self._places[f"/channels/0/{field}"]
            for each in self._channels:
                if each[field] == shared:
                    del each[field]
