"""The words of a tenant or a network cannot command the terminal in which they are shown."""

from __future__ import annotations

import json

import pytest

from munadi.cli.output import Output

# Sets the clipboard and the title, clears the screen in two ways, and turns the text around.
HOSTILE = "a\x1b]52;c;eA==\x07\x1b]0;title\x07\x1b[2J\x9b2J\u202eb\r\nc\td"
SHOWN = "a\\u001b]52;c;eA==\\u0007\\u001b]0;title\\u0007\\u001b[2J\\u009b2J\\u202eb\nc"


def test_control_characters_are_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.line(HOSTILE, (HOSTILE, "red"))
    output.note(HOSTILE)
    output.table(("text",), [[HOSTILE]])
    output.facts([("text", HOSTILE)])
    printed = capsys.readouterr()
    assert printed.out.count(SHOWN) == 4
    assert printed.err.count(SHOWN) == 1
    assert not [letter for letter in printed.out + printed.err if not (letter.isprintable() or letter in "\n\t ")]


def test_json_has_no_control_characters_and_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=True).json({"text": HOSTILE})
    printed = capsys.readouterr().out
    assert printed.rstrip("\n").isprintable()
    assert json.loads(printed) == {"text": HOSTILE}
