"""The worker's process, for production and for `munadi dev`."""

from __future__ import annotations

import os
from typing import NoReturn

import uvloop

from munadi.process.exiting import exit_now
from munadi.process.settings import check_start, read_settings


def work() -> NoReturn:
    """Run a worker until it is stopped. Raises CommandFailed for wrong settings."""
    settings = read_settings()
    check_start(settings, needs_temporal=True)

    from munadi.process.logs import configure_logging
    from munadi.process.temporal import set_up_sdk
    from munadi.process.traces import end_tracing, name_trace, start_tracing
    from worker.running import run

    configure_logging(settings.log_level, name_trace)
    start_tracing("worker", os.environ)
    set_up_sdk(with_metrics=settings.metrics_listen is not None)
    uvloop.run(run(settings))
    end_tracing()
    exit_now(0)
