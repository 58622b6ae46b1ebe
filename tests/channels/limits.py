"""Limits as tables: values just inside, values just outside, and the problem of each value outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from tests.channels.making import draft, image, video

Make = Callable[..., Draft]


@dataclass(frozen=True)
class Limit:
    """`problem` is its pointer, and its code or rule. Each value is a draft, or the field `name` of what `make` makes.

    A `size` is the width and height of a medium. `reported`: the limit and what there is, in the only problem of the
    first value outside.
    """

    problem: str
    make: Make
    name: str
    inside: Sequence[Any]
    outside: Sequence[Any]
    reported: tuple[Any, Any] | None = None

    def drafts(self, values: Sequence[Any]) -> list[Draft]:
        return [value if isinstance(value, Draft) else self.make(**{self.name: value}) for value in values]


def sized(make: Callable[..., MediaAsset], facts: dict[str, Any]) -> MediaAsset:
    width, height = facts.pop("size", (None, None))
    return make(**facts, **({"width": width, "height": height} if width else {}))


def picture(text: str = "", options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    return draft(text, media=(sized(image, facts),), options=options or {})


def film(text: str = "", options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    return draft(text, media=(sized(video, facts),), options=options or {})


def media(*shown: MediaAsset) -> Draft:
    return draft("Hello", media=shown)


def gif(**facts: Any) -> Draft:
    return picture(**{"mime_type": "image/gif", "animated": True, **facts})


def of(given: Draft) -> Make:
    """The draft with more options."""
    return lambda **options: given.model_copy(update={"options": {**given.options, **options}})
