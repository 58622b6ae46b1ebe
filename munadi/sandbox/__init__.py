"""Munadi's test mode: the networks emulated over real HTTP, with a page that shows the result.

Each network is a path prefix of one port. docs/sandbox.md has the default profiles, the faults and the control API.
Nothing here is secret, and nothing here imports the rest of munadi.
"""

from munadi.sandbox.app import create_app
from munadi.sandbox.server import serve
from munadi.sandbox.state import SandboxState

__all__ = ["SandboxState", "create_app", "serve"]
