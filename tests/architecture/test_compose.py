"""docker-compose.yml keeps its promises: nothing open but the API, nothing anonymous or without a limit, no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.process.running import GRACE_SECONDS
from munadi.config import load_settings, unknown_variables
from munadi.process.listening import ListenAddress
from tests.architecture.tree import ROOT, report, text
from worker.compose import GRACE

COMPOSE: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRET = re.compile(r"PASSWORD|_PWD|SECRET|TOKEN|(?<!S)_KEYS?$")
LONG_RUNNING = ("postgres", "temporal", "api", "worker", "backup")
OURS = ("api", "worker", "migrate", "mcp", "temporal-namespace")


def test_every_part_is_there() -> None:
    wanted = {"api", "worker", "migrate", "postgres", "temporal", "temporal-ui", "temporal-namespace", "backup"}
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
    assert (mcp["env_file"], mcp["volumes"], mcp["secrets"]) == ([], [], [])


def test_secrets_are_files() -> None:
    """A variable can be read by every program of the container, and by `docker inspect`."""
    found = []
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            place, _, secret = str(value).rpartition("/")
            is_file = key.endswith("_FILE") and place == "/run/secrets" and secret in service["secrets"]
            if SECRET.search(key) and not is_file:
                found.append(f"{name}: {key}")
        found += [f"{name}: {secret}" for secret in service.get("secrets", []) if secret not in COMPOSE["secrets"]]
    report(found, "Name a file of `secrets:` by a variable …_FILE, and give it to the service.")
    made = re.findall(r"^make_secret (\S+)", text("deploy/compose/secrets.sh"), re.MULTILINE)
    assert {secret["file"] for secret in COMPOSE["secrets"].values()} == {f"./secrets/{name}" for name in made}


def test_every_container_has_limits_and_a_log_that_ends() -> None:
    found = []
    for name, service in SERVICES.items():
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        if not {"cpus", "memory"} <= set(limits):
            found.append(f"{name}: deploy.resources.limits")
        if service.get("logging", {}).get("options") != {"max-size": "20m", "max-file": "5"}:
            found.append(f"{name}: logging")
    report(found, "Give it limits of processors and memory, and `logging: *logging`.")


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_confined(name: str) -> None:
    service = SERVICES[name]
    assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
    assert service["tmpfs"] == ["/tmp:size=256m"], "tests/deploy/test_image.py writes to /data and /tmp alone"


def test_the_worker_is_healthy_by_its_own_port() -> None:
    worker = SERVICES["worker"]
    address = ListenAddress.parse(worker["environment"]["MUNADI_METRICS_LISTEN"])
    assert f"http://127.0.0.1:{address.port}/healthz" in worker["healthcheck"]["test"][-1]


def test_a_stop_has_the_time_that_it_takes() -> None:
    needed = {"api": ("40s", 40, GRACE_SECONDS), "worker": ("5m", 300, 2 * GRACE.total_seconds())}
    for name, (written, seconds, least) in needed.items():
        assert SERVICES[name]["stop_grace_period"] == written
        assert seconds >= least + 10


def test_every_required_variable_is_in_the_example() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", text("docker-compose.yml")))
    example = set(re.findall(r"^(\w+)=$", text(".env.example"), re.MULTILINE))
    assert required == example, "Keep .env.example in step with docker-compose.yml."


def test_volumes_have_names() -> None:
    mounts = [(name, mount) for name, service in SERVICES.items() for mount in service.get("volumes", [])]
    found = []
    for name, mount in mounts:
        source, _, target = str(mount).removesuffix(":ro").rpartition(":")
        ours = source.startswith("./") and ((ROOT / source).is_file() or source == "./secrets/channels")
        named = source in COMPOSE["volumes"] or ours or source == "${BACKUP_DIR:-./backups}"
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


@pytest.mark.parametrize("name", ["api", "worker", "migrate", "temporal-namespace"])
def test_the_settings_are_known(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a-secret\n")
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, str(tmp_path / "secret") if key.endswith("_FILE") else str(value))
    assert unknown_variables() == [], "Settings are listed in munadi/config.py."
    assert load_settings().temporal.namespace == SERVICES["temporal-ui"]["environment"]["TEMPORAL_DEFAULT_NAMESPACE"]
    assert load_settings().database == "postgresql+psycopg://munadi:a-secret@postgres:5432/munadi"
