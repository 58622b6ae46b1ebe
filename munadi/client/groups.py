"""Groups that have others inside, as the API's names have them, and the former names of some methods."""

from __future__ import annotations

from munadi.client import generated
from munadi.client.operations import Driver, M


class Accounts(generated.Accounts[M]):
    """`munadi.accounts`: connected profiles."""

    # Former names.
    connection = generated.Connections.get
    select = generated.Connections.select


class Brands(generated.Brands[M]):
    """`munadi.brands`: the tenants, in `apps` their own apps at networks, in `branding` their look."""

    erasure = generated.Erasures.get  # its former name

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.apps: generated.Apps[M] = generated.Apps(driver)
        self.slots: generated.Slots[M] = generated.Slots(driver)
        self.branding: generated.Branding[M] = generated.Branding(driver)


class Calendar(generated.PlainCalendar[M]):
    """`munadi.calendar`, and the addresses of calendars in `feeds`. Itself it may be called, as formerly."""

    __call__ = generated.PlainCalendar.get

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.feeds: generated.Feeds[M] = generated.Feeds(driver)


class Events(generated.PlainEvents[M]):
    """`munadi.events`: the log, and in `types` what events there are. Itself it may be called, as formerly."""

    __call__ = generated.PlainEvents.list

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.types: generated.EventTypes[M] = generated.EventTypes(driver)


class Endpoints(generated.PlainEndpoints[M]):
    """`munadi.webhooks.endpoints`: what receives events, and in `recoveries` the recovery of missed ones."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.recoveries: generated.Recoveries[M] = generated.Recoveries(driver)


class Deliveries(generated.Deliveries[M]):
    """`munadi.webhooks.deliveries`. Itself it may be called, as formerly."""

    __call__ = generated.Deliveries.list


class Usage(generated.Usage[M]):
    """`munadi.usage`. Itself it may be called, as formerly."""

    __call__ = generated.Usage.get


class Insights(generated.Insights[M]):
    """`munadi.insights`. Itself it may be called, as formerly."""

    __call__ = generated.Insights.get


class Webhooks(generated.PlainEndpoints[M]):
    """`munadi.webhooks`: `endpoints` and their `deliveries`. The methods of its own are former names."""

    recovery = generated.Recoveries.get
    delivery = generated.Deliveries.get
    redeliver = generated.Deliveries.redeliver

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.endpoints: Endpoints[M] = Endpoints(driver)
        self.deliveries: Deliveries[M] = Deliveries(driver)
