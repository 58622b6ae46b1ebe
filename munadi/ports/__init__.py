"""What the activities are built on: protocols only. The worker wires the real ones; tests pass others.

Channel        one network                              munadi.channels.<name>
Schedule       what is due, and the step to take        munadi.publishing.schedule
Attempts       intents, outcomes, handles               munadi.publishing.attempts
Operators      what an operator signals                 munadi.publishing.operators
TokenKeeper    a usable token, refreshed under a lease  munadi.db.accounts.store + the channel's refresh
AccountsKept   when a connection needs upkeep           munadi.db.accounts.upkeep
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
    VisibleStep,
)
from munadi.ports.clock import Clock
from munadi.ports.connecting import Asking, Authorizer, Choice, Consent, Granted, KnownByAddress
from munadi.ports.stores import Attempts, Deliveries, Operators, Schedule, Sender, TokenKeeper
from munadi.ports.upkeep import AccountsKept, KeptAccount
from munadi.publishing.model import Attempt, Refused, StaleEpoch, Step
