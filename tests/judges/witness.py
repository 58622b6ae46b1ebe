"""What the networks publish of their APIs, put to every request that an emulated network accepts.

The emulators check no names, types and enumerations themselves. `Verdicts` is the sandbox's witness: it collects the
faults that the lexicons' models (Bluesky), the discovery documents (Google Business Profile, YouTube),
python-telegram-bot and the generated clients of X and Pinterest find. LinkedIn publishes no models, and Meta none of
values: theirs are documented.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import regex
from atproto import models
from atproto_client.exceptions import ModelError

from munadi.sandbox.exchange import Answer, Call
from tests.judges import google_business_names, pinterest_names, telegram_names, xdk_names
from tests.judges.discovery import Discovery
from tests.judges.meta_values import instagram, threads

FEED = "app.bsky.feed"
RECORDS: dict[str, Any] = {
    f"{FEED}.post": models.AppBskyFeedPost.Record,
    f"{FEED}.threadgate": models.AppBskyFeedThreadgate.Record,
    f"{FEED}.postgate": models.AppBskyFeedPostgate.Record,
}
# docs/networks/linkedin.md, section 4.
POST_FIELDS = {"author", "commentary", "visibility", "distribution", "lifecycleState"}
OTHER_FIELDS = {"isReshareDisabledByAuthor", "content"}
DURATIONS = {"ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"}


class Verdicts:
    """The faults of accepted requests, each once."""

    def __init__(self) -> None:
        self.faults: set[str] = set()

    def __call__(self, call: Call, answer: Answer) -> None:
        judge = JUDGES.get(call.channel)
        if judge is not None and answer.status < 400:
            url = f"{call.base_url}{call.target}"
            request = httpx.Request(call.method, url, headers=dict(call.headers), content=call.body)
            self.faults |= {f"{call.channel}: {fault}" for fault in judge(request)}

    def taken(self) -> set[str]:
        """The faults since the last time."""
        found, self.faults = self.faults, set()
        return found


def bluesky(request: httpx.Request) -> Iterator[str]:
    """The records of a write."""
    if not request.url.path.endswith(("repo.putRecord", "repo.applyWrites")):
        return
    body = json.loads(request.content)
    for write in body.get("writes", [{**body, "value": body.get("record")}]):
        kind = RECORDS.get(write["collection"])
        if kind is not None and write.get("value") is not None:
            try:
                value = {**write["value"], "$type": write["collection"]}
                models.get_or_create(value, kind, strict=True, strict_string_format=True)
            except ModelError as error:
                yield str(error)
            # The models do not count these: maxGraphemes and maxLength of app.bsky.feed.post.
            text = str(write["value"].get("text", ""))
            if len(regex.findall(r"\X", text)) > 300 or len(text.encode()) > 3000:
                yield "text is too long"


def linkedin(request: httpx.Request) -> Iterator[str]:
    """A new post."""
    if request.method != "POST" or not request.url.path.endswith("/rest/posts"):
        return
    body = json.loads(request.content)
    content, poll = body.get("content") or {}, (body.get("content") or {}).get("poll")
    wrong = {
        "unknown or missing fields": not POST_FIELDS <= set(body) <= POST_FIELDS | OTHER_FIELDS,
        "an unknown content": set(content) - {"media", "multiImage", "article", "poll"},
        "visibility": body.get("visibility") not in ("PUBLIC", "CONNECTIONS", "LOGGED_IN"),
        "lifecycleState": body.get("lifecycleState") != "PUBLISHED",
        "distribution": (body.get("distribution") or {}).get("feedDistribution") is None,
        "an article without a source or with a long title": "article" in content
        and not (content["article"].get("source") and len(content["article"].get("title", "")) <= 399),
        "the number of images": not 2 <= len(content.get("multiImage", {}).get("images", [1, 2])) <= 20,
        "a poll": poll is not None and not _is_poll(poll),
    }
    yield from (fault for fault, is_so in wrong.items() if is_so)


def _is_poll(poll: dict[str, Any]) -> bool:
    options = [one["text"] for one in poll["options"]]
    fits = 2 <= len(options) <= 4 and all(len(one) <= 30 for one in options)
    return fits and 0 < len(poll["question"]) <= 140 and poll["settings"].get("duration") in DURATIONS


def google_business(request: httpx.Request) -> set[str]:
    """A call about accounts, locations or posts."""
    return google_business_names.complaints(request, None)


def pinterest(request: httpx.Request) -> set[str]:
    """A call of API v5."""
    root = "/pinterest/api/v5"
    if not request.url.path.startswith(root) or "/oauth" in request.url.path:
        return set()
    return pinterest_names.complaints(request, None, root) - set(pinterest_names.KNOWN_OTHERWISE)


def telegram(request: httpx.Request) -> set[str]:
    """A call of the Bot API."""
    return telegram_names.complaints(request, None) if request.url.path.startswith("/telegram/api/") else set()


def x(request: httpx.Request) -> set[str]:
    """A call of API v2."""
    root = "/x/api"
    if not request.url.path.startswith(root) or "/oauth" in request.url.path:
        return set()
    return xdk_names.complaints(request, None, root) - set(xdk_names.KNOWN_OTHERWISE)


def youtube(request: httpx.Request) -> list[str]:
    """A call of the Data API."""
    root = "/youtube/api"
    return Discovery(root).request(request) if request.url.path.startswith(f"{root}/") else []


JUDGES: dict[str, Callable[[httpx.Request], Any]] = {
    judge.__name__: judge
    for judge in (bluesky, google_business, instagram, linkedin, pinterest, telegram, threads, x, youtube)
}
