"""The transitions between a publication's states, how states roll up, and how waits grow."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import combinations_with_replacement, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.content import ContentStatus, count
from munadi.domain.publication import (
    ENDED,
    HOLD_GROWTH,
    LOOK_GROWTH,
    WAITING,
    PublicationStatus,
    growing,
)
from munadi.publishing.states import TRANSITIONS, IllegalTransition, check_transition, roll_up

S = PublicationStatus
C = ContentStatus
# The table of docs/design.md.
ARROWS = """
accepted queued · accepted canceled · accepted failed
queued publishing · queued canceled · queued failed
publishing published · publishing failed · publishing unconfirmed · publishing queued
unconfirmed published · unconfirmed failed · unconfirmed queued
failed queued
"""
LEGAL = {tuple(arrow.split()) for line in ARROWS.strip().splitlines() for arrow in line.split("·")}
statuses = st.lists(st.sampled_from(list(S)), min_size=1, max_size=30)


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_every_pair_of_states_is_a_transition_or_an_error(before: S, after: S) -> None:
    if (before.value, after.value) in LEGAL:
        check_transition(before, after)
    else:
        with pytest.raises(IllegalTransition, match=f"from {before} to {after}"):
            check_transition(before, after)


def test_every_status_is_reachable_and_has_its_row() -> None:
    assert set(TRANSITIONS) == set(S)
    assert {after for arrows in TRANSITIONS.values() for after in arrows} == set(S) - {S.ACCEPTED}
    assert not ENDED & WAITING
    assert set(S) - ENDED - WAITING == {S.PUBLISHING}


def rolled_up(given: tuple[S, ...]) -> C:
    """The roll-up, implemented a second time: running first, then waiting, then how it ended."""
    ended = [s in (S.PUBLISHED, S.FAILED, S.CANCELED, S.UNCONFIRMED) for s in given]
    if any(s is S.PUBLISHING for s in given):
        return C.PUBLISHING
    if any(ended) and not all(ended):
        return C.PUBLISHING
    if all(s is S.ACCEPTED for s in given):
        return C.ACCEPTED
    if not any(ended):
        return C.QUEUED
    if any(s is S.UNCONFIRMED for s in given):
        return C.UNCONFIRMED
    if set(given) == {S.PUBLISHED}:
        return C.PUBLISHED
    for status, result in ((S.PUBLISHED, C.PARTIALLY_PUBLISHED), (S.FAILED, C.FAILED)):
        if status in given:
            return result
    return C.CANCELED


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_roll_up_of_up_to_four_publications(number: int) -> None:
    wrong = {given: roll_up(given) for given in product(S, repeat=number) if roll_up(given) is not rolled_up(given)}
    assert wrong == {}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("accepted accepted", "accepted"),
        ("accepted queued", "queued"),
        ("queued canceled", "publishing"),
        ("publishing published", "publishing"),
        ("unconfirmed published", "unconfirmed"),
        ("unconfirmed queued", "publishing"),
        ("published published", "published"),
        ("published canceled", "partially_published"),
        ("published failed canceled", "partially_published"),
        ("failed canceled", "failed"),
        ("canceled canceled", "canceled"),
    ],
)
def test_the_roll_up_by_example(given: str, expected: str) -> None:
    """Written by hand, so that a mistake in both implementations shows."""
    assert roll_up(S(word) for word in given.split()) == expected


@given(statuses)
def test_order_and_repetition_do_not_change_the_roll_up(given: list[S]) -> None:
    assert roll_up(given) is roll_up(sorted(given)) is roll_up(set(given)) is rolled_up(tuple(given))


def test_a_roll_up_needs_a_publication() -> None:
    with pytest.raises(ValueError, match="at least one"):
        roll_up([])


@given(statuses)
def test_the_counts_add_up(given: list[S]) -> None:
    numbers = count(iter(given)).model_dump()
    assert numbers.pop("total") == len(given) == sum(numbers.values())
    assert Counter(numbers) == Counter({status.value: given.count(status) for status in S})


def test_every_status_of_a_post_is_the_roll_up_of_something() -> None:
    every = {roll_up(each) for n in (1, 2) for each in combinations_with_replacement(S, n)}
    assert every == set(C)
    assert all(roll_up(pair) is roll_up(reversed(pair)) for pair in permutations(S, 2))


@pytest.mark.parametrize(("steps", "minutes"), [(HOLD_GROWTH, [1, 2, 5, 15, 15]), (LOOK_GROWTH, [1, 5, 15, 60, 60])])
def test_waits_grow_and_the_last_repeats(steps: tuple[timedelta, ...], minutes: list[int]) -> None:
    assert [growing(steps, n) for n in (*range(4), 1_000)] == [timedelta(minutes=m) for m in minutes]
