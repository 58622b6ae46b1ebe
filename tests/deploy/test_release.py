"""What `make dist` writes: the same bytes for the same commit, and a statement of where they are from."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tarfile
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage

from munadi import __version__
from munadi.cli.extras import server_file, wheel_file
from scripts.dist import PROVENANCE, SUMS, build, sdist_file
from scripts.provenance import commit_of, commit_time, statement
from tests.architecture.tree import ROOT
from tests.e2e.test_typescript_sdk import run


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist` writes, but for the npm packages, which the TypeScript client's test packs."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder, node=False)
    return folder


def test_the_sums_are_those_of_the_files_and_the_same_again(dist: Path, tmp_path: Path) -> None:
    lines = dict(reversed(line.split()) for line in (dist / SUMS).read_text().splitlines())  # type: ignore[misc]
    assert set(lines) == {file.name for file in dist.iterdir()} - {SUMS}
    assert {wheel_file(), server_file(), sdist_file(), f"munadi-deploy-{__version__}.tar.gz"} < set(lines)
    for name, digest in lines.items():
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest
    build(tmp_path, node=False)
    assert (tmp_path / SUMS).read_text() == (dist / SUMS).read_text()


def test_the_clients_source_makes_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    with tarfile.open(dist / sdist_file()) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert {path.name for path in source.iterdir()} >= {"munadi", "pyproject.toml", "LICENSE", "PKG-INFO"}
    assert not (source / "api").exists()
    # As for the first one, the build backend is the one of the lock file.
    epoch = {"SOURCE_DATE_EPOCH": str(commit_time(ROOT)), "PATH": os.environ["PATH"]}
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "made", cwd=source, env=epoch)
    assert (tmp_path / "made" / wheel_file()).read_bytes() == (dist / wheel_file()).read_bytes()


def test_what_deploys_it_is_a_file_of_its_own(dist: Path) -> None:
    with tarfile.open(dist / f"munadi-deploy-{__version__}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        (time,) = {entry.mtime for entry in archive.getmembers()}
    assert {"docker-compose.yml", ".env.example", "deploy/kubernetes/base/kustomization.yaml"} < names
    assert {"deploy/compose/secrets.sh", "deploy/prometheus/alerts.yml", "deploy/grafana/munadi.json"} < names
    assert time == commit_time(ROOT)


def test_the_bill_of_materials_is_that_of_a_server(dist: Path) -> None:
    made = json.loads((dist / f"munadi-server-{__version__}.cdx.json").read_text())
    names = {component["name"] for component in made["components"]}
    assert {"fastapi", "temporalio"} < names
    assert "pytest" not in names


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    made = tmp_path / "repository"
    made.mkdir()
    (made / "a").write_text("one")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "a"), (*identity, "commit", "-q", "-m", "One")):
        run("git", *words, cwd=made)
    return made


def test_the_provenance_names_the_commit_and_every_file(dist: Path, repository: Path) -> None:
    commit = commit_of(repository)
    assert commit == run("git", "rev-parse", "HEAD", cwd=repository).strip()
    files = [dist / name for name in (wheel_file(), server_file())]
    made = statement(files, commit, 1_764_000_000, node=True)
    # The judges are the in-toto project's own models: an unknown or missing field is an error.
    Statement.copy_from_pb(ParseDict(made, StatementMessage())).validate()
    predicate = ParseDict(made["predicate"], Provenance())
    assert predicate.build_definition.resolved_dependencies[0].digest["gitCommit"] == commit
    assert {each.name for each in predicate.build_definition.resolved_dependencies} > {"requirements-server.lock"}
    assert [each["name"] for each in made["subject"]] == [file.name for file in files]


def test_what_is_not_committed_has_no_provenance(repository: Path) -> None:
    (repository / "b").write_text("two")
    assert commit_of(repository) is None
    (repository / "b").unlink()
    (repository / "a").write_text("changed")
    assert commit_of(repository) is None


def test_the_statement_is_among_the_files_of_a_clean_tree(dist: Path) -> None:
    stated = dist / PROVENANCE
    assert stated.exists() is (commit_of(ROOT) is not None)
    if stated.exists():
        subjects = {each["name"]: each["digest"]["sha256"] for each in json.loads(stated.read_text())["subject"]}
        assert set(subjects) == {file.name for file in dist.iterdir()} - {SUMS, PROVENANCE}
        assert all(hashlib.sha256((dist / name).read_bytes()).hexdigest() == sha for name, sha in subjects.items())
