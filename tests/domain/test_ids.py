"""Ids show what they name. A record key follows time and is always the same for the same input."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from munadi.db.ids import new_id
from munadi.domain.ids import Prefix, content_id_of, is_id, time_ordered_key, workflow_id

# atproto.com/specs/tid
TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MICROSECOND = timedelta(microseconds=1)


@given(st.text(max_size=40), instants)
def test_a_key_is_a_tid_and_always_the_same(seed: str, at: datetime) -> None:
    key = time_ordered_key(seed, at)
    assert TID.fullmatch(key)
    assert time_ordered_key(seed, at.astimezone()) == key


@given(st.text(max_size=40), st.text(max_size=40), instants, st.integers(1, 10**12))
@example("a", "b", datetime(2026, 12, 1, 9, 0, 0, 123456, tzinfo=UTC), 1)
def test_the_order_of_keys_is_the_order_of_time(seed: str, other: str, at: datetime, later: int) -> None:
    assert time_ordered_key(seed, at) < time_ordered_key(other, at + later * MICROSECOND)


@given(instants)
def test_a_key_contains_its_microsecond(at: datetime) -> None:
    alphabet = "234567abcdefghijklmnopqrstuvwxyz"
    value = 0
    for letter in time_ordered_key("seed", at):
        value = value * 32 + alphabet.index(letter)
    assert datetime(1970, 1, 1, tzinfo=UTC) + (value >> 10) * MICROSECOND == at


def test_publications_of_one_instant_have_different_keys() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    keys = {time_ordered_key(f"pub_{n}", at) for n in range(20)}
    assert len(keys) >= 19  # ten bits separate them; a clash costs a reconciliation, never a double post


@pytest.mark.parametrize("prefix", Prefix)
def test_a_new_id_is_of_its_kind_only(prefix: Prefix) -> None:
    made = new_id(prefix)
    assert [kind for kind in Prefix if is_id(made, kind)] == [prefix]


@pytest.mark.parametrize("value", ["", "cnt_", "cnt_01jdq5k1rreb1vkz7vv9f0v6g", "CNT_01jdq5k1rreb1vkz7vv9f0v6gw"])
@pytest.mark.parametrize("end", ["", "\n", " "])
def test_other_text_is_not_an_id(value: str, end: str) -> None:
    assert not is_id(value + end, Prefix.CONTENT)
    assert not is_id("cnt_01jdq5k1rreb1vkz7vv9f0v6gw" + (end or "x"), Prefix.CONTENT)
    assert not is_id("cnt_81jdq5k1rreb1vkz7vv9f0v6gw", Prefix.CONTENT)


def test_a_workflow_id_contains_its_content_id() -> None:
    content_id = new_id(Prefix.CONTENT)
    assert content_id_of(workflow_id(content_id)) == content_id


@given(st.text(max_size=60))
@example("content/")
@example("content/cnt_x")
@example("delivery/cnt_01jdq5k1rreb1vkz7vv9f0v6gw")
@example("content/acc_01jdq5k1rreb1vkz7vv9f0v6gw")
@example("content/cnt_01jdq5k1rreb1vkz7vv9f0v6gw/x")
@example("cnt_01jdq5k1rreb1vkz7vv9f0v6gw")
def test_any_other_workflow_id_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not the id of a content's workflow"):
        content_id_of(text)
