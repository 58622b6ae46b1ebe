"""What every page has around its content: the brand, what is overdue, what needs a person. Read once per page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.dashboard.brand_choice import BrandChoice, choose_brand
from api.dashboard.page_data import TheReader
from api.deps import TheServices
from api.process.temporal_watch import TemporalWatch
from munadi.db.brands.modes import Brands
from munadi.db.contents.attention import COUNTED, accounts_to_reconnect, count_needing_a_person
from munadi.db.contents.overdue import Overdue, overdue_by_brand
from munadi.db.contents.sources import count_proposed
from munadi.domain.key import Scope
from munadi.ports import Channels


@dataclass(frozen=True)
class Frame:
    """The header of a page. `overdue`: in the brands that the key may see; `attention`: how much needs a person in the
    chosen brand, or in all of them; `dead`: ids of accounts without our access, whose posts wait; `emulated`: titles of
    networks that are emulated here, so that nobody mistakes a test for a publication, and `sandbox_url` is where they
    show what they got; `is_degraded`: Temporal does not answer, as pages have seen `degraded_since`.
    """

    choice: BrandChoice
    overdue: Overdue
    attention: int = 0
    dead: frozenset[str] = frozenset()
    emulated: tuple[str, ...] = ()
    sandbox_url: str | None = None
    is_degraded: bool = False
    degraded_since: datetime | None = None

    @property
    def attention_label(self) -> str:
        """The count as a badge shows it."""
        return f"{COUNTED - 1}+" if self.attention >= COUNTED else str(self.attention)


async def frame(request: Request, reader: TheReader, services: TheServices) -> Frame:
    """The dependency of every page with a header. `render` finds the result in the request's state."""
    choice, overdue, attention = await choose_brand(reader, request, services.settings), Overdue(), 0
    dead = frozenset[str]()
    principal = reader.viewer.principal
    brands = Brands(choice.filter or principal.only_brand, principal.leaves_out_tests)
    if principal.may(Scope.CONTENTS_READ):
        async with services.database.read() as session:
            by_brand = await overdue_by_brand(session, services.clock.now(), principal.only_brand)
            attention = await count_needing_a_person(
                session,
                services.clock.now(),
                brands,
                with_accounts=principal.may(Scope.ACCOUNTS_READ),
            )
            if principal.may(Scope.ACCOUNTS_READ):
                dead = await accounts_to_reconnect(session, brands)
            if principal.may(Scope.CONTENTS_APPROVE):
                attention += await count_proposed(session, brands, COUNTED)
        overdue = sum((late for ref, late in by_brand.items() if principal.may_see(ref)), Overdue())
    watch: TemporalWatch = request.app.state.temporal_watch
    is_degraded = not await watch.is_up(services)
    emulated, sandbox_url = emulated_networks(services.channels), sandbox_of(services.channels)
    found = Frame(choice, overdue, attention, dead, emulated, sandbox_url, is_degraded, watch.down_since)
    request.state.frame = found
    return found


def emulated_networks(channels: Channels) -> tuple[str, ...]:
    """The titles of the networks whose every host is this machine: those of the sandbox."""
    specs = [channel.spec for channel in channels.by_name.values()]
    return tuple(spec.title for spec in specs if spec.hosts and all(map(_is_this_machine, spec.hosts)))


def sandbox_of(channels: Channels) -> str | None:
    """The address of the sandbox's own pages: the server that emulates networks here; None if not one."""
    hosts = {host for channel in channels.by_name.values() for host in channel.spec.hosts if _is_this_machine(host)}
    origins = {f"{urlsplit(host).scheme}://{urlsplit(host).netloc}" for host in hosts}
    return origins.pop() if len(origins) == 1 else None


def _is_this_machine(host: str) -> bool:
    name = urlsplit(host).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


TheFrame = Annotated[Frame, Depends(frame)]
