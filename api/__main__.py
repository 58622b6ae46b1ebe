"""The API process: `munadi api` and `python -m api`, until SIGTERM; then what is in flight is answered."""

from __future__ import annotations

import uvicorn

from api.app import create_app
from munadi.config import load_settings
from munadi.logs import configure_logging

GRACE_SECONDS = 20


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load_settings()
    configure_logging(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.api.host,
        port=settings.api.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
