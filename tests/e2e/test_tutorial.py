"""Every command of the tutorial is run, and prints what the tutorial says.

Ids, times, ports and keys differ at each run, and two networks answer in either order; every line must be there.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from api.documentation.folder import FOLDER
from tests.harness.stack import MUNADI, Stack
from tests.support.browser import open_page

TUTORIAL = FOLDER / "tutorial.md"
# What the test does in another way: the stack runs already, two commands wait for a person, one is given twice.
BY_HAND = ("git clone", "munadi accounts connect", "munadi webhooks listen", "curl -si")
DIFFERS = (
    (r"\b(acc|cnt|drf|key|pub|whe|req|con|flt)_[0-9a-z]{12,}", r"\1_#"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z", "TIME"),
    (r"\b\d\d:\d\d:\d\dZ", "TIME"),
    (r"^TIME +#\d+", "TIME #"),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"(/post/|/connect/)[\w-]+", r"\1#"),
    (r"\b\d+ (ms|s)\b", "LATE"),
    (r"in \S+/media", "in MEDIA"),
    (r"revision (\d+|…)", "revision #"),
    (r'etag: "1-[0-9a-f]{24}"', 'etag: "1-#"'),
    (r"(?i)^date: .*", "date:"),
    (r"\s+", " "),
)


@dataclass
class Step:
    """Commands, and what the tutorial says they print."""

    section: str
    commands: str
    output: str = ""


def steps() -> list[Step]:
    """A block of output belongs to the commands before it."""
    found, section = [], ""
    pattern = re.compile(r"^## ([^\n]+)$|^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for heading, kind, block in pattern.findall(TUTORIAL.read_text()):
        if heading:
            section = heading
        elif kind == "sh":
            found.append(Step(section, block))
        else:
            found[-1].output += block
    return found


def plain(line: str) -> str:
    for pattern, instead in DIFFERS:
        line = re.sub(pattern, instead, line)
    return line.strip()


def missing(expected: str, printed: str) -> list[str]:
    """Lines of the tutorial that were not printed as often; `…` stands for anything."""
    waiting = [plain(line) for line in printed.splitlines()]
    found = []
    for line in (plain(line) for line in expected.splitlines() if line.strip()):
        pattern = re.compile(re.escape(line).replace("…", ".*"))
        seen = next((each for each in waiting if pattern.fullmatch(each)), None)
        if seen is None:
            found.append(line)
        else:
            waiting.remove(seen)
    return found


@dataclass
class Terminal:
    """A shell in the folder of the tutorial, with the exports pasted."""

    stack: Stack
    folder: Path
    content: str = ""
    transcript: list[str] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        names = {"MUNADI_URL": "api", "MUNADI_API_KEY": "apiKey", "SANDBOX": "sandbox"}
        exported = {name: self.stack.info[key] for name, key in names.items()}
        data = {"MUNADI_DATA_DIR": str(self.stack.folder / "data")}
        return {**os.environ, "PATH": f"{MUNADI.parent}:{os.environ['PATH']}", **exported, **data}

    async def begin(self, commands: str) -> Process:
        return await asyncio.create_subprocess_exec(
            "bash", "-c", commands, stdout=PIPE, stderr=STDOUT, env=self.env, cwd=self.folder, start_new_session=True,
            # A shell starts its background jobs with SIGINT ignored, and the tests may be one; the command ends by it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    async def run(self, commands: str) -> str:
        """What they print. `cnt_…` is the post that was shown last; variables that were set are kept."""
        printed: list[str] = []
        variables = "".join(re.findall(r"^[A-Z]+=.*\n", commands, re.MULTILINE))
        for block in re.split(r"(?<=\n)(?=munadi contents (?:reschedule|cancel|retry|watch))", commands):
            process = await self.begin(variables + block.replace("cnt_…", self.content))
            output = (await process.communicate())[0].decode()
            self.content = (re.findall(r"cnt_\w+", output) or [self.content])[-1]
            printed.append(output)
        return "".join(printed)


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    folder = tmp_path / "munadi"
    folder.mkdir()
    async with Stack(tmp_path) as stack:
        yield Terminal(stack, folder)


async def connect(terminal: Terminal, browser: Browser, commands: str) -> str:
    """As the profile's owner: open the link, continue, allow."""
    process = await terminal.begin(commands)
    assert process.stdout is not None
    printed = ""
    while "/connect/" not in printed:
        printed += (await process.stdout.readline()).decode()
    found = re.search(r"http\S+/connect/\S+", printed)
    assert found is not None
    async with open_page(browser, found[0]) as page:
        await page.get_by_role("button", name="Continue to").click()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    return printed + (await process.communicate())[0].decode()


async def listen(terminal: Terminal, commands: str) -> str:
    """In a third terminal, while `payload.json` is published again."""
    process = await terminal.begin(commands)
    assert process.stdout is not None
    printed = ""
    while "listening" not in printed:
        printed += (await process.stdout.readline()).decode()
    await terminal.run("munadi contents publish --brand-ref acme --file payload.json")
    while "completed" not in printed:
        printed += (await process.stdout.readline()).decode()
    os.killpg(process.pid, signal.SIGINT)
    return printed + (await process.communicate())[0].decode()


@pytest.mark.timeout(180)
async def test_every_command_prints_what_the_tutorial_says(terminal: Terminal, browser: Browser) -> None:
    wrong, todo = [], steps()
    assert len({step.section for step in todo if step.output}) == 8
    for step in todo:
        match next((each for each in BY_HAND if step.commands.startswith(each)), None):
            case "git clone":
                continue
            case "munadi accounts connect":
                printed = await connect(terminal, browser, step.commands)
            case "munadi webhooks listen":
                printed = await listen(terminal, step.commands)
            case "curl -si":
                await terminal.run(step.commands)
                printed = await terminal.run(step.commands)  # twice, as it says
            case _:
                printed = await terminal.run(step.commands)
        terminal.transcript.append(f"$ {step.commands}{printed}")
        wrong += [f"{step.section}: {line}" for line in missing(step.output, printed)]
    (terminal.folder / "transcript").write_text("\n".join(terminal.transcript))
    assert wrong == [], "\n".join([*wrong, "", *terminal.transcript])


def test_a_line_that_was_not_printed_is_found() -> None:
    printed = "accepted cnt_01m8aktmerec08ttd82wspvyx4\n00:24:31Z  #4  bluesky    published\n"
    assert missing("accepted cnt_01m8akv66wecmb76a1asrdd0p0\n11:11:11Z #4 bluesky published\n", printed) == []
    assert missing("11:11:11Z #4 bluesky failed\n", printed) == ["TIME # bluesky failed"]
    assert missing("accepted …\naccepted …\n", printed) == ["accepted …"]
