"""In the product a channel is one folder and one line of the registry: nothing else may know it by name."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import PRODUCT, docstrings, python_files, report, syntax, text

CHANNELS = (
    "instagram",
    "threads",
    "facebook",
    "bluesky",
    "linkedin",
    "mastodon",
    "pinterest",
    "telegram",
    "discord",
    "google_business",
    "nostr",
    "tiktok",
    "x",
    "youtube",
)
# `threads` is an ordinary word too; in code it counts only as a whole literal or as an enum member.
ORDINARY = {"threads"}
# `x` is a letter that code uses for other things: a coordinate, a field of a key. Only the enum member counts.
LETTERS = {"x"}
# Folders of what several networks share.
FAMILIES = {"meta"}
ROLES = ("__init__", "spec", "rules", "wire", "publisher", "accounts", "errors")
MAY_NAME_THEM = (
    "munadi/domain/channel.py",  # the enum
    "munadi/channels/instagram/spec.py",  # one of its log-ins has the name of another network
    "munadi/config.py",  # a setting that names the network whose log-in needs it
    "munadi/sandbox/",
    "munadi/cli/demo",
    "munadi/imports/postiz.py",  # what Postiz calls them
    "munadi/doors/",  # what other programs call the networks and their options
    "api/openapi/examples.py",  # what the OpenAPI document shows
    "api/openapi/import_examples.py",  # files as somebody sends them
)
HOST = re.compile(r"https?://[^/\s]+")
ADVICE = (
    "Move it into munadi/channels/<name>/, or ask the channel's `spec` instead of its name: "
    "limits, hosts, resend and lead are all there. Examples for the OpenAPI document live in api/openapi/examples.py."
)


def test_no_channel_is_known_by_name_elsewhere() -> None:
    found = []
    for name in python_files(*PRODUCT):
        if name.startswith(MAY_NAME_THEM):
            continue
        found += [f"{name}:{line} {what}" for line, what in _mentions(syntax(name), _home(name))]
    report(found, ADVICE)


@pytest.mark.parametrize(
    ("code", "home", "is_detected"),
    [
        ('kind = "tiktok"', "", True),
        ('kind = "tiktok"', "tiktok", False),
        ("TikTokPublisher()", "youtube", True),
        ('name = "threads"', "", True),
        ("threads = 4", "", False),
        ("ChannelName.X", "", True),
        ('key["x"]', "", False),
        ('"""TikTok"""', "", False),
        ('url = "https://www.tiktok.com/docs"', "", False),
    ],
)
def test_a_channel_that_is_known_by_name_is_detected(code: str, home: str, is_detected: bool) -> None:
    assert bool(list(_mentions(ast.parse(code), home))) is is_detected


def test_every_channel_folder_is_registered() -> None:
    folders = {name.split("/")[2] for name in python_files("munadi") if re.match(r"munadi/channels/\w+/", name)}
    folders -= FAMILIES
    registry = text("munadi/domain/channel.py")
    found = [folder for folder in sorted(folders) if f'= "{folder}"' not in registry]
    report(found, "Add its line to ChannelName in munadi/domain/channel.py.")


def test_the_same_role_has_the_same_file_name_in_every_channel() -> None:
    files = set(python_files("munadi"))
    pairs = {(channel, role) for channel in CHANNELS for role in ROLES}
    expected = sorted(f"munadi/channels/{channel}/{role}.py" for channel, role in pairs)
    found = [name for name in expected if name not in files]
    report(found, "Name the file after its role: docs/adding-a-channel.md has the table.")


def _home(name: str) -> str:
    """The channel whose folder the file is in, or nothing."""
    parts = name.split("/")
    inside = parts[:2] == ["munadi", "channels"] and len(parts) > 3
    return parts[2] if inside else ""


def _mentions(tree: ast.Module, home: str) -> Iterator[tuple[int, str]]:
    prose = docstrings(tree)
    others = [channel for channel in CHANNELS if channel != home]
    for node in ast.walk(tree):
        for words in _words(node, prose):
            named = [channel for channel in others if _names(channel, words, isinstance(node, ast.Constant))]
            if named:
                yield getattr(node, "lineno", 0), f"names {named[0]}: {words[:60]!r}"


def _words(node: ast.AST, prose: set[int]) -> list[str]:
    """What a node says in code: literals and names it introduces or uses, without docstrings."""
    match node:
        case ast.Constant(value=str() as value) if id(node) not in prose:
            return [HOST.sub("", value)]  # one network's documents may stand on another's host
        case ast.Name(id=value) | ast.Attribute(attr=value) | ast.arg(arg=value):
            return [value]
        case ast.FunctionDef(name=value) | ast.AsyncFunctionDef(name=value) | ast.ClassDef(name=value):
            return [value]
        case ast.keyword(arg=str() as value):
            return [value]
        case _:
            return []


def _names(channel: str, words: str, literal: bool) -> bool:
    if channel in LETTERS:
        return not literal and words == channel.upper()
    if channel in ORDINARY:
        return words == (channel if literal else channel.upper())
    if literal:
        return re.search(rf"(?<![a-z]){channel}(?![a-z])", words, re.IGNORECASE) is not None
    return channel in words.lower().replace("_", "")
