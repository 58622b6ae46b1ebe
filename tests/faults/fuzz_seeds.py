"""What schemathesis may name: ids of things that exist, and texts that rules accept, as dictionaries of its settings.

Generated ids are random, so nothing is ever found by them, and nothing follows from what is not found.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.api.operations import OPERATIONS
from tests.faults.things import things
from tests.harness.brand import Brand
from tests.harness.networks import VISIBLE, create_profile, plant
from tests.harness.stack import Stack
from tests.harness.times import instant

SETTINGS = Path(__file__).with_name("schemathesis.toml")
DAY = 86_400
# The rest stays random. A query or header that is named here is sent even where it is optional.
SHARES = {"path": 0.5, "body": 0.5, "query": 0.15, "header": 0.5}
# What schemathesis binds: the name of a parameter, and the values that it takes. A parameter of listed values, such as
# `channel`, is not bound: it knows them, and fails (4.32) when it compares them with the reference to their list.
PATHS = (
    *("content_id", "publication_id", "account_id", "media_id", "draft_id", "event_id", "delivery_id", "recovery_id"),
    *("endpoint_id", "connection_id", "key_id", "feed_id", "ref"),
)
BOUND = {f"path.{name}": name for name in PATHS} | {
    "query.brandRef": "ref",
    "query.accountId": "account_id",
    "query.contentId": "content_id",
    "query.endpointId": "endpoint_id",
    "query.eventId": "event_id",
    "header.If-Match": "version",
    "body.brandRef": "ref",
    "body.channel": "channel",
    "body.channels[*]": "channel",
    "body.media[*].id": "media_id",
    "body.publicationIds[*]": "publication_id",
    "body.url": "address",
    "body.link": "link",
    "body.timezone": "timezone",
    "body.scheduledAt": "coming",
    "body.publishBy": "later",
    "body.since": "past",
    "body.until": "coming",
    "body.expiresAt": "coming",
}


@dataclass(frozen=True)
class Seeds:
    """What exists. `values` by the names of `BOUND`; `bodies` that are accepted, by operation; `kept`: ids that no call
    may delete."""

    values: Mapping[str, Sequence[str]]
    bodies: Mapping[str, Any]
    kept: Sequence[str]

    def write(self, folder: Path, *, walk: bool) -> tuple[Path, Path]:
        """The settings of schemathesis, with the values as dictionaries, and what its hooks read. `walk`: it follows
        links."""
        names = sorted(set(BOUND.values()))
        lines = [SETTINGS.read_text()]
        # A JSON string is also one of TOML.
        lines += [f"[dictionaries.{name}]\nvalues = {json.dumps(list(self.values[name]))}\n" for name in names]
        lines.append("[parameters]")
        for key, name in BOUND.items():
            share = SHARES[key.partition(".")[0]]
            lines.append(f'"{key}" = {{ dictionary = "{name}", probability = {share} }}')
        settings, known = folder / "schemathesis.toml", folder / "known.json"
        settings.write_text("\n".join(lines) + "\n")
        known.write_text(json.dumps({"bodies": self.bodies, "kept": self.kept, "walk": walk}))
        return settings, known


async def seed(stack: Stack, picture: str) -> Seeds:
    """Make one thing of each kind, and posts in more states. `picture` is the address of a picture, which also answers
    as an endpoint."""
    async with stack.client() as api, stack.sandbox() as sandbox:
        found = {name: [value] for name, value in (await things(api, sandbox)).items()}
        brand = Brand(api, sandbox, "acme")
        for content in await posts(brand):
            found["content_id"].append(content["id"])
            found["publication_id"] += [each["id"] for each in content["publications"]]
        listed = (await api.get("/v1/keys")).raise_for_status().json()["data"]
        own = [key["id"] for key in listed if key["id"] not in found["key_id"]]
        profile = await create_profile(sandbox, "bluesky", "connected meanwhile")
    kept = [*own, *found["account_id"], *found["endpoint_id"], *found["media_id"]]
    return Seeds(found | texts(picture), bodies(profile, picture), kept)


async def posts(brand: Brand) -> list[dict[str, Any]]:
    """A post that is planned, one that is canceled, and some that the network refused."""
    planned, canceled = [await brand.submit(text, seconds=DAY) for text in ("planned", "canceled")]
    answer: httpx.Response = await brand.api.post(f"/v1/contents/{canceled['id']}/cancel")
    assert answer.status_code == 200, answer.text
    refusal = {"status": 400, "error": {"error": "InvalidRequest", "message": "refused"}}
    await plant(brand.sandbox, "bluesky", VISIBLE["bluesky"], "error", times=4, **refusal)
    refused = [await brand.ended((await brand.submit(f"refused {number}"))["id"]) for number in range(4)]
    assert {content["status"] for content in refused} == {"failed"}, refused
    return [planned, canceled, *refused]


def texts(picture: str) -> dict[str, list[str]]:
    """Values that are not ids. Times are those of a run of some minutes."""
    now = time.time()
    return {
        "ref": ["acme"],
        "channel": ["bluesky"],
        "version": ['"1"', "*"],
        "address": [picture],
        "link": ["https://acme.example/sale"],
        "timezone": ["Asia/Kolkata", "UTC"],
        "past": [instant(now - DAY), instant(now - 60)],
        "coming": [instant(now + DAY / 2), instant(now + DAY)],
        "later": [instant(now + 2 * DAY)],
    }


def bodies(profile: Mapping[str, Any], picture: str) -> dict[str, Any]:
    """A body for each operation that takes one, by `METHOD /path`. All addresses are on loopback."""
    signed_in = {name: profile[name] for name in ("identifier", "password")}
    account = {"channel": "bluesky", "serviceUrl": profile["serviceUrl"], "credentials": signed_in}
    # A post of tomorrow can be changed, published now and canceled.
    post = {"brandRef": "acme", "text": "hello", "channels": ["bluesky"], "scheduledAt": instant(time.time() + DAY)}
    return {str(each): each.body for each in OPERATIONS if each.body is not None} | {
        "POST /v1/contents": post,
        "POST /v1/contents/validate": post,
        "POST /v1/drafts": post,
        "POST /v1/brands/{ref}/accounts": account,
        "POST /v1/media": {"brandRef": "acme", "url": picture},
        "POST /v1/webhooks/endpoints": {"brandRef": "acme", "url": picture},
    }
