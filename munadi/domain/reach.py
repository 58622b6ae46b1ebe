"""The brands that an API key works for: every brand, or named ones and prefixes of their refs, such as `acme-*`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import StringConstraints

from munadi.domain.brand import BRAND_REF

# A prefix is the beginning of a brand's ref and a star.
BRAND_PATTERN = BRAND_REF.replace("$", r"\*?$")
BrandPattern = Annotated[str, StringConstraints(pattern=BRAND_PATTERN)]
MOST_BRANDS = 50


@dataclass(frozen=True)
class Reach:
    """`brands` None: every brand. A key of one brand names it alone."""

    brands: tuple[str, ...] | None = None

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        """These brands, without what a prefix among them includes already."""
        given = sorted(set(patterns))
        kept = [each for each in given if not any(_covers(other, each) for other in given if other != each)]
        return cls(tuple(kept))

    @classmethod
    def stored(cls, brand_ref: str | None, brand_refs: Sequence[str] | None) -> Self:
        """From the columns of a key: a key of one brand has it in the first, one of several has the second."""
        if brand_ref is not None:
            return cls((brand_ref,))
        return cls(None if brand_refs is None else tuple(brand_refs))

    @property
    def columns(self) -> tuple[str | None, list[str] | None]:
        """What is stored of it."""
        if self.only is not None:
            return self.only, None
        return None, None if self.brands is None else list(self.brands)

    @property
    def only(self) -> str | None:
        """The brand of a key that works for exactly one."""
        if self.brands is not None and len(self.brands) == 1 and not self.brands[0].endswith("*"):
            return self.brands[0]
        return None

    @property
    def is_everything(self) -> bool:
        """Whether it is every brand, with what belongs to none."""
        return self.brands is None

    @property
    def is_several(self) -> bool:
        """Whether it is more than one brand and not every brand. Such a key names a brand wherever one is needed."""
        return self.brands is not None and self.only is None

    def includes(self, brand_ref: str | None) -> bool:
        """Whether a brand's objects are in it. What belongs to no brand (None) is in every brand alone."""
        if self.brands is None:
            return True
        return brand_ref is not None and any(_covers(pattern, brand_ref) for pattern in self.brands)

    def may_create(self, brand_ref: str) -> bool:
        """Whether a brand that does not exist yet is in it: one that a prefix includes, not one that is named."""
        if self.brands is None:
            return True
        return any(pattern.endswith("*") and _covers(pattern, brand_ref) for pattern in self.brands)

    def beyond(self, other: Reach) -> tuple[str, ...]:
        """What of this is not in another: patterns, or `*` where this is every brand and the other is not."""
        if other.brands is None:
            return ()
        if self.brands is None:
            return ("*",)
        return tuple(each for each in self.brands if not any(_covers(pattern, each) for pattern in other.brands))


EVERY_BRAND = Reach()


def _covers(pattern: str, ref: str) -> bool:
    """Whether a pattern includes a ref, or all that another pattern includes."""
    if pattern.endswith("*"):
        return ref.startswith(pattern[:-1])
    return pattern == ref
