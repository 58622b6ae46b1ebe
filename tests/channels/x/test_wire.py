"""A post of a timeline is read by X's older names and by the newer ones, which X is moving to."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.x.wire import read_rows

OLD, NEW = ("note_tweet", "referenced_tweets"), ("note_post", "referenced_posts")


@pytest.mark.parametrize(("note", "references"), [OLD, NEW], ids=["tweets", "posts"])
def test_a_long_answer_is_read_by_either_name(note: str, references: str) -> None:
    urls = [{"start": 0, "end": 23, "url": "https://t.co/0123456789", "expanded_url": "https://acme.example"}]
    row: dict[str, Any] = {
        "id": "117",
        "created_at": "2026-11-01T09:00:00.000Z",
        "text": "https://t.co/0123456789 a…",
        note: {"text": "https://t.co/0123456789 all of it", "entities": {"urls": urls}},
        references: [{"type": "quoted", "id": "1"}, {"type": "replied_to", "id": "116"}],
    }
    (read,) = read_rows({"data": [row]})
    assert (read.text, read.parent) == ("https://acme.example all of it", "116")
