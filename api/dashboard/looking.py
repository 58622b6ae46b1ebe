"""A brand's choice of when its published posts are looked at, as Settings shows and changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from api.languages.catalogue import gettext
from munadi.domain.look_ages import Looks, ages_for
from munadi.ports import Channels

# A unit as a person writes it after a number (looks.js reads it), the longest first.
_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))
# What an example of costs counts: posts a day, and looks at each.
_ACCOUNTS, _POSTS, _LOOKS = 50, 5, 2


class Mode(StrEnum):
    """What is chosen, for all networks or for one."""

    DEFAULT = "default"
    AGES = "ages"
    NEVER = "never"


@dataclass(frozen=True)
class Look:
    """The choice for all networks (its name is empty), or for one. `default` is what holds without a choice.

    `price`: US dollars for each post at each look; `example`: what the posts of a day cost then.
    """

    name: str
    mode: Mode
    ages: str
    default: str
    price: str = ""
    example: str = ""


@dataclass(frozen=True)
class LookChoices:
    """The choices of a brand: for all networks, for those that it names, and for those that it could name.

    `apart`: of the latter, those that the choice for all networks does not change, each with its ages.
    """

    all: Look
    named: Sequence[Look]
    unnamed: Sequence[Look]
    apart: Sequence[str]


def look_choices(brand: Mapping[str, Any] | None, channels: Channels, installation: Looks) -> LookChoices:
    """The choices of a brand as the API returns it; of a new one without `brand`."""
    looks = Looks.model_validate((brand or {}).get("looks") or {})
    usual = looks.after if looks.after is not None else installation.after or ()
    named: list[Look] = []
    unnamed: list[Look] = []
    apart = []
    for name, channel in channels.by_name.items():
        rule = channel.spec.looks
        default = ages_for(name, rule, Looks(after=looks.after), installation)
        look = _look(name, looks.channels.get(name), default, rule.price)
        (unnamed if look.mode is Mode.DEFAULT else named).append(look)
        if look.mode is Mode.DEFAULT and default != usual:
            apart.append(f"{channel.spec.title}: {look.default}")
    everywhere = _look("", looks.after, installation.after or (), 0)
    return LookChoices(everywhere, named, unnamed, apart)


def _look(name: str, chosen: tuple[timedelta, ...] | None, default: Sequence[timedelta], price: float) -> Look:
    mode = Mode.DEFAULT if chosen is None else Mode.AGES if chosen else Mode.NEVER
    look = Look(str(name), mode, written(chosen or ()), written(default) or gettext("never"))
    if not price:
        return look
    return replace(look, price=f"{price:g}", example=f"{_ACCOUNTS * _POSTS * _LOOKS * price:.2f}")


def written(ages: Iterable[timedelta]) -> str:
    """Ages as a person writes them: `1 h, 7 d`."""
    return ", ".join(map(_written, ages))


def _written(age: timedelta) -> str:
    for unit, length in _UNITS:
        if age % length == timedelta(0):
            return f"{age // length} {unit}"
    return f"{age / timedelta(seconds=1):g} s"
