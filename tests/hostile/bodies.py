"""Request bodies that cost a reader more than they cost the sender. Every size is in bytes."""

from __future__ import annotations

import json

# The longest path to a value is its pointer. A long name in front of many values makes each pointer long.
NUL, HALF_A_PAIR = "\\u0000", "\\ud800"


def broken_strings(size: int, broken: str = NUL) -> bytes:
    """One long name in front of many strings that cannot be stored: one problem each, with the whole name."""
    name = "n" * (size // 2)
    one = f'"{broken}"'
    count = (size - len(name)) // (len(one) + 1)
    return f'{{"{name}":[{",".join([one] * count)}]}}'.encode()


def many_names(size: int) -> bytes:
    """Different names in one object, and the last one twice."""
    count = size // 11
    pairs = [f'"{number:06x}":1' for number in range(count)]
    return ("{" + ",".join([*pairs, pairs[-1]]) + "}").encode()


def broken_names(size: int) -> bytes:
    """Names that cannot be stored, each inside the one before."""
    count = min(size // 12, 18)
    name = NUL + "k" * (size // count - 12)
    return (f'{{"{name}":' * count + "1" + "}" * count).encode()


def nested(depth: int) -> bytes:
    """Arrays in arrays."""
    return b"[" * depth + b"]" * depth


def nested_objects(depth: int) -> bytes:
    """Objects in objects."""
    return b'{"a":' * depth + b"1" + b"}" * depth


def numbers(size: int) -> bytes:
    """A long list of short values."""
    return ("[" + ",".join(["1"] * (size // 2 - 1)) + "]").encode()


def post(**fields: object) -> bytes:
    """A body that breaks no rule, with other fields."""
    body = {"brandRef": "acme", "text": "hello", "channels": ["bluesky"], **fields}
    return json.dumps(body, ensure_ascii=False).encode()


def corpus() -> dict[str, bytes]:
    """Every hostile body by name; none is longer than a request may be."""
    return {
        "broken strings, 25 kB": broken_strings(25_000),
        "broken strings, 250 kB": broken_strings(250_000),
        "halves of pairs, 250 kB": broken_strings(250_000, HALF_A_PAIR),
        "broken strings, 1 MB": broken_strings(990_000),
        "names, the last one twice, 250 kB": many_names(250_000),
        "names, the last one twice, 1 MB": many_names(990_000),
        "broken names, 1 MB": broken_names(990_000),
        "arrays 100 000 deep": nested(100_000),
        "objects 100 000 deep": nested_objects(100_000),
        "half a million numbers": numbers(990_000),
        "a number of 900 000 digits": b'{"text":' + b"9" * 900_000 + b"}",
        "an exponent without end": b'{"text":1e999999999}',
        "not a number": b'{"text":NaN}',
        "minus infinity": b'{"text":-Infinity}',
        "NUL in a text": post(text="a\0b"),
        "half of a pair in a text": b'{"brandRef":"acme","text":"\\ud83d","channels":["bluesky"]}',
        "NUL in a name": b'{"a\\u0000b":1}',
        "a name twice": b'{"brandRef":"acme","brandRef":"rival","text":"x","channels":["bluesky"]}',
        "not UTF-8": b'{"text":"\xff\xfe"}',
        "UTF-16": '{"text":"x"}'.encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + post(),
        "two values": post() + post(),
        "half a value": post()[:-5],
        "only spaces": b" " * 100_000,
        "an empty list": b"[]",
        "a text": b'"x"',
        "a list of channels without end": post(channels=["bluesky"] * 80_000),
        "a long text": post(text="x" * 900_000),
        "combining marks": post(text="e" + "\u0301" * 300_000),
        "joined families": post(text="\U0001f469\u200d" * 60_000),
        "mentions and tags": post(text="@a.b #c http://d.e " * 40_000),
        "open brackets": post(text="@[" * 300_000),
        "an unknown field in every place": post(**{f"x{number}": number for number in range(40_000)}),
        "metadata without end": post(metadata={f"k{number}": "v" for number in range(40_000)}),
    }
