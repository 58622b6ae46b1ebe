"""Convert a picture for a network that does not accept it as it is. Blocking: call it in a thread.

Rule: the result looks the same. Another format, fewer bytes, a smaller size down to what a screen shows; never a
background in place of transparency, never a still in place of motion, never less quality than one can see.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from munadi.domain.channel import RENDERED_FROM
from munadi.domain.media_facts import MediaCode, MediaFacts, MediaRefused
from munadi.media.probe import probe

JPEG = "image/jpeg"
# In this order: full colour resolution first, for screenshots and lettering; then what cameras do themselves.
QUALITIES = ((95, 0), (92, 0), (90, 0), (90, 2))
# Sizes follow quality, down to this long side: networks show no more. Pure noise of that size has 1.1 MB, so that any
# limit above it can be kept for any picture.
SHORTEST_LONG_SIDE = 1080
SHRINK = 0.85


@dataclass(frozen=True)
class Recipe:
    """What a rendition must fit. `max_bytes` in octets, `max_side` the long side in pixels; None: any."""

    mime_type: str
    max_bytes: int | None = None
    max_side: int | None = None

    def fits(self, mime_type: str, size: int, width: int, height: int) -> bool:
        """Whether a file needs no rendition."""
        small = self.max_bytes is None or size <= self.max_bytes
        return mime_type == self.mime_type and small and (self.max_side or math.inf) >= max(width, height)


def render(path: Path, recipe: Recipe) -> bytes:
    """The image at `path` as `recipe` wants it: upright, in sRGB, without metadata.

    Raises MediaRefused: MEDIA_TYPE_UNSUPPORTED for another source than `RENDERED_FROM`, another type to make than JPEG,
    transparency or animation; MEDIA_TOO_LARGE when it cannot be made small enough; as `probe` for a damaged file.
    Raises OSError.
    """
    if recipe.mime_type != JPEG:
        raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, f"a rendition is an {JPEG}, not {recipe.mime_type[:80]}")
    facts = probe(path)
    _check(facts)
    smallest = b""
    for image in _sizes(_opened(path), recipe.max_side):
        for quality, subsampling in QUALITIES:
            content = _encoded(image, quality, subsampling)
            if recipe.max_bytes is None or len(content) <= recipe.max_bytes:
                return content
        smallest = content
    raise MediaRefused(
        MediaCode.MEDIA_TOO_LARGE,
        f"the {facts.mime_type} cannot be made smaller than {len(smallest)} bytes without a loss that shows",
        limit=recipe.max_bytes,
        actual=len(smallest),
    )


def _check(facts: MediaFacts) -> None:
    if facts.mime_type not in RENDERED_FROM:
        raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, f"a {facts.mime_type} has no renditions")
    for name, there in (("transparency", facts.has_alpha), ("animation", facts.animated)):
        if there:
            text = f"the {facts.mime_type} has {name}, which an {JPEG} cannot show"
            raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, text)


def _opened(path: Path) -> Image.Image:
    """Upright, RGB or grey, its colours those of sRGB. `probe` has read the file whole, so it is sound."""
    with Image.open(path, formats=["JPEG", "PNG", "WEBP"]) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
    picture = _in_srgb(_eight_bit(upright), upright.info.get("icc_profile"))
    picture.info.clear()  # or the writer would copy a comment or a profile
    return picture


def _eight_bit(image: Image.Image) -> Image.Image:
    """A mode that JPEG and colour profiles know."""
    if image.mode.startswith("I"):
        # 16 bits of grey; Pillow would cut them off instead of scaling them.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode in ("1", "LA", "La") else "RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB, because wide colours look pale without their profile. An unreadable profile is ignored."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "L" else image.convert("RGB")


def _sizes(image: Image.Image, max_side: int | None) -> Iterator[Image.Image]:
    """The image within `max_side`, then ever smaller."""
    side = min(max(image.size), max_side or max(image.size))
    while True:
        yield _scaled(image, side)
        if side <= SHORTEST_LONG_SIDE:
            return
        side = max(int(side * SHRINK), SHORTEST_LONG_SIDE)


def _scaled(image: Image.Image, side: int) -> Image.Image:
    if side >= max(image.size):
        return image
    scale = side / max(image.size)
    size = tuple(max(1, round(length * scale)) for length in image.size)
    return image.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, quality: int, subsampling: int) -> bytes:
    buffer = io.BytesIO()
    # Not `optimize`: Pillow then guesses the size of its buffer, too small for noise.
    image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()
