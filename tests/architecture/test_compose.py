"""docker-compose.yml keeps its promises: nothing open but the API, nothing anonymous, no secret of ours in it."""

import re
from typing import Any

import pytest
import yaml

from munadi.config import load_settings, unknown_variables
from tests.architecture.tree import ROOT, report, text
from tests.support.temporal import SEARCH_ATTRIBUTES

COMPOSE: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRET = re.compile(r"PASSWORD|_PWD|SECRET_KEYS")
LONG_RUNNING = ("postgres", "temporal", "api")


def test_every_part_is_there() -> None:
    wanted = {"api", "worker", "migrate", "postgres", "temporal", "temporal-ui", "temporal-namespace"}
    assert wanted <= SERVICES.keys()


def test_only_the_api_is_reachable_from_outside() -> None:
    found = [
        f"{name}: {port}"
        for name, service in SERVICES.items()
        for port in service.get("ports", [])
        if name != "api" and not str(port).startswith("127.0.0.1:")
    ]
    report(found, "Bind the port to 127.0.0.1.")


def test_the_server_for_ai_tools_has_no_secret() -> None:
    mcp = SERVICES["mcp"]
    assert mcp["environment"] == {"MUNADI_URL": "http://api:8080"}, "Each request brings its own key."
    assert (mcp["env_file"], mcp["volumes"]) == ([], [])


def test_secrets_are_asked_for() -> None:
    found = [
        f"{name}: {key}"
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if SECRET.search(key) and not str(value).startswith("${" + _variable(value) + ":?")
    ]
    report(found, "Take it from the environment and refuse to start without: ${NAME:?what to do}.")


def test_every_required_variable_is_in_the_example() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", text("docker-compose.yml")))
    example = set(re.findall(r"^(\w+)=$", text(".env.example"), re.MULTILINE))
    assert required == example, "Keep .env.example in step with docker-compose.yml."


def test_volumes_have_names() -> None:
    mounts = [(name, mount) for name, service in SERVICES.items() for mount in service.get("volumes", [])]
    found = []
    for name, mount in mounts:
        source, _, target = str(mount).partition(":")
        named = source in COMPOSE["volumes"] or (source.startswith("./") and (ROOT / source).is_file())
        if not (target and named):
            found.append(f"{name}: {mount}")
    report(found, "Name the volume under `volumes:`, or mount a file that is in the repository.")


def test_what_others_wait_for_says_when_it_is_healthy() -> None:
    waited_for = {
        other
        for service in SERVICES.values()
        for other, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    found = [name for name in sorted({*waited_for, *LONG_RUNNING}) if "healthcheck" not in SERVICES[name]]
    report(found, "Give it a healthcheck.")


def test_images_have_a_version() -> None:
    found = [
        f"{name}: {image}"
        for name, service in SERVICES.items()
        if (image := service.get("image", "")).endswith(":latest") or ":" not in image
    ]
    report(found, "Name the version that was tried.")


def test_fairness_is_on() -> None:
    flags = yaml.safe_load(text("deploy/temporal/dynamic-config.yaml"))
    assert flags["matching.enableFairness"] == [{"value": True}], "One brand's backlog must not stop another's."
    assert flags["matching.numTaskqueueWritePartitions"] == [{"value": 1}], "Several partitions are not fair together."
    mounted = str(SERVICES["temporal"]["volumes"])
    assert SERVICES["temporal"]["environment"]["DYNAMIC_CONFIG_FILE_PATH"] in mounted


def test_the_search_attributes_are_the_ones_we_set() -> None:
    script = text("deploy/temporal/namespace.sh")
    assert dict(re.findall(r"--name (\w+) --type (\w+)", script)) == SEARCH_ATTRIBUTES


@pytest.mark.parametrize("name", ["api", "worker", "migrate"])
def test_the_settings_are_known(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, str(value))
    assert unknown_variables() == [], "Settings are listed in munadi/config.py."
    assert load_settings().temporal.namespace == SERVICES["temporal-namespace"]["environment"]["TEMPORAL_NAMESPACE"]


def _variable(value: object) -> str:
    found = re.match(r"\$\{(\w+)", str(value))
    return found.group(1) if found else "-"
