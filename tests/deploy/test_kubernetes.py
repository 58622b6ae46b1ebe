"""The manifests of deploy/kubernetes, rendered by kubectl's kustomize and judged by the schemas of Kubernetes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from api.process.running import GRACE_SECONDS
from munadi import __version__
from munadi.config import unknown_variables
from munadi.media.opening import check_place
from munadi.process.listening import ListenAddress
from munadi.process.settings import check_start, read_settings
from tests.architecture.tree import ROOT, text
from worker.compose import GRACE

FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = sorted(path.name for path in (FOLDER / "overlays").iterdir())
# An old one that is still run, and the newest whose schemas the judge has.
VERSIONS = ("1.33", "1.37")
# Its schema is not Kubernetes' own.
KEDA = "ScaledObject"
BUCKET = ("url", "endpoint", "region", "access_key", "secret_key")
SECRETS = "/run/secrets/munadi"

Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """What `kubectl apply -k` would send."""
    done = subprocess.run(["kubectl", "kustomize", FOLDER / "overlays" / overlay], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in rendered(overlay) if each["kind"] == kind}


def workloads(overlay: str) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Each Deployment and Job: its component, its pod's template and its container."""
    for each in (*of_kind(overlay, "Deployment").values(), *of_kind(overlay, "Job").values()):
        template = each["spec"]["template"]
        (container,) = template["spec"]["containers"]
        yield each["metadata"]["labels"]["app.kubernetes.io/component"], template, container


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_accepts_every_manifest(overlay: str, version: str) -> None:
    kinds = set()
    for manifest in rendered(overlay):
        kinds.add(manifest["kind"])
        if manifest["kind"] != KEDA:
            kubernetes_validate.validate(manifest, version, strict=True)
    assert kinds >= {"Deployment", "Job", "Service", "ConfigMap", "PodDisruptionBudget", "NetworkPolicy"}


def test_the_judge_refuses_what_is_wrong() -> None:
    (deployment, *_) = of_kind("small", "Deployment").values()
    wrong = {**deployment, "spec": {**deployment["spec"], "replica": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_selectors_select_the_pods_they_mean(overlay: str) -> None:
    pods = {component: template["metadata"]["labels"] for component, template, _ in workloads(overlay)}
    assert set(pods) == {"api", "worker", "migrate"}
    for kind, where in (
        ("Service", ("selector",)),
        ("Deployment", ("selector", "matchLabels")),
        ("PodDisruptionBudget", ("selector", "matchLabels")),
        ("NetworkPolicy", ("podSelector", "matchLabels")),
    ):
        for manifest in of_kind(overlay, kind).values():
            selector = manifest["spec"]
            for key in where:
                selector = selector[key]
            meant = manifest["metadata"]["labels"]["app.kubernetes.io/component"]
            assert [name for name, labels in pods.items() if selector.items() <= labels.items()] == [meant]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_ports_and_probes_are_those_that_the_processes_open(overlay: str) -> None:
    for component, _, container in workloads(overlay):
        if component == "migrate":
            continue
        given = {each["name"]: each["value"] for each in container["env"]}
        port = int(given["MUNADI_API__PORT"]) if component == "api" else _listens(given["MUNADI_METRICS_LISTEN"])
        (opened,) = container["ports"]
        assert opened["containerPort"] == port
        paths = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert {probe["port"] for probe in paths.values()} == {opened["name"]}
        assert [probe["path"] for probe in paths.values()] == ["/healthz", "/healthz", "/readyz"]
    (service,) = of_kind(overlay, "Service").values()
    assert service["spec"]["ports"][0]["targetPort"] == "http"
    allowed = [each["spec"].get("ingress", []) for each in of_kind(overlay, "NetworkPolicy").values()]
    assert sorted(port["port"] for rules in allowed for rule in rules for port in rule["ports"]) == ["http", "metrics"]


def _listens(given: str) -> int:
    address = ListenAddress.parse(given)
    assert not address.is_loopback, "the kubelet's probes come from outside of the pod"
    return address.port


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_stop_has_the_time_that_it_takes(overlay: str) -> None:
    """A worker ends its two queues one after the other; then come the last tokens, traces and connections."""
    needed = {"api": GRACE_SECONDS, "worker": 2 * GRACE.total_seconds()}
    for component, template, container in workloads(overlay):
        if component in needed:
            wait = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])
            given = template["spec"]["terminationGracePeriodSeconds"]
            assert given >= int(wait[1]) + needed[component] + 10
            assert (wait[1] != "0") is (component == "api"), "only an API gets requests after its end has begun"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_confined(overlay: str) -> None:
    for _, template, container in workloads(overlay):
        pod, own = template["spec"], container["securityContext"]
        user = re.search(r"useradd .*--uid (\d+)", text("Dockerfile"))
        assert user is not None
        assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (int(user[1]), True)
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"]) == (True, False)
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False, "its variables MUNADI_API_… would be taken for settings"
        assert pod["serviceAccountName"] in of_kind(overlay, "ServiceAccount")
        assert {"memory"} <= set(container["resources"]["limits"])
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
        assert {"/data", "/tmp"} <= set(mounts), "what tests/deploy/test_image.py finds to be written"
        assert set(mounts.values()) == {each["name"] for each in pod["volumes"]}
        assert "MUNADI_DATA_DIR=/data" in text("Dockerfile")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_munadi_accepts_the_settings(overlay: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maps = {name: each["data"] for name, each in of_kind(overlay, "ConfigMap").items()}
    named = set(re.findall(r"--from-(?:file|literal)=([\w-]+)", text("docs/guides/kubernetes.md")))
    for component, _, container in workloads(overlay):
        (source,) = container["envFrom"]
        given = dict(maps[source["configMapRef"]["name"]])
        given |= {each["name"]: each["value"] for each in container.get("env", [])}
        with monkeypatch.context() as patch:
            for name, value in given.items():
                if name.endswith("_FILE"):
                    folder, _, key = value.rpartition("/")
                    assert (folder, key in named) == (SECRETS, True), "docs/guides/kubernetes.md makes the Secret"
                    (tmp_path / key).write_text("a-secret-of-more-than-32-characters\n")
                    value = str(tmp_path / key)
                patch.setenv(name, value)
            # The bucket itself is not tried: it is not there.
            settings = read_settings(media=dict.fromkeys(BUCKET))
            check_start(settings, needs_temporal=component == "worker")
            check_place(read_settings().media)
            assert (settings.is_development, unknown_variables()) == (False, [])
            assert settings.database == "postgresql+psycopg://munadi:a-secret-of-more-than-32-characters" + (
                "@postgres.example.internal:5432/munadi"
            )
            assert read_settings().media.url, "an overlay says where media are"


def test_a_shared_volume_is_mounted_where_the_setting_says() -> None:
    (settings,) = of_kind("small", "ConfigMap").values()
    assert settings["data"]["MUNADI_MEDIA__URL"] == "file:///media"
    (claim,) = of_kind("small", "PersistentVolumeClaim")
    for component, template, container in workloads("small"):
        claims = {each["persistentVolumeClaim"]["claimName"]: each["name"] for each in template["spec"]["volumes"]
                  if "persistentVolumeClaim" in each}  # fmt: skip
        places = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
        assert (claims and places[claims[claim]]) == ({} if component == "migrate" else "/media")


def test_what_scales_exists_and_has_no_number_of_its_own() -> None:
    deployments = of_kind("autoscaling", "Deployment")
    scalers = [*of_kind("autoscaling", "HorizontalPodAutoscaler").values(), *of_kind("autoscaling", KEDA).values()]
    targets = {each["spec"]["scaleTargetRef"]["name"] for each in scalers}
    assert targets == set(deployments) == {"munadi-api", "munadi-worker"}
    assert all("replicas" not in each["spec"] for each in deployments.values())


def test_the_number_of_workers_follows_what_waits(tmp_path: Path) -> None:
    """KEDA's queries, evaluated by Prometheus' own tool. There is a worker for each threshold of a query's value.

    Each series comes from two APIs, which count the same posts, or from two workers.
    """
    (scaler,) = of_kind("autoscaling", KEDA).values()
    triggers = [each["metadata"] for each in scaler["spec"]["triggers"] if each["type"] == "prometheus"]
    waited = 'temporal_activity_schedule_to_start_latency_sum{task_queue="munadi-posts", instance="%s"}'
    series = [
        {"series": f'munadi_contents_{name}{{instance="{api}"}}', "values": f"0x8 {number}x24"}
        for name, number in (("overdue", 350), ("due_soon", 10_000))
        for api in ("a", "b")
    ]
    # Each of two workers' steps waited for 30 seconds in each second: 60 of them wait on average.
    series += [{"series": waited % worker, "values": "0x8 0+450x24"} for worker in ("c", "d")]
    expected = {"munadi_contents_overdue": 350, "munadi_contents_due_soon": 10_000, "schedule_to_start": 60}
    wanted = {"munadi_contents_overdue": 4, "munadi_contents_due_soon": 10, "schedule_to_start": 3}
    asked, workers = [], {}
    for trigger in triggers:
        (name,) = [name for name in expected if name in trigger["query"]]
        workers[name] = -(-expected[name] // int(trigger["threshold"]))
        for at, value in (("1m", 0), ("6m", expected[name])):
            samples = [{"labels": "{}", "value": value}]
            asked.append({"expr": trigger["query"], "eval_time": at, "exp_samples": samples})
    assert workers == wanted
    tests = [{"interval": "15s", "input_series": series, "promql_expr_test": asked}]
    (tmp_path / "scaling.test.yml").write_text(yaml.safe_dump({"rule_files": [], "tests": tests}))
    done = subprocess.run(
        ["promtool", "test", "rules", "scaling.test.yml"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_run_the_image_of_this_version() -> None:
    images = {container["image"] for overlay in OVERLAYS for _, _, container in workloads(overlay)}
    assert images == {f"registry.example.com/munadi:{__version__}"}


def test_the_order_of_an_upgrade_can_be_selected() -> None:
    """The commands of the guide choose by component: the migration, then workers, then APIs."""
    labels = {each["metadata"]["labels"].get("app.kubernetes.io/component") for each in rendered("bucket")}
    assert labels - {None} == {"settings", "migrate", "worker", "api"}


def test_prometheus_accepts_the_configuration_of_the_guide(tmp_path: Path) -> None:
    page = text("docs/guides/kubernetes.md")
    (found,) = re.findall(r"^```yaml\n(scrape_configs:.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(found)
    command = ["promtool", "check", "config", "--syntax-only", tmp_path / "prometheus.yml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    names = {port["name"] for _, _, container in workloads("bucket") for port in container.get("ports", [])}
    assert names == {"http", "metrics"}, "the configuration keeps pods by these names"
