"""Follows a guide word for word: saves its files, runs its commands in one shell, compares what they print.

A block of code after "Save this as `NAME`" is that file. A `sh` block is run; a `text` block after it is its output.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.test_tutorial import missing
from tests.harness.stack import MUNADI, Stack
from tests.support.ports import free_port
from tests.support.processes import Process

FILE = re.compile(r"[Ss]ave (?:this|it) as `([\w.]+)`")
# The brand of a test has a profile of its own.
PROFILE = re.compile(r"did:plc:\w+")
MARK = "@@ step"
# Seconds: under the limit of a test, whose report would not have what was printed.
WITHIN = 150.0


@dataclass
class Step:
    """Commands, and what the guide says they print."""

    commands: str
    output: str = ""


@dataclass(frozen=True)
class Guide:
    """A page with the names of one run in place of its own."""

    text: str

    @classmethod
    def read(cls, page: Path, brand_ref: str, **instead: str) -> Guide:
        """`instead` are further replacements. The guide's ports are replaced by free ones."""
        text = page.read_text().replace("acme", brand_ref)
        for port in sorted(set(re.findall(r"PORT=(\d+)", text))):
            text = text.replace(port, str(free_port()))
        for written, used in instead.items():
            assert written in text
            text = text.replace(written, used)
        return cls(text)

    @property
    def files(self) -> dict[str, str]:
        """The programs that a reader saves."""
        blocks = re.finditer(r"(?:[^\n]+\n)+\n```\w+\n(.*?)^```$", self.text, re.M | re.S)
        found = [(FILE.search(block[0].partition("```")[0]), block[1]) for block in blocks]
        return {named[1]: text for named, text in found if named}

    @property
    def steps(self) -> list[Step]:
        """What a reader runs."""
        steps: list[Step] = []
        for language, text in re.findall(r"^```(sh|text)\n(.*?)^```$", self.text, re.M | re.S):
            if language == "sh":
                steps.append(Step(text))
            else:
                steps[-1].output += text
        return steps

    def follow(self, stack: Stack, folder: Path, without: str = "\0") -> str:
        """Everything that the commands print. Those that begin with `without` need another folder, and are left out."""
        for name, text in self.files.items():
            (folder / name).write_text(text)
        steps = [step for step in self.steps if not step.commands.startswith(without)]
        script = (
            # The mark begins a line: what curl prints ends without one.
            "".join(f"printf '\\n{MARK} {number}\\n'\n{step.commands}" for number, step in enumerate(steps))
            + f"printf '\\n{MARK} {len(steps)}\\n'\n"
        )
        with Process(["bash", "-c", script], log=folder / "printed", env=_terminal(stack, folder), cwd=folder) as shell:
            shell.wait_for_line(f"^{MARK} {len(steps)}$", WITHIN)
        printed = re.split(rf"^{MARK} \d+\n", shell.output, flags=re.M)[1:-1]
        for step, output in zip(steps, printed, strict=True):
            assert missing(*(PROFILE.sub("did", each) for each in (step.output, output))) == [], (
                f"{step.commands}\nprinted:\n{output}"
            )
        return "".join(printed)


def _terminal(stack: Stack, folder: Path) -> dict[str, str]:
    """A terminal with the exports of `make dev` pasted, and a home without any login."""
    names = {"MUNADI_URL": "api", "MUNADI_API_KEY": "apiKey", "SANDBOX": "sandbox"}
    exported = {name: str(stack.info[key]) for name, key in names.items()}
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / ".config"), "MUNADI_PROFILE": ""}
    npm = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}
    return {**npm, **home, **exported, "PATH": f"{MUNADI.parent}:{os.environ['PATH']}"}
