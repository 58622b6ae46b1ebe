"""The sandbox and the media site of tests/channels."""

from __future__ import annotations

from tests.channels.conftest import oracle, running_sandbox, running_site, site, verdicts

__all__ = ["oracle", "running_sandbox", "running_site", "site", "verdicts"]
