"""Reads a document's facts: which program it is for, whether it is encrypted, and how many pages it has.

Only the child process imports this: a hostile file may take all the memory and time of the process that reads it.
The container's own directory decides what an Office file is; nothing in it is run, rendered or unpacked to disk.
"""

import logging
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from munadi.domain.document_types import DOC, DOCX, PDF, PPT, PPTX
from munadi.domain.media_facts import MediaCode, MediaFacts, MediaRefused
from munadi.media.probe_process import too_costly
from munadi.media.sniff import Kind

# The list of a package's parts names the main part by its type; one with macros has another (ECMA-376, part 2).
_TYPES_PART, _MAX_TYPES_BYTES = "[Content_Types].xml", 4_000_000
_MAIN_PARTS = {f"{DOCX}.main+xml": DOCX, f"{PPTX}.main+xml": PPTX}
# [MS-DOC] 2.5.2: bit 8 of the flags at offset 10. [MS-PPT] 2.3.2: the token of a "Current User" record, encrypted.
_DOC_ENCRYPTED = 0x0100
_PPT_ENCRYPTED = 0xF3D1C4DF


def read_document(path: Path, kind: Kind, size: int) -> MediaFacts:
    """As `probe_apart`, in this process."""
    # pypdf logs each thing that it repairs in a file, which may be millions.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        mime_type, pages = {"pdf": _pdf, "office": _office, "ole": _ole}[kind.reader](path)
    except MediaRefused:
        raise
    except MemoryError as error:
        raise too_costly(kind) from error
    except Exception as error:  # the readers raise nearly anything on damaged bytes
        text = f"the {kind.mime_type} is damaged or cut short: {str(error)[:200]}"
        raise MediaRefused(MediaCode.MEDIA_CORRUPT, text) from error
    return MediaFacts(kind="document", mime_type=mime_type, bytes=size, pages=pages)


def _pdf(path: Path) -> tuple[str, int]:
    from pypdf import PdfReader

    with path.open("rb") as file:
        reader = PdfReader(file)
        if reader.is_encrypted:
            raise _encrypted("PDF")
        pages = len(reader.pages)
    if pages < 1:
        raise MediaRefused(MediaCode.MEDIA_CORRUPT, "the PDF has no page", limit=1, actual=0)
    return PDF, pages


def _office(path: Path) -> tuple[str, int | None]:
    with ZipFile(path) as package:
        names = package.namelist()
        with package.open(_TYPES_PART) as part:
            types = part.read(_MAX_TYPES_BYTES + 1)
        if len(types) > _MAX_TYPES_BYTES:
            raise BadZipFile("its list of parts is too long")
    # Some write it in UTF-16.
    listed = types.replace(b"\0", b"")
    found = next((known for main, known in _MAIN_PARTS.items() if f'"{main}"'.encode() in listed), None)
    if found is None:
        raise _unsupported()
    slides = sum(1 for name in names if name.startswith("ppt/slides/slide") and name.endswith(".xml"))
    return found, slides if found == PPTX else None


def _ole(path: Path) -> tuple[str, None]:
    from olefile import OleFileIO

    with OleFileIO(str(path)) as storage:
        if storage.exists("EncryptedPackage"):  # how a DOCX or PPTX with a password is kept
            raise _encrypted("document")
        if storage.exists("WordDocument"):
            flags = int.from_bytes(storage.openstream("WordDocument").read(12)[10:12], "little")
            if flags & _DOC_ENCRYPTED:
                raise _encrypted("DOC")
            return DOC, None
        if storage.exists("PowerPoint Document"):
            token = int.from_bytes(storage.openstream("Current User").read(16)[12:16], "little")
            if token == _PPT_ENCRYPTED:
                raise _encrypted("PPT")
            return PPT, None
    raise _unsupported()


def _encrypted(what: str) -> MediaRefused:
    text = f"the {what} is encrypted, so no network can show it: save it without a password"
    return MediaRefused(MediaCode.MEDIA_ENCRYPTED, text)


def _unsupported() -> MediaRefused:
    text = "of Office files, only documents and presentations without macros are taken: DOCX, DOC, PPTX and PPT"
    return MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, text)
