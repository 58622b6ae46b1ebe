"""The sandbox and the site of the channels' tests, for judges from outside."""

from __future__ import annotations

from tests.channels.conftest import oracle, running_sandbox, running_site, site

__all__ = ["oracle", "running_sandbox", "running_site", "site"]
