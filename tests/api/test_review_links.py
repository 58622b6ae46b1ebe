"""Review links: a person without an account reads a proposed post, and approves or declines it once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlmodel import select

from munadi.db.tables import ReviewLinkRow
from munadi.domain.key import Scope
from tests.api.dashboard import SITE
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture
from tests.api.test_approvals import approve, claim, propose
from tests.api.test_audit import entries

TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
VERSION = re.compile(r'name="version" value="(\d+)"')


class Reviewer:
    """A browser with cookies and no key, at one link."""

    def __init__(self, client: httpx.AsyncClient, path: str) -> None:
        self.client, self.path = client, path

    async def page(self) -> httpx.Response:
        return await self.client.get(self.path)

    async def decide(self, decision: str, note: str = "", page: str | None = None, **changes: str) -> httpx.Response:
        """Send the form of the page, which is read first."""
        shown = (await self.page()).text if page is None else page
        token, version = TOKEN.search(shown), VERSION.search(shown)
        assert token is not None, shown
        assert version is not None, shown
        form = {"token": token[1], "version": version[1], "decision": decision, "note": note, **changes}
        return await self.client.post(self.path, data=form)


async def make_link(api: ApiHarness, post: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await api.create(f"/v1/contents/{post['id']}/review-links", fields or None)
    return made


@asynccontextmanager
async def reviewer_of(api: ApiHarness, link: dict[str, Any]) -> AsyncIterator[Reviewer]:
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield Reviewer(client, urlsplit(link["url"]).path)


async def approval_of(api: ApiHarness, post: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await api.read_content(post["id"]))["approval"]
    return found


@pytest.mark.each_database
async def test_a_person_without_an_account_reads_and_approves_once(api: ApiHarness) -> None:
    post = await propose(api, text="<b>Tea</b> at five", scheduledAt=later(hours=1))
    link = await make_link(api, post)
    async with reviewer_of(api, link) as reviewer:
        shown = await reviewer.page()
        assert faults(shown.text) == []
        assert "&lt;b&gt;Tea&lt;/b&gt; at five" in shown.text
        assert "Bluesky" in shown.text
        for _ in range(3):  # programs that scan mail open it, too
            await reviewer.page()
        assert (await approval_of(api, post))["status"] == "requested"
        done = await reviewer.decide("approve", "  lovely ")
        assert (done.status_code, "Approved" in done.text) == (200, True)
        approval = await approval_of(api, post)
        assert (approval["status"], approval["by"], approval["note"]) == ("granted", link["id"], "lovely")
        again = await reviewer.decide("decline", "no", page=shown.text)
        assert (again.status_code, "This link has been used: the post was approved." in again.text) == (410, True)
        assert (await reviewer.page()).status_code == 410
    api.clock.ahead = timedelta(hours=1)
    assert (await claim(api, post)).attempt is not None
    [entry] = await entries(api, target=post["id"], action="content.approved")
    assert entry["keyId"] == await api.key_id(api.admin_key)
    [listed] = await api.read_list(f"/v1/contents/{post['id']}/review-links")
    assert (listed["decision"], "url" in listed) == ("granted", False)


async def test_declining_needs_words_and_the_proposer_reads_them(api: ApiHarness) -> None:
    post = await propose(api)
    async with reviewer_of(api, await make_link(api, post)) as reviewer:
        for decision, note in (("decline", "  "), ("decline", "x" * 2001), ("", "no"), ("publish", "no")):
            refused = await reviewer.decide(decision, note)
            assert (refused.status_code, 'role="alert"' in refused.text) == (422, True), decision
        for version in ("", "-1", "1e3", "９", "9" * 400):
            assert (await reviewer.decide("approve", version=version)).status_code == 422
        assert (await reviewer.decide("decline", "The <i>sale</i> begins on Saturday.")).status_code == 200
    approval = await approval_of(api, post)
    assert (approval["status"], approval["note"]) == ("declined", "The <i>sale</i> begins on Saturday.")


async def test_the_version_that_the_page_showed_is_decided(api: ApiHarness) -> None:
    post = await propose(api, text="first words")
    async with reviewer_of(api, await make_link(api, post)) as reviewer:
        old = (await reviewer.page()).text
        await api.edit(post["id"], {"text": "second words"})
        refused = await reviewer.decide("approve", page=old)
        assert refused.status_code == 412
        assert "Somebody has changed this post" in refused.text
        assert "second words" in refused.text
        assert (await approval_of(api, post))["status"] == "requested"
        assert (await reviewer.decide("approve", page=refused.text)).status_code == 200
    assert (await approval_of(api, post))["version"] == 2


@pytest.mark.each_database
async def test_of_decisions_at_the_same_time_one_counts(api: ApiHarness) -> None:
    post = await propose(api)
    async with reviewer_of(api, await make_link(api, post)) as reviewer:
        page = (await reviewer.page()).text
        decisions = [reviewer.decide("approve", page=page), reviewer.decide("decline", "no", page=page)]
        answers = await asyncio.gather(*decisions, *(reviewer.decide("approve", page=page) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410, 410]
    events = await api.event_types(post["id"])
    assert len([each for each in events if each in ("content.approval.granted", "content.approval.declined")]) == 1


async def test_a_link_ends_and_is_revoked_and_its_secret_is_not_stored(api: ApiHarness) -> None:
    post = await propose(api, scheduledAt=later(days=20))
    short, revoked = await make_link(api, post, expiresIn="PT2H"), await make_link(api, post)
    async with api.services.database.read() as session:
        rows = (await session.exec(select(ReviewLinkRow))).all()
    for link in (short, revoked):
        secret = link["url"].rpartition("/")[2]
        assert len(secret) == 43
        assert not any(secret in str(row.model_dump()) for row in rows)
    gone = f"/v1/contents/{post['id']}/review-links/{revoked['id']}"
    other = await propose(api)
    expect_problem(await api.request("DELETE", gone.replace(post["id"], other["id"]), None), 404)
    assert (await api.request("DELETE", gone, None)).status_code == 204
    async with reviewer_of(api, revoked) as reviewer:
        assert (await reviewer.page()).status_code == 410
    async with reviewer_of(api, short) as reviewer:
        page = (await reviewer.page()).text
        api.clock.ahead = timedelta(hours=2)
        late = await reviewer.decide("approve", page=page)
        assert (late.status_code, "expired" in late.text) == (410, True)
    assert (await approval_of(api, post))["status"] == "requested"


async def test_a_link_acts_for_a_key_that_may_approve(api: ApiHarness) -> None:
    post = await propose(api)
    path = f"/v1/contents/{post['id']}/review-links"
    for scope in (Scope.CONTENTS_PROPOSE, Scope.CONTENTS_WRITE, Scope.CONTENTS_READ):
        expect_problem(await api.post(path, key=await api.key(scope)), 403, "SCOPE_MISSING")
    expect_problem(await api.post(path, key=await api.key(Scope.CONTENTS_APPROVE, brand_ref="rival")), 404)
    key = await api.key(Scope.CONTENTS_APPROVE)
    link = (await api.post(path, key=key)).json()
    await api.request("DELETE", f"/v1/keys/{await api.key_id(key)}", None)
    async with reviewer_of(api, link) as reviewer:
        shown = await reviewer.page()
        assert (shown.status_code, "may not approve posts any more" in shown.text) == (410, True)


async def test_only_what_waits_for_an_approval_gets_links_and_so_many(api: ApiHarness) -> None:
    plain, post = await api.submit(), await propose(api)
    expect_problem(await api.post(f"/v1/contents/{plain['id']}/review-links"), 409, "NO_APPROVAL_ASKED")
    path = f"/v1/contents/{post['id']}/review-links"
    for wrong in ("PT0S", "P31D", "-PT1H", "soon", "P" + "1" * 50 + "D"):
        expect_errors(await api.post(path, {"expiresIn": wrong}), "/expiresIn")
    for _ in range(20):
        await make_link(api, post)
    expect_problem(await api.post(path), 409, "TOO_MANY_REVIEW_LINKS")
    await api.change(post["id"], "cancel")
    expect_problem(await api.post(path), 409, "TOO_LATE")


async def test_the_page_loads_nothing_of_others_and_its_form_is_its_own(api: ApiHarness) -> None:
    stored, other = await api.uploaded(), (await api.upload(picture(64, 64))).json()
    post = await propose(api, media=[stored | {"alt": "A cup"}])
    link = await make_link(api, post)
    async with reviewer_of(api, link) as reviewer:
        shown = await reviewer.page()
        policy = shown.headers["content-security-policy"]
        for rule in ("default-src 'none'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "script-src" not in policy
        assert "<script" not in shown.text
        assert shown.headers["referrer-policy"] == "same-origin"
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["x-robots-tag"] == "noindex, nofollow"
        image = await reviewer.client.get(f"{reviewer.path}/media/{stored['id']}")
        assert (image.status_code, image.headers["content-type"]) == (200, "image/jpeg")
        assert (await reviewer.client.get(f"{reviewer.path}/media/{other['id']}")).status_code == 404
        async with reviewer_of(api, link) as stranger:  # another browser, which has not opened the page
            form = {"token": "0" * 64, "version": "1", "decision": "approve"}
            assert (await stranger.client.post(stranger.path, data=form)).status_code == 403
        token = TOKEN.search(shown.text)
        assert token is not None
        elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        form = {"token": token[1], "version": "1", "decision": "approve"}
        assert (await reviewer.client.post(reviewer.path, data=form, headers=elsewhere)).status_code == 403
        for wrong in ("/review/x", f"{reviewer.path[:-1]}", f"{reviewer.path}x"):
            assert (await reviewer.client.get(wrong)).status_code == 410, wrong
    assert (await approval_of(api, post))["status"] == "requested"
    assert (await approve(api, post)).status_code == 200
