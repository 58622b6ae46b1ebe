"""What is to be done with a file for a network, and how long that may take. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from munadi.domain.channel import MediaRule
from munadi.domain.fitting import Change, PlannedRendition, Recipe, Work
from munadi.domain.media import MediaAsset
from munadi.domain.video import VideoEncoding


@dataclass(frozen=True)
class FitPlan:
    """`expected`: the file as it will be, by which the network's rules judge it. `because`: why it cannot be made."""

    work: Work
    expected: MediaAsset
    changes: tuple[Change, ...] = ()
    recipe: Recipe | None = None
    because: tuple[str, ...] = ()

    def planned(self, index: int, asset: MediaAsset) -> PlannedRendition:
        """What the draft remembers of it."""
        assert self.recipe is not None, "only a rendition is planned"
        return PlannedRendition(
            index=index,
            media_id=asset.id,
            work=self.work,
            changes=self.changes,
            recipe=self.recipe,
            key=self.recipe.key(asset.sha256),
            seconds=round(cost(asset, self.recipe), 1),
        )


def cost(asset: MediaAsset, recipe: Recipe) -> float:
    """How many seconds making a rendition may take on one slow core that is also used by others."""
    moved = 10 + asset.bytes / 20_000_000
    if recipe.pictures == "copy":
        return moved
    megapixels = (asset.width * asset.height + recipe.width * recipe.height) / 2_000_000
    rate = float(Fraction(recipe.fps)) if recipe.fps else 30.0
    return moved + length(asset) * max(0.5, 1.5 * megapixels * rate / 30)


def length(asset: MediaAsset) -> float:
    """Seconds; zero where they are not known."""
    return (asset.duration_ms or 0) / 1000


def refusals(rule: MediaRule, asset: MediaAsset) -> tuple[str, ...]:
    """What no conversion cures, by the codes of problems."""
    encoding, seconds = rule.encoding or VideoEncoding(), length(asset)
    shortest, longest = rule.min_duration, rule.max_duration
    found = {
        "MEDIA_DURATION": (shortest is not None and seconds < shortest.total_seconds())
        or (longest is not None and seconds > longest.total_seconds()),
        "MEDIA_WIDTH": bool(rule.min_width) and asset.width < (rule.min_width or 0),
        "MEDIA_HEIGHT": bool(encoding.min_height) and asset.height < (encoding.min_height or 0),
        "MEDIA_TOO_LARGE": asset.bytes > rule.max_bytes,
        "MEDIA_TOO_SMALL": bool(encoding.min_bytes) and asset.bytes < (encoding.min_bytes or 0),
    }
    return tuple(code for code, broken in found.items() if broken)
