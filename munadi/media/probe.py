"""A file's facts, from its own bytes, in bounded time and memory. Blocking: call it in a thread.

Rule: the first bytes decide which one reader may open the file, and that reader sees only the
file: no network, no other format, no picture larger than the limits.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from munadi.domain.media_facts import MediaCode, MediaFacts, MediaRefused
from munadi.media.probe_process import probe_apart
from munadi.media.sniff import HEAD_BYTES, Kind, sniff
from munadi.media.structure import check_complete

# Larger than any network takes. A decoded picture needs at most 4 bytes per pixel, but the readers of
# WebP and AVIF hold it four times over.
MAX_IMAGE_PIXELS = 64_000_000
MAX_COSTLY_IMAGE_PIXELS = 25_000_000
_COSTLY = ("WEBP", "AVIF")
# Those two also load the whole file.
MAX_IMAGE_BYTES = 64 * 1024 * 1024
# More than any network takes of a document.
MAX_DOCUMENT_BYTES = 100_000_000
_MAX_BYTES = {"image": MAX_IMAGE_BYTES, "document": MAX_DOCUMENT_BYTES}

_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
_ORIENTATION = 0x0112
_ROTATED = (5, 6, 7, 8)

# Pillow warns above its own limit and raises above twice that; for us both are a refusal.
warnings.simplefilter("error", Image.DecompressionBombWarning)
# It warns of each damaged field of a picture, and a picture can have 65 535 of them: that would fill the log.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def probe(path: Path, *, declared_type: str | None = None, max_pixels: int = MAX_IMAGE_PIXELS) -> MediaFacts:
    """The facts of the image, video or document at `path`; `declared_type` only makes a refusal's text clearer.

    `max_pixels` can only lower the limit for images.

    Raises MediaRefused: MEDIA_EMPTY, MEDIA_TYPE_UNSUPPORTED, MEDIA_CORRUPT (truncated files included),
    MEDIA_TOO_LARGE (the bytes of an image or document), MEDIA_TOO_MANY_PIXELS or MEDIA_ENCRYPTED. Raises OSError if
    `path` cannot be read.
    """
    size = path.stat().st_size
    if size == 0:
        raise MediaRefused(MediaCode.MEDIA_EMPTY, "the file is empty", limit=1, actual=0)
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is None:
        raise _unsupported(declared_type)
    _check_bytes(kind, size)
    check_complete(path, kind, size)
    if kind.kind == "image":
        return _probe_image(path, kind, size, max_pixels)
    return probe_apart(path, kind, size)


def check_head(head: bytes, declared_type: str | None) -> int | None:
    """Judge a file by its first `HEAD_BYTES`: the most bytes it may have, None for any number.

    Raises MediaRefused, MEDIA_TYPE_UNSUPPORTED, for what `probe` refuses as no file of a known kind.
    """
    kind = sniff(head)
    if kind is None:
        raise _unsupported(declared_type)
    return _MAX_BYTES.get(kind.kind)


def _unsupported(declared_type: str | None) -> MediaRefused:
    declared = f", though it was declared as {declared_type[:80]}" if declared_type else ""
    text = f"the file is no image, video or document that can be read{declared}"
    return MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, text)


def _probe_image(path: Path, kind: Kind, size: int, max_pixels: int) -> MediaFacts:
    limit = min(max_pixels, MAX_COSTLY_IMAGE_PIXELS if kind.reader in _COSTLY else MAX_IMAGE_PIXELS)
    with _decoding(kind, limit), Image.open(path, formats=[kind.reader]) as image:
        width, height = image.size
        if width * height > limit:
            raise _too_many_pixels(kind, limit, width * height)
        rotated = image.getexif().get(_ORIENTATION) in _ROTATED
        animated = kind.reader in _ANIMATED and bool(getattr(image, "is_animated", False))
        # Decoding a JPEG at an eighth reads all of it and needs a sixty-fourth of the memory.
        image.draft(None, (max(width // 8, 1), max(height // 8, 1)))
        image.load()
        has_alpha = _is_transparent(image)
        # CIPA DC-007: a JPEG whose first picture is what every viewer shows.
        multi_picture = image.format == "MPO"
    return MediaFacts(
        kind="image",
        mime_type=kind.mime_type,
        bytes=size,
        width=height if rotated else width,
        height=width if rotated else height,
        has_alpha=has_alpha,
        animated=animated,
        multi_picture=multi_picture,
    )


def _is_transparent(image: Image.Image) -> bool:
    """Whether anything may shine through: an alpha channel that is opaque all over (screenshots) hides nothing."""
    if not image.has_transparency_data:
        return False
    if image.mode not in ("RGBA", "LA") or getattr(image, "is_animated", False):
        return True
    return image.getchannel("A").getextrema() != (255, 255)


def _check_bytes(kind: Kind, size: int) -> None:
    limit = _MAX_BYTES.get(kind.kind)
    if limit is not None and size > limit:
        text = f"the file is too large: media of kind {kind.kind} have at most {limit} bytes"
        raise MediaRefused(MediaCode.MEDIA_TOO_LARGE, text, limit=limit, actual=size)


def _too_many_pixels(kind: Kind, limit: int, actual: int | None) -> MediaRefused:
    return MediaRefused(
        MediaCode.MEDIA_TOO_MANY_PIXELS,
        f"an {kind.mime_type} has at most {limit} pixels",
        limit=limit,
        actual=actual,
    )


@contextmanager
def _decoding(kind: Kind, limit: int) -> Iterator[None]:
    try:
        yield
    except MediaRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(kind, limit, None) from error
    except Exception as error:  # Pillow's readers raise nearly anything on damaged bytes
        raise MediaRefused(
            MediaCode.MEDIA_CORRUPT, f"the {kind.mime_type} is damaged or cut short: {str(error)[:200]}"
        ) from error
