"""Small pictures of stored images, for lists. Each is made once, and kept as a note beside its source's renditions, so
that it is removed with them. Blocking: call it in a thread."""

import io
from pathlib import Path

from PIL import Image, ImageOps

from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.sniff import HEAD_BYTES, sniff
from munadi.media.store import MediaStore

TYPE = "image/webp"
# Twice the pixels that a list shows, for screens with two per point.
SIDE = 160
# Part of its name: raise it when `_drawn` makes something else of the same image.
EDITION = 1


def thumbnail(store: MediaStore, digest: str) -> bytes:
    """An image of at most `SIDE` pixels a side, as WebP: upright, and of an animation the first picture.

    Raises MediaRefused for a video and for a damaged file, and FileNotFoundError without a source.
    """
    note = f"renditions/{digest}/thumbnail-{EDITION}-{SIDE}.webp"
    known = store.read_note(note)
    if known is not None and store.exists(digest):
        return known
    with store.local(digest) as path:
        made = _drawn(path)
    store.write_note(note, made)
    return made


def _drawn(path: Path) -> bytes:
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is None or kind.kind != "image":
        raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, "only an image has a thumbnail")
    try:
        with Image.open(path, formats=[kind.reader]) as image:
            image.draft(None, (SIDE * 2, SIDE * 2))  # a JPEG is decoded at a fraction of its size
            small = ImageOps.exif_transpose(image).convert("RGBA" if image.has_transparency_data else "RGB")
    except Exception as error:  # Pillow's readers raise nearly anything on damaged bytes
        raise MediaRefused(MediaCode.MEDIA_CORRUPT, f"the {kind.mime_type} is damaged: {str(error)[:200]}") from error
    small.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()
