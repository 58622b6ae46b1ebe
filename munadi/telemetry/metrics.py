"""Every metric that a process of Munadi counts itself, where the thing happens. So each process is read.

Rule: the values of a label come from this code or from the list of networks. None is an id, a brand, an address or a
text.
What the database counts is in `api/process/metrics.py`, what the Temporal SDK counts in
`munadi/process/temporal_metrics.py`.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Failure
from munadi.domain.liveness import Report
from munadi.domain.publication import ENDED, PublicationStatus

# The times at which series began would be a third of all samples.
disable_created_metrics()  # type: ignore[no-untyped-call]

# Upper bounds in seconds. Lateness: from "on time" over "a burst" to "a long outage".
LATENESS_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
CALL_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
REQUEST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG_BOUNDS = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0)

REQUESTS = Counter(
    "munadi_http_requests", "requests that the API answered, by the template of the path", ["method", "route", "status"]
)
REQUEST_SECONDS = Histogram(
    "munadi_http_request_seconds",
    "from a request's head to the end of the response",
    ["method", "route"],
    buckets=REQUEST_BOUNDS,
)
ACCEPTED = Counter("munadi_publications_accepted", "publications of accepted posts", ["channel"])
ENDS = Counter(
    "munadi_publications_ended",
    "publications that became published, failed, unconfirmed or canceled; one may fail, be retried and be published",
    ["channel", "outcome"],
)
FAILURES = Counter("munadi_publication_failures", "publications that failed, by reason", ["channel", "reason"])
HOLDS = Counter("munadi_publication_holds", "publications that began to wait, by what for", ["channel", "reason"])
LATENESS = Histogram(
    "munadi_publish_lateness_seconds",
    "from the due time to the first byte of the visible call",
    ["channel"],
    buckets=LATENESS_BOUNDS,
)
LOOKS = Counter(
    "munadi_looks",
    "looks at published posts, by what each showed of a publication; deferred: the network asked to be left alone",
    ["channel", "verdict"],
)
REPORTS = Counter(
    "munadi_liveness_changes", "published posts that two looks showed to have changed", ["channel", "change"]
)
EDITS = Counter(
    "munadi_live_edits",
    "edits of published posts that became edited, refused or unconfirmed; one may be unconfirmed, then edited",
    ["channel", "outcome", "reason"],
)
WITHDRAWALS = Counter(
    "munadi_withdrawals",
    "withdrawals of published posts that became withdrawn, refused or unconfirmed; one may be counted for two",
    ["channel", "outcome", "reason"],
)
CALLS = Counter(
    "munadi_network_calls",
    "HTTP requests to networks; the status is HTTP's, or the name of the error without an answer",
    ["channel", "operation", "status"],
)
CALL_SECONDS = Histogram(
    "munadi_network_call_seconds",
    "from a request to a network to the end of its answer",
    ["channel"],
    buckets=CALL_BOUNDS,
)
QUOTA_LEFT = Gauge(
    "munadi_network_quota_left",
    "calls or posts that the network's last answer, for any account, said are left",
    ["channel"],
)
REFRESHES = Counter("munadi_token_refreshes", "refreshes of accounts' tokens", ["channel", "outcome"])
ATTEMPTS = Counter("munadi_webhook_attempts", "attempts to deliver an event to an endpoint", ["outcome"])
ATTEMPT_SECONDS = Histogram("munadi_webhook_attempt_seconds", "the duration of these attempts", buckets=CALL_BOUNDS)
DELIVERY_WAIT = Histogram(
    "munadi_webhook_wait_seconds",
    "from the time at which a delivery was due to its attempt",
    buckets=LATENESS_BOUNDS,
)
EXHAUSTED = Counter("munadi_webhook_exhausted", "deliveries that were given up after their last retry")
QUEUES = Gauge("munadi_webhook_queues", "endpoints that this process sends to now")
LOOP_LAG = Histogram(
    "munadi_event_loop_lag_seconds", "how much later than asked for the event loop woke a timer", buckets=LAG_BOUNDS
)
CONNECTIONS = Gauge("munadi_database_connections", "connections of this process that are in use")
CONNECTIONS_MAX = Gauge("munadi_database_connections_max", "connections that this process may have in use")
WRITERS_WAITING = Gauge("munadi_database_writers_waiting", "writing transactions under way or waiting, on SQLite")
BUILD = Gauge("munadi_build_info", "the version that runs; always 1", ["process", "version"])

# An alert on the first failure needs the zero before it.
for _channel in ChannelName:
    for _outcome in ENDED:
        ENDS.labels(_channel.value, _outcome.value)
    for _change in Report:
        REPORTS.labels(_channel.value, _change.value)


def reason_of(failure: Failure | None) -> str:
    """The label of a change that may have failed."""
    return "none" if failure is None else failure.reason.value


def publication_ended(channel: str, outcome: str, reason: str | None, late_ms: int | None) -> None:
    """Count a publication that has ended: why it failed, or how many milliseconds after its due time it was published.

    The clock of another machine may make it early, which counts as on time.
    """
    ENDS.labels(channel, outcome).inc()
    if outcome == PublicationStatus.FAILED and reason is not None:
        FAILURES.labels(channel, reason).inc()
    if outcome == PublicationStatus.PUBLISHED and late_ms is not None:
        LATENESS.labels(channel).observe(max(late_ms, 0) / 1000)
