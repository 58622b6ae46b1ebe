"""DELETE /v1/media: refused while something needs the file, and who may do it."""

from __future__ import annotations

import pytest

from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture

pytestmark = pytest.mark.each_database
MEDIA = "/v1/media"
S = PublicationStatus


async def stored(api: ApiHarness, content: bytes | None = None, **options: object) -> str:
    """The id of an uploaded picture."""
    answer = await api.upload(content or picture(), **options)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def gone(api: ApiHarness, media_id: str) -> None:
    """Delete a file, which must succeed."""
    answer = await api.delete(f"{MEDIA}/{media_id}")
    assert (answer.status_code, answer.content) == (204, b""), answer.text


async def refused(api: ApiHarness, media_id: str) -> list[str]:
    """The ids that a refused deletion names."""
    problem = expect_problem(await api.delete(f"{MEDIA}/{media_id}"), 409, "MEDIA_IN_USE")
    ids = [error["actual"] for error in problem["errors"]]
    assert all(each in problem["detail"] for each in ids)
    return ids


async def test_a_deleted_file_is_gone_everywhere(api: ApiHarness) -> None:
    media_id = await stored(api)
    await gone(api, media_id)
    expect_problem(await api.delete(f"{MEDIA}/{media_id}"), 404)
    expect_problem(await api.get(f"{MEDIA}/{media_id}"), 404)
    assert await api.read_list(MEDIA) == []
    expect_errors(await api.try_submit(media=[{"id": media_id}]), ("/media/0/id", "MEDIA_UNKNOWN"))
    entries = await api.read_list("/v1/audit?action=media.deleted")
    assert [(each["target"], each["brandRef"]) for each in entries] == [(media_id, "acme")]


@pytest.mark.parametrize("end", ["published", "canceled", "edited", "dismissed"])
async def test_a_post_needs_its_files_until_it_has_ended(api: ApiHarness, end: str) -> None:
    media_id = await stored(api)
    content_id = (await api.submit(media=[{"id": media_id}]))["id"]
    assert await refused(api, media_id) == [content_id]
    match end:
        case "published":
            await api.move(content_id, S.QUEUED, S.PUBLISHING)
            assert await refused(api, media_id) == [content_id]
            await api.move(content_id, S.PUBLISHED)
        case "canceled":
            await api.change(content_id, "cancel")
        case "edited":
            other = await stored(api, picture(32, 32))
            assert (await api.edit(content_id, {"media": [{"id": other}]})).status_code == 200
            assert await refused(api, other) == [content_id]
        case "dismissed":
            await api.move(content_id, S.QUEUED, S.PUBLISHING, S.FAILED)
            assert await refused(api, media_id) == [content_id]
            [publication] = (await api.read_content(content_id))["publications"]
            await api.post(f"/v1/publications/{publication['id']}/dismiss", {"because": "not_needed"})
    await gone(api, media_id)


async def test_an_unconfirmed_post_needs_its_files(api: ApiHarness) -> None:
    media_id = await stored(api)
    content_id = (await api.submit(media=[{"id": media_id}]))["id"]
    await api.move(content_id, S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    assert await refused(api, media_id) == [content_id]


async def test_a_post_whose_later_steps_are_not_done_needs_its_files(api: ApiHarness) -> None:
    media_id = await stored(api)
    channel = {"channel": "bluesky", "parts": ["More in the shop"]}
    content_id = (await api.submit(media=[{"id": media_id}], channels=[channel]))["id"]
    await api.move(content_id, S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    assert await refused(api, media_id) == [content_id]


async def test_a_file_that_only_one_channel_shows_is_needed(api: ApiHarness) -> None:
    shared, own = await stored(api), await stored(api, picture(32, 32))
    channel = {"channel": "bluesky", "media": [{"id": own}]}
    content_id = (await api.submit(media=[{"id": shared}], channels=[channel]))["id"]
    assert await refused(api, shared) == await refused(api, own) == [content_id]


async def test_a_retry_without_its_files_is_refused(api: ApiHarness) -> None:
    media_id = await stored(api)
    content_id = (await api.submit(media=[{"id": media_id}]))["id"]
    await api.move(content_id, S.QUEUED, S.PUBLISHING, S.FAILED)
    [publication] = (await api.read_content(content_id))["publications"]
    await api.post(f"/v1/publications/{publication['id']}/dismiss", {"because": "not_needed"})
    await gone(api, media_id)
    problem = expect_problem(await api.change(content_id, "retry"), 409, "MEDIA_DELETED")
    assert media_id in problem["detail"]
    assert (await api.read_content(content_id))["status"] == "failed"


async def test_a_retried_post_needs_its_files_again(api: ApiHarness) -> None:
    media_id = await stored(api)
    content_id = (await api.submit(media=[{"id": media_id}]))["id"]
    await api.move(content_id, S.QUEUED, S.PUBLISHING, S.FAILED)
    [publication] = (await api.read_content(content_id))["publications"]
    await api.post(f"/v1/publications/{publication['id']}/dismiss", {"because": "not_needed"})
    assert (await api.change(content_id, "retry")).status_code == 202
    assert await refused(api, media_id) == [content_id]


@pytest.mark.parametrize("end", ["deleted", "changed", "submitted"])
async def test_a_draft_needs_its_files_until_it_ends(api: ApiHarness, end: str) -> None:
    media_id = await stored(api)
    draft = await api.create("/v1/drafts", api.body(media=[{"id": media_id}]))
    path = f"/v1/drafts/{draft['id']}"
    assert await refused(api, media_id) == [draft["id"]]
    match end:
        case "deleted":
            assert (await api.delete(path)).status_code == 204
        case "changed":
            assert (await api.patch(path, {"media": None}, if_match='"1"')).status_code == 200
        case "submitted":
            content_id = (await api.post(f"{path}/submit")).json()["id"]
            assert await refused(api, media_id) == [content_id]
            await api.change(content_id, "cancel")
    await gone(api, media_id)


async def test_a_draft_never_holds_the_files_of_another_brand(api: ApiHarness) -> None:
    theirs = await stored(api, brandRef="rival")
    odd = [None, 7, {"id": None}, {"id": "med_x"}, {"id": theirs}]
    draft = await api.create("/v1/drafts", {"brandRef": "acme", "media": odd, "channels": [{"media": 1}, odd]})
    assert draft["valid"] is False
    await gone(api, theirs)


async def test_a_refusal_names_ten_of_those_that_need_the_file(api: ApiHarness) -> None:
    media_id = await stored(api)
    made = [(await api.submit(media=[{"id": media_id}]))["id"] for _ in range(11)]
    draft = await api.create("/v1/drafts", {"brandRef": "acme", "media": [{"id": media_id}]})
    named = await refused(api, media_id)
    assert (len(named), set(named) < {*made, draft["id"]}) == (10, True)
    assert "and others" in (await api.delete(f"{MEDIA}/{media_id}")).json()["detail"]


async def test_who_may_delete(api: ApiHarness) -> None:
    own = await stored(api)
    shared = (await api.post(MEDIA, {"url": api.site.url("/a.jpg")})).json()["id"]
    writer = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    expect_problem(await api.delete(f"{MEDIA}/{own}", key=writer), 404)
    expect_problem(await api.delete(f"{MEDIA}/{shared}", key=writer), 403, "BRAND_RESTRICTED")
    used = await api.submit(brandRef="rival", media=[{"id": shared}])
    assert await refused(api, shared) == [used["id"]]
