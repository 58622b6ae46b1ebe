"""Which operation of the OpenAPI document each method of the Python client calls, and how its fields are read.

The client's methods and the options of the command line are generated from this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Of each class its place in the client. Of each method its operation, and the arguments that may be given by place.
# Whatever else the operation takes in its query or body follows by name alone. Names are the API's, in snake case.
METHODS = """
Accounts munadi.accounts
    import_ accounts.import brand_ref account
    list accounts.list brand_ref limit cursor
    get accounts.get account_id
    update accounts.update account_id changes
    check accounts.check account_id
    choices accounts.choices account_id option of
    connect accounts.connect brand_ref request
    reconnect accounts.reconnect account_id request
    disconnect accounts.disconnect account_id
    erase accounts.erase account_id confirm
Connections munadi.connections
    get connections.get connection_id
    select connections.select connection_id external_ids
Audit munadi.audit
    list audit.list
Brands munadi.brands
    create brands.create ref name timezone
    get brands.get ref
    update brands.update ref changes
    list brands.list limit cursor
    erase brands.erase ref confirm
Series munadi.series
    create series.create series idempotency_key
    list series.list brand_ref limit cursor
    get series.get series_id
    update series.update series_id changes
    delete series.delete series_id
Slots munadi.brands.slots
    get brands.slots.get ref
    replace brands.slots.replace ref slots
    times brands.slots.times ref account_id since until
    reorder brands.slots.reorder ref content_ids
    pause brands.slots.pause ref account_id
    resume brands.slots.resume ref account_id
Apps munadi.brands.apps
    put brands.apps.put ref channel client_id client_secret
    list brands.apps.list ref
    get brands.apps.get ref channel
    delete brands.apps.delete ref channel
Branding munadi.brands.branding
    put brands.branding.put ref
    get brands.branding.get ref
    delete brands.branding.delete ref
Erasures munadi.erasures
    get erasures.get erasure_id
Channels munadi.channels
    list channels.list
    get channels.get channel
PlainContents munadi.contents
    create contents.create payload idempotency_key
    validate contents.validate payload
    get contents.get content_id
    update contents.update content_id changes version
    decline contents.decline content_id note
    cancel contents.cancel content_id
    reschedule contents.reschedule content_id scheduled_at
    publish_now contents.publishNow content_id
    retry contents.retry content_id publication_ids
    withdraw contents.withdraw content_id
PostEvents munadi.contents.events
    list contents.events.list content_id after=0
PlainPublications munadi.publications
    edit publications.edit publication_id text title description options
    withdraw publications.withdraw publication_id
    get publications.get publication_id
    receipt publications.receipt publication_id
    receipt_keys publications.receiptKeys
    resolve publications.resolve publication_id outcome
    dismiss publications.dismiss publication_id because
    undismiss publications.undismiss publication_id
PlainDrafts munadi.drafts
    create drafts.create content idempotency_key
    list drafts.list brand_ref limit cursor
    get drafts.get draft_id
    update drafts.update draft_id changes version
    delete drafts.delete draft_id
PlainCalendar munadi.calendar
    get calendar.get since until
ReviewLinks munadi.contents.review_links
    create contents.reviewLinks.create content_id
    list contents.reviewLinks.list content_id
    revoke contents.reviewLinks.revoke content_id link_id
Feeds munadi.calendar.feeds
    create calendar.feeds.create brand_ref
    list calendar.feeds.list brand_ref
    revoke calendar.feeds.revoke brand_ref feed_id
Keys munadi.keys
    create keys.create name scopes
    me keys.me
    get keys.get key_id
    list keys.list limit cursor
    update keys.update key_id changes
    rotate keys.rotate key_id overlap
    revoke keys.revoke key_id
PlainImports munadi.imports
    list imports.list brand_ref limit cursor
    get imports.get import_id
    rows imports.rows import_id status
PlainMedia munadi.media
    list media.list brand_ref limit cursor
    get media.get media_id
    delete media.delete media_id
PlainEndpoints munadi.webhooks.endpoints
    create webhooks.endpoints.create url
    list webhooks.endpoints.list limit cursor
    get webhooks.endpoints.get endpoint_id
    update webhooks.endpoints.update endpoint_id changes
    delete webhooks.endpoints.delete endpoint_id
    rotate_secret webhooks.endpoints.rotateSecret endpoint_id
    test webhooks.endpoints.test endpoint_id
    replay webhooks.endpoints.replay endpoint_id since until types
    recover webhooks.endpoints.recover endpoint_id since until types only
Alerts munadi.alerts
    create alerts.create url
    list alerts.list brand_ref limit cursor
    get alerts.get alert_id
    update alerts.update alert_id changes
    delete alerts.delete alert_id
    test alerts.test alert_id
Recoveries munadi.webhooks.endpoints.recoveries
    get webhooks.endpoints.recoveries.get endpoint_id recovery_id
Deliveries munadi.webhooks.deliveries
    get webhooks.deliveries.get delivery_id
    list webhooks.deliveries.list
    redeliver webhooks.deliveries.redeliver delivery_id
PlainEvents munadi.events
    list events.list after=0
    get events.get event_id
EventTypes munadi.events.types
    list events.types.list
Health munadi.health
    check_alive health.checkAlive
    check_ready health.checkReady
Usage munadi.usage
    get usage.get brand_ref month
    days usage.days brand_ref since until
Insights munadi.insights
    get insights.get brand_ref
"""
# Former names, which stay.
ALIASES = {"Accounts": {"create": "import_"}, "PlainContents": {"publish": "create"}}
BY_HAND = frozenset(
    {"connections.complete", "contents.approve", "contents.createBatch", "contents.list", "drafts.submit",
     "imports.create", "media.create", "metrics.get", "publications.list"}
)  # fmt: skip
# The arguments that are a body whole.
WHOLE = ("payload", "content", "changes", "account", "request", "series")
# A parameter of the query that takes several values, as the method names it; and a word of Python's own.
RENAMED = {"type": "types", "from": "from_"}
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Method:
    """A method of the client: its class, its name, its arguments by place, and the operation that it calls."""

    group: str
    place: str
    verb: str
    places: Sequence[str]
    http: str
    path: str
    operation: Json

    @property
    def whole(self) -> str | None:
        """The argument that is the body as a whole."""
        return next((place for place in self.places if place in WHOLE), None)


def methods(document: Json) -> Iterator[Method]:
    """The methods of the table. ValueError for an operation that is neither there nor written by hand."""
    waiting = {one["operationId"]: (method, path, one) for method, path, one in operations(document)}
    group = place = ""
    for line in METHODS.strip().splitlines():
        if line.startswith(" "):
            verb, name, *places = line.split()
            yield Method(group, place, verb, places, *waiting.pop(name))
        else:
            group, place = line.split()
    if missing := waiting.keys() - BY_HAND:
        raise ValueError(f"no method of the Python client calls {', '.join(sorted(missing))}: add it to METHODS")


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            yield method.upper(), path, one


def query_of(operation: Json) -> list[Json]:
    """The parameters of the query."""
    query = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    is_log = any(each["name"] == "after" for each in query)  # its cursor is a position
    return [each for each in query if not (is_log and each["name"] == "cursor")]


def body_of(document: Json, operation: Json) -> tuple[Json, bool]:
    """The schema of the JSON body, and whether there may be none."""
    body = operation.get("requestBody", {})
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    return resolved(document, schema), not body.get("required", False)


def python_name(name: str) -> str:
    """What the client calls a field of the query or body."""
    return RENAMED.get(name) or re.sub(r"([A-Z])", r"_\1", name).lower()


def not_null(schema: Json) -> Json:
    """The schema of a value that is given."""
    [one, *_] = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    return one  # type: ignore[no-any-return]


def resolved(document: Json, schema: Json) -> Json:
    """The schema itself, where another one refers to it by its name."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: Json = document["components"]["schemas"][name] if name else schema
    return found
