"""The list of all workflows. The worker runs them; the tests prepare and replay them."""

from __future__ import annotations

from workflows.keep_account_connected import KeepAccountConnected
from workflows.publish_content import PublishContent

WORKFLOWS = (PublishContent, KeepAccountConnected)
