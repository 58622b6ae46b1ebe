"""Every text that a server sends has a bound, in the types that carry it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from munadi.domain.account import Profile
from munadi.domain.bounds import ADDRESS, BOUNDS, Over, require_size, web_address
from munadi.domain.content import PublicationView
from munadi.domain.publication import Pending, PublicationStatus, Published, Unknown, Warning_

LONG = "x" * 900_000
LONG_URL = "https://e.example/" + LONG
# What a server's words become, with what else the type needs.
TYPES: dict[type[BaseModel], dict[str, Any]] = {
    Published: {},
    Warning_: {"code": "C", "message": "m"},
    Unknown: {"note": "n"},
    Pending: {"after": timedelta(seconds=1)},
    Profile: {"external_id": "1", "handle": "h"},
}
# Ours: no server says it.
OURS = {(Warning_, "channel"), (Warning_, "content_id"), (Warning_, "account_id")}
LARGEST = max(bound.limit for bound in BOUNDS.values())


def _fields() -> list[tuple[type[BaseModel], str]]:
    """Every field of these types that holds a text."""
    return [
        (model, name)
        for model in TYPES
        for name, field in model.model_fields.items()
        if (model, name) not in OURS and _holds_text(field.annotation)
    ]


def _holds_text(annotation: Any) -> bool:
    return annotation in (str, Any) or any(_holds_text(one) for one in get_args(annotation))


def test_there_are_fields_to_try() -> None:
    assert {"post_id", "url", "message", "note", "handle", "scopes", "facts"} <= {name for _, name in _fields()}


@pytest.mark.parametrize("text", [LONG, LONG_URL], ids=["a text", "an address"])
@pytest.mark.parametrize(("model", "name"), _fields(), ids=lambda each: getattr(each, "__name__", each))
def test_a_long_text_is_cut_dropped_or_refused(model: type[BaseModel], name: str, text: str) -> None:
    value: Any = {"scopes": [text] * 1_000, "facts": {"a": [text]}, "warnings": ()}.get(name, text)
    try:
        made = model(**{**TYPES[model], name: value})
    except ValidationError:
        return
    assert len(made.model_dump_json()) < LARGEST


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "/posts/1",
        "ftp://e.example/",
        "https://",
        "https://e.example/a b",
        "https://e.example/\n",
        "https://[",
        "https://e.example/" + "x" * ADDRESS.limit,
        "",
    ],
)
def test_what_no_one_should_open_is_no_address(address: str) -> None:
    assert web_address(address) is None
    assert Published(post_id="1", url=address).url is None


@pytest.mark.parametrize(
    "address", ["https://e.example/@a/1", "http://localhost:3000/1", "https://e.example/पोस्ट?a=b#c"]
)
def test_an_address_stays_as_it_is(address: str) -> None:
    assert Published(url=address).url == address


@pytest.mark.parametrize("stored", ["javascript:alert(1)", LONG_URL, None])
def test_a_row_of_an_earlier_version_shows_no_such_address(stored: str | None) -> None:
    """It can be read, and neither API nor page has a link."""
    view = PublicationView(
        id="pub_1",
        channel="mastodon",
        account_id="acc_1",
        status=PublicationStatus.PUBLISHED,
        scheduled_at=datetime.now(UTC),
        published_at=None,
        lateness_ms=None,
        provider_post_id=LONG,
        provider_url=stored,
        failure=None,
        dismissal=None,
        hold=None,
        attempts=1,
        warnings=(Warning_.model_validate({"code": "VISIBILITY_CHANGED", "message": LONG}),),
    )
    assert view.provider_url is None
    assert len(view.model_dump_json()) < 3_000


def test_a_state_is_bounded_as_a_whole_and_in_each_text() -> None:
    whole, text = BOUNDS["state"], BOUNDS["state text"]
    require_size({"media": [{"id": "1", "url": "https://e.example/" + "u" * 4_000}] * 10}, whole, text)
    for state in ({"cid": "c" * (text.limit + 1)}, {"c" * (text.limit + 1): 1}, {"parts": ["p" * 1_000] * 100}):
        with pytest.raises(ValueError, match="characters"):
            require_size(state, whole, text)


def test_each_kind_has_a_bound_and_a_consequence() -> None:
    assert all(bound.limit > 0 and bound.over in Over for bound in BOUNDS.values())
