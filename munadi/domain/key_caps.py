"""Caps of an API key: what its calls may do at most, beside its scopes and its brands.

A key that was made with another counts against the caps of both, so many keys are no way around one cap. Days are UTC,
because a key may work for brands in several time zones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import Field
from pydantic.alias_generators import to_camel

from munadi.domain.channel import ChannelName
from munadi.domain.model import WireModel
from munadi.domain.problem import Problem
from munadi.domain.time import Instant

# Prices have parts of a cent; amounts are counted in millionths of a dollar.
MILLION = 1_000_000


class KeyCaps(WireModel):
    """What the calls of a key may do at most. Null: no cap."""

    posts_per_day: int | None = Field(
        None, strict=True, ge=0, le=1_000_000, description="Posts that are accepted on a day (UTC)."
    )
    channels: tuple[ChannelName, ...] | None = Field(
        None, max_length=len(ChannelName), description="The only networks that its posts may have; empty: none."
    )
    not_before: Instant | None = Field(None, description="No post of it is due before.")
    not_after: Instant | None = Field(None, description="No post of it is due after.")
    spend_per_day: float | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="US dollars that the posts accepted on a day (UTC) may cost, at networks that cost money.",
    )

    @classmethod
    def kept(cls, stored: Mapping[str, Any] | None) -> Self | None:
        """The stored caps; None without any. Fields that another version of Munadi stored are ignored."""
        if stored is None:
            return None
        known = {to_camel(name) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in stored.items() if name in known})

    @property
    def spend_limit(self) -> int | None:
        """What may be spent on a day, in millionths of a dollar."""
        return None if self.spend_per_day is None else round(self.spend_per_day * MILLION)

    @property
    def is_counted(self) -> bool:
        """Whether something is counted for it on each day."""
        return self.posts_per_day is not None or self.spend_per_day is not None

    def within(self, outer: KeyCaps) -> KeyCaps:
        """These caps, with those of another where these have none."""
        return KeyCaps(**{name: _first(getattr(self, name), getattr(outer, name)) for name in KeyCaps.model_fields})

    def looser(self, outer: KeyCaps) -> list[Problem]:
        """Where these allow more than other caps do. A cap that is missing here is one of these."""
        found = []
        for name in KeyCaps.model_fields:
            own, limit = getattr(self, name), getattr(outer, name)
            if limit is not None and (own is None or _is_more(name, own, limit)):
                wire = to_camel(name)
                message = f"the key that makes this call has {wire} {_shown(limit)} itself"
                found.append(
                    Problem(
                        pointer=f"/caps/{wire}",
                        code="KEY_EXCEEDS_OWN",
                        message=message,
                        rule=wire,
                        limit=_shown(limit),
                        actual=None if own is None else _shown(own),
                    )
                )
        return found


def strictest(all_caps: Iterable[KeyCaps]) -> KeyCaps:
    """What several caps allow together."""
    found = KeyCaps()
    for caps in all_caps:
        found = KeyCaps(
            posts_per_day=_least(found.posts_per_day, caps.posts_per_day),
            channels=_common(found.channels, caps.channels),
            not_before=max((each for each in (found.not_before, caps.not_before) if each), default=None),
            not_after=min((each for each in (found.not_after, caps.not_after) if each), default=None),
            spend_per_day=_least(found.spend_per_day, caps.spend_per_day),
        )
    return found


def _first(own: Any, other: Any) -> Any:
    return other if own is None else own


def _least(one: Any, other: Any) -> Any:
    return min((each for each in (one, other) if each is not None), default=None)


def _common(
    one: Collection[ChannelName] | None, other: Collection[ChannelName] | None
) -> tuple[ChannelName, ...] | None:
    if one is None:
        return None if other is None else tuple(other)
    return tuple(each for each in one if other is None or each in other)


def _is_more(name: str, own: Any, limit: Any) -> bool:
    if name == "channels":
        return not set(own) <= set(limit)
    return bool(own < limit) if name == "not_before" else bool(own > limit)


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return " ".join(value) if isinstance(value, tuple) else value
