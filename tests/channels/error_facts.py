"""What the networks' documents say about their errors (docs/networks, section 6), and answers in their envelopes.

Each row of those tables names codes or texts and a class. `documented` makes an answer of each, so that the product's
own tables are held against the facts and not against a copy of themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from munadi.domain.failure import FailureClass
from munadi.ports import Answer
from tests.channels.envelopes import OAUTH, WORDS, business_keys, given, google_business, oauth, youtube

DOCS = Path(__file__).parents[2] / "docs" / "networks"
# The envelope of each network


def graph(status: int, code: Any = None, subcode: Any = None, headers: Any = None, **more: Any) -> Answer:
    """Of Meta's Graph."""
    known = {"message": WORDS, "type": "OAuthException", "code": code, "error_subcode": subcode, **more}
    error = {name: value for name, value in known.items() if value is not None}
    return given(status, {"error": error}, **headers or {})


def graph_of(key: str) -> Answer:
    """`code`, `code/subcode` (`*` is any code), or the name of an error that has one."""
    if key.startswith("THREADS_API__"):
        return graph(400, 100, message=f"(#100) {key}: too many")
    if key.startswith("INSTAGRAM_"):
        return graph(400, 4711, message=key)
    if key.endswith("Error"):  # of Facebook's upload host
        return given(400, {"debug_info": {"retriable": True, "type": key, "message": WORDS}})
    code, _, subcode = key.partition("/")
    return graph(400, 25 if code == "*" else int(code), int(subcode) if subcode else None)


def xrpc(key: str) -> Answer:
    status, _, name = key.partition(":")
    return given(int(status), {"error": name, "message": WORDS})


def discord(status: int, code: int, **more: Any) -> Answer:
    return given(status, {"code": code, "message": WORDS, **more})


def discord_of(key: str) -> Answer:
    status, _, code = key.rpartition("/")
    return discord(int(status or 400), int(code))


def nostr(key: str, words: str = WORDS) -> Answer:
    """A relay's refusal, by its prefix."""
    return given(400, [["OK", "0" * 64, False, f"{key}: {words}"]])


def linkedin(key: str) -> Answer:
    if key.isdecimal():
        return given(401, {"status": 401, "serviceErrorCode": int(key), "message": WORDS})
    return oauth(400, key) if key.islower() else given(400, {"status": 400, "code": key, "message": WORDS})


def mastodon(key: str) -> Answer:
    status, _, text = key.partition(":")
    return given(int(status), {"error": text}) if text else oauth(401 if key == "invalid_client" else 400, key)


def pinterest(key: str) -> Answer:
    code, _, message = key.partition(":")
    status, _, number = code.partition("/")
    return given(int(status), {"code": int(number), "message": message or WORDS})


def telegram(status: int, description: str, **parameters: Any) -> Answer:
    more = {"parameters": parameters} if parameters else {}
    return given(status, {"ok": False, "error_code": status, "description": description, **more})


def telegram_of(key: str) -> Answer:
    status, _, text = key.rpartition(":")
    kind = {"401": "Unauthorized", "403": "Forbidden"}.get(status, "Bad Request")
    return telegram(int(status or 400), text if text == kind else f"{kind}: {text}")


def tiktok(key: str) -> Answer:
    status, _, code = key.rpartition(":")
    if code in OAUTH:
        return oauth(int(status or 400), code)
    error = {"code": code, "message": WORDS, "log_id": "7"}
    return given(int(status or 400), {"data": {}, "error": error})


def x(key: str) -> Answer:
    if key.isdecimal():
        return given(403, {"errors": [{"code": int(key), "message": WORDS}]})
    if "_" in key:
        return oauth(400, key)
    return given(403, {"title": "x", "detail": WORDS, "type": f"https://api.x.com/2/problems/{key}", "status": 403})


ENVELOPES: dict[str, Callable[[str], Answer]] = {
    "bluesky": xrpc,
    "discord": discord_of,
    "facebook": graph_of,
    "google_business": google_business,
    "instagram": graph_of,
    "linkedin": linkedin,
    "mastodon": mastodon,
    "nostr": nostr,
    "pinterest": pinterest,
    "telegram": telegram_of,
    "threads": graph_of,
    "tiktok": tiktok,
    "x": x,
    "youtube": youtube,
}

# The codes in a cell of a table


def _graph_keys(cell: str) -> Iterator[str]:
    yield from re.findall(r"\b(?:THREADS|INSTAGRAM)_[A-Z_]+", cell)
    bare = re.sub(r"\(.*?\)|`.*?`|HTTP|\d*xx+|container.*", "", cell)
    before = ""
    for token in re.findall(r"-?\d+/\d+|\d+–\d+|· *\d+|-?\d+", bare):
        number = token.lstrip("· ")
        if "/" in token:
            before = token
        elif token.startswith("·") and before:  # another subcode of the same code, perhaps only its last digits
            number = f"{before[: -len(number)]}{number}"
        elif "–" in token:
            yield from token.split("–")
            continue
        yield number


def _own_graph_keys(cell: str) -> Iterator[str]:
    """At the networks of containers a large number alone is a subcode."""
    yield from (f"*/{key}" if key.isdecimal() and int(key) > 2_000_000 else key for key in _graph_keys(cell))


def _xrpc_keys(cell: str) -> Iterator[str]:
    for name, *statuses in re.findall(r"([A-Za-z_]{6,})[ (*]+(\d{3})(?:/(\d{3}))?", cell):
        yield from (f"{status}:{name}" for status in statuses if status > "299")


def _discord_keys(cell: str) -> Iterator[str]:
    """`404/10015, 50027`: codes of five digits and more, some with their status."""
    if not cell.startswith("5"):  # whose status decides
        yield from re.findall(r"\b(?:\d{3}/)?\d{5,6}\b", cell)


def _nostr_keys(cell: str) -> Iterator[str]:
    """`blocked:` false: the prefix of a refusal."""
    yield from re.findall(r"^`([a-z-]+):` false", cell)


def _linkedin_keys(cell: str) -> Iterator[str]:
    if not cell.startswith("5"):  # whose status decides
        yield from ("".join(one) for one in re.findall(r"`([A-Za-z_]+)`|\b(65\d{3})\b", cell))


def _mastodon_keys(cell: str) -> Iterator[str]:
    status = re.match(r"\d{3}", cell)
    yield from (f"{status[0]}:{text}" for text in re.findall(r'"([^"]+)"', cell) if status)


def _pinterest_keys(cell: str) -> Iterator[str]:
    for code, text in re.findall(r'(\d{3}/\d+)(?:\W+"([^"]+)")?', cell):
        yield f"{code}:{text}" if text else code


def _telegram_keys(cell: str) -> Iterator[str]:
    status = re.match(r"(40[013]) ", cell)
    for text in cell[4:].split(";") if status else ():
        plain = text.strip()
        if not re.search(r"[/…#(+`]", plain):
            yield f"{status[1]}:{plain}"  # type: ignore[index]


def _tiktok_keys(cell: str) -> Iterator[str]:
    status = re.search(r"\d{3}", cell)
    yield from (
        f"{status[0]}:{name}" for name in re.findall(r"\b[a-z]+_[a-z_]+", re.sub(r" in .*", "", cell)) if status
    )


def _x_keys(cell: str) -> Iterator[str]:
    yield from re.findall(r"`([a-z]+-[a-z-]+)`", re.sub(r"\(.*?\)", "", cell))
    for numbers in re.findall(r"code ([\d, ]+)", cell):
        yield from re.findall(r"\d+", numbers)


def _youtube_keys(cell: str) -> Iterator[str]:
    if not re.search(r"[a-z]Reason|session", cell):
        yield from re.findall(r"\b[a-z]+[A-Z]\w+|\b[a-z]+_[a-z]+", re.sub(r'".*?"', "", cell))


KEYS: dict[str, Callable[[str], Iterator[str]]] = {
    "bluesky": _xrpc_keys,
    "discord": _discord_keys,
    "facebook": _graph_keys,
    "google_business": business_keys,
    "instagram": _own_graph_keys,
    "linkedin": _linkedin_keys,
    "mastodon": _mastodon_keys,
    "nostr": _nostr_keys,
    "pinterest": _pinterest_keys,
    "telegram": _telegram_keys,
    "threads": _own_graph_keys,
    "tiktok": _tiktok_keys,
    "x": _x_keys,
    "youtube": _youtube_keys,
}


class Fact(NamedTuple):
    """A documented error: its key, and the class that the document gives it."""

    network: str
    key: str
    class_: FailureClass

    @property
    def answer(self) -> Answer:
        return ENVELOPES[self.network](self.key)


def known(network: str) -> list[str]:
    """Every key of the product's own table, as it is written here."""
    errors = import_module(f"munadi.channels.{network}.errors").ERRORS
    return [_spelled(network, key) for key in errors]


def _spelled(network: str, key: Any) -> str:
    if isinstance(key, str):
        return key
    first, second = key
    if isinstance(second, str):
        return f"{first or 400}:{second}"
    return f"{first or '*'}/{second}" if second else str(first)


def rows(network: str) -> Iterator[tuple[str, FailureClass]]:
    """The first cell of each row of a network's errors, and its class."""
    text = (DOCS / f"{network}.md").read_text()
    section = text.partition("\n## 6")[2].partition("\n## 7")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        classes = [one for one in FailureClass if len(cells) > 3 and cells[2].split("(")[0].strip() == one]
        yield from ((cells[0], one) for one in classes)


def documented(network: str) -> list[Fact]:
    """Every error of a network's document that has one class only."""
    found: dict[str, set[FailureClass]] = {}
    for cell, class_ in rows(network):
        for key in KEYS[network](cell):
            found.setdefault(key, set()).add(class_)
    return [Fact(network, key, *classes) for key, classes in found.items() if len(classes) == 1]


def of_videos() -> Iterator[tuple[str, FailureClass]]:
    """The names and the sentences of Bluesky's video service, each with its class."""
    for cell, class_ in rows("bluesky"):
        if cell.startswith("Video") and "already_exists" not in cell:
            names = re.findall(r"\b(?:[A-Z][a-z]+){2,}\b|\b[a-z]+(?:_[a-z]+)+\b", re.sub(r'".*?"', "", cell))
            sentences = [text.replace("…", "") for text in re.findall(r'"(.*?)"', cell)]
            for word in (*names, *sentences):
                yield from ((re.sub(r"(\w+)/(\w+)", rf"\{side}", word), class_) for side in (1, 2)[: 1 + ("/" in word)])
