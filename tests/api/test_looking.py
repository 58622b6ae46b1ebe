"""What looks at published posts show, when they are made, and how what has vanished is published again."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.api.test_withdrawing import live
from tests.db.seeding import START

pytestmark = pytest.mark.each_database
WHEN = START.isoformat()


async def seen(api: ApiHarness, content: dict[str, Any], verdict: str, word: str = "") -> dict[str, Any]:
    """The post after looks that showed this."""
    async with api.locked(content["id"]) as post:
        for row in post.publications:
            row.liveness = {"verdict": verdict, "since": WHEN, "looked_at": WHEN, "word": word}
    return await api.read_content(content["id"])


def retry_of(content: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    named = [one["id"] for one in content["publications"]]
    return f"/v1/contents/{content['id']}/retry", {"publicationIds": named}


async def test_a_publication_shows_what_the_last_look_showed(api: ApiHarness) -> None:
    content = await live(api)
    assert content["publications"][0]["liveness"] is None
    found = (await seen(api, content, "limited", "hidden"))["publications"][0]
    liveness = found["liveness"]
    assert (found["status"], liveness["verdict"], liveness["word"]) == ("published", "limited", "hidden")
    assert liveness["nextLookAt"] is None


async def test_what_has_vanished_is_published_again_when_a_person_names_it(api: ApiHarness) -> None:
    content = await seen(api, await live(api), "gone")
    path, body = retry_of(content)
    expect_problem(await api.post(path), 409, "NOTHING_TO_RETRY")
    answer = await api.post(path, body)
    assert answer.status_code == 202
    found = answer.json()["publications"][0]
    assert (found["status"], found["providerPostId"], found["providerUrl"], found["liveness"]) == (
        "queued",
        None,
        None,
        None,
    )
    async with api.locked(content["id"]) as post:
        row = post.publications[0]
        assert (row.posted, row.status, post.content.wake_seq > post.content.wake_ack) == ([], "queued", True)
    expect_problem(await api.post(path, body), 409, "NOTHING_TO_RETRY")


@pytest.mark.parametrize(("verdict", "word"), [("live", ""), ("unseen", ""), ("gone", "expired")])
async def test_what_may_be_there_or_has_ended_is_never_sent_again(api: ApiHarness, verdict: str, word: str) -> None:
    content = await seen(api, await live(api), verdict, word)
    path, body = retry_of(content)
    expect_problem(await api.post(path, body), 409, "NOTHING_TO_RETRY")
    assert (await api.read_content(content["id"]))["status"] == PublicationStatus.PUBLISHED


async def test_a_brand_sets_when_its_posts_are_looked_at(api: ApiHarness) -> None:
    looks = {"after": ["PT1H", "P1D"], "channels": {"linkedin": False, "x": ["P1D"]}}
    changed = await api.patch("/v1/brands/acme", {"looks": looks})
    assert (changed.status_code, changed.json()["looks"]) == (200, looks)
    assert (await api.get("/v1/brands/acme")).json()["looks"] == looks
    cleared = await api.patch("/v1/brands/acme", {"looks": None})
    assert cleared.json()["looks"] == {"after": None, "channels": {}}


@pytest.mark.parametrize(
    ("looks", "pointer", "words"),
    [
        ({"after": ["P1D", "PT1H"]}, "/looks/after", "longer than the one before"),
        ({"after": ["PT9M"]}, "/looks/after/0", "minutes"),
        ({"after": ["P91D"]}, "/looks/after/0", "90"),
        ({"after": ["1 hour"]}, "/looks/after/0", "ISO 8601"),
        ({"after": ["P1D"] * 9}, "/looks/after", "8"),
        ({"channels": {"nowhere": False}}, "/looks/channels", ""),
        ({"channels": {"x": True}}, "/looks/channels/x", ""),
    ],
)
async def test_wrong_times_name_their_field_and_rule(
    api: ApiHarness, looks: dict[str, Any], pointer: str, words: str
) -> None:
    problem = expect_problem(await api.patch("/v1/brands/acme", {"looks": looks}), 422)
    assert [one["pointer"].startswith(pointer) for one in problem["errors"]].count(False) == 0
    assert words in problem["errors"][0]["message"]
