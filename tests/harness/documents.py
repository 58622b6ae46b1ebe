"""Documents of each type, made on the spot. Those of old Office are containers with the streams that name them."""

from __future__ import annotations

import io
import struct
import zipfile

from pypdf import PdfWriter

OPEN_XML = "application/vnd.openxmlformats-officedocument"
DOCX, PPTX = f"{OPEN_XML}.wordprocessingml.document", f"{OPEN_XML}.presentationml.presentation"
MACROS = "application/vnd.ms-word.document.macroEnabled"
SECTOR = 512
END, FREE, IS_TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def pdf(pages: int = 3, password: str | None = None) -> bytes:
    """A PDF of empty pages."""
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


def office(main: str = DOCX, slides: int = 0, first: str = "[Content_Types].xml") -> bytes:
    """A package whose main part has this type, as Word and PowerPoint write it."""
    parts = {first: ""} if first != "[Content_Types].xml" else {}
    parts["[Content_Types].xml"] = f'<Types><Override PartName="/main.xml" ContentType="{main}.main+xml"/></Types>'
    parts |= {f"ppt/slides/slide{number}.xml": "<sld/>" for number in range(1, slides + 1)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def ole(**streams: bytes) -> bytes:
    """A compound file ([MS-CFB]) with these streams in its root, each of at least a sector of its own."""
    padded = [content.ljust(4096, b"\0") for content in streams.values()]
    starts, at = [], 2
    for content in padded:
        starts.append(at)
        at += len(content) // SECTOR
    table = [IS_TABLE, END]
    for content in padded:
        count = len(content) // SECTOR
        table += [*range(len(table) + 1, len(table) + count), END]
    table += [FREE] * (SECTOR // 4 - len(table))
    names = [name.replace("_", " ") for name in streams]
    entries = [_entry("Root Entry", 5, child=1)]
    for number, (name, start, content) in enumerate(zip(names, starts, padded, strict=True), 1):
        right = number + 1 if number < len(names) else FREE
        entries.append(_entry(name, 2, start=start, size=len(content), right=right))
    entries += [bytes(128)] * (4 - len(entries))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0, 0) + struct.pack("<I", FREE) * 108
    return header + struct.pack("<128I", *table) + b"".join(entries) + b"".join(padded)


def doc(*, encrypted: bool = False) -> bytes:
    return ole(WordDocument=bytes(10) + struct.pack("<H", 0x0100 if encrypted else 0))


def ppt(*, encrypted: bool = False) -> bytes:
    token = 0xF3D1C4DF if encrypted else 0xE391C05F
    return ole(PowerPoint_Document=b"slides", Current_User=bytes(12) + struct.pack("<I", token))


def _entry(name: str, kind: int, *, child: int = FREE, right: int = FREE, start: int = END, size: int = 0) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
