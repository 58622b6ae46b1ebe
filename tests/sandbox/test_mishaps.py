"""The page lets the next post of one account fail, in words that a person understands."""

from __future__ import annotations

import re
from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason, Retryable
from munadi.domain.reasons import REASONS
from munadi.ports import Answer
from munadi.sandbox.mishaps import MISHAPS, OUTAGE_SECONDS, let_happen
from munadi.sandbox.state import NETWORKS, SandboxState
from tests.channels.calls import explained
from tests.channels.making import bench
from tests.sandbox.conftest import Sandbox

FORM = {"channel": "facebook", "mishap": "refused"}
# What "the network does not let the account publish" may mean. None is about the post, so that a retry helps.
OF_THE_ACCOUNT = {Reason.ACCOUNT_RESTRICTED, Reason.MISSING_SCOPE, Reason.TARGET_NOT_ACCESSIBLE}


def account(sandbox: Sandbox, channel: str) -> str:
    """The value of an account in the form."""
    found = re.search(rf'<option value="({channel}/[^"]+)"', sandbox.http.get("/").text)
    assert found is not None
    return found[1]


def planted(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.control("GET", "/faults")
    return found


def test_the_form_plants_what_it_says_and_the_page_shows_and_removes_it(sandbox: Sandbox) -> None:
    chosen = account(sandbox, "facebook")
    made = sandbox.http.post("/mishaps", data={**FORM, "account": chosen}, follow_redirects=True)
    assert made.status_code == 200
    assert "form-action 'self'" in made.headers["content-security-policy"]
    title = MISHAPS["refused"].title
    wanted = (f"{title}:", MISHAPS["refused"].outcome, "Facebook · ", f"next post: {title.lower()}")
    assert [words for words in wanted if words not in made.text] == []
    [fault] = planted(sandbox)
    assert (fault["profile"], fault["operation"], fault["times"]) == (chosen.partition("/")[2], "visible", 1)
    sandbox.http.post("/mishaps", data={**FORM, "account": chosen, "mishap": "lost"})
    assert [each["mode"] for each in planted(sandbox)] == ["accept_then_reset"], "one thing happens to the next post"
    [fault] = planted(sandbox)
    answer = sandbox.http.post("/mishaps/remove", data={"fault": fault["id"]}, follow_redirects=True)
    assert (answer.status_code, planted(sandbox), "next post:" in answer.text) == (200, [], False)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"account": "facebook/nobody", "mishap": "refused"}, "account: there is no 'facebook/nobody'"),
        ({"account": "myspace/1", "mishap": "refused"}, "account: there is no"),
        ({"mishap": "refused"}, "account: there is no ''"),
        ({"account": "default", "mishap": "flood"}, "mishap: unknown 'flood'; there are refused"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(sandbox: Sandbox, form: dict[str, str], words: str) -> None:
    if form.get("account") == "default":
        form = {**form, "account": account(sandbox, "facebook")}
    answer = sandbox.http.post("/mishaps", data=form)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    assert planted(sandbox) == []


def test_another_site_cannot_send_the_form(sandbox: Sandbox) -> None:
    form = {**FORM, "account": account(sandbox, "facebook")}
    answer = sandbox.http.post("/mishaps", data=form, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, planted(sandbox)) == (403, [])
    assert sandbox.http.post("/mishaps", content=b"x" * 5000).status_code == 413


def test_a_withdrawn_access_is_at_once(sandbox: Sandbox) -> None:
    chosen = account(sandbox, "threads")
    token = "THsandboxMunadiAccessToken"
    me = f"/threads/graph/v1.0/me?fields=id&access_token={token}"
    before = sandbox.http.get(me)
    made = sandbox.http.post("/mishaps", data={"account": chosen, "mishap": "revoked"}, follow_redirects=True)
    assert MISHAPS["revoked"].outcome in made.text
    after = sandbox.http.get(me)
    assert (before.status_code, after.status_code, planted(sandbox)) == (200, 400, [])


@pytest.mark.parametrize("network", [kind.channel for kind in NETWORKS])
def test_every_network_has_each_mishap(network: str) -> None:
    state = SandboxState()
    platform = state.networks[network]
    profile_id = platform.profiles()[0].id
    names = platform.profile_names(profile_id)
    for name in ("refused", "limited", "lost"):
        let_happen(state, platform, profile_id, name)
        assert state.faults.take(network, "anything", names) is None, "only what followers see"
        assert state.faults.take(network, "anything", {"another"}, visible=True) is None
        fault = state.faults.take(network, "anything", names, visible=True)
        assert fault is not None
        assert state.faults.take(network, "anything", names, visible=True) is None, "once"
        if fault.error is not None:
            assert 400 <= platform.failure(fault.error, None).status < 500
    let_happen(state, platform, profile_id, "outage")
    assert all(state.faults.take(network, "anything", names) for _ in range(3)), "as often as it is tried"
    [outage] = state.faults.values()
    outage.planted_at -= OUTAGE_SECONDS
    assert state.faults.take(network, "anything", names) is None, "it is over"


@pytest.mark.parametrize("network", [kind.channel for kind in NETWORKS])
def test_a_refusal_reads_as_what_was_chosen(network: str) -> None:
    platform = SandboxState().networks[network]
    refused = platform.failure(platform.refusal, None)
    error = explained(bench(network).channel, Answer(refused.status, refused.headers, refused.body, str(refused.body)))
    assert (error.reason in OF_THE_ACCOUNT, error.effect) == (True, Effect.REJECTED), error.reason
    assert REASONS[error.reason].retryable is Retryable.AFTER_FIX
