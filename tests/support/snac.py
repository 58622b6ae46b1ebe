"""A real server with Mastodon's API: snac2, from Debian. `with RealSnac(["alice"]) as server: …`.

`scripts/system_packages.py` installs it; the test set-up calls that. It speaks HTTP on loopback and federates with
nobody.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import httpx
from pydantic import BaseModel, ConfigDict

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

PROGRAM = "snac"
BACK = "http://127.0.0.1:9/back"
SLOW = 60.0  # seconds; beside whole stacks on two cores snac has left a read without an answer for more than five


class SnacAccount(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    password: str


class RealSnac:
    """`url` and `accounts`: available once started."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._folder = Path(tempfile.mkdtemp(prefix="munadi-snac-"))
        self._data = self._folder / "data"
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        self.accounts: list[SnacAccount] = []
        self.process = Process([PROGRAM, "httpd", self._data], log=self._folder / "snac.log")

    def start(self) -> Self:
        assert shutil.which(PROGRAM), "snac is missing: make test-setup installs it"
        self._run("init", answers=[LOOPBACK, str(self._port), f"{LOOPBACK}:{self._port}", "", ""])
        settings = self._data / "server.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), "protocol": "http"}))
        for name in self._names:
            found = re.search(r"^User password is (\S+)$", self._run("adduser", name), re.MULTILINE)
            assert found, f"no password for {name}"
            self.accounts.append(SnacAccount(name=name, password=found[1]))
        self.process.start()
        self.process.wait_for_port(self._port)
        return self

    def stop(self) -> None:
        self.process.terminate()
        shutil.rmtree(self._folder, ignore_errors=True)

    def agree(self, who: SnacAccount, client_id: str, redirect_uri: str, state: str) -> str:
        """The owner logs in on the server's consent page; the address that the browser is sent to."""
        form = {"login": who.name, "passwd": who.password, "redir": redirect_uri, "cid": client_id, "state": state}
        answer = httpx.post(f"{self.url}/oauth/x-snac-login", data=form, timeout=SLOW)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def posts(self, account_id: str) -> list[dict[str, object]]:
        """What the server shows of an account to everybody, newest first."""
        address = f"{self.url}/api/v1/accounts/{account_id}/statuses"
        shown: list[dict[str, object]] = httpx.get(address, timeout=SLOW).json()
        return shown

    def _run(self, command: str, *arguments: str, answers: list[str] | None = None) -> str:
        given = "".join(f"{answer}\n" for answer in answers or [])
        argv = [PROGRAM, command, str(self._data), *arguments]
        done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            if self.process.running:
                self.process.kill()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
