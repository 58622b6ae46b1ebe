"""The guides for builders, and the README, followed word for word in an empty folder on a running stack.

The one for a dashboard is in test_typescript_sdk.py, which has the package.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.guide_runs import Guide
from tests.harness.brand import Brand
from tests.harness.networks import posts_of
from tests.harness.stack import Stack
from tests.support.ports import LOOPBACK, free_port

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"


@pytest.fixture
async def acme(stack: Stack) -> Brand:
    """As after the second step of the tutorial."""
    async with stack.client() as api, stack.sandbox() as sandbox:
        return await Brand.create(api, sandbox, f"guide-{uuid4().hex[:8]}", "bluesky")


async def texts_of(stack: Stack, brand: Brand) -> list[str]:
    """What is visible at the network under the brand's profile."""
    async with stack.sandbox() as sandbox:
        return [
            post["text"] for post in await posts_of(sandbox, "bluesky") if post["profileName"].startswith(brand.ref)
        ]


async def test_a_cms_publishes_and_withdraws_with_the_article(stack: Stack, acme: Brand, tmp_path: Path) -> None:
    Guide.read(GUIDES / "cms.md", acme.ref).follow(stack, tmp_path)
    assert await texts_of(stack, acme) == ["Monsoon sale: the last day"]


@pytest.mark.parametrize(("language", "program"), [("python", "cms.py"), ("ts", "cms.ts")])
def test_the_guide_for_a_cms_shows_the_examples(language: str, program: str) -> None:
    shown = (GUIDES / "cms.md").read_text().partition(f"```{language}\n")[2].partition("```")[0]
    assert shown == (ROOT / "examples" / "cms" / program).read_text()


async def test_an_agent_drafts_and_a_person_approves(stack: Stack, acme: Brand, tmp_path: Path) -> None:
    printed = Guide.read(GUIDES / "ai-agent.md", acme.ref).follow(stack, tmp_path)
    content_id = printed.rpartition("munadi contents watch ")[2].strip()
    async with stack.client() as api, stack.sandbox() as sandbox:
        ended = await Brand(api, sandbox, acme.ref).ended(content_id)
    assert ended["status"] == "published"
    assert await texts_of(stack, acme) == ["Monsoon sale: umbrellas at half price, today only"]


async def test_a_tool_without_code_publishes(stack: Stack, acme: Brand, tmp_path: Path) -> None:
    hook = f"http://{LOOPBACK}:{free_port()}/trigger"
    guide = Guide.read(GUIDES / "no-code.md", acme.ref, **{"https://YOUR-TRIGGER": hook, "row-17": acme.ref})
    printed = guide.follow(stack, tmp_path)
    assert f"url       {hook}" in printed
    async with stack.client() as api:
        endpoints = (await api.get("/v1/webhooks/endpoints", params={"limit": 100})).json()["data"]
        (endpoint,) = [each for each in endpoints if each["url"] == hook]
        await api.delete(f"/v1/webhooks/endpoints/{endpoint['id']}")
    assert endpoint["types"] == ["content.completed"]


async def test_the_readme_publishes_a_first_post(stack: Stack, tmp_path: Path) -> None:
    ref = f"readme-{uuid4().hex[:8]}"
    Guide.read(ROOT / "README.md", ref).follow(stack, tmp_path, without="git clone")
    async with stack.client() as api:
        posts = (await api.get("/v1/contents", params={"brandRef": ref})).json()["data"]
    assert {post["text"] for post in posts} == {"Monsoon sale starts today", "Monsoon sale: the last day"}
