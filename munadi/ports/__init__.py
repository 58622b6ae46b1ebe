"""What the activities are built on: protocols only. The worker decides who is real; tests hand in others.

Channel        a network's adapter                      munadi.channels.<name>
Contents       the content's story: look, claim, …      munadi.db.progress
Publications   the publish protocol's ledger            munadi.db.ledger
TokenKeeper    a usable token, refreshed under a lease  munadi.db.accounts + the channel's refresh
Deliveries     events on their way to subscribers       munadi.db.deliveries
Sender, MediaReader, LinkReader, Clock
"""

from __future__ import annotations

from munadi.domain.content import PublicationDraft
from munadi.domain.delivery import DueDelivery, SendResult
from munadi.domain.ledger import Intent, IntentRefused, OpenAttempt, Settled, StaleEpoch, Work
from munadi.ports.channel import (
    AccountImport,
    Answer,
    Channel,
    Channels,
    Connection,
    Gate,
    LinkCard,
    LinkReader,
    MediaReader,
    SaveHandle,
    Stage,
)
from munadi.ports.clock import Clock
from munadi.ports.stores import Contents, Deliveries, Operators, Publications, Sender, Stages, TokenKeeper

__all__ = [
    "AccountImport",
    "Answer",
    "Channel",
    "Channels",
    "Clock",
    "Connection",
    "Contents",
    "Deliveries",
    "DueDelivery",
    "Gate",
    "Intent",
    "IntentRefused",
    "LinkCard",
    "LinkReader",
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
    "Work",
]
