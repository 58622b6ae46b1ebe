"""People read words: no page tells them to call the API, to set a field or a variable, or has a code for a title."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from api.dashboard import labels, remedies
from api.dashboard.audit import title_of
from api.dashboard.missing_parts import PARTS, remedy_of
from api.dashboard.render import FOLDER
from munadi.domain.audit import Action
from munadi.domain.failure import Reason
from munadi.domain.publication import LACKS_A_PART
from munadi.domain.reasons import REASONS

TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
# A call, a field of a request, a setting.
FOR_PROGRAMS = re.compile(r"/v1/|\b[a-z]+[A-Z]\w*|MUNADI_")
CALL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) /v1")
ACTION = re.compile(r"""data-actions?=("[^"]*"|'[^']*')""")


@pytest.mark.parametrize("reason", Reason)
def test_a_remedy_is_something_that_a_person_does(reason: Reason) -> None:
    words = remedies.remedy({"reason": reason.value, "remedy": REASONS[reason].remedy})
    assert not FOR_PROGRAMS.search(words), words
    assert words[0].isupper()
    assert words.endswith(".")


def test_only_remedies_for_programs_have_other_words() -> None:
    for reason in (Reason.CONTENT_POLICY, Reason.PROVIDER_OUTAGE):
        assert remedies.remedy({"reason": reason.value, "remedy": "As it is."}) == "As it is."


def test_every_missing_part_has_words_and_a_remedy() -> None:
    assert set(PARTS) == LACKS_A_PART
    for code in PARTS:
        found = {remedy_of(code, reason.value) for reason in Reason} | {remedy_of(code, None)}
        assert len(found) == 3
        assert not any(FOR_PROGRAMS.search(words) for words in found)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_page_asks_a_person_to_call_the_api(template: object) -> None:
    markup = ACTION.sub("", template.read_text())  # type: ignore[attr-defined]
    assert CALL.findall(markup) == []
    titles = re.findall(r"<h[123][^>]*>.*?</h[123]>", markup, re.S)
    assert [title for title in titles if "<code>" in title] == []


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/text", "Text"), ("/firstComment", "First comment"), ("/parts/0", "Post 2 of the thread"),
        ("/media/1/alt", "File 2, alternative text"), ("/media", "Files"), ("/options/boardId", "Board ID"),
        ("", "Text"),
    ],
)  # fmt: skip
def test_a_part_of_a_post_is_called_as_people_call_it(pointer: str, words: str) -> None:
    assert labels.place(pointer) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("connect the account again", "connect the account again."),
        ("It is down.", "It is down."),
        ("Is it there? ", "Is it there? "),
        ("अकाउंट दोबारा कनेक्ट करें।", "अकाउंट दोबारा कनेक्ट करें।"),
        (Markup('<span lang="en">It is down.</span>'), '<span lang="en">It is down.</span>'),
        (Markup('<span lang="en">down</span>'), '<span lang="en">down</span>.'),
    ],
)
def test_a_message_that_another_sentence_follows_ends_as_a_sentence(text: str, shown: str) -> None:
    made = labels.sentence(text)
    assert (made, type(made)) == (shown, type(text)), "markup stays markup"


@pytest.mark.parametrize("action", Action)
def test_an_entry_of_the_audit_log_is_a_plain_sentence(action: Action) -> None:
    title = title_of(action)
    assert title[0].isupper()
    assert not re.search(r"[`;]|\b\w+\.\w+", title), title
