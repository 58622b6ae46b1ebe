"""JSON is read in one way only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.intake.strict_json import MAX_DEPTH, JsonRefused, canonical, read_json, unstorable

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def shallow(value: Any, depth: int = 0) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth < MAX_DEPTH and all(shallow(each, depth + 1) for each in inner)
    return True


@given(values.filter(shallow))
def test_what_is_written_is_read(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value


@given(values.filter(shallow))
def test_the_canonical_form_forgets_spelling_and_order_alone(value: Any) -> None:
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


@given(text, st.integers(0, 5))
def test_each_bad_text_is_found_where_it_stands(name: str, index: int) -> None:
    name = name.replace("\0", "")
    value = {name: ["fine"] * index + ["a\0b"]}
    token = name.replace("~", "~0").replace("/", "~1")
    assert [problem.pointer for problem in unstorable(value)] == [f"/{token}/{index}"]
    assert unstorable({name: ["fine"]}) == []


@pytest.mark.parametrize("name", ["\0", "\ud800"])
def test_names_are_text_too(name: str) -> None:
    found = unstorable({name: 1})
    assert len(found) == 1
    found[0].model_dump_json()  # the pointer can be written
