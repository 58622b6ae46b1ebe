"""The witness knows which values Instagram and Threads take in a container's parameters."""

from __future__ import annotations

import httpx
import pytest

from tests.judges.meta_values import instagram, threads

LINK = "https://a.example"
GIF = '{"gif_id":"a","provider":"GIPHY"}'
PLACED, UNPLACED = '[{"username": "a", "x": 0.5, "y": 1}]', '[{"username": "a"}]'
FILM = {"media_type": "REELS", "video_url": f"{LINK}/v.mp4"}


def styled(style: str) -> str:
    return f'{{"plaintext":"xy","text_with_styling_info":[{{"offset":0,"length":2,"styling_info":["{style}"]}}]}}'


def of_threads(**form: str) -> list[str]:
    form = {"media_type": "TEXT", "text": "x", **form}
    return list(threads(httpx.Request("POST", "http://sandbox/threads/graph/v1.0/me/threads", data=form)))


def of_instagram(**form: str) -> list[str]:
    form = form if "media_type" in form else {"image_url": f"{LINK}/a.jpg", **form}
    return list(instagram(httpx.Request("POST", "http://sandbox/instagram/graph/v26.0/1/media", data=form)))


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"gif_attachment": GIF},
        {"poll_attachment": '{"option_a":"a","option_b":"b"}'},
        {"text_attachment": f'{{"plaintext":"x","link_attachment_url":"{LINK}"}}'},
        {"text_attachment": '{"plaintext":"x"}', "link_attachment": LINK},
        {"text_attachment": styled("bold")},
        {"text_entities": '[{"entity_type":"SPOILER","offset":0,"length":1}]'},
    ],
)
def test_a_valid_container_of_threads(form: dict[str, str]) -> None:
    assert of_threads(**form) == []


@pytest.mark.parametrize(
    "form",
    [
        {"alt_text": "y"},
        {"topic_tag": "a.b"},
        {"topic_tag": "t" * 51},
        {"reply_control": "nobody"},
        {"link_attachment": "somewhere"},
        {"poll_attachment": '{"option_a":"only"}'},
        {"poll_attachment": '{"option_a":"a","option_b":"' + "b" * 26 + '"}'},
        {"gif_attachment": GIF, "link_attachment": LINK},
        {"gif_attachment": '{"gif_id":"a","provider":"TENOR"}'},
        {"text_attachment": '{"plaintext":""}'},
        {"text_attachment": styled("blink")},
        {"text_attachment": f'{{"plaintext":"x","link_attachment_url":"{LINK}"}}', "link_attachment": f"{LINK}/b"},
        {"text_entities": '[{"entity_type":"BOLD","offset":0,"length":1}]'},
        {"media_type": "IMAGE", "gif_attachment": GIF},
        {"media_type": "IMAGE", "link_attachment": LINK},
    ],
)
def test_an_invalid_container_of_threads(form: dict[str, str]) -> None:
    assert of_threads(**form) != []


@pytest.mark.parametrize(
    "form",
    [
        {"user_tags": PLACED},
        {"collaborators": '["a", "b", "c"]'},
        {**FILM, "user_tags": UNPLACED, "trial_params": '{"graduation_strategy": "MANUAL"}', "thumb_offset": "10"},
    ],
)
def test_a_valid_container_of_instagram(form: dict[str, str]) -> None:
    assert of_instagram(**form) == []


@pytest.mark.parametrize(
    "form",
    [
        {"user_tags": UNPLACED},
        {"user_tags": '[{"username": "a", "x": 2, "y": 0}]'},
        {"user_tags": '[{"x": 0, "y": 0}]'},
        {**FILM, "user_tags": PLACED},
        {"media_type": "CAROUSEL", "children": "1,2", "user_tags": PLACED},
        {"collaborators": '["a", "b", "c", "d"]'},
        {**FILM, "trial_params": '{"graduation_strategy": "NEVER"}'},
        {**FILM, "thumb_offset": "-1"},
    ],
)
def test_an_invalid_container_of_instagram(form: dict[str, str]) -> None:
    assert of_instagram(**form) != []
