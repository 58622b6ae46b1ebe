"""Records which functions a post passes. Python runs this file at its start when its folder is on PYTHONPATH.

`HOPS` names the folder of the results, `HOPS_ROOT` the tree. In the API a record begins with the route `create_content`
and ends with the commit of the request's transaction. That begins when its Idempotency-Key is taken; other transactions
of the process may commit before. In the worker a record begins with the activity `claim` and ends when the visible call
is sent. Only functions of Munadi's own packages count, each once.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = os.environ.get("HOPS_ROOT", "")
OUT = Path(os.environ.get("HOPS", "."))
PACKAGES = tuple(f"{ROOT}/{name}/" for name in ("munadi", "api", "activities", "workflows"))
TAKES_THE_KEY = re.compile(r"munadi/db/idempotency\.py:\w+\.take")
VISIBLE = ("createRecord", "putRecord", "applyWrites")

_inside: ContextVar[bool] = ContextVar("hops_inside", default=False)


class Record:
    """The functions passed since `begin`, in order, each once."""

    def __init__(self) -> None:
        self.passed: dict[str, int] = {}
        self.way = ""

    def begin(self, way: str) -> None:
        self.passed, self.way = {}, way
        _inside.set(True)

    def add(self, local: str, name: str) -> None:
        key = f"{local}:{name}"
        self.passed[key] = self.passed.get(key, 0) + 1

    def committed(self) -> None:
        """A transaction commits. It is the request's once that has taken its key."""
        if any(TAKES_THE_KEY.fullmatch(name) for name in self.passed):
            self.write("route-to-commit")

    def write(self, way: str) -> None:
        if self.way == way:
            (OUT / f"{way}.json").write_text(json.dumps(self.passed, indent=1))
            self.way = "done"


record = Record()


def _passed(frame: FrameType, event: str, _arg: Any) -> None:
    if event != "call":
        return
    code = frame.f_code
    file, name = code.co_filename, code.co_qualname
    if file.endswith("sqlalchemy/orm/session.py"):
        if name == "SessionTransaction.commit" and _inside.get():
            record.committed()
    elif file.endswith("httpx/_client.py"):
        if name == "AsyncClient.send" and any(word in str(frame.f_locals["request"].url) for word in VISIBLE):
            record.write("claim-to-call")
    elif file.startswith(PACKAGES) and not code.co_name.startswith("<"):
        _ours(file[len(ROOT) + 1 :], name)


def _ours(local: str, name: str) -> None:
    if threading.current_thread() is not threading.main_thread():
        # Workflow code runs in threads of its own.
        if local.startswith("workflows/") and record.way:
            record.add(local, name)
        return
    if local.startswith("api/routes/") and name == "create_content" and not record.way:
        record.begin("route-to-commit")
    elif local.startswith("activities/") and name.endswith(("._claim_and_publish", ".claim")) and not record.way:
        record.begin("claim-to-call")
    elif local.startswith("activities/") and record.way and _is_activity():
        _inside.set(True)
    if record.way and _inside.get():
        record.add(local, name)
    if name == "WriterConnection.commit":
        record.committed()


def _is_activity() -> bool:
    """Whether Temporal's own task runs us, and not a background task of Munadi's."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    coroutine = task.get_coro() if task is not None else None
    code = getattr(coroutine, "cr_code", None)
    return code is not None and "temporalio" in code.co_filename


if "HOPS" in os.environ and {"api", "worker"} & set(sys.orig_argv):
    OUT.mkdir(parents=True, exist_ok=True)
    threading.setprofile(_passed)
    sys.setprofile(_passed)
