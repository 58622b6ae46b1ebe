"""What comes next for an edit of a live post, by what was asked, answered and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.channels.editing import says_text
from munadi.domain.content import Draft
from munadi.domain.edits import EditStatus, PostEdit
from munadi.domain.live_edit import Edited, LiveEdit, Says, Shown, Stop, Version, asked, next_for, read_as
from munadi.domain.removal import APART, LAG, MAX_REQUESTS, Send, Wait
from munadi.domain.withdrawal import LastAnswer, PostedObject

AT = datetime(2026, 12, 1, tzinfo=UTC)
DONE, REFUSED, UNKNOWN = LastAnswer.DONE, LastAnswer.REFUSED, LastAnswer.UNKNOWN
S = Says


def edit(*answers: LastAnswer, **more: Any) -> LiveEdit:
    """An edit after requests with these answers."""
    made = LiveEdit(shown=PostEdit(version=2, at=AT, status=EditStatus.EDITING, text="New"), **more)
    for answer in answers:
        made = asked(made, answer, AT)
    return made


def following(one: LiveEdit, says: Says, *after: timedelta, fresh: bool = False, blind: bool = False) -> Any:
    """What comes next after equal reads at these times since it was asked for."""
    shown = Shown(says=says, blind=blind)
    found: Any = None
    for passed in after or (timedelta(seconds=1),):
        one = read_as(one, shown, AT + passed)
        found = next_for(one, shown, AT + passed, is_fresh=fresh)
    return type(found) if isinstance(found, Send | Wait) else found


TWICE = (timedelta(seconds=1), timedelta(seconds=1) + APART)
LATE = (LAG, LAG + APART)
LOOK, ANSWER = Edited("look"), Edited("answer")


@pytest.mark.parametrize("answers", [(), (DONE,), (REFUSED,), (UNKNOWN,), (UNKNOWN, REFUSED)])
def test_the_new_version_is_always_the_end(answers: tuple[LastAnswer, ...]) -> None:
    assert following(edit(*answers), S.NEW) == LOOK


@pytest.mark.parametrize(
    ("answers", "after", "wanted"),
    [
        ((), (), Send),
        ((DONE,), TWICE, Wait),
        ((DONE,), LATE, Send),
        ((UNKNOWN,), TWICE[:1], Wait),
        ((UNKNOWN,), TWICE, Send),
        ((UNKNOWN,) * MAX_REQUESTS, TWICE, Stop.REFUSED),
        ((REFUSED,), (), Stop.REFUSED),
        ((UNKNOWN, REFUSED), (), Stop.REFUSED),
    ],
)
def test_the_old_version(answers: tuple[LastAnswer, ...], after: tuple[timedelta, ...], wanted: Any) -> None:
    assert following(edit(*answers), S.OLD, *after) == wanted


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [((), Stop.CHANGED), ((DONE,), ANSWER), ((UNKNOWN,), Stop.CHANGED), ((REFUSED,), Stop.REFUSED)],
)
def test_what_somebody_else_wrote_is_not_overwritten(answers: tuple[LastAnswer, ...], wanted: Any) -> None:
    assert following(edit(*answers), S.OTHER) == wanted


def test_a_person_may_ask_to_overwrite_it() -> None:
    assert following(edit(replaces=True), S.OTHER) == Send
    assert following(edit(UNKNOWN, replaces=True), S.OTHER, *TWICE) == Send


@pytest.mark.parametrize(
    ("answers", "after", "blind", "wanted"),
    [
        ((), (), False, Wait),
        ((DONE,), TWICE, False, Wait),
        ((DONE,), LATE, False, ANSWER),
        ((UNKNOWN,), LATE, False, Wait),
        ((REFUSED,), (), False, Stop.REFUSED),
        ((UNKNOWN, REFUSED), (), False, Wait),
        ((), (), True, Send),
        ((DONE,), (), True, ANSWER),
        ((UNKNOWN,), TWICE[:1], True, Wait),
        ((UNKNOWN,), TWICE, True, Send),
        ((UNKNOWN,) * MAX_REQUESTS, LATE, True, Wait),
    ],
)
def test_what_cannot_be_read(
    answers: tuple[LastAnswer, ...], after: tuple[timedelta, ...], blind: bool, wanted: Any
) -> None:
    assert following(edit(*answers), S.NOTHING, *after, blind=blind) == wanted


def test_a_post_that_is_gone_ends_it_unless_it_is_too_new_to_be_shown() -> None:
    assert following(edit(), S.GONE) is Wait
    assert following(edit(), S.GONE, *TWICE) is Stop.GONE
    assert following(edit(), S.GONE, *TWICE, fresh=True) is Wait


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ("New text", S.NEW),
        ("New  text\n", S.NEW),
        ("Old", S.OLD),
        ("Older", S.OLD),
        ("Third", S.OTHER),
    ],
)
def test_which_version_is_shown(shown: str, wanted: Says) -> None:
    version = Version(
        object=PostedObject(id="1"), new=Draft(text="New text"), old=(Draft(text="Older"), Draft(text="Old"))
    )
    assert says_text(version, shown) is wanted


def test_versions_that_differ_by_blanks_alone_are_told_apart_only_exactly() -> None:
    version = Version(object=PostedObject(id="1"), new=Draft(text="a\n\nb"), old=(Draft(text="a b"),))
    assert [says_text(version, one) for one in ("a\n\nb", "a b", "a\nb")] == [S.NEW, S.OLD, S.NOTHING]
