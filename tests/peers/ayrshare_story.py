"""A script for Ayrshare's client on PyPI, as its users write them. Only the address is ours."""

from __future__ import annotations

import base64
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from ayrshare import ayrshare

ayrshare.base = os.environ["ADDRESS"] + "/api/"
FAR = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(text: str, picture: str) -> dict[str, Any]:
    social = ayrshare.SocialPost(os.environ["KEY"])
    found: dict[str, Any] = {"user": social.user()}
    with open(picture, "rb") as file:
        data = "data:image/jpeg;base64," + base64.b64encode(file.read()).decode()
    found["upload"] = social.upload({"file": data, "fileName": "sale.jpg", "description": "The sale"})
    post = {"post": text, "platforms": ["bluesky"], "mediaUrls": [found["upload"]["url"]]}
    found["now"], found["again"] = social.post(dict(post)), social.post(dict(post))
    found["scheduled"] = social.post({"post": f"{text} later", "platforms": ["bluesky"], "scheduleDate": FAR})
    found["history"] = social.history({"lastDays": 0, "platform": ["bluesky"]})
    found["read"] = social.history({"id": found["now"]["id"]})
    found["got"] = social.getPost({"id": found["scheduled"]["id"]})
    found["canceled"] = social.delete({"id": found["scheduled"]["id"]})
    found["withdrawn"] = social.delete({"id": found["now"]["id"]})
    found["refused"] = social.post({"post": "x" * 5_000, "platforms": ["bluesky"], "shortenLinks": True})
    return found


print(json.dumps(main(*sys.argv[1:])))
