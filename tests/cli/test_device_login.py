"""`munadi login --device`: a key for this machine, by a browser that may be elsewhere."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.cli.profile_store import credentials_file
from tests.api.api_process import MUNADI, api_processes
from tests.cli.conftest import FakeApi, Munadi
from tests.support.processes import Process

BEGUN = {"device_code": "d-1", "user_code": "WDJB-MJHT", "verification_uri": "https://munadi.example/device",
         "expires_in": 600, "interval": 5}  # fmt: skip
BEGIN, TOKEN = "POST /oauth/device_authorization", "POST /oauth/token"
_HIDDEN = re.compile(r'<input type="hidden" name="(csrf|request)" value="([^"]+)">')


def refusal(error: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": error, "error_description": f"about {error}"})


def test_it_asks_until_a_person_has_decided_and_stores_the_key(munadi: Munadi, api: FakeApi) -> None:
    api.on(BEGIN, BEGUN)
    away = httpx.ConnectError("away for a moment")
    waits = [refusal("authorization_pending"), refusal("slow_down"), away, httpx.Response(503, text="<html>")]
    api.on(TOKEN, *waits, {"access_token": "mnd_brand_new", "token_type": "Bearer"})
    api.on("GET /v1/channels", {"data": [], "nextCursor": None})
    result = munadi("login", "--device", "--url", "https://munadi.example")
    assert result.exit_code == 0, result.output
    assert "https://munadi.example/device" in result.output
    assert "WDJB-MJHT" in result.output
    assert "mnd_brand_new" not in result.output
    assert stat.S_IMODE(credentials_file().stat().st_mode) == 0o600
    assert json.loads(credentials_file().read_text())["profiles"]["default"]["apiKey"] == "mnd_brand_new"
    assert len([each for each in api.requests if each.url.path == "/oauth/token"]) == 5


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [("access_denied", 4, "it was not allowed"), ("expired_token", 4, "nobody allowed it in time"),
     ("invalid_grant", 1, "about invalid_grant"), ("authorization_pending", 4, "nobody allowed it in time")],
)  # fmt: skip
def test_what_ends_without_a_key_stores_nothing(munadi: Munadi, api: FakeApi, error: str, code: int, said: str) -> None:
    api.on(BEGIN, BEGUN)
    api.on(TOKEN, refusal(error))
    result = munadi("login", "--device", "--url", "https://munadi.example")
    assert (result.exit_code, said in result.output) == (code, True), result.output
    assert not credentials_file().exists()


@pytest.mark.parametrize(
    ("answer", "code"),
    [(httpx.ConnectError("refused"), 3), (httpx.Response(404, text="<html>"), 1),
     (refusal("temporarily_unavailable", 429), 1), (httpx.Response(200, json=[1]), 1)],
)  # fmt: skip
def test_an_api_that_gives_no_code_is_reported(
    munadi: Munadi, api: FakeApi, answer: httpx.Response | Exception, code: int
) -> None:
    api.on(BEGIN, answer)
    result = munadi("login", "--device", "--url", "https://munadi.example")
    assert result.exit_code == code, result.output
    assert "https://munadi.example" in result.output
    assert not credentials_file().exists()


@pytest.mark.timeout(120)
async def test_over_real_processes_a_person_allows_a_terminal_its_key(tmp_path: Path) -> None:
    async with api_processes(tmp_path) as api:
        env = {"MUNADI_API_KEY": "", "XDG_CONFIG_HOME": str(tmp_path / "home")}
        command = [*MUNADI, "login", "--device", "--json", "--url", api.urls[0]]
        with Process(command, log=tmp_path / "login.log", env=env) as terminal:
            found = await asyncio.to_thread(terminal.wait_for_line, r"^\{.*userCode.*\}$")
            shown = json.loads(found.group(0))
            async with httpx.AsyncClient(base_url=api.urls[0], follow_redirects=True) as browser:
                await _allow(browser, api.key, shown)
            assert await asyncio.to_thread(terminal.wait, 60) == 0, terminal.output
        key = _stored_key(tmp_path / "home")
        async with api.client(key) as device, api.client() as admin:
            me = (await device.get("/v1/keys/me")).json()
            assert (me["name"], me["brandRef"]) == ("munadi login", "acme")
            assert (await device.get("/v1/webhooks/endpoints")).status_code == 403
            assert me["id"] in [each["id"] for each in (await admin.get("/v1/keys")).json()["data"]]
            assert (await admin.delete(f"/v1/keys/{me['id']}")).status_code == 204
            assert (await device.get("/v1/keys/me")).status_code == 401
        assert key not in _logs(tmp_path)


async def _allow(browser: httpx.AsyncClient, key: str, shown: dict[str, Any]) -> None:
    """What a person does, with the forms of the pages."""
    form = await browser.post("/sign-in", data={"key": key, "next": "/device"})
    assert "The code that your terminal shows" in form.text, form.text
    asked = await browser.post("/device", data=_hidden(form.text) | {"code": shown["userCode"]})
    assert "munadi login" in asked.text, asked.text
    wanted = {"brandRef": "acme", "level": "propose", "days": "1", "postsPerDay": "5", "decision": "allow"}
    done = await browser.post("/oauth/consent", data=_hidden(asked.text) | wanted)
    assert "Go back to the terminal" in done.text, done.text


def _stored_key(home: Path) -> str:
    [stored] = [each for each in home.rglob("credentials*") if each.is_file()]
    return str(json.loads(stored.read_text())["profiles"]["default"]["apiKey"])


def _logs(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*.log"))


def _hidden(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}
