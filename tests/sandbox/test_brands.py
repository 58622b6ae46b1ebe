"""What of the sandbox each test brand has for itself: faults and a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.conftest import DAY, Bluesky, Sandbox

PUT = "com.atproto.repo.putRecord"


def of(brand: str) -> dict[str, str]:
    return {"Sandbox-Brand": brand}


def test_a_fault_can_be_for_one_test_brand(sandbox: Sandbox, bluesky: Bluesky) -> None:
    mine = sandbox.plant("bluesky", "com.atproto.repo.uploadBlob", "error", brand="acme-test", status=503, times=None)
    sandbox.plant("bluesky", PUT, "error", status=503)

    def upload(**headers: Any) -> int:
        return bluesky.xrpc(
            "repo.uploadBlob", content=b"x", headers={"content-type": "image/png", **headers}
        ).status_code

    assert [upload(**of("acme-test")), upload(**of("rival-test")), upload()] == [503, 200, 200]
    assert [call["brand"] for call in sandbox.calls("com.atproto.repo.uploadBlob")] == ["acme-test", "rival-test", None]
    assert len(sandbox.control("GET", "/calls?brand=acme-test")) == 1
    assert [fault["id"] for fault in sandbox.control("GET", "/faults?brand=acme-test")] == [mine]
    assert len(sandbox.control("GET", "/faults")) == 2
    sandbox.control("DELETE", "/faults?brand=acme-test")
    assert [fault["operation"] for fault in sandbox.control("GET", "/faults")] == [PUT]
    assert upload(**of("acme-test")) == 200


def test_each_test_brand_has_a_clock_of_its_own_beside_that_of_all(sandbox: Sandbox, bluesky: Bluesky) -> None:
    def ages() -> list[int]:
        """Whether an access token, which lives two hours, is valid for calls of a brand and for those of none."""
        token = bluesky.session["accessJwt"]
        return [
            bluesky.xrpc("server.getSession", token, "GET", headers=of(brand) if brand else {}).status_code
            for brand in ("acme-test", "rival-test", "")
        ]

    assert ages() == [200, 200, 200]
    moved = sandbox.control("POST", "/clock", {"advanceSeconds": DAY, "brand": "acme-test"})
    assert moved["shiftSeconds"] == DAY
    assert moved["now"][:10] == datetime.fromtimestamp(time.time() + DAY, UTC).date().isoformat()
    assert ages() == [400, 200, 200]
    assert sandbox.control("GET", "/clock?brand=rival-test")["shiftSeconds"] == 0
    sandbox.advance(60)
    shifts = [sandbox.control("GET", f"/clock{query}")["shiftSeconds"] for query in ("?brand=acme-test", "")]
    assert shifts == [DAY + 60, 60]
    sandbox.plant("bluesky", PUT, "error", brand="acme-test")
    sandbox.plant("bluesky", PUT, "error", brand="rival-test")
    sandbox.control("POST", "/reset?brand=acme-test")
    assert sandbox.control("GET", "/clock?brand=acme-test")["shiftSeconds"] == 60
    assert [fault["brand"] for fault in sandbox.control("GET", "/faults")] == ["rival-test"]
    assert ages() == [200, 200, 200]
