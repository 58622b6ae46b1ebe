"""docs/size.md counts each network by itself."""

from __future__ import annotations

from pathlib import Path

from munadi.domain.channel import ChannelName
from scripts.network_sizes import measure, networks_section

MODULE = '''"""A docstring
of two lines."""

# a comment
def one() -> int:
    """Another."""

    return (
        1  # of three lines
    )
'''


def test_comments_blank_lines_and_docstrings_are_lines_but_no_code() -> None:
    assert measure(MODULE) == (10, 4, 2)


def test_every_network_has_a_row() -> None:
    section = networks_section(Path(__file__).parents[2])
    rows = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")]
    assert set(ChannelName) <= set(rows)
