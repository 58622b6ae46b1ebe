"""Detects a file's type by its first bytes. Its name and headers do not count."""

from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class Kind:
    """A type we read: `reader` is Pillow's format, FFmpeg's demuxer or a container of documents; no other is tried.

    What an Office file is, is known only inside: until it is opened, its type is that of its container.
    """

    kind: Literal["image", "video", "document"]
    mime_type: str
    reader: str


_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind("image", "image/jpeg", "JPEG")),
    (b"\x89PNG\r\n\x1a\n", Kind("image", "image/png", "PNG")),
    (b"GIF87a", Kind("image", "image/gif", "GIF")),
    (b"GIF89a", Kind("image", "image/gif", "GIF")),
    (b"BM", Kind("image", "image/bmp", "BMP")),
    (b"II*\x00", Kind("image", "image/tiff", "TIFF")),
    (b"MM\x00*", Kind("image", "image/tiff", "TIFF")),
    (b"\x00\x00\x01\xba", Kind("video", "video/mpeg", "mpeg")),
    (b"%PDF-", Kind("document", "application/pdf", "pdf")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("document", "application/x-ole-storage", "ole")),
)
_OFFICE = Kind("document", "application/zip", "office")
# How the names in a DOCX or PPTX begin (ECMA-376, part 2); a ZIP that starts otherwise is none, and refused unread.
_PARTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"ppt/", b"customXml/")
_WEBP = Kind("image", "image/webp", "WEBP")
_AVI = Kind("video", "video/x-msvideo", "avi")
_WEBM = Kind("video", "video/webm", "matroska")
_MATROSKA = Kind("video", "video/x-matroska", "matroska")
_TRANSPORT_STREAM = Kind("video", "video/mp2t", "mpegts")
_QUICKTIME = Kind("video", "video/quicktime", "mov")
_MP4 = Kind("video", "video/mp4", "mov")
_3GPP = Kind("video", "video/3gpp", "mov")
_AVIF = Kind("image", "image/avif", "AVIF")

# ISO 14496-12 major brands. HEIC is known and not readable here, so it is left out on purpose.
_BRANDS = {b"qt  ": _QUICKTIME, b"avif": _AVIF, b"avis": _AVIF}
_FOREIGN_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"crx ", b"jp2 ", b"M4A ", b"M4B ")


def sniff(head: bytes) -> Kind | None:
    """The kind of file that starts with `head` (`HEAD_BYTES` of it), or None for anything we do not read."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"PK\x03\x04":
        return _OFFICE if head[30:].startswith(_PARTS) else None
    if head[:4] == b"RIFF":
        return {b"WEBP": _WEBP, b"AVI ": _AVI}.get(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3":
        # The document type is an element near the start of the EBML header.
        return _WEBM if b"webm" in head[:64] else _MATROSKA
    if len(head) > 188 and head[0] == head[188] == 0x47:
        return _TRANSPORT_STREAM
    return _sniff_boxes(head)


def _sniff_boxes(head: bytes) -> Kind | None:
    box, brand = head[4:8], head[8:12]
    if box == b"ftyp":
        if brand in _FOREIGN_BRANDS:
            return _AVIF if b"avif" in head[16:64] else None
        return _3GPP if brand[:3] in (b"3gp", b"3g2") else _BRANDS.get(brand, _MP4)
    # Old QuickTime files have no ftyp box.
    return _QUICKTIME if box in (b"moov", b"mdat", b"wide", b"free", b"skip") else None
