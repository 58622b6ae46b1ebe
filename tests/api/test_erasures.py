"""A request for an erasure is confirmed and audited; from then on the brand counts as gone. `tests/e2e/test_erasure.py`
proves the rest over real processes."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from munadi.db.events.log import number_events
from munadi.db.ids import new_id
from munadi.db.tables import AttemptRow, ErasureRow, EventRow
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from munadi.erasure.posts import erase_batch
from munadi.erasure.store import ErasureStore
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.db.seeding import START

ERASE = "/v1/brands/acme?confirm=acme"


def store_of(api: ApiHarness) -> ErasureStore:
    return ErasureStore(api.services.database, api.services.keyring, api.services.media_store, api.clock)


async def test_an_erasure_needs_its_scope_a_key_of_more_than_one_brand_and_the_name_again(api: ApiHarness) -> None:
    brand_key, writer = (
        await api.key(Scope.ADMIN, brand_ref="acme"),
        await api.key(*(set(Scope) - {Scope.ADMIN, Scope.BRANDS_WRITE})),
    )
    expect_problem(await api.delete(ERASE, key=brand_key), 403, "BRAND_RESTRICTED")
    expect_problem(await api.delete(ERASE, key=writer), 403)
    expect_errors(await api.delete("/v1/brands/acme?confirm=Acme"), ("?confirm", "NOT_CONFIRMED"))
    expect_errors(await api.delete("/v1/brands/acme"), "?confirm")
    expect_problem(await api.delete("/v1/brands/nobody?confirm=nobody"), 404)
    account = (await api.read_list("/v1/accounts?brandRef=acme"))[0]["id"]
    expect_errors(await api.delete(f"/v1/accounts/{account}/data?confirm=acme"), ("?confirm", "NOT_CONFIRMED"))
    rival = await api.key(Scope.ADMIN, brand_ref="rival")
    expect_problem(await api.delete(f"/v1/accounts/{account}/data?confirm={account}", key=rival), 404)
    assert await api.count(ErasureRow) == 0


async def test_a_brand_counts_as_gone_once_its_erasure_is_requested(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    answer = await api.delete(ERASE)
    erasure = answer.json()
    assert (answer.status_code, erasure["status"], erasure["brandRef"]) == (202, "running", "acme")
    assert (await api.delete(ERASE)).json() == erasure  # repeated while it runs
    assert await api.read(f"/v1/erasures/{erasure['id']}") == erasure
    expect_problem(await api.get("/v1/brands/acme"), 404)
    expect_problem(await api.patch("/v1/brands/acme", {"name": "again"}), 404)
    post = {"brandRef": "acme", "text": "x", "channels": ["bluesky"]}
    expect_problem(await api.post("/v1/contents", post, key=key), 401)
    expect_errors(await api.post("/v1/contents", post), ("/brandRef", "BRAND_UNKNOWN"))
    expect_errors(await api.post("/v1/drafts", post), ("/brandRef", "BRAND_UNKNOWN"))
    expect_errors(
        await api.post("/v1/webhooks/endpoints", {"url": "https://93.184.215.14/", "brandRef": "acme"}), "/brandRef"
    )
    expect_problem(await api.post("/v1/brands", {"ref": "acme"}), 409, "BRAND_EXISTS")
    assert [brand["ref"] for brand in await api.read_list("/v1/brands")] == ["rival"]
    [entry] = await api.read_list("/v1/audit?action=brand.erased")
    assert (entry["target"], entry["brandRef"]) == (erasure["id"], "acme")
    rival = await api.key(Scope.ADMIN, brand_ref="rival")
    expect_problem(await api.get(f"/v1/erasures/{erasure['id']}", key=rival), 404)


async def test_the_erasure_of_an_account_keeps_the_other_accounts_part_of_a_post(api: ApiHarness) -> None:
    mastodon = await api.add_account(
        ChannelName.MASTODON, handle="marked@social.example", service_url="https://social.example"
    )
    sent = ["bluesky", {"channel": "mastodon", "text": "marked for mastodon"}]
    shared = await api.submit(text="for both", channels=sent)
    alone = await api.submit(text="marked alone", channels=["mastodon"])
    channels = ["bluesky", {"channel": "mastodon", "accountId": mastodon, "text": "marked for mastodon"}]
    answer = await api.post("/v1/drafts", {"brandRef": "acme", "text": "an idea", "channels": channels})
    draft = answer.json()
    unconcerned = (
        await api.post("/v1/drafts", {"brandRef": "acme", "text": "another", "channels": ["bluesky"]})
    ).json()
    erasure = (await api.delete(f"/v1/accounts/{mastodon}/data?confirm={mastodon}")).json()
    store = store_of(api)
    [scope] = await store.running()
    assert (scope.id, scope.account_id, await store.connected(scope)) == (erasure["id"], mastodon, [mastodon])
    await store.disconnect(mastodon)
    assert await store.erase_posts(scope)
    await store.erase_rest(scope)
    assert await store.finish(scope)
    assert set(await store.workflows(scope)) == {
        f"content/{shared['id']}",
        f"content/{alone['id']}",
        f"account/{mastodon}",
    }
    await store.end(scope)
    expect_problem(await api.get(f"/v1/contents/{alone['id']}"), 404)
    expect_problem(await api.get(f"/v1/accounts/{mastodon}"), 404)
    left = await api.read(f"/v1/contents/{shared['id']}")
    assert [each["channel"] for each in left["publications"]] == ["bluesky"]
    events = await api.read(f"/v1/contents/{shared['id']}/events")
    assert "marked" not in str(left) + str(events)
    assert mastodon not in str(events)
    counts = (await api.read(f"/v1/erasures/{erasure['id']}"))["counts"]
    assert (counts["posts"], counts["publications"], counts["accounts"]) == (1, 2, 1)
    stripped = await api.read(f"/v1/drafts/{draft['id']}")
    assert stripped["content"] == {"brandRef": "acme", "text": "an idea", "channels": ["bluesky"]}
    assert (stripped["version"], stripped["valid"]) == (draft["version"] + 1, False)
    assert [problem["pointer"] for problem in stripped["problems"]] == ["/channels"]
    assert await api.read(f"/v1/drafts/{unconcerned['id']}") == unconcerned
    edited = await api.patch(
        f"/v1/contents/{shared['id']}", {"text": "x"}, headers={"If-Match": f'"{left["version"]}"'}
    )
    assert edited.status_code == 200, edited.text


async def test_an_open_attempt_keeps_its_post_until_its_deadline(api: ApiHarness) -> None:
    account = (await api.read_list("/v1/accounts?brandRef=acme&channel=bluesky"))[0]["id"]
    busy = await api.seed.content(account)
    await api.move(busy, PublicationStatus.PUBLISHING)
    async with api.services.database.write() as session:
        publication = await api.seed.publication(busy)
        session.add(
            AttemptRow(
                id=new_id(Prefix.ATTEMPT),
                publication_id=publication.id,
                stage="publish",
                number=1,
                epoch=1,
                holder="w",
                intent_at=START,
                deadline_at=START + timedelta(seconds=30),
            )
        )
    await api.delete(ERASE)
    store = store_of(api)
    [scope] = await store.running()
    assert not await store.erase_posts(scope)
    assert (await api.get(f"/v1/contents/{busy}")).status_code == 200
    api.clock.ahead = timedelta(seconds=41)
    assert await store.erase_posts(scope)
    expect_problem(await api.get(f"/v1/contents/{busy}"), 404)


async def test_a_position_of_an_erased_event_is_not_given_again(api: ApiHarness) -> None:
    post = await api.submit()
    await number_events(api.services.database)
    newest = (await api.read_list("/v1/events"))[-1]["position"]
    await api.delete(ERASE)
    store = store_of(api)
    [scope] = await store.running()
    async with api.services.database.write() as session:
        assert await erase_batch(session, scope, [post["id"]], api.clock.now())
    await api.submit(brandRef="rival", channels=["bluesky"])
    await number_events(api.services.database)
    async with api.services.database.read() as session:
        positions = (await session.exec(select(EventRow.position))).all()
    assert min(each for each in positions if each is not None) > newest
