"""Examples of responses about publications and media."""

from __future__ import annotations

from typing import Any

from api.examples import CONTENT

LISTED_PUBLICATION: dict[str, Any] = CONTENT["publications"][0] | {
    "contentId": CONTENT["id"],
    "brandRef": CONTENT["brandRef"],
}
MEDIA: dict[str, Any] = {
    "id": "med_01kf2v6s3tf0d8m7s0a3x9y5hx",
    "brandRef": "acme",
    "kind": "image",
    "type": "image/jpeg",
    "bytes": 184_320,
    "width": 1080,
    "height": 1350,
    "duration": None,
    "codec": None,
    "audioCodec": None,
    "fps": None,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sourceUrl": "https://cdn.acme.example/a.jpg",
    "createdAt": "2027-01-14T10:00:00Z",
}
