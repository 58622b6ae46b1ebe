"""Google's own client for Python uploads to the emulated YouTube and reads back."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload

from tests.judges.discovery import document
from tests.sandbox.conftest import picture
from tests.sandbox.youtube_tube import CHANNEL, CLIP, TOKEN, UNIT, UPLOADS, Tube
from tests.sandbox.youtube_tube import tube as tube  # a fixture

# Three chunks: what follows the clip is an atom that players skip.
LONG = CLIP + (2 * UNIT - 4).to_bytes(4, "big") + b"free" + bytes(2 * UNIT - 12)
BODY = {"snippet": {"title": "Monsoon", "categoryId": "22"}, "status": {"privacyStatus": "private"}}


@pytest.fixture
def google(tube: Tube) -> Any:
    described = {**copy.deepcopy(document()), "rootUrl": f"{tube.sandbox.url}/youtube/api/"}
    with build_from_document(described, credentials=Credentials(TOKEN)) as client:
        yield client


def upload(google: Any) -> Any:
    media = MediaIoBaseUpload(io.BytesIO(LONG), "video/mp4", chunksize=UNIT, resumable=True)
    call, made, shares = google.videos().insert(part="snippet,status", body=BODY, media_body=media), None, []
    while made is None:
        progress, made = call.next_chunk()
        shares += [progress.progress()] if progress else []
    assert len(shares) == 2
    return made


def test_upload_update_and_read_with_googles_client(google: Any) -> None:
    mine = google.channels().list(part="id,contentDetails", mine=True).execute()["items"]
    assert [each["id"] for each in mine] == [CHANNEL]
    made = upload(google)
    media = MediaIoBaseUpload(io.BytesIO(picture(format="JPEG")), "image/jpeg")
    shown = google.thumbnails().set(videoId=made["id"], media_body=media).execute()
    assert shown["items"]
    google.videos().update(part="status", body={"id": made["id"], "status": {"privacyStatus": "public"}}).execute()
    listed = google.videos().list(part="status,processingDetails", id=[made["id"]]).execute()["items"]
    assert [each["status"]["privacyStatus"] for each in listed] == ["public"]
    uploads = google.playlistItems().list(part="contentDetails", playlistId=UPLOADS, maxResults=50).execute()
    assert [each["contentDetails"]["videoId"] for each in uploads["items"]] == [made["id"]]
    google.videos().delete(id=made["id"]).execute()
    assert google.videos().list(part="id", id=[made["id"]]).execute()["items"] == []


def test_googles_client_reads_the_errors(google: Any) -> None:
    with pytest.raises(HttpError) as caught:
        google.videos().delete(id="none").execute()
    assert (caught.value.status_code, caught.value.reason) == (404, caught.value.error_details[0]["message"])
    assert [each["reason"] for each in caught.value.error_details] == ["videoNotFound"]
