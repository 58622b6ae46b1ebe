"""The page at `/`: profiles with what was published to them, and the way back to the dashboard."""

from __future__ import annotations

import re

import httpx

from munadi.sandbox.app import create_app
from munadi.sandbox.mishaps import MISHAPS
from munadi.sandbox.page import PROFILES
from munadi.sandbox.state import SandboxState
from tests.sandbox.conftest import Sandbox

DASHBOARD = "http://127.0.0.1:8080"
TOKEN = "sandboxMunadiMastodonToken"


def post_counts(page: str) -> dict[str, int]:
    """By channel, the number of posts that the default profile's card says."""
    profiles = page.partition('aria-label="Profiles"')[2].partition("</section>")[0]
    return {channel: int(count) for channel, count in re.findall(r"<small>(\w+) · (\d+) posts?", profiles)}


def test_each_profile_has_the_number_of_its_posts(sandbox: Sandbox) -> None:
    """A post of Mastodon names its profile with the server, which the profile itself does not."""
    assert set(post_counts(sandbox.http.get("/").text).values()) == {0}
    for text in ("One", "Two"):
        headers = {"authorization": f"Bearer {TOKEN}"}
        made = sandbox.http.post("/mastodon/server/api/v1/statuses", json={"status": text}, headers=headers)
        assert made.status_code == 200, made.text
    found = post_counts(sandbox.http.get("/").text)
    assert (found.pop("Mastodon"), set(found.values())) == (2, {0})
    assert post_counts(sandbox.http.get("/?channel=mastodon").text) == {"Mastodon": 2}


def test_the_profiles_with_most_posts_are_shown_and_a_network_shows_all_of_its(sandbox: Sandbox) -> None:
    for number in range(PROFILES):
        sandbox.control("POST", "/profiles", {"channel": "threads", "name": f"shop{number}"})
    made = sandbox.http.post(
        "/mastodon/server/api/v1/statuses", json={"status": "One"}, headers={"authorization": f"Bearer {TOKEN}"}
    )
    assert made.status_code == 200
    page = sandbox.http.get("/").text
    profiles = page.partition('aria-label="Profiles"')[2].partition("</section>")[0]
    assert profiles.count('class="profile"') == PROFILES
    assert profiles.index("Mastodon · 1 post") < profiles.index(" · 0 posts")
    assert f"{PROFILES} of {page.count('<option value=') - len(MISHAPS)} profiles" in page
    assert sandbox.http.get("/?channel=threads").text.count('class="profile"') == PROFILES + 1


async def test_the_page_leads_back_to_the_dashboard_whose_address_it_knows(sandbox: Sandbox) -> None:
    assert "Back to the dashboard" not in sandbox.http.get("/").text
    app = httpx.ASGITransport(create_app(SandboxState(), dashboard_url=DASHBOARD))
    async with httpx.AsyncClient(transport=app, base_url="http://sandbox") as client:
        assert f'href="{DASHBOARD}">← Back to the dashboard' in (await client.get("/")).text
