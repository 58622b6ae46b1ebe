"""Tests of whole installations and commands of the docs run by the real clock: a date in them ends some day."""

import re

import pytest

from tests.architecture.tree import files, report, text

# Whole installations, which have no other clock than the machine's.
REAL_CLOCK = ("tools/", *(f"tests/{name}/" for name in ("e2e", "faults", "harness", "receivers")))
CODE = (".py", ".mjs", ".js", ".ts", ".php", ".go")
# What was past when these tests were written stays past.
PAST = (2026, 7, 1)
DATE = re.compile(r"\b(20\d\d)-([01]\d)(?:-([0-3]\d))?|\bdate(?:time)?\((20\d\d), ?(\d+), ?(\d+)")
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
DUE = re.compile(r"""(?:--at[ =]|--input |"scheduledAt": ?)["']*20\d\d-[^\s"']*""")


def coming(code: str) -> list[tuple[int, str]]:
    """The line and text of each date that may be in the future of a test, now or when it was written."""
    return [
        (code.count("\n", 0, found.start()) + 1, found.group())
        for found in DATE.finditer(code)
        if tuple(int(part) for part in found.groups() if part) >= PAST
    ]


def test_no_test_of_a_whole_installation_has_a_date_that_comes() -> None:
    names = [name for name in files() if name.startswith(REAL_CLOCK) and name.endswith(CODE)]
    assert {name.split("/")[1] for name in names} >= {"e2e", "faults", "harness"}
    found = [f"{name}:{line} {date}" for name in names for line, date in coming(text(name))]
    report(found, "Compute the time from now (datetime.now(UTC) + timedelta(…)); the API takes at most 366 days ahead.")


def test_no_command_of_the_docs_is_due_on_a_fixed_day() -> None:
    names = [name for name in files() if name.startswith("docs/") and name.endswith(".md")]
    found = [
        f"{name} {due}" for name in names for block in SHELL_BLOCK.findall(text(name)) for due in DUE.findall(block)
    ]
    report(found, "Compute the day in the command, as docs/tutorial.md does, or write YYYY-MM-DD.")


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ('fill("2026-01-01T00:00")', False),
        ('fill("2020-01-01T00:00")', False),
        ('due="2027-01-15T09:00:00Z"', True),
        ('month="2027-03"', True),
        ("datetime(2027, 3, 16, tzinfo=UTC)", True),
        ("date(2020, 3, 16)", False),
    ],
)
def test_a_date_that_comes_is_found(code: str, is_found: bool) -> None:
    assert bool(coming(code)) is is_found
