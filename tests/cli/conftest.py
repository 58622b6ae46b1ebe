"""A `munadi` that runs in this process and gets its answers from a table."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from munadi.cli.app import app
from munadi.cli.session import Session
from tests.support.certificates import Authority, Issued
from tests.support.ports import LOOPBACK

Munadi = Callable[..., Result]
Doctor = Callable[..., "Report"]
Setting = Callable[..., None]
Answer = dict[str, Any] | httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeApi:
    """Answers by `METHOD /path`, repeats the last answer, and records every request. A dict is the JSON of a 200."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def on(self, call: str, *answers: Answer) -> None:
        self.answers[call] = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        queue = self.answers[f"{request.method} {request.url.path}"]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            return httpx.Response(200, json=answer)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def bodies(self, call: str) -> list[Any]:
        return [json.loads(each.content) for each in self.requests if f"{each.method} {each.url.path}" == call]


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def munadi(api: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """`munadi("contents", "get", "cnt_1")` over the fake API, without this machine's credentials."""
    for name in ("MUNADI_URL", "MUNADI_API_KEY", "MUNADI_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(*arguments: str, input: str | None = None) -> Result:
        session = Session(transport=httpx.MockTransport(api), pause=lambda _: None)
        return CliRunner().invoke(app, [*arguments], obj=session, input=input)

    return run


@dataclass(frozen=True)
class Report:
    """What `munadi doctor --json` found."""

    exit_code: int
    stdout: str
    output: str

    @property
    def all(self) -> list[dict[str, Any]]:
        """Every check, in its order."""
        found: list[dict[str, Any]] = json.loads(self.stdout)["checks"]
        return found

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """The checks by name."""
        return {check["name"]: check for check in self.all}

    @property
    def failed(self) -> list[str]:
        """The names of the failed checks."""
        return [check["name"] for check in self.all if not check["ok"]]


@pytest.fixture
def doctor(munadi: Munadi, api: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Doctor:
    """Runs `munadi doctor` beside an API that is well, but for what a test says. This machine has no database."""
    monkeypatch.chdir(tmp_path)
    for name in ("MUNADI_DATA_DIR", "MUNADI_DATABASE_URL", "MUNADI_TEMPORAL__ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MUNADI_API_KEY", "mnd_k")

    def run(skew: timedelta = timedelta(0), temporal: str = "up", overdue: int = 0, **answers: Answer) -> Report:
        date = {"date": format_datetime(datetime.now(UTC) + skew, usegmt=True)}
        check = {"status": "degraded" if overdue else "ok", "count": overdue, "oldest": "2026-12-01T03:30:00Z"}
        ready = {
            "status": "ready",
            "dependencies": {"database": "up", "temporal": temporal},
            "checks": {"overdue": check},
        }
        api.on("GET /healthz", answers.get("health", httpx.Response(200, json={"status": "ok"}, headers=date)))
        api.on("GET /readyz", answers.get("ready", ready))
        api.on("GET /v1/channels", answers.get("channels", {"data": [], "nextCursor": None}))
        result = munadi("doctor", "--json")
        return Report(result.exit_code, result.stdout, result.output)

    return run


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine."""
    for name in [name for name in os.environ if name.upper().startswith("MUNADI_")]:
        monkeypatch.delenv(name)


@dataclass(frozen=True)
class Certificates:
    """What the server shows, and what clients have."""

    authority: Authority
    clients: Authority
    server: Issued
    elsewhere: Issued


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority, clients = Authority(folder, "servers"), Authority(folder, "clients")
    return Certificates(authority, clients, authority.issue(LOOPBACK), authority.issue("temporal.example.com"))


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Setting:
    """Sets variables of Temporal."""

    def give(**settings: object) -> None:
        for name, value in settings.items():
            if value is not None:
                monkeypatch.setenv(f"MUNADI_TEMPORAL__{name.upper()}", str(value))

    return give


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which something listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


def publication(channel: str = "bluesky", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"pub_{channel}",
        "channel": channel,
        "accountId": f"acc_{channel}",
        "status": "accepted",
        "scheduledAt": "2026-12-01T03:30:00Z",
        "publishedAt": None,
        "latenessMs": None,
        "providerPostId": None,
        "providerUrl": None,
        "failure": None,
        "hold": None,
        "attempts": 0,
        "warnings": [],
        **fields,
    }


def content(**fields: Any) -> dict[str, Any]:
    return {
        "id": "cnt_1",
        "brandRef": "acme",
        "status": "accepted",
        "scheduledAt": "2026-12-01T03:30:00Z",
        "timezone": None,
        "publishBy": "2026-12-02T03:30:00Z",
        "text": "Hello [bold]world[/bold]",
        "media": [],
        "link": None,
        "clientRef": None,
        "version": 1,
        "draftVersion": 1,
        "createdAt": "2026-12-01T03:00:00Z",
        "updatedAt": "2026-12-01T03:00:00Z",
        "workflowId": "content/cnt_1",
        "publications": [publication()],
        "warnings": [],
        "rollup": {"total": 1},
        **fields,
    }


def event(sequence: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{sequence}",
        "type": kind,
        "timestamp": "2026-12-01T03:30:01Z",
        "sequence": sequence,
        "position": sequence,
        "brandRef": "acme",
        "contentId": "cnt_1",
        "publicationId": None,
        "sns": None,
        "status": None,
        "reason": None,
        "data": {},
        **fields,
    }


FAILURE = {
    "reason": "ACCOUNT_RESTRICTED",
    "class": "POLICY",
    "retryable": "after_fix",
    "message": "Instagram restricted the account.",
    "remedy": "Resolve the restriction in the app, then retry.",
    "providerCode": "25/2207050",
    "providerMessage": "The Instagram account is restricted.",
    "retryAfter": None,
    "attemptId": "att_1",
}


def problem(status: int, **fields: Any) -> httpx.Response:
    body = {"type": "about:blank", "title": "Refused", "status": status, "detail": None, "code": "X", "errors": []}
    return httpx.Response(status, json={**body, **fields}, headers={"content-type": "application/problem+json"})
