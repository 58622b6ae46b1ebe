"""Proposals in the dashboard: what waits, and who may decide about which version."""

from __future__ import annotations

from munadi.domain.key import Scope
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_approvals import decline, propose

READS = (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)


async def test_proposals_are_listed_with_what_was_decided(api: ApiHarness) -> None:
    asked, declined = await propose(api, text="<b>Asked</b>"), await propose(api, text="Declined")
    await decline(api, declined, "<i>not yet</i>")
    async with api.dashboard(await api.key(Scope.CONTENTS_APPROVE, *READS)) as approver:
        page = await approver.page("/proposals")
    assert faults(page) == []
    decide = f"/contents/{asked['id']}#approval"
    for words in ("&lt;b&gt;Asked", decide, "Read and decide", "&lt;i&gt;not yet", '"count">1<'):
        assert words in page, words
    async with api.dashboard(await api.key(*READS, brand_ref="rival")) as rival:
        assert "No proposals" in await rival.page("/proposals")


async def test_who_may_approve_decides_about_the_version_that_is_shown(api: ApiHarness) -> None:
    post = await propose(api)
    await api.edit(post["id"], {"text": "second words"})
    path = f"/contents/{post['id']}"
    buttons = (f'data-action="POST /v1{path}/approve" data-if-match=\'"2"\' data-must-be-read', f"/v1{path}/decline")
    async with api.dashboard(await api.key(Scope.CONTENTS_APPROVE, *READS)) as approver:
        page = await approver.page(path)
    assert faults(page) == []
    assert [words in page for words in buttons] == [True, True]
    assert f"/v1{path}/cancel" not in page
    async with api.dashboard(await api.key(Scope.CONTENTS_PROPOSE, *READS)) as proposer:
        page = await proposer.page(path)
    assert [words in page for words in buttons] == [False, False]
    for action, offered in (("cancel", True), ("reschedule", True), ("publish-now", False)):
        assert (f"/v1{path}/{action}" in page) == offered, action
    await api.post(f"/v1{path}/approve", if_match='"2"')
    async with api.dashboard(await api.key(Scope.CONTENTS_APPROVE, *READS)) as approver:
        page = await approver.page(path)
    assert ("Approved" in page, "/approve" in page, f"/v1{path}/decline" in page) == (True, False, True)


async def test_who_may_only_propose_composes_and_proposes(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.CONTENTS_PROPOSE, *READS)) as proposer:
        page = await proposer.page("/compose?brandRef=acme")
    assert faults(page) == []
    assert 'id="submit" data-proposes>' in page
