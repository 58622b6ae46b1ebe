"""No text of ours has a NUL character: PostgreSQL takes none, and SQLite would stop reading there."""

from __future__ import annotations

import pytest

from tests.api.desk import Desk


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/contents?q=%00", "?q"),
        ("/v1/contents?q=umb%00rella", "?q"),
        ("/v1/contents?brandRef=acme&clientRef=%00", "?clientRef"),
        ("/v1/accounts?brandRef=%00", "?brandRef"),
        ("/v1/webhooks/deliveries?contentId=%00", "?contentId"),
        ("/v1/usage?brandRef=%00", "?brandRef"),
    ],
)
async def test_a_nul_in_a_query_is_told(desk: Desk, path: str, pointer: str) -> None:
    answer = await desk.client.get(path)
    assert answer.status_code == 422
    assert [(error["pointer"], error["rule"]) for error in answer.json()["errors"]] == [(pointer, "nul")]


async def test_an_escaped_percent_sign_is_none(desk: Desk) -> None:
    assert (await desk.client.get("/v1/contents?q=%2500")).status_code == 200
