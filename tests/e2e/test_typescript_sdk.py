"""The TypeScript SDK: built, tested by Node, and used as its guide says in an empty folder, on a running stack."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from munadi import __version__
from munadi.webhooks.signing import generate_key_pair, generate_secret, headers
from tests.e2e.cms_story import an_editor_works
from tests.e2e.guide_runs import Guide
from tests.harness.brand import Brand, until
from tests.harness.gateway import Gateway
from tests.harness.networks import posts_of
from tests.harness.stack import Stack
from tests.support.node import install_packages
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process
from tests.webhooks.snippets import Request, judged
from tests.webhooks.test_receivers import SECRET, bad, good

ROOT = Path(__file__).parents[2]
SDK, GUIDE = ROOT / "sdks" / "typescript", ROOT / "docs" / "guides" / "typescript.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
# As a receiver would use it, in either module system.
JUDGE = """
import { createInterface } from "node:readline";
import { verify } from "munadi/webhooks";
import { createRequire } from "node:module";
const common = createRequire(import.meta.url)("munadi/webhooks");
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  for (const each of [verify, common.verify]) {
    try { await each(Buffer.from(body, "base64"), headers, secret); console.log("accepted"); }
    catch (error) { console.log(error.name === "WebhookVerificationError" ? "refused" : String(error)); }
  }
}
"""
# Publishes while the API is away, and waits while it is away again.
PATIENT = """
import { Munadi } from "munadi";
const [gateway, brandRef, text] = process.argv.slice(2);
const post = { brandRef, text, channels: ["bluesky"] };
const made = await new Munadi({ url: gateway }).contents.create(post);
console.log(made.status);
console.log((await new Munadi().wait(made.id, { timeout: 90_000 })).status);
"""

# Edits, withdraws and proves what it published; prints the types of the events that it verified last.
AFTERWARDS = """
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { Munadi } from "munadi";
import { verify } from "munadi/webhooks";
const [brandRef, text] = process.argv.slice(2);
const munadi = new Munadi();
const heard = new Set();
let secret;
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  heard.add((await verify(body, request.headers, secret)).type);
  response.writeHead(204).end();
}).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/hook`;
const types = ["content.publish.edited", "content.publish.withdrawn"];
({ secret } = await munadi.webhooks.endpoints.create({ url, brandRef, types }));
const until = async (read, isOver) => {
  for (;;) {
    const found = await read();
    if (isOver(found)) return found;
    await setTimeout(200);
  }
};
const { id } = await munadi.contents.create({ brandRef, text, channels: ["mastodon"] });
const [publication] = (await munadi.wait(id)).publications;
const read = () => munadi.publications.get(publication.id);
await munadi.publications.edit(publication.id, { text: `${text}, corrected` });
const { edits } = await until(read, (found) => found.edits.at(-1).endedAt);
await munadi.publications.withdraw(publication.id);
const { withdrawal } = await until(read, (found) => found.withdrawal.endedAt);
writeFileSync("receipt.jws", (await munadi.publications.receipt(publication.id)).receipt);
writeFileSync("munadi-keys.json", JSON.stringify(await munadi.publications.receiptKeys()));
await until(() => heard, (found) => found.size === types.length);
console.log(JSON.stringify([edits.at(-1).status, withdrawal.status, ...[...heard].sort()]));
process.exit();
"""


def run(*argv: object, cwd: Path, env: dict[str, str] | None = None) -> str:
    """The output of a program that ends well."""
    given = {**os.environ, **(env or {})}
    done = subprocess.run([str(each) for each in argv], cwd=cwd, env=given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own in which the packed SDK is installed, as the guide's first block says."""
    install_packages(SDK)
    folder = tmp_path_factory.mktemp("program")
    run("npm", "pack", SDK, "--silent", cwd=folder)
    run("npm", "init", "-y", cwd=folder)
    run("npm", "pkg", "set", "type=module", cwd=folder)
    run("npm", "install", "./munadi-0.2.0.tgz", "--no-audit", "--no-fund", cwd=folder)
    return folder


@pytest.fixture
async def acme(stack: Stack) -> Brand:
    async with stack.client() as api, stack.sandbox() as sandbox:
        return await Brand.create(api, sandbox, f"ts-{uuid4().hex[:8]}", "bluesky")


def environment(stack: Stack) -> dict[str, str]:
    return {"MUNADI_URL": str(stack.info["api"]), "MUNADI_API_KEY": str(stack.info["apiKey"])}


def program(number: int) -> str:
    """A program of the guide."""
    found: list[str] = [text for language, text in BLOCKS if language == "js"]
    return found[number]


def test_its_rules_hold_against_a_server_that_fails(package: Path) -> None:
    assert "# fail 0" in run("node", "--test", "--test-reporter=tap", "test/", cwd=SDK)


@pytest.fixture(scope="module")
def compiled(package: Path) -> Path:
    """What the compiler makes of strict programs against the installed package; of a wrong one it makes nothing."""
    for program in (ROOT / "tests" / "generators" / "sdk.ts", ROOT / "examples" / "cms" / "cms.ts"):
        shutil.copy(program, package)
    flags = ["--strict", "--noUncheckedIndexedAccess", "--noEmitOnError", "--module", "nodenext", "--target", "es2022"]
    types = ["--typeRoots", SDK / "node_modules" / "@types", "--types", "node", "--skipLibCheck", "false"]
    run(SDK / "node_modules" / ".bin" / "tsc", *flags, *types, "sdk.ts", "cms.ts", cwd=package)
    return package


def test_a_strict_program_compiles_and_a_wrong_one_does_not(compiled: Path) -> None:
    assert (compiled / "sdk.js").exists()


async def test_a_cms_of_the_package_alone_follows_its_articles(compiled: Path, stack: Stack) -> None:
    await an_editor_works(stack, compiled, ["node", "cms.js"])


def test_it_accepts_what_munadi_signs_and_nothing_else(package: Path) -> None:
    (package / "judge.mjs").write_text(JUDGE)
    pair = generate_key_pair()
    body = b'{"id": "evt_1"}'
    sent = good()[0]
    signed = headers([generate_secret(), pair.private], "evt_1", datetime.now(UTC), body)
    accepted = [*good(), Request(pair.public, signed, body)]
    refused = [*bad(), Request(generate_key_pair().public, signed, body), Request(SECRET, {}, sent.body)]
    found = judged(["node", str(package / "judge.mjs")], accepted + refused, package)
    assert found == ["accepted"] * 2 * len(accepted) + ["refused"] * 2 * len(refused)


async def test_the_guides_program_publishes_once(package: Path, stack: Stack, acme: Brand) -> None:
    text = f"Monsoon sale {acme.ref}"
    (package / "publish.mjs").write_text(
        program(0)
        .replace('"acme"', json.dumps(acme.ref))
        .replace("Monsoon sale starts today", text)
        .replace("cms-42", acme.ref)
    )
    for _ in range(2):
        shown = run("node", "publish.mjs", cwd=package, env=environment(stack)).splitlines()
        assert shown[0] == "accepted"
        assert re.fullmatch(r"bluesky published https?://\S+", shown[1])
    async with stack.sandbox() as sandbox:
        assert len([post for post in await posts_of(sandbox, "bluesky") if post["text"] == text]) == 1


async def test_a_post_and_a_wait_survive_restarts_of_the_api(package: Path, stack: Stack, brand: Brand) -> None:
    (package / "patient.mjs").write_text(PATIENT)
    text = f"patient {brand.ref}"
    async with stack.another_api(f"ts-{brand.ref}") as another:
        url = str(another.client.base_url)
        with Gateway(url) as gateway:
            await asyncio.to_thread(another.process.kill)
            argv = ["node", package / "patient.mjs", gateway.url, brand.ref, text]
            given = {"MUNADI_URL": url, "MUNADI_API_KEY": str(stack.info["apiKey"])}
            with Process(argv, log=package / "patient.log", env=given, cwd=package) as program:
                await until(lambda: asyncio.sleep(0, gateway.away), 30, 0.05)
                await another.start()
                await asyncio.to_thread(program.wait_for_line, "^accepted$", 40)
                await asyncio.to_thread(another.process.kill)
                await until(lambda: brand.posts(text))
                await another.start()
                await asyncio.to_thread(program.wait_for_line, "^published$", 40)
                assert await asyncio.to_thread(program.wait) == 0
    assert len(await brand.posts(text)) == 1


def test_the_guides_program_changes_and_lists(package: Path, stack: Stack, acme: Brand) -> None:
    (package / "change.mjs").write_text(program(1).replace('"acme"', json.dumps(acme.ref)))
    shown = run("node", "change.mjs", cwd=package, env=environment(stack))
    assert re.fullmatch(r"cnt_\w+ Very soon\n", shown)


async def test_a_program_edits_withdraws_and_proves_what_it_published(package: Path, stack: Stack) -> None:
    (package / "afterwards.mjs").write_text(AFTERWARDS)
    async with stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, f"ts-{uuid4().hex[:8]}", "mastodon")
        argv = ["node", "afterwards.mjs", brand.ref, f"After {brand.ref}"]
        shown = await asyncio.to_thread(lambda: run(*argv, cwd=package, env=environment(stack)))
        posts = [await brand.posts(f"After {brand.ref}{more}", "mastodon") for more in ("", ", corrected")]
    assert json.loads(shown) == ["edited", "withdrawn", "content.publish.edited", "content.publish.withdrawn"]
    assert posts == [[], []]
    verify = ROOT / "examples" / "verify-receipt" / "verify.mjs"
    claims = json.loads(run("node", verify, "receipt.jws", "munadi-keys.json", cwd=package))
    assert [claims["edits"][0]["status"], claims["withdrawal"]["status"]] == ["edited", "withdrawn"]


@pytest.fixture
def receiver(package: Path) -> Iterator[str]:
    """The guide's receiver; its address."""
    (package / "receiver.mjs").write_text(program(2))
    port = free_port()
    given = {"PORT": str(port), "WEBHOOK_SECRET": SECRET}
    process = Process(["node", package / "receiver.mjs"], log=package / "receiver.log", env=given, cwd=package)
    process.start()
    process.wait_for_port(port)
    yield f"http://{LOOPBACK}:{port}/"
    process.terminate()


def test_the_guides_receiver_takes_what_munadi_signs_and_nothing_else(receiver: str) -> None:
    accepted, refused = good(), [each for each in bad() if each.secret == SECRET]
    sent = [*accepted, *refused]
    answers = [httpx.post(receiver, content=each.body, headers=each.headers, timeout=60).status_code for each in sent]
    assert answers == [204] * len(accepted) + [400] * len(refused)


async def test_the_guide_for_a_dashboard_shows_a_failure_and_retries_it(
    package: Path, stack: Stack, acme: Brand, tmp_path: Path
) -> None:
    shutil.copy(package / "munadi-0.2.0.tgz", tmp_path)
    guide = Guide.read(ROOT / "docs" / "guides" / "own-dashboard.md", acme.ref)
    guide.follow(stack, tmp_path, without="npm --prefix")
    async with stack.client() as api:
        posts = (await api.get("/v1/contents", params={"brandRef": acme.ref})).json()["data"]
    assert [post["status"] for post in posts] == ["published", "published"]


def test_its_version_is_ours() -> None:
    assert json.loads((SDK / "package.json").read_text())["version"] == __version__
