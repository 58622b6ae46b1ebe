"""What happens to a post later: the control API and the page of a post, which refuse what a network does not have.

What each network's reads answer then is in `tests/channels/test_sandbox_changes.py`.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from munadi.sandbox import create_app
from munadi.sandbox.changes import CONTROLS
from munadi.sandbox.state import NETWORKS, SandboxState
from tests.sandbox.conftest import Sandbox

MASTODON = {"authorization": "Bearer sandboxMunadiMastodonToken"}
STATUSES = "/mastodon/server/api/v1/statuses"


@pytest.fixture
def status(sandbox: Sandbox) -> str:
    """The id of a post at Mastodon."""
    made = sandbox.http.post(STATUSES, json={"status": "It changes"}, headers=MASTODON)
    assert made.status_code == 200, made.text
    return str(made.json()["id"])


def change(sandbox: Sandbox, post: str, control: str, **more: Any) -> httpx.Response:
    body = {"channel": "mastodon", "post": post, "control": control, **more}
    return sandbox.http.post("/control/changes", json=body)


@pytest.mark.parametrize(
    ("body", "status_code", "words"),
    [
        ({"channel": "myspace"}, 422, "unknown channel 'myspace'"),
        ({"post": "1"}, 404, "post: mastodon has no post '1'"),
        ({"profile": "nobody"}, 404, "post: mastodon has no post"),
        ({"control": "explode"}, 422, "control: unknown control 'explode'; there are delete, hide, moderate"),
        (
            {"control": "hide"},
            422,
            "control: Mastodon has no hide for this post; it has delete, moderate (deleted, limited, sensitive), "
            "vanish (suspended, disabled), restore",
        ),
        ({"control": "copyright"}, 422, "control: Mastodon has no copyright for this post; it has delete"),
        (
            {"control": "moderate", "way": "shadow"},
            422,
            "way: Mastodon has no moderate 'shadow' for this post; it has deleted, limited, sensitive",
        ),
        ({"control": "restore"}, 422, "control: Mastodon: nothing happened to this post"),
        ({"contrl": "delete"}, 422, "contrl"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    sandbox: Sandbox, status: str, body: dict[str, Any], status_code: int, words: str
) -> None:
    given = {"channel": "mastodon", "post": status, "control": "delete", **body}
    answer = sandbox.http.post("/control/changes", json=given)
    assert (answer.status_code, words in answer.json()["detail"]) == (status_code, True), answer.text
    assert [post["state"] for post in sandbox.posts("mastodon")] == [None], "nothing happened"


def test_a_kind_of_post_that_a_control_is_not_for_is_refused(sandbox: Sandbox) -> None:
    token = {"access_token": "EAAsandboxMunadiPageToken"}
    made = sandbox.http.post("/facebook/graph/v26.0/100000000000001/feed", params=token, data={"message": "Hi"}).json()
    given = {"channel": "facebook", "post": made["id"], "control": "copyright"}
    answer = sandbox.http.post("/control/changes", json=given)
    wanted = "control: Facebook has copyright for reel, video only; for this text it has delete, hide (hidden"
    assert (answer.status_code, wanted in answer.json()["detail"]) == (422, True), answer.text


def test_a_members_post_at_linkedin_can_only_be_deleted(sandbox: Sandbox) -> None:
    author = {"author": "urn:li:person:MunadiSandb", "commentary": "Hi", "visibility": "PUBLIC"}
    body = {**author, "distribution": {"feedDistribution": "MAIN_FEED"}, "lifecycleState": "PUBLISHED"}
    headers = {"authorization": "Bearer sandboxMunadiLinkedInMemberToken", "linkedin-version": "202610"}
    made = sandbox.http.post("/linkedin/api/rest/posts", json=body, headers=headers)
    given = {"channel": "linkedin", "post": made.headers["x-restli-id"]}
    refused = sandbox.http.post("/control/changes", json={**given, "control": "hide"})
    assert (refused.status_code, "it has delete, vanish, restore" in refused.text) == (422, True), refused.text
    deleted = sandbox.http.post("/control/changes", json={**given, "control": "delete"})
    assert (deleted.status_code, deleted.json()["state"]["isGone"]) == (200, True)
    assert sandbox.posts("linkedin") == []


def test_a_deleted_post_is_gone_for_clients_and_stays_on_the_page(sandbox: Sandbox, status: str) -> None:
    assert change(sandbox, status, "delete").json()["state"]["words"] == "Deleted"
    assert sandbox.posts("mastodon") == []
    assert sandbox.http.delete(f"{STATUSES}/{status}", headers=MASTODON).status_code == 404
    page = sandbox.http.get("/?channel=mastodon").text
    assert "It changes" in page
    assert "Mastodon · 0 posts" in page
    assert "<strong>Deleted:</strong> 404 Record not found" in page
    again = change(sandbox, status, "moderate", way="sensitive")
    assert (again.status_code, "nothing undoes" in again.text) == (422, True)


def test_one_change_takes_the_place_of_another_and_a_restore_undoes_all(sandbox: Sandbox, status: str) -> None:
    assert change(sandbox, status, "moderate", way="sensitive").json()["state"]["way"] == "sensitive"
    assert change(sandbox, status, "moderate", way="limited").json()["state"]["way"] == "limited"
    shown = sandbox.http.get(f"{STATUSES}/{status}", headers=MASTODON).json()
    assert (shown["sensitive"], shown["account"]["limited"]) == (True, True)
    assert change(sandbox, status, "vanish").json()["state"]["words"] == "Account closed"
    assert sandbox.http.get(f"{STATUSES}/{status}", headers=MASTODON).status_code == 403
    assert change(sandbox, status, "restore").json()["state"] is None
    shown = sandbox.http.get(f"{STATUSES}/{status}", headers=MASTODON).json()
    assert (shown["sensitive"], "limited" in shown["account"]) == (False, False)


def test_a_status_that_is_set_by_hand_ends_the_change_of_the_account(sandbox: Sandbox, status: str) -> None:
    change(sandbox, status, "vanish")
    sandbox.status("mastodon", "munadi.sandbox", "active")
    assert [post["state"] for post in sandbox.posts("mastodon")] == [None]


def test_what_happened_outlives_a_restart_and_ends_with_a_reset(tmp_path: Path) -> None:
    for expected in ("deleted", "still deleted"):
        state = SandboxState(tmp_path)
        with_post = Sandbox.__new__(Sandbox)
        with_post.http = _client(state)
        if expected == "deleted":
            made = with_post.http.post(STATUSES, json={"status": "It changes"}, headers=MASTODON).json()
            assert change(with_post, made["id"], "delete").status_code == 200
        read = with_post.http.get(f"{STATUSES}/{made['id']}", headers=MASTODON)
        assert (read.status_code, [post.state is not None for post in state.all_posts("")]) == (404, [True])
        state.close()
    state = SandboxState(tmp_path)
    state.reset()
    assert (state.all_posts(""), list(state.networks["mastodon"].happened)) == ([], [])
    state.close()


def _client(state: SandboxState) -> Any:
    return TestClient(create_app(state), base_url="http://127.0.0.1:8090")


def test_the_page_of_a_post_has_a_button_for_each_thing_that_can_happen(sandbox: Sandbox, status: str) -> None:
    feed = sandbox.http.get("/?channel=mastodon").text
    link = re.search(r'class="change" href="([^"]+)"', feed)
    assert link is not None
    page = sandbox.http.get(html.unescape(link[1])).text
    buttons = re.findall(r'name="change" value="([^"]+)"', page)
    ways = next(network.changes for network in NETWORKS if network.channel == "mastodon")
    assert buttons == [f"{control}/{way}" for control, each in ways.items() for way in each]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', page.partition("<h2")[2]))
    done = sandbox.http.post("/changes", data={**fields, "change": "moderate/sensitive"}, follow_redirects=True)
    assert (done.status_code, "<strong>Moderated · sensitive:</strong> sensitive is true." in done.text) == (200, True)
    assert re.search(r'value="moderate/sensitive"[^>]* disabled aria-pressed="true"', done.text)
    restored = sandbox.http.post("/changes", data={**fields, "change": "restore"}, follow_redirects=True)
    assert ('class="state"' in restored.text, 'value="restore"' in restored.text) == (False, False)
    gone = sandbox.http.post("/changes", data={**fields, "change": "delete/deleted"}, follow_redirects=True)
    assert ("nothing undoes that" in gone.text, 'name="change"' in gone.text) == (True, False)


def test_the_form_is_refused_with_what_the_network_has(sandbox: Sandbox, status: str) -> None:
    form = {"channel": "mastodon", "profile": sandbox.posts("mastodon")[0]["profile"], "post": status}
    refused = sandbox.http.post("/changes", data={**form, "change": "hide/private"})
    assert (refused.status_code, "change: Mastodon has no hide" in refused.json()["detail"]) == (422, True)
    assert sandbox.http.post("/changes", data={**form, "post": "1", "change": "delete"}).status_code == 404
    elsewhere = sandbox.http.post("/changes", data=form, headers={"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403
    assert sandbox.posts("mastodon")[0]["state"] is None


def test_the_networks_tell_what_can_happen_to_their_posts(sandbox: Sandbox) -> None:
    found = sandbox.control("GET", "/changes")
    assert set(found) == {network.channel for network in NETWORKS}
    assert sandbox.control("GET", "/changes?channel=telegram") == {"telegram": found["telegram"]}
    for network in NETWORKS:
        assert set(network.changes) <= set(CONTROLS)
        for ways in network.changes.values():
            for one in ways.values():
                assert one.title
                assert one.shows
                assert not one.shows.endswith(".")
                assert one.status is None or one.status in network.statuses, network.channel


def test_the_guide_has_every_change_of_every_network() -> None:
    guide = Path("docs/sandbox.md").read_text().partition("## After a post was published")[2].partition("## ")[0]
    rows = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in guide.splitlines() if line.startswith("| ")}
    columns = [cell.strip().strip("`") for cell in rows["network"]]
    for network in NETWORKS:
        cells = dict(zip(columns, rows[network.title], strict=True))
        for control, cell in cells.items():
            ways = list(network.changes.get(control, {}))
            assert [way for way in re.findall(r"`([a-z_]+)`", cell) if way != "media_url"] == ways, network.title
            assert (cell.strip() == "–") is (not ways)
