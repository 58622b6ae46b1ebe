"""Containers are made once, waited for without sleeping, and replaced only when they are dead."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Ready
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Bench, Saved, account, bench, image, publication, video
from tests.channels.network import answer, form_of, ok

IG = "17841400000000001"
WHO = account("instagram", IG)
MEDIA = f"/v26.0/{IG}/media"
ONE = publication("Hello", media=(image(),))
MANY = publication("Hello", media=(image(0), video(1), image(2)))
FINISHED, RUNNING = ok({"status_code": "FINISHED"}), ok({"status_code": "IN_PROGRESS"})
EXPIRED = ok({"status_code": "EXPIRED", "status": "Expired"})


def failed(subcode: int) -> httpx.Response:
    return ok({"status_code": "ERROR", "status": f"Error: Media upload has failed with error code {subcode}"})


def begun(*statuses: httpx.Response | Exception) -> Bench:
    """Containers are numbered c1, c2… and all read as `statuses`, in order."""
    built, made = bench("instagram"), [0]

    def create(request: httpx.Request) -> httpx.Response:
        made[0] += 1
        return ok({"id": f"c{made[0]}"})

    built.network.on("POST", MEDIA, create).on("GET", "", *(statuses or (FINISHED,)))
    return built


async def prepare(built: Bench, given: PublicationDraft, saved: Saved) -> Ready | Pending:
    return await built.channel.prepare(given, WHO, saved.handle, saved)


async def until_ready(built: Bench, given: PublicationDraft, saved: Saved, runs: int = 9) -> Ready:
    for _ in range(runs):
        found = await prepare(built, given, saved)
        if isinstance(found, Ready):
            return found
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError(f"not ready after {runs} runs")


def state(saved: Saved) -> Prepared:
    assert saved.handle is not None
    return Prepared.model_validate(saved.handle.state)


def made(built: Bench) -> list[dict[str, str]]:
    return [form_of(request) for request in built.network.sent(MEDIA)]


async def test_one_image_is_created_then_waited_for() -> None:
    built, saved = begun(RUNNING, FINISHED), Saved()
    assert await prepare(built, ONE, saved) == Pending(
        after=timedelta(seconds=3), note="Instagram is processing the post"
    )
    assert await prepare(built, ONE, saved) == Pending(
        after=timedelta(seconds=3), note="Instagram is processing the post"
    )
    assert await prepare(built, ONE, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    assert made(built) == [{"image_url": "https://munadi.example/media/med_0", "caption": "Hello"}]
    assert saved.handle is not None
    assert saved.handle.ready
    assert built.network.requests[0].headers["authorization"].startswith("Bearer ")


async def test_a_container_is_saved_before_anything_else_happens() -> None:
    built, saved = begun(), Saved()
    await prepare(built, ONE, saved)
    assert len(saved.history) == 1
    assert "post" in state(saved).containers
    assert saved.history[0].expires_at == NOW + timedelta(hours=24)
    assert not saved.history[0].ready


@pytest.mark.parametrize(("age", "wait"), [(0, 3), (14, 3), (15, 10), (299, 10), (300, 60), (3600, 60)])
async def test_the_older_a_container_the_rarer_it_is_read(age: int, wait: int) -> None:
    built, saved = begun(RUNNING), Saved()
    await prepare(built, ONE, saved)
    built.clock.forward(seconds=age)
    assert await prepare(built, ONE, saved) == Pending(
        after=timedelta(seconds=wait), note="Instagram is processing the post"
    )


async def test_a_carousel_is_children_first_then_their_parent() -> None:
    built, saved = begun(), Saved()
    found = await prepare(built, MANY, saved)
    assert isinstance(found, Pending)
    assert found.note == "0 of 3 media are ready"
    assert isinstance(await prepare(built, MANY, saved), Pending)
    assert isinstance(await prepare(built, MANY, saved), Ready)
    assert [form.get("is_carousel_item") for form in made(built)] == ["true", "true", "true", None]
    assert made(built)[-1] == {"media_type": "CAROUSEL", "children": "c1,c2,c3", "caption": "Hello"}


async def test_a_run_after_a_crash_goes_on_from_every_saved_state() -> None:
    whole, saved = begun(), Saved()
    await until_ready(whole, MANY, saved)
    assert len(saved.history) == 9  # 4 made, 4 finished, ready
    for known in [None, *saved.history]:
        again, crashed = begun(), Saved(known)
        before = len(known.state["containers"]) if known else 0
        await until_ready(again, MANY, crashed)
        assert len(made(again)) == 4 - before
        assert crashed.handle is not None
        assert crashed.handle.ready


async def test_a_ready_handle_needs_no_network() -> None:
    built, saved = begun(), Saved()
    await until_ready(built, ONE, saved)
    calls = len(built.network.requests)
    assert isinstance(await prepare(built, ONE, saved), Ready)
    assert len(built.network.requests) == calls


@pytest.mark.parametrize("dead", [failed(2207053), failed(2207077), EXPIRED], ids=["2207053", "2207077", "expired"])
async def test_a_dead_container_is_replaced_a_few_times(dead: httpx.Response) -> None:
    built, saved = begun(dead, dead, FINISHED), Saved()
    await until_ready(built, ONE, saved)
    assert len(made(built)) == 3
    assert state(saved).renewals == 2
    always, saved = begun(dead), Saved()
    with pytest.raises(ChannelError) as caught:
        await until_ready(always, ONE, saved, runs=20)
    assert (caught.value.reason, caught.value.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)
    assert len(made(always)) == 4


async def test_an_expired_container_takes_its_family_along() -> None:
    built, saved = begun(FINISHED, FINISHED, FINISHED, EXPIRED, FINISHED), Saved()
    await until_ready(built, MANY, saved)
    assert len(made(built)) == 8


async def test_a_failed_parent_is_made_anew_from_the_same_children() -> None:
    built, saved = begun(FINISHED, FINISHED, FINISHED, failed(2207053), FINISHED), Saved()
    await until_ready(built, MANY, saved)
    assert [form.get("children") for form in made(built)] == [None, None, None, "c1,c2,c3", "c1,c2,c3"]


async def test_a_failed_child_is_replaced_alone() -> None:
    built, saved = begun(FINISHED, failed(2207053), FINISHED), Saved()
    await until_ready(built, MANY, saved)
    assert [form.get("children") for form in made(built)] == [None, None, None, None, "c1,c4,c3"]


@pytest.mark.parametrize(
    ("subcode", "reason"),
    [
        (2207026, Reason.MEDIA_VALIDATION_FAILED),
        (2207009, Reason.MEDIA_VALIDATION_FAILED),
        (2207057, Reason.INVALID_FIELD),
    ],
)
async def test_a_final_no_is_not_tried_again(subcode: int, reason: Reason) -> None:
    built, saved = begun(failed(subcode)), Saved()
    with pytest.raises(ChannelError) as caught:
        await until_ready(built, ONE, saved)
    assert (caught.value.reason, caught.value.effect) == (reason, Effect.REJECTED)
    assert caught.value.provider_code == str(subcode)
    assert len(made(built)) == 1


async def test_our_clock_knows_that_a_container_has_expired() -> None:
    built, saved = begun(), Saved()
    await until_ready(built, ONE, saved)
    built.clock.forward(hours=24)
    await until_ready(built, ONE, saved)
    assert len(made(built)) == 2
    assert state(saved).renewals == 0


async def test_a_flaky_read_of_a_young_container_is_not_believed() -> None:
    flake = answer(400, {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request"}})
    built, saved = begun(flake, FINISHED), Saved()
    await until_ready(built, ONE, saved)
    assert len(made(built)) == 1
    lasting, saved = begun(flake), Saved()
    await prepare(lasting, ONE, saved)
    lasting.clock.forward(minutes=6)
    with pytest.raises(ChannelError) as caught:
        await prepare(lasting, ONE, saved)
    assert caught.value.provider_code == "100/33"


async def test_a_url_that_cannot_be_fetched_is_tried_a_few_times() -> None:
    built, saved = begun(), Saved()
    built.network.on("POST", MEDIA, answer(400, {"error": {"code": 9004, "error_subcode": 2207052, "message": "no"}}))
    effects = []
    for _ in range(4):
        with pytest.raises(ChannelError) as caught:
            await prepare(built, ONE, saved)
        assert caught.value.reason is Reason.MEDIA_UNREACHABLE
        effects.append(caught.value.effect)
    assert effects == [Effect.NOT_SENT] * 3 + [Effect.REJECTED]


async def test_a_parent_without_children_makes_them_anew() -> None:
    built, saved = begun(), Saved()
    await prepare(built, MANY, saved)
    gone = answer(400, {"error": {"code": 24, "error_subcode": 2207006, "message": "The resource does not exist"}})
    built.network.on("POST", MEDIA, gone)
    with pytest.raises(ChannelError) as caught:
        await prepare(built, MANY, saved)
    assert caught.value.effect is Effect.NOT_SENT
    assert state(saved) == Prepared(renewals=1)


async def test_a_published_container_is_never_made_anew() -> None:
    built, saved = begun(ok({"status_code": "PUBLISHED"})), Saved()
    await until_ready(built, ONE, saved)
    assert len(made(built)) == 1
    assert state(saved).containers["post"].code == "PUBLISHED"


async def test_what_is_no_jpeg_is_fetched_as_one() -> None:
    built, saved = begun(RUNNING, RUNNING, FINISHED), Saved()
    many = publication("Hello", media=(image(0, mime_type="image/png"), image(1), image(2, bytes=9_000_000, alt="A")))
    await until_ready(built, many, saved)
    forms = made(built)
    assert [form.get("image_url", "").rpartition("/")[2] for form in forms] == ["med_0-jpeg", "med_1", "med_2-jpeg", ""]
    assert forms[2]["alt_text"] == "A"
    # Made when it is needed, not at every look.
    assert built.media.renditions == [(f"med_{index}", "image/jpeg", 8 * 1024 * 1024, None) for index in (0, 2)]


async def test_a_rendition_that_cannot_be_made_ends_it() -> None:
    built = begun()

    async def refuse(*_: object, **__: object) -> MediaAsset:
        raise ChannelError(Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED, "it has transparency")

    built.media.rendition = refuse  # type: ignore[method-assign]
    with pytest.raises(ChannelError, match="transparency"):
        await prepare(built, publication("Hello", media=(image(mime_type="image/png"),)), Saved())
    assert built.network.requests == []


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        (ONE, 2),
        (publication(media=(image(0), image(1))), 5),
        (publication(media=(video(),)), 10),
        (MANY, 10),
        (publication(media=(image(),), options={"kind": "story"}), 2),
        (publication(media=(image(),), options={"kind": "nonsense"}), 10),
    ],
)
def test_lead_is_the_time_that_media_need(given: PublicationDraft, minutes: int) -> None:
    assert bench("instagram").channel.lead(given) == timedelta(minutes=minutes)
