"""Upload local files: a progress bar each in a terminal, a line each otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from munadi.cli.session import Session

if TYPE_CHECKING:
    from rich.console import Console

    from munadi.client.answers import Media

Watch = Callable[[int], None]


def upload(session: Session, brand_ref: str, file: Path, name: str) -> Media:
    """Upload a file and return the stored media; `name` is shown to the user."""
    size = file.stat().st_size
    from munadi.client import ProblemError

    try:
        with _watching(session, name, size) as on_bytes:
            media = session.client.media.upload(brand_ref, file, on_bytes)
    except ProblemError:
        session.out.note((f"{name} was refused", "red"))
        raise
    session.out.note((f"uploaded {name} as {media['id']}, {size:,} bytes", "dim"))
    return media


@contextmanager
def bar(name: str, size: int, console: Console) -> Iterator[Watch]:
    """A progress bar of sent bytes, erased afterwards."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(name, total=size)
        yield lambda sent: progress.update(task, completed=sent)


@contextmanager
def _watching(session: Session, name: str, size: int) -> Iterator[Watch | None]:
    """Progress goes to standard error; standard output has the result."""
    if session.out.as_json or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with bar(name, size, Console(stderr=True)) as report:
        yield report
