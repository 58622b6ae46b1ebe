"""A real PgBouncer in front of a test's PostgreSQL, with `pool_mode = transaction`."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy.engine import make_url

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

CONFIGURATION = """
[databases]
* = host={host} port={server_port} user={user}

[pgbouncer]
listen_addr = {address}
listen_port = {port}
unix_socket_dir =
auth_type = any
admin_users = {user}
pool_mode = transaction
max_client_conn = 500
default_pool_size = {sessions}
max_prepared_statements = {prepared}
"""


class PgBouncer:
    """`with PgBouncer(url, sessions=5) as pooler: pooler.url`. `sessions` at the server are shared by all clients."""

    def __init__(self, url: str, *, sessions: int, prepared: int = 0) -> None:
        """`url`: the database. `prepared`: how many statements the pooler keeps prepared for its clients; 0: none."""
        self._server, self._sessions, self._prepared = make_url(url), sessions, prepared
        self._folder = Path(tempfile.mkdtemp(prefix="munadi-pgbouncer-"))
        self._port = free_port()
        self._process: Process | None = None
        self.url = self._server.set(host=LOOPBACK, port=self._port).render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        assert program is not None, "no pgbouncer: run make test-setup"
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(
            CONFIGURATION.format(
                host=self._server.host,
                server_port=self._server.port,
                user=self._server.username,
                address=LOOPBACK,
                port=self._port,
                sessions=self._sessions,
                prepared=self._prepared,
            )
        )
        user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
        if user:
            self._folder.chmod(0o711)
            shutil.chown(settings, user, pwd.getpwnam(user).pw_gid)
        self._process = Process([program, settings], log=self._folder / "log", cwd=self._folder, user=user).start()
        self._process.wait_for_port(self._port)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
        shutil.rmtree(self._folder, ignore_errors=True)

    def sessions(self) -> int:
        """How many sessions it has at the server now, for all databases."""
        admin = self._server.set(drivername="postgresql", host=LOOPBACK, port=self._port, database="pgbouncer")
        address = admin.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
            return len(connection.execute("SHOW SERVERS").fetchall())
