"""The same text, media and link to one account within 24 hours: a warning, or a refusal by the brand's choice."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from munadi.db.contents.duplicates import Wanted, find_duplicates
from munadi.db.tables import PublicationRow
from munadi.domain.channel import ChannelName
from munadi.domain.publication import PublicationStatus as S
from tests.api.client import FAR
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors
from tests.api.servers import picture
from tests.db.query_plans import plan_of

CODE = "DUPLICATE_OF_RECENT"
DUE = datetime.fromisoformat(FAR)
each_database = pytest.mark.each_database


def alike(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Where a post is a duplicate, and of which post."""
    return [(one["pointer"], one["contentId"]) for one in answer["warnings"] if one["code"] == CODE]


def at(**by: float) -> str:
    """A time that far from `FAR`."""
    return (DUE + timedelta(**by)).isoformat()


async def choose(api: ApiHarness, duplicates: str | None) -> dict[str, Any]:
    """The brand after it chose what happens to duplicates."""
    answer = await api.patch("/v1/brands/acme", {"duplicates": duplicates})
    assert answer.status_code == 200, answer.text
    brand: dict[str, Any] = answer.json()
    return brand


@each_database
async def test_the_same_post_again_is_accepted_with_a_warning_that_names_the_other(api: ApiHarness) -> None:
    first = await api.submit()
    assert first["warnings"] == []
    checked, second = await api.validate(), await api.submit()
    assert second["warnings"] == checked["warnings"] == (await api.read_content(second["id"]))["warnings"]
    [warning] = second["warnings"]
    assert (warning["pointer"], warning["channel"], warning["contentId"]) == ("/text", "bluesky", first["id"])
    assert warning["message"] == (
        f"Bluesky gets the same text, media and link from {first['id']}, due 2027-03-01 09:00Z, within 24 hours of "
        "this post; cancel one of them unless you want both"
    )
    [event] = (await api.read(f"/v1/contents/{second['id']}/events"))["data"]
    assert event["data"]["content"]["warnings"] == [warning]


@each_database
async def test_a_day_on_either_side_counts_and_the_same_time_tomorrow_does_not(api: ApiHarness) -> None:
    await api.submit()
    hours = (-24, -23.99, 23.99, 24)
    found = [alike(await api.validate(scheduledAt=at(hours=each))) for each in hours]
    assert [bool(each) for each in found] == [False, True, True, False]


async def test_only_the_same_words_media_and_link_to_the_same_account_count(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS)
    media = [{"url": api.site.url("/a.jpg"), "alt": "Teal"}]
    made = await api.submit(channels=["bluesky", "threads"], media=media)
    again: dict[str, Any] = {"channels": ["bluesky"], "media": [{"url": api.site.url("/a.jpg"), "alt": "Now green"}]}
    assert alike(await api.validate(**again)) == [("/text", made["id"])]
    both = [("/text", made["id"]), ("/channels/1/text", made["id"])]
    own_text = [{"channel": "bluesky"}, {"channel": "threads", "text": " Monsoon \n sale"}]
    assert alike(await api.validate(channels=own_text, media=media)) == both
    rival = {"brandRef": "rival", "channels": ["bluesky"]}
    other_file = [await api.uploaded(picture(300, 200))]
    for other in (
        {"text": "Monsoon sale!"},
        {"media": []},
        {"media": other_file},
        {"link": "https://a.example"},
        rival,
    ):
        assert alike(await api.validate(**again | other)) == []


async def test_a_post_without_a_text_is_compared_too_and_the_account_is_named(api: ApiHarness) -> None:
    post = {"text": ..., "media": [await api.uploaded()]}
    made = await api.submit(**post)
    assert alike(await api.submit(**post)) == [("/channels/0", made["id"])]


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ([S.CANCELED], False),
        ([S.QUEUED, S.PUBLISHING, S.FAILED], False),
        ([S.QUEUED, S.PUBLISHING], True),
        ([S.QUEUED, S.PUBLISHING, S.UNCONFIRMED], True),
        ([S.QUEUED, S.PUBLISHING, S.PUBLISHED], True),
    ],
    ids=lambda value: value[-1].value if isinstance(value, list) else str(value),
)
async def test_what_is_or_may_be_shown_counts(api: ApiHarness, path: list[S], counts: bool) -> None:
    made = await api.submit()
    await api.move(made["id"], *path)
    assert bool(alike(await api.submit())) is counts


async def test_a_post_without_a_fingerprint_is_not_compared(api: ApiHarness) -> None:
    """As an older version stored it."""
    made = await api.submit()
    async with api.locked(made["id"]) as content:
        content.publications[0].fingerprint = None
    assert alike(await api.submit()) == []


@each_database
async def test_a_brand_may_refuse_duplicates_and_the_problem_says_what_to_do(api: ApiHarness) -> None:
    made = await api.submit()
    assert (await choose(api, "refuse"))["duplicates"] == "refuse"
    answer = await api.try_submit(text="Monsoon  sale", channels=["bluesky", {"channel": "instagram"}])
    found = expect_errors(answer, ("/text", CODE), ("/channels/1", "ACCOUNT_AMBIGUOUS"), ("/media", "MISSING_FIELD"))
    [error] = [one for one in found if one["code"] == CODE]
    assert (error["rule"], error["limit"], error["actual"]) == (CODE.lower(), "24 hours", made["id"])
    for way_out in ("change the words", "a time at least 24 hours", "set the brand's duplicates to warn"):
        assert way_out in error["message"]
    checked = await api.validate()
    assert (checked["valid"], [one["code"] for one in checked["problems"]], alike(checked)) == (False, [CODE], [])
    assert (await api.submit(scheduledAt=at(hours=24)))["warnings"] == []
    assert await api.count() == 2


async def test_what_a_brand_chooses_is_checked_shown_and_cleared(api: ApiHarness) -> None:
    assert (await api.read("/v1/brands/acme"))["duplicates"] == "warn"
    made = await api.create("/v1/brands", {"ref": "careful", "duplicates": "refuse"})
    assert (made["duplicates"], (await api.read("/v1/brands/careful"))["duplicates"]) == ("refuse", "refuse")
    await choose(api, "refuse")
    assert (await api.patch("/v1/brands/acme", {"name": "Acme"})).json()["duplicates"] == "refuse"
    assert (await choose(api, None))["duplicates"] == "warn"
    expect_errors(await api.patch("/v1/brands/acme", {"duplicates": "never"}), "/duplicates")


@pytest.mark.parametrize("duplicates", ["warn", "refuse"])
async def test_a_repeated_request_is_no_duplicate(api: ApiHarness, duplicates: str) -> None:
    await choose(api, duplicates)
    first, again = [await api.try_submit(idempotency_key="cms-42") for _ in range(2)]
    assert (first.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"


@each_database
async def test_of_requests_at_the_same_time_a_refusing_brand_accepts_one(api: ApiHarness) -> None:
    """Each has passed the first check before any of them is stored: the one under the brand's lock decides."""
    await choose(api, "refuse")
    everyone, checked = asyncio.Barrier(6), api.services.posts.checker.check_new

    async def check_then_wait(*args: Any, **options: Any) -> Any:
        found = await checked(*args, **options)
        await everyone.wait()
        return found

    object.__setattr__(api.services.posts.checker, "check_new", check_then_wait)
    answers = await asyncio.gather(*(api.try_submit() for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 422, 422, 422, 422, 422]
    [made] = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    for answer in answers:
        if answer.status_code == 422:
            assert expect_errors(answer, ("/text", CODE))[0]["actual"] == made
    assert await api.count() == await api.count(PublicationRow) == 1


# Changes of a stored post.


async def test_an_edit_is_compared_with_other_posts_and_not_with_itself(api: ApiHarness) -> None:
    other = await api.submit(text="Sale starts")
    made = await api.submit()
    unchanged = await api.edit(made["id"], {"metadata": {"a": "b"}})
    assert (unchanged.status_code, alike(unchanged.json())) == (200, [])
    same = await api.edit(made["id"], {"text": "Sale starts"}, '"2"')
    assert alike(same.json()) == [("/text", other["id"])]
    assert alike(await api.validate()) == []  # nobody has the old words any more
    assert alike(await api.validate(text="Sale starts")) != []
    fixed = await api.edit(made["id"], {"text": "Sale ends"}, '"3"')
    assert (alike(fixed.json()), alike(await api.validate(text="Sale ends"))) == ([], [("/text", made["id"])])


async def test_an_edit_into_a_duplicate_is_refused_by_choice(api: ApiHarness) -> None:
    other, made = await api.submit(text="Sale starts"), await api.submit()
    await choose(api, "refuse")
    own = {"channels": [{"channel": "bluesky", "text": "Sale starts"}]}
    [error] = expect_errors(await api.edit(made["id"], own), ("/channels/0/text", CODE))
    assert error["actual"] == other["id"]
    assert (await api.edit(made["id"], {"text": "Sale ends"})).status_code == 200


@each_database
async def test_two_edits_into_the_same_words_at_the_same_time(api: ApiHarness) -> None:
    made = [await api.submit(text=text) for text in ("one", "two")]
    await choose(api, "refuse")
    everyone, checked = asyncio.Barrier(2), api.services.posts.checker.check_edit

    async def check_then_wait(*args: Any, **options: Any) -> Any:
        found = await checked(*args, **options)
        await everyone.wait()
        return found

    object.__setattr__(api.services.posts.checker, "check_edit", check_then_wait)
    answers = await asyncio.gather(*(api.edit(post["id"], {"text": "the same"}) for post in made))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    expect_errors(*[answer for answer in answers if answer.status_code == 422], ("/text", CODE))


@each_database
async def test_another_time_is_checked_again(api: ApiHarness) -> None:
    other, made = await api.submit(), await api.submit(scheduledAt=at(days=9))
    near = await api.change(made["id"], "reschedule", {"scheduledAt": at(hours=1)})
    assert (near.status_code, alike(near.json())) == (200, [("/scheduledAt", other["id"])])
    away = await api.change(made["id"], "reschedule", {"scheduledAt": at(days=8)})
    assert (away.status_code, alike(away.json())) == (200, [])
    await choose(api, "refuse")
    refused = await api.change(made["id"], "reschedule", {"scheduledAt": at(hours=-1)})
    [error] = expect_errors(refused, ("/scheduledAt", CODE))
    assert error["actual"] == other["id"]
    assert (await api.read_content(made["id"]))["version"] == away.json()["version"]


async def test_publishing_now_and_retrying_are_checked_again(api: ApiHarness) -> None:
    failed = await api.submit(scheduledAt=...)
    await api.move(failed["id"], S.QUEUED, S.PUBLISHING, S.FAILED)
    waiting, live = await api.submit(), await api.submit(scheduledAt=...)
    await choose(api, "refuse")
    for post, action in ((waiting, "publish-now"), (failed, "retry")):
        [error] = expect_errors(await api.change(post["id"], action), ("", CODE))
        assert error["actual"] == live["id"]
    await choose(api, "warn")
    for post, action, status in ((waiting, "publish-now", 200), (failed, "retry", 202)):
        answer = await api.change(post["id"], action)
        assert (answer.status_code, [pointer for pointer, _ in alike(answer.json())]) == (status, [""])


async def test_a_draft_says_so_and_can_still_be_saved(api: ApiHarness) -> None:
    made = await api.submit()
    saved = await api.create("/v1/drafts", api.body())
    assert (saved["valid"], alike(saved)) == (True, [("/text", made["id"])])
    assert alike(await api.read(f"/v1/drafts/{saved['id']}")) == [("/text", made["id"])]
    await choose(api, "refuse")
    expect_errors(await api.post(f"/v1/drafts/{saved['id']}/submit"), ("/text", CODE))
    assert (await api.create("/v1/drafts", api.body()))["valid"] is False


async def test_a_stored_warning_about_anything_else_is_as_older_processes_read_it(api: ApiHarness) -> None:
    """They refuse unknown fields, and run beside this version during an upgrade."""
    made = await api.submit(channels=[{"channel": "bluesky"}], media=[await api.uploaded() | {"alt": None}])
    async with api.locked(made["id"]) as content:
        [stored] = content.draft.warnings
    assert set(stored) == {"code", "message", "channel", "pointer"}


async def test_the_search_reads_one_row_of_an_index(api: ApiHarness) -> None:
    made = await api.submit()
    async with api.locked(made["id"]) as content:
        row = content.publications[0]
    wanted = [Wanted(row.account_id, row.fingerprint or ""), Wanted("acc_other", "0")]
    database = api.services.database
    search = database.lookup(lambda connection: find_duplicates(connection, wanted, DUE))
    plan = await plan_of(database, search, "UNION ALL")
    columns = "account_id=? AND fingerprint=? AND due_at>? AND due_at<?"
    assert plan.count(f"SEARCH publications USING INDEX publications_alike ({columns})") == len(wanted), plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
