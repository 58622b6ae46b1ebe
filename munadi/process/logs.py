"""Configures logs: one JSON line per entry on standard error. A last filter masks what looks like a token.

Rule: an exception is written as Python's own traceback, bounded. A traceback with local variables (structlog's
default, with rich) is never used, because they contain tokens.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import Processor

from munadi.domain.redaction import redact

# The end of a traceback shows what failed, its beginning how it was reached.
MAX_TRACEBACK = 8_000
_HEAD = 1_000
# These libraries log every step; those of the bucket would log whole requests with signatures.
CHATTY = (
    "httpx",
    "httpcore",
    "aiosqlite",
    "alembic",
    "botocore",
    "aiobotocore",
    "s3fs",
    "fsspec",
    "PIL",
    "python_multipart",
)


def configure_logging(level: str, *more: Processor) -> None:
    """Route structlog and the standard library's loggers through one handler, as JSON, with UTC times.

    `more` add to each line.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        *more,
        _write_exception,
        _mask,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        # With the ids that are bound where a line is written, as in those of structlog.
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _log_what_python_prints()


def _log_what_python_prints() -> None:
    """Write warnings, and exceptions that nothing caught, as lines too: Python prints them as text."""
    log = logging.getLogger("munadi.python")
    logging.captureWarnings(True)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("uncaught exception", exc_info=(kind, error, trace))

    def in_thread(found: threading.ExceptHookArgs) -> None:
        log.critical("uncaught exception in a thread", exc_info=found.exc_value)

    def unraisable(found: sys.UnraisableHookArgs) -> None:
        log.error("%s: %r", found.err_msg or "exception ignored", found.object, exc_info=found.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable


def traceback_of(error: BaseException) -> str:
    """A traceback of bounded length, without local variables or what looks like a secret."""
    lines = "".join(traceback.format_exception(error))
    text = redact(lines, limit=len(lines))
    return text if len(text) <= MAX_TRACEBACK else f"{text[:_HEAD]}\n…\n{text[_HEAD - MAX_TRACEBACK :]}"


def _write_exception(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = traceback_of(error)
    return event


def _mask(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        key: redact(value, limit=2 * MAX_TRACEBACK) if isinstance(value, str) else value for key, value in event.items()
    }
