"""The files under deploy/ and docker-compose.yml, run against the real tools they are written for."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from munadi.crypto import KeyRing
from tests.architecture.tree import ROOT, text
from tests.support.postgres import PostgresServer, find_binaries

REQUIRED = re.findall(r"^(\w+)=$", text(".env.example"), re.MULTILINE)


def _config(without: str = "") -> subprocess.CompletedProcess[str]:
    assert shutil.which("docker-compose"), "docker-compose is missing: make test-setup installs it, as root"
    values = {name: "x" for name in REQUIRED if name != without}
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **values}
    command = ["docker-compose", "--env-file", os.devnull, "-f", "docker-compose.yml", "config", "-q"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_compose_accepts_the_file() -> None:
    done = _config()
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", REQUIRED)
def test_compose_refuses_to_start_without(name: str) -> None:
    done = _config(without=name)
    assert done.returncode != 0
    assert name in done.stderr


def test_every_port_is_published_on_loopback() -> None:
    ports = re.findall(r'^ +- "(\S+:\d+)"$', text("docker-compose.yml"), re.MULTILINE)
    assert len(ports) == 5
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_database_script_keeps_the_two_apart(tmp_path: Path) -> None:
    with PostgresServer("") as server:
        address = psycopg.conninfo.conninfo_to_dict(server.create_database().replace("+psycopg", ""))
        for name, password in (("munadi", "it's one"), ("temporal", "another")):
            (tmp_path / name).write_text(f"{password}\n")
        environment = {
            "PATH": f"{find_binaries()}:{os.environ['PATH']}",
            "PGHOST": str(address["host"]),
            "PGPORT": str(address["port"]),
            "MUNADI_DB_PASSWORD_FILE": str(tmp_path / "munadi"),
            "TEMPORAL_DB_PASSWORD_FILE": str(tmp_path / "temporal"),
        }
        _run(["sh", "deploy/postgres/databases.sh"], environment)
        where = {"host": str(address["host"]), "port": str(address["port"]), "user": "munadi"}
        with psycopg.connect(**where, dbname="munadi") as connection:
            connection.execute("CREATE TABLE seen (id int)")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(**where, dbname="temporal")


def test_the_secrets_are_made_once(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "compose" / "secrets.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "compose" / "secrets.sh", script)
    environment = {"PATH": os.environ["PATH"]}
    assert len(_run([str(script)], environment).splitlines()) == 5
    folder = tmp_path / "secrets"
    files = [path for path in folder.iterdir() if path.is_file()]
    made = {path.name: path.read_text() for path in files}
    assert len(set(made.values())) == 5
    # A container's user reads a file that is mounted; on the host the folder keeps all others away.
    assert {path.stat().st_mode & 0o777 for path in files} == {0o444}
    assert (folder.stat().st_mode & 0o777, (folder / "channels").is_dir()) == (0o700, True)
    KeyRing([made["munadi-keys"].strip()])
    (folder / "postgres-password").unlink()
    assert _run([str(script)], environment) == "made secrets/postgres-password\n"
    again = {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}
    assert {name for name in made if made[name] != again[name]} == {"postgres-password"}


def test_temporal_gets_its_password_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("it's $one `\n")
    environment = {"PATH": os.environ["PATH"], "POSTGRES_PWD_FILE": str(tmp_path / "password")}
    command = ["sh", "deploy/temporal/with-password.sh", "POSTGRES_PWD", "sh", "-c", 'echo "$1 $POSTGRES_PWD"', "-"]
    assert _run([*command, "a  b"], environment) == "a  b it's $one `\n"
    (tmp_path / "password").write_text("\n")
    refused = subprocess.run([*command, "c"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.endswith("password is empty\n")


@pytest.mark.parametrize("path", sorted((ROOT / "deploy").glob("*/*.sh")), ids=lambda path: path.name)
def test_the_scripts_are_plain_sh(path: Path) -> None:
    _run(["sh", "-n", str(path)], {"PATH": os.environ["PATH"]})


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
