"""Nostr: notes that a key signs, at the relays of an account. Facts: docs/networks/nostr.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.nostr.accounts import NostrAccounts
from munadi.channels.nostr.publisher import NostrChannel
from munadi.channels.nostr.relays import Relays
from munadi.channels.nostr.rules import NostrRules
from munadi.channels.nostr.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> NostrChannel:
    """The channel from the settings under `MUNADI_CHANNELS__NOSTR__`."""
    settings = Settings.model_validate(dict(given))
    spec, relays = settings.applied_to(SPEC, *SPEC.hosts), Relays(tools)
    return NostrChannel(Parts(spec, NostrRules(spec), NostrAccounts(relays, settings)), settings, relays, tools)
