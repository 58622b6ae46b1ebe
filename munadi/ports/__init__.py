"""What the activities are built on: protocols only. The worker decides who is real; tests hand in others.

Channel        one network                              munadi.channels.<name>
Contents       the content's story: look, claim, …      munadi.publishing.schedule
Publications   the publish protocol's ledger            munadi.publishing.attempts
TokenKeeper    a usable token, refreshed under a lease  munadi.db.accounts.store + the channel's refresh
AccountsKept   when a connection needs somebody         munadi.db.accounts.upkeep
Deliveries     events on their way to subscribers       munadi.db.webhooks.deliveries
Authorizer     a network's consent, and what it grants  munadi.channels.<name>.oauth
Sender, MediaReader, MediaReach, LinkReader, Clock
"""

from __future__ import annotations

from munadi.domain.content import PublicationDraft
from munadi.domain.delivery import Attempted, DueDelivery, SendResult, WaitingEndpoint
from munadi.ports.channel import (
    AccountImport,
    Answer,
    Channel,
    Channels,
    Connection,
    Gate,
    LinkCard,
    LinkReader,
    MediaReach,
    MediaReader,
    SaveHandle,
    Stage,
)
from munadi.ports.clock import Clock
from munadi.ports.connecting import Asking, Authorizer, Choice, Consent, Granted, KnownByAddress
from munadi.ports.keeping import AccountsKept, KeptAccount
from munadi.ports.stores import Contents, Deliveries, Operators, Publications, Sender, Stages, TokenKeeper
from munadi.publishing.model import Intent, IntentRefused, OpenAttempt, Settled, StaleEpoch, Work

__all__ = [
    "AccountImport",
    "AccountsKept",
    "Answer",
    "Asking",
    "Attempted",
    "Authorizer",
    "Channel",
    "Channels",
    "Choice",
    "Clock",
    "Connection",
    "Consent",
    "Contents",
    "Deliveries",
    "DueDelivery",
    "Gate",
    "Granted",
    "Intent",
    "IntentRefused",
    "KeptAccount",
    "KnownByAddress",
    "LinkCard",
    "LinkReader",
    "MediaReach",
    "MediaReader",
    "OpenAttempt",
    "Operators",
    "PublicationDraft",
    "Publications",
    "SaveHandle",
    "SendResult",
    "Sender",
    "Settled",
    "Stage",
    "Stages",
    "StaleEpoch",
    "TokenKeeper",
    "WaitingEndpoint",
    "Work",
]
