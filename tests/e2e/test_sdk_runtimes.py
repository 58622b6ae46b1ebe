"""The TypeScript SDK where there is no Node: in workerd, which Cloudflare's workers run in, and in a browser's page."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from munadi.webhooks.signing import generate_key_pair, generate_secret, headers
from tests.e2e.test_typescript_sdk import ROOT, package, run
from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.stack import Stack
from tests.support.node import install_packages

__all__ = ["package"]
pytestmark = pytest.mark.faults

GENERATORS = ROOT / "tests" / "generators"
RUNTIMES, TOOLS = GENERATORS / "runtimes", GENERATORS / "node_modules" / ".bin"
PRINTED = ["image true", "accepted false true", "published", "INVALID_REQUEST /text"]
WEBHOOKS = ["evt_1", "evt_1", "refused", "refused"]


@pytest.fixture(scope="module")
def programs(package: Path) -> Path:
    """A folder with the worker and the page's script, bundled for browsers: an import of Node's fails."""
    install_packages(GENERATORS)
    sources = package / "runtimes"
    shutil.copytree(RUNTIMES, sources)
    (sources / "node_modules").symlink_to(package / "node_modules")
    for name, form in (("worker", "esm"), ("page", "iife")):
        bundle = ["--bundle", "--platform=browser", f"--format={form}", "--log-level=error", f"--outfile={name}.js"]
        run(TOOLS / "esbuild", f"{name}.mjs", *bundle, cwd=sources)
    return sources


async def task(stack: Stack, brand: Brand) -> dict[str, Any]:
    """What the program does: publish as this brand, and judge two webhooks of ours and two that are not."""
    body, pair, secret = b'{"id": "evt_1"}', generate_key_pair(), generate_secret()
    signed = headers([secret, pair.private], "evt_1", datetime.now(UTC), body)
    secrets = [secret, pair.public, generate_secret(), generate_key_pair().public]
    return {
        "url": stack.info["api"],
        "apiKey": stack.info["apiKey"],
        "brandRef": brand.ref,
        "text": f"From elsewhere {brand.ref}",
        "picture": base64.b64encode(picture()).decode(),
        "webhooks": [{"secret": each, "headers": signed, "body": body.decode()} for each in secrets],
    }


async def test_it_publishes_and_verifies_in_workerd(programs: Path, stack: Stack, brand: Brand) -> None:
    (programs / "task.json").write_text(json.dumps(await task(stack, brand)))
    printed = run("node", RUNTIMES / "workerd.mjs", "worker.js", "task.json", cwd=programs)
    assert json.loads(printed) == PRINTED + WEBHOOKS
    assert len(await brand.posts(f"From elsewhere {brand.ref}")) == 1


async def test_it_publishes_and_verifies_in_a_page(
    programs: Path, stack: Stack, brand: Brand, browser: Browser
) -> None:
    page = await browser.new_page()
    await page.goto(f"{stack.info['api']}/healthz")  # the API answers pages of its own origin
    await page.add_script_tag(path=programs / "page.js")
    printed = await page.evaluate("task => window.exercise(task)", await task(stack, brand))
    await page.close()
    assert printed == PRINTED + WEBHOOKS
    assert len(await brand.posts(f"From elsewhere {brand.ref}")) == 1
