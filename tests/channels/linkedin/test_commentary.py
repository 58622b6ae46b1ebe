"""LinkedIn's little text: what is escaped, and that what is read back is what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.channels.linkedin.commentary import RESERVED, little_text, plain, same_text
from munadi.sandbox.linkedin.model import read_back, seen

ACME = "urn:li:organization:1"
TABLE = [
    ("plain", "plain"),
    ("#Sale and #2026sale", "#Sale and #2026sale"),
    ("#1 in C# a#b ##x #a_b", r"\#1 in C\# a\#b \#\#x \#a\_b"),
    ("(a) [b] {c} <d> a|b *x* ~y~ me@acme.com", r"\(a\) \[b\] \{c\} \<d\> a\|b \*x\* \~y\~ me\@acme.com"),
    ("back\\slash", "back\\\\slash"),
]


@pytest.mark.parametrize(("text", "sent"), TABLE)
def test_reserved_characters_are_escaped_and_hashtags_stay(text: str, sent: str) -> None:
    assert little_text(text, {}) == sent
    assert (plain(sent), seen(sent)) == (text, text)


def test_a_mention_is_a_link_and_the_longest_name_counts() -> None:
    mentions = {"Acme": ACME, "Acme (UK)": f"{ACME}2"}
    sent = little_text("@Acme and @Acme (UK), not @acme", mentions)
    assert sent == rf"@[Acme]({ACME}) and @[Acme \(UK\)]({ACME}2), not \@acme"
    assert plain(sent) == seen(sent) == "@Acme and @Acme (UK), not @acme"


def test_unescaped_the_sandbox_cuts_as_linkedin_does() -> None:
    assert seen("Sale (now) and more") == "Sale "


@given(st.text(alphabet=st.sampled_from(f"{RESERVED}ab1é \n👍:"), max_size=60))
def test_any_text_is_shown_whole_and_recognized_when_it_is_read_back(text: str) -> None:
    sent = little_text(text, {})
    assert seen(sent) == text
    assert same_text(read_back(sent), text)
