"""Documents are known by their content, counted, and refused when they are encrypted, damaged or hostile."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from munadi.domain.document_types import DOC, DOCUMENT_TYPES, DOCX, PDF, PPT, PPTX
from munadi.domain.media_facts import MediaCode, MediaFacts, MediaRefused
from munadi.media.document_reading import read_document
from munadi.media.probe import MAX_DOCUMENT_BYTES, check_head, probe
from munadi.media.sniff import sniff
from tests.harness import documents as made

C = MediaCode


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.jpg"  # the name says nothing


def facts_of(file: Path, content: bytes) -> MediaFacts:
    file.write_bytes(content)
    return probe(file)


def refusal(file: Path, content: bytes) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        facts_of(file, content)
    return caught.value


SOUND = {
    "pdf": (made.pdf(7), PDF, 7),
    "docx": (made.office(made.DOCX), DOCX, None),
    "docx of LibreOffice": (made.office(made.DOCX, first="_rels/.rels"), DOCX, None),
    "pptx": (made.office(made.PPTX, slides=4), PPTX, 4),
    "doc": (made.doc(), DOC, None),
    "ppt": (made.ppt(), PPT, None),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_documents_facts(file: Path, name: str) -> None:
    content, mime_type, pages = SOUND[name]
    facts = facts_of(file, content)
    assert (facts.kind, facts.mime_type, facts.pages, facts.bytes) == ("document", mime_type, pages, len(content))
    assert (facts.width, facts.height, facts.duration_ms) == (0, 0, None)
    assert mime_type in DOCUMENT_TYPES


MANY_PARTS = io.BytesIO()
with zipfile.ZipFile(MANY_PARTS, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("[Content_Types].xml", b" " * 50_000_000)
# A tree of pages that is its own child, and one that claims a million pages.
CIRCLE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>endobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"
    b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n114\n%%EOF"
)
REFUSED = {
    "pdf with a password": (made.pdf(1, "secret"), C.MEDIA_ENCRYPTED),
    "pdf whose user password is empty": (made.pdf(1, ""), C.MEDIA_ENCRYPTED),
    "docx with a password": (made.ole(EncryptedPackage=b"x", EncryptionInfo=b"x"), C.MEDIA_ENCRYPTED),
    "doc with a password": (made.doc(encrypted=True), C.MEDIA_ENCRYPTED),
    "ppt with a password": (made.ppt(encrypted=True), C.MEDIA_ENCRYPTED),
    "docx with macros": (made.office(made.MACROS), C.MEDIA_TYPE_UNSUPPORTED),
    "xlsx": (made.office(f"{made.OPEN_XML}.spreadsheetml.sheet"), C.MEDIA_TYPE_UNSUPPORTED),
    "xls": (made.ole(Workbook=b"x"), C.MEDIA_TYPE_UNSUPPORTED),
    "zip": (made.office(first="holiday.txt"), C.MEDIA_TYPE_UNSUPPORTED),
    "pdf cut short": (made.pdf(9)[:-300], C.MEDIA_CORRUPT),
    "pdf without pages": (made.pdf(0), C.MEDIA_CORRUPT),
    "pdf that is only a name": (b"%PDF-1.7\n", C.MEDIA_CORRUPT),
    "pdf whose pages are a circle": (CIRCLE, C.MEDIA_CORRUPT),
    "docx cut short": (made.office()[:-60], C.MEDIA_CORRUPT),
    "docx whose list of parts is a bomb": (MANY_PARTS.getvalue(), C.MEDIA_CORRUPT),
    "doc cut short": (made.doc()[:700], C.MEDIA_CORRUPT),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_document_that_a_network_can_show_is_refused(file: Path, name: str) -> None:
    content, code = REFUSED[name]
    assert refusal(file, content).code == code


def test_an_encrypted_document_says_what_to_do(file: Path) -> None:
    assert "without a password" in refusal(file, made.pdf(1, "secret")).message


def test_a_document_larger_than_any_network_takes_is_refused_unread(file: Path) -> None:
    file.write_bytes(made.pdf())
    with file.open("r+b") as opened:
        opened.truncate(MAX_DOCUMENT_BYTES + 1)  # sparse
    with pytest.raises(MediaRefused) as caught:
        probe(file)
    found = caught.value
    assert (found.code, found.limit, found.actual) == ("MEDIA_TOO_LARGE", MAX_DOCUMENT_BYTES, MAX_DOCUMENT_BYTES + 1)


def test_the_first_bytes_bound_what_is_fetched() -> None:
    assert check_head(made.pdf(), None) == MAX_DOCUMENT_BYTES
    with pytest.raises(MediaRefused, match="declared as application/pdf"):
        check_head(made.office(first="holiday.txt"), "application/pdf")


def test_a_pdf_with_endlessly_many_pages_is_given_up(file: Path) -> None:
    """No machine walks them all."""
    assert refusal(file, deep_pdf()).code == C.MEDIA_CORRUPT


def deep_pdf() -> bytes:
    """Forty levels of pages, each of which names the next one twice: a tree of 2**40 pages in 3 kB."""
    body, places = b"%PDF-1.4\n", []
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    objects += [b"<</Type/Pages/Kids[%d 0 R %d 0 R]/Count 2>>" % (next_, next_) for next_ in range(3, 43)]
    objects += [b"<</Type/Page/MediaBox[0 0 9 9]>>"]
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return body + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(SOUND)), place=st.floats(0, 1), junk=st.binary(min_size=1, max_size=40))
def test_no_damage_raises_anything_but_a_refusal(file: Path, name: str, place: float, junk: bytes) -> None:
    content = bytearray(SOUND[name][0])
    start = int(place * (len(content) - 1))
    content[start : start + len(junk)] = junk
    file.write_bytes(content)
    kind = sniff(bytes(content[:512]))
    if kind is None or kind.kind != "document":
        return
    with suppress(MediaRefused):
        assert read_document(file, kind, len(content)).kind == "document"  # what the process runs
