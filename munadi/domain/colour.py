"""Colours as `#rrggbb`, and how well they can be read (WCAG 2.2).

A brand may choose any colour. Text on it is black or white, whichever contrasts more: one of them always reaches 4.58.
As a colour of text it is darkened or lightened until it reaches `READABLE` on every ground that it stands on.
"""

from __future__ import annotations

from collections.abc import Sequence

HEX = r"^#[0-9a-fA-F]{6}$"
BLACK, WHITE = "#000000", "#ffffff"
# The least contrast of text at level AA (success criterion 1.4.3).
READABLE = 4.5
# How much black or white is added at a time, in parts of a hundred.
_STEP = 4


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Black or white, whichever is read better on a colour."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, colour))


def readable_on(colour: str, grounds: Sequence[str]) -> str:
    """The colour, mixed with black or white (what contrasts more with the first ground) until it can be read on all
    of these grounds."""
    end = text_on(grounds[0])
    for share in range(0, 101, _STEP):
        mixed = _mixed(colour, end, share)
        if all(contrast(mixed, ground) >= READABLE for ground in grounds):
            return mixed
    return end


def _mixed(colour: str, end: str, share: int) -> str:
    parts = zip(_parts(colour), _parts(end), strict=True)
    return "#" + "".join(f"{(own * (100 - share) + other * share) // 100:02x}" for own, other in parts)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
