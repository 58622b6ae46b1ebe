"""Documents: stored with their name and pages, taken by Discord, LinkedIn and Telegram, refused by all others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors
from tests.harness.documents import doc, office, pdf

MEDIA = "/v1/media"


async def stored(api: ApiHarness, content: bytes, name: str) -> dict[str, Any]:
    answer = await api.post(MEDIA, files={"file": (name, content, "image/png")}, data={"brandRef": "acme"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.each_database
async def test_an_uploaded_document_has_its_pages_and_its_name(api: ApiHarness) -> None:
    media = await stored(api, pdf(4), "C:\\reports\\Q3\u202e report.pdf")
    assert (media["kind"], media["type"], media["pages"], media["name"]) == (
        "document",
        "application/pdf",
        4,
        "Q3 report.pdf",
    )
    assert (media["width"], media["height"], media["duration"], media["codec"]) == (0, 0, None, None)
    assert await api.read(f"{MEDIA}/{media['id']}") == media


async def test_a_fetched_document_has_the_name_of_its_url(api: ApiHarness) -> None:
    api.site.files["/f/%C3%9Cbersicht.doc"] = doc()
    media = await api.create(MEDIA, {"brandRef": "acme", "url": api.site.url("/f/%C3%9Cbersicht.doc")})
    assert (media["type"], media["pages"], media["name"]) == ("application/msword", None, "Übersicht.doc")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pdf(1, "secret"), "MEDIA_ENCRYPTED"),
        (pdf(5)[:-300], "MEDIA_CORRUPT"),
        (office(first="holiday.txt"), "MEDIA_TYPE_UNSUPPORTED"),
    ],
    ids=["encrypted", "cut", "zip"],
)
async def test_a_document_that_no_network_can_show_is_refused(api: ApiHarness, content: bytes, code: str) -> None:
    answer = await api.post(MEDIA, files={"file": ("a.pdf", content, "application/pdf")}, data={"brandRef": "acme"})
    expect_errors(answer, ("/file", code))


async def test_networks_without_documents_refuse_them_before_acceptance(api: ApiHarness) -> None:
    media = await stored(api, pdf(), "a.pdf")
    answer = await api.try_submit(media=[{"id": media["id"]}], channels=["bluesky"])
    expect_errors(answer, ("/media/0", "MEDIA_KIND"))
    [problem] = answer.json()["errors"]
    assert (problem["channel"], problem["limit"], problem["actual"]) == ("bluesky", "image, video", "document")


async def test_the_dashboard_shows_a_sheet_and_hands_a_document_out_as_a_download(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    media = await stored(api, pdf(), "Übersicht.pdf")
    drawn = await dashboard.get(f"/thumbnails/{media['id']}")
    assert (drawn.headers["content-type"], b"M15 11h12l6 6" in drawn.content) == ("image/svg+xml", True)
    whole = await dashboard.get(f"/previews/{media['id']}")
    assert whole.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%9Cbersicht.pdf"
    assert (whole.headers["content-type"], whole.content[:5]) == ("application/pdf", b"%PDF-")
