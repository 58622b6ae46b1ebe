"""JSON is read strictly, at little cost."""

from __future__ import annotations

import contextlib
import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.problem import MAX_PROBLEMS, Problem, ProblemsFound
from munadi.domain.shape import MAX_TOKEN
from munadi.intake.strict_json import MAX_DEPTH, MAX_VALUES, JsonRefused, canonical, check_storable, read_json

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def unstorable(value: Any) -> list[Problem]:
    try:
        check_storable(value)
    except ProblemsFound as found:
        return found.problems
    return []


def shallow(value: Any, depth: int = 0) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth < MAX_DEPTH and all(shallow(each, depth + 1) for each in inner)
    return True


@given(values.filter(shallow))
def test_written_json_is_read(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value


@given(values.filter(shallow))
def test_the_canonical_form_loses_only_spelling_and_order(value: Any) -> None:
    spelled = json.dumps(value, indent=2, ensure_ascii=False).encode()
    assert canonical(read_json(spelled)) == canonical(value)
    assert json.loads(canonical(value)) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = read_json(raw)
    except JsonRefused:
        return
    assert json.loads(raw) == value


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_TOKEN), st.integers(0, 5))
def test_each_text_that_cannot_be_stored_is_pointed_at(name: str, index: int) -> None:
    name = name.replace("\0", "")
    value = {name: ["fine"] * index + ["a\0b"]}
    token = name.replace("~", "~0").replace("/", "~1")
    assert [problem.pointer for problem in unstorable(value)] == [f"/{token}/{index}"]
    assert unstorable({name: ["fine"]}) == []


@pytest.mark.parametrize("name", ["\0", "\ud800"])
def test_names_are_checked_too(name: str) -> None:
    found = unstorable({name: 1})
    assert len(found) == 1
    found[0].model_dump_json()  # the pointer can be written


def test_the_first_bad_texts_are_described_and_the_others_counted() -> None:
    name = "n" * 100_000
    with pytest.raises(ProblemsFound) as refused:
        check_storable({name: ["a\0b"] * 5_000})
    assert (len(refused.value.problems), refused.value.more) == (MAX_PROBLEMS, 5_000 - MAX_PROBLEMS)
    assert max(len(problem.pointer) for problem in refused.value.problems) < 100


def test_commas_in_a_text_are_not_counted_as_values() -> None:
    text = ",[{" * 100_000
    assert read_json(json.dumps({"text": text, "more": [1] * 5_000}).encode())["text"] == text


HOSTILE = {
    "a list of lists": b"[" + b",".join([b"[]"] * 333_000) + b"]",
    "objects": b"[" + b",".join([b'{"a":1}'] * 124_000) + b"]",
    "names, one of them twice": b"{" + b",".join(b'"%08x":1' % number for number in range(83_000)) + b',"00014437":1}',
    "as many names as are allowed, the last twice": b"{"
    + b",".join(b'"%092x":1' % (number % (MAX_VALUES - 10)) for number in range(MAX_VALUES - 9))
    + b"}",
    "as many broken strings as are allowed": b"["
    + b",".join([b'"%s\\u0000"' % (b"x" * 80)] * (MAX_VALUES - 10))
    + b"]",
    "broken strings below a long name": b'{"%s":[%s]}' % (b"a" * 100_000, b",".join([b'"\\u0000"'] * 9_000)),
    "integers of four thousand digits": b"[" + b",".join([b"9" * 4_000] * 240) + b"]",
    "long fractions": b"[" + b",".join([b"1." + b"3" * 90] * (MAX_VALUES - 10)) + b"]",
    "a string without an end": b",[" * 6_000 + b'"' + b'\\"' * 490_000,
    "escapes": b'["' + b'",\\u00e9,'.join([b",[{" * 100] * 3_000) + b'"]',
    "emoji": '"{}"'.format("😀" * 249_000).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_costs_little_time_and_memory(name: str) -> None:
    """At most 50 ms of the event loop and 20 MB. The test allows four times the time, for a busy machine."""
    assert _cost(HOSTILE[name]) < 0.2
    tracemalloc.start()
    try:
        _cost(HOSTILE[name])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def _cost(raw: bytes) -> float:
    """The seconds of this thread that reading and refusing a body takes."""
    began = time.thread_time()
    with contextlib.suppress(JsonRefused, ProblemsFound):
        value = read_json(raw)
        check_storable(value)
        canonical(value)
    return time.thread_time() - began
