"""What python-telegram-bot knows of the Bot API: the parameters of each method, and the shapes in calls and answers."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import httpx
import telegram
from telegram import Bot, InputMedia, InputPollOption, TelegramObject

# Arguments of the library, not parameters of a call.
OWN = {"self", "filename", "contact", "location", "venue", "allow_sending_without_reply", "reply_to_message_id"}
OWN |= {"disable_web_page_preview", "api_kwargs", *(f"{name}_timeout" for name in ("read", "write", "connect", "pool"))}
# Parameters whose values are JSON, with their types; and the types of results.
OBJECTS: Mapping[str, type[TelegramObject]] = {
    "entities": telegram.MessageEntity,
    "caption_entities": telegram.MessageEntity,
    "link_preview_options": telegram.LinkPreviewOptions,
    "reply_parameters": telegram.ReplyParameters,
}
RESULTS: Mapping[str, type[TelegramObject]] = {
    "getMe": telegram.User,
    "getChat": telegram.ChatFullInfo,
    "getChatMember": telegram.ChatMember,
}
TRUTHS = {"disable_notification", "protect_content", "is_anonymous", "allows_multiple_answers", "has_spoiler"}
TRUTHS |= {"show_caption_above_media", "supports_streaming"}
NUMBERS = {"message_id", "message_thread_id", "open_period", "user_id"}


@cache
def parameters(method: str) -> frozenset[str] | None:
    """The parameters of `sendMessage` and the like, or None for no method."""
    found = getattr(Bot, re.sub(r"([A-Z])", r"_\1", method).lower(), None)
    return frozenset(set(inspect.signature(found).parameters) - OWN) if found else None


def complaints(request: httpx.Request, response: httpx.Response | None) -> set[str]:
    """What a call has that the library does not know, or an answer that it does not expect."""
    method = request.url.path.rpartition("/")[2]
    known = parameters(method)
    if known is None:
        return {f"{method}: unknown"}
    given, files = _given(request)
    faults = {f"no parameter {name}" for name in set(given) - known}
    named = set(re.findall(r"attach://([^\"]+)", json.dumps(given).replace("\\", "")))
    faults |= {f"file {name} is not named" for name in (files - known) ^ named}
    for name in set(given) & known:
        faults |= {f"{name}: {fault}" for fault in _value(name, given[name])}
    if response is not None:
        faults |= {f"answered {fault}" for fault in _answered(method, response)}
    return {f"{method}: {fault}" for fault in faults}


def strange(value: Any, at: str = "") -> Iterator[str]:
    """The names that an object took without knowing them."""
    if isinstance(value, TelegramObject):
        yield from (f"unknown {at}{name}" for name in value.api_kwargs)
        for name, one in _attributes(value):
            yield from strange(one, f"{at}{name}.")
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strange(one, at)


def _attributes(value: TelegramObject) -> Iterator[tuple[str, Any]]:
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if not name.startswith("_") and name != "api_kwargs":
                yield name, getattr(value, name, None)


def _value(name: str, text: str) -> Iterator[str]:
    if name in TRUTHS and text not in ("true", "false"):
        yield f"{text!r} is not true or false"
    elif name in NUMBERS and not text.isdecimal():
        yield f"{text!r} is no number"
    elif name in OBJECTS:
        listed = json.loads(text)
        for one in listed if isinstance(listed, list) else [listed]:
            yield from strange(OBJECTS[name].de_json(one))
    elif name == "options":
        for one in json.loads(text):
            yield from (f"unknown {each}" for each in set(one) - set(inspect.signature(InputPollOption).parameters))
    elif name == "media":
        for one in json.loads(text):
            kind = getattr(telegram, f"InputMedia{one['type'].capitalize()}")
            assert issubclass(kind, InputMedia)
            arguments = set(inspect.signature(kind).parameters) | {"type"}
            yield from (f"unknown {each}" for each in set(one) - arguments)
            yield from strange([telegram.MessageEntity.de_json(each) for each in one.get("caption_entities", [])])


def _answered(method: str, response: httpx.Response) -> Iterator[str]:
    body = response.json()
    if not body["ok"]:
        extra = set(body) - {"ok", "error_code", "description", "parameters"}
        extra |= set(body.get("parameters", {})) - {"retry_after", "migrate_to_chat_id"}
        yield from (f"unknown {name}" for name in extra)
        if body["error_code"] != response.status_code:
            yield "another status than its error_code"
    elif body["result"] is not True:
        kind, result = RESULTS.get(method, telegram.Message), body["result"]
        for one in result if isinstance(result, list) else [result]:
            yield from strange(kind.de_json(one))


def _given(request: httpx.Request) -> tuple[dict[str, str], set[str]]:
    """The parameters of a call and the names of its files."""
    given, files = dict(request.url.params), set[str]()
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        given |= dict(parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True))
    elif kind.startswith("multipart/form-data"):
        message = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + request.content)
        for part in message.iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            if part.get_filename() is None:
                given[name] = part.get_payload(decode=True).decode()
            else:
                files.add(name)
    return given, files
