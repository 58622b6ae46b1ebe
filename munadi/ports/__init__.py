"""The ports: protocols that the activities are built on. The worker wires the implementations; tests pass their own.

Channel        one network                              munadi.channels.<name>
Schedule       what is due, and the next step           munadi.publishing.schedule
Attempts       intents, outcomes, preparations         munadi.publishing.attempts
Withdrawals    what is left to remove of a live post    munadi.publishing.withdrawals
Edits          the edit of a live post                  munadi.publishing.live_edits
Renditions     files made for a network                 munadi.publishing.fitting
Operators      commands that operators signal           munadi.publishing.operators
TokenProvider  a usable token, refreshed under a lease  munadi.accounts.tokens, over munadi.db.accounts.store
AccountUpkeep  when an account needs upkeep             munadi.db.accounts.upkeep
Authorizer     an owner's consent by OAuth 2            munadi.channels.<name>.oauth
Calls          places at servers, per brand             munadi.outbound.host_calls
MediaReader, LinkReader, Clock
"""

from __future__ import annotations

from munadi.domain.content import PublicationDraft
from munadi.domain.delivery import Attempted, DueDelivery, SendResult, WaitingEndpoint
from munadi.domain.publishing import Attempt, Refused, StaleEpoch, Step
from munadi.ports.calls import Calls
from munadi.ports.channel import Answer, AnyChannel, Channel, Channels, Gate
from munadi.ports.clock import Clock
from munadi.ports.connecting import (
    Authorizer,
    Choice,
    Connection,
    Consent,
    ConsentRequest,
    GrantedProfiles,
    KnownByAddress,
)
from munadi.ports.imports import AccountImport
from munadi.ports.media import LinkCard, LinkReader, MediaReader
from munadi.ports.profiles import PastedAs
from munadi.ports.publication import PreparationStore, PreparedState, Publication
from munadi.ports.stores import (
    Attempts,
    Edits,
    LiveAttempts,
    Operators,
    Renditions,
    Schedule,
    TokenProvider,
    Withdrawals,
)
from munadi.ports.upkeep import AccountUpkeep, UpkeepAccount
