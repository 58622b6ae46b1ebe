"""What the API answers about a post that was purged."""

from __future__ import annotations

import pytest

from munadi.db.contents.post_deletion import delete_posts
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.api.test_receipts import keys_of, path_of, receipt_of, signed_claims
from tests.api.test_withdrawing import live

pytestmark = pytest.mark.each_database


async def test_a_purged_post_is_answered_as_one_that_never_was_and_its_receipt_still_verifies(api: ApiHarness) -> None:
    content = await live(api)
    saved = await receipt_of(api, content)
    async with api.services.database.write() as session:
        deleted = await delete_posts(session, [content["id"]])
    assert (deleted["contents"], deleted["publications"]) == (1, 1)
    post, publication = f"/v1/contents/{content['id']}", f"/v1/publications/{content['publications'][0]['id']}"
    for path in (post, f"{post}/events", publication, path_of(content)):
        expect_problem(await api.get(path), 404, "NOT_FOUND")
    retried = await api.post(f"{post}/retry")
    expect_problem(retried, 404, "NOT_FOUND")
    assert [each["id"] for each in (await api.get("/v1/contents")).json()["data"]] == []
    assert signed_claims(saved["receipt"], await keys_of(api)) == saved["claims"]
