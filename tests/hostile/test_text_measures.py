"""Texts are measured in linear time. tests/intake/test_linear_expressions.py tests every regular expression."""

from __future__ import annotations

import time

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from munadi.channels.text import graphemes, measure
from munadi.domain.channel import TextUnit
from tests.hostile.texts import corpus

# Far more than linear time takes for 100 000 characters, in seconds of CPU.
SECONDS = 5.0


@pytest.mark.parametrize("unit", TextUnit)
def test_a_text_is_measured_in_linear_time(unit: TextUnit) -> None:
    for name, text in corpus(100_000).items():
        begun = time.thread_time()
        measure(text, unit)
        assert time.thread_time() - begun < SECONDS, name


@given(st.text(st.sampled_from("\U0001f1e9\U0001f1ea\u0301\u200d\U0001f469a \n"), max_size=400))
def test_clusters_are_those_of_the_expression(text: str) -> None:
    assert graphemes(text) == regex.findall(r"\X", text)
