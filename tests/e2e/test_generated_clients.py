"""Clients that the usual generators make from the OpenAPI document, with their defaults and under strict types.

Each publishes the README's post, withdraws it, and is refused a post, with what it was generated from alone.
`make test` tries the one that most people use, `make faults` the others.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.test_dist import UV
from tests.e2e.test_typescript_sdk import run
from tests.harness.stack import Stack
from tests.support.node import install_packages

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests" / "generators"
STORIES, TOOLS = HERE / "stories", HERE / "node_modules" / ".bin"
DOCUMENT = ROOT / "docs" / "reference" / "openapi.json"
# The command of each generator of TypeScript.
GENERATORS = {
    "openapi_typescript": ("openapi-typescript", "../openapi.json", "-o", "made/openapi-typescript.ts"),
    "hey_api": ("openapi-ts", "-i", "../openapi.json", "-o", "made/hey-api"),
    "orval": ("orval", "--config", "orval.config.mjs"),
}
STORIES_IN_TYPESCRIPT = [
    name if name == "openapi_typescript" else pytest.param(name, marks=pytest.mark.faults) for name in GENERATORS
]
TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "noUncheckedIndexedAccess": True,
        "noEmit": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "lib": ["es2022", "dom", "dom.iterable"],
        "types": ["node"],
        "skipLibCheck": True,
    },
    "include": ["*.ts", "made"],
}
ORVAL = """
const input = "../openapi.json";
export default {
  client: { input, output: { target: "made/orval.ts", client: "fetch", mode: "single" } },
  zod: { input, output: { target: "made/orval.zod.ts", client: "zod", mode: "single" } },
};
"""
PRINTED = [
    "accepted",
    "published true",
    "withdrawing",
    "INVALID_REQUEST /channels/1 /text",
    "content.completed published",
]


@pytest.fixture(scope="module", params=STORIES_IN_TYPESCRIPT)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program in TypeScript; beside it, in `made`, what its generator writes."""
    story = str(request.param)
    install_packages(HERE)
    folder = tmp_path_factory.mktemp(story)
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    shutil.copy(DOCUMENT, folder)
    program = folder / "program"
    program.mkdir()
    (program / "package.json").write_text('{"type": "module"}')
    (program / "tsconfig.json").write_text(json.dumps(TSCONFIG))
    (program / "orval.config.mjs").write_text(ORVAL)
    generator, *arguments = GENERATORS[story]
    run(TOOLS / generator, *arguments, cwd=program)
    shutil.copy(STORIES / f"{story}.ts", program)
    return program / f"{story}.ts"


def test_a_program_is_right_under_strict_types(program: Path) -> None:
    run(TOOLS / "tsc", "-p", ".", cwd=program.parent)


def test_a_generated_client_publishes_withdraws_and_is_refused(program: Path, stack: Stack) -> None:
    bundle = ["--bundle", "--platform=node", "--format=esm", "--log-level=error", "--outfile=program.mjs"]
    run(TOOLS / "esbuild", program.name, *bundle, cwd=program.parent)
    assert run("node", "program.mjs", *arguments(stack), cwd=program.parent).splitlines() == PRINTED


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the story in Python, what openapi-python-client makes, and an environment for both."""
    folder = tmp_path_factory.mktemp("python")
    run(UV, "venv", "-q", "--python", sys.executable, "environment", cwd=folder)
    lock = ["--require-hashes", "-r", HERE / "requirements.lock"]
    run(UV, "pip", "install", "-q", "--python", "environment", *lock, cwd=folder)
    shutil.copy(STORIES / "openapi_python_client.py", folder / "story.py")
    generate = ["generate", "--path", DOCUMENT, "--meta", "none", "--output-path", "munadi_client"]
    tools = {"PATH": f"{folder / 'environment' / 'bin'}:{os.environ['PATH']}"}  # it formats with ruff
    run("environment/bin/openapi-python-client", *generate, "--fail-on-warning", cwd=folder, env=tools)
    return folder


@pytest.mark.faults
def test_a_client_of_python_is_right_under_strict_types(python: Path) -> None:
    # A template of the generator's own is not right.
    (python / "mypy.ini").write_text("[mypy]\nstrict = True\n[mypy-munadi_client.client]\nignore_errors = True\n")
    argv = [sys.executable, "-m", "mypy", "--python-executable", "environment/bin/python", "story.py"]
    done = subprocess.run(argv, cwd=python, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.faults
def test_a_client_of_python_publishes_and_reads_values_that_it_does_not_know(python: Path, stack: Stack) -> None:
    examples = json.loads(DOCUMENT.read_text())["components"]["schemas"]["ContentView"]["examples"]
    log = json.loads(DOCUMENT.read_text())["paths"]["/v1/events"]["get"]["responses"]["200"]
    [event] = log["content"]["application/json"]["example"]["data"]
    (python / "examples.json").write_text(json.dumps([*examples, event]))
    printed = run("environment/bin/python", "story.py", *arguments(stack), "examples.json", cwd=python).splitlines()
    assert printed == [*PRINTED, "levitating str", "SOLAR_STORM", "content.liked TOO_SUNNY"]


def arguments(stack: Stack) -> list[str]:
    """The address, the key, the emulated Bluesky, and a brand's name."""
    server = f"{stack.info['sandbox']}/bluesky/pds"
    return [str(stack.info["api"]), str(stack.info["apiKey"]), server, f"gen-{uuid4().hex[:8]}"]
