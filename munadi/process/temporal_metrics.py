"""What the Temporal SDK counts, as metrics of this process: slots, polls, requests, schedule-to-start.

The SDK's own exporter would be a second port, which answers to every Host. So it fills a buffer, from which the numbers
below are made.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import REGISTRY
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from temporalio.runtime import (
    BUFFERED_METRIC_KIND_COUNTER,
    BUFFERED_METRIC_KIND_GAUGE,
    BufferedMetricUpdate,
    MetricBuffer,
    MetricBufferDurationFormat,
)

# Updates between two times that the buffer is emptied; a worker that publishes 100 posts a second makes some thousands.
BUFFERED = 100_000
BOUNDS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0, 3600.0)
# Each has few values. Others are constant (`service_name`, `namespace`), or could have many.
LABELS = (
    "activity_type",
    "workflow_type",
    "task_queue",
    "worker_type",
    "poller_type",
    "operation",
    "status_code",
    "failure_reason",
)
Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]


@dataclass
class _Histogram:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(BOUNDS, value)] += 1
        self.total += value

    def samples(self, name: str, labels: Labels) -> Iterator[Sample]:
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), accumulate(self.counts), strict=True):
            yield f"{name}_bucket", (*labels, ("le", bound)), count
        yield f"{name}_count", labels, sum(self.counts)
        yield f"{name}_sum", labels, self.total


class TemporalMetrics(Collector):
    """The numbers so far. `drain` empties the SDK's buffer; any thread may call it."""

    def __init__(self) -> None:
        self.buffer = MetricBuffer(BUFFERED, duration_format=MetricBufferDurationFormat.SECONDS)
        self._lock = threading.Lock()
        self._texts: dict[str, str] = {}
        self._counters: dict[str, dict[Labels, float]] = {}
        self._gauges: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, _Histogram]] = {}

    def drain(self) -> None:
        """Add what the SDK has counted since the last time."""
        with self._lock:
            for update in self.buffer.retrieve_updates():
                self._add(update)

    def describe(self) -> Iterator[Metric]:
        """Nothing: the SDK has counted nothing yet when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The metrics, for Prometheus."""
        self.drain()
        with self._lock:
            for name, counters in self._counters.items():
                yield _family(name, "counter", self._texts, ((f"{name}_total", *one) for one in counters.items()))
            for name, gauges in self._gauges.items():
                yield _family(name, "gauge", self._texts, ((name, *one) for one in gauges.items()))
            for name, histograms in self._histograms.items():
                samples = (sample for labels, one in histograms.items() for sample in one.samples(name, labels))
                yield _family(name, "histogram", self._texts, samples)

    def _add(self, update: BufferedMetricUpdate) -> None:
        metric, labels = update.metric, _labels(update.attributes)
        name = metric.name
        self._texts.setdefault(name, metric.description or name)
        if metric.kind == BUFFERED_METRIC_KIND_COUNTER:
            counters = self._counters.setdefault(name, {})
            counters[labels] = counters.get(labels, 0.0) + update.value
        elif metric.kind == BUFFERED_METRIC_KIND_GAUGE:
            self._gauges.setdefault(name, {})[labels] = update.value
        else:
            self._histograms.setdefault(name, {}).setdefault(labels, _Histogram()).observe(update.value)


_installed: list[TemporalMetrics] = []


def install() -> TemporalMetrics:
    """Make the numbers part of this process's metrics. For the runtime of the SDK, of which a process has one."""
    found = TemporalMetrics()
    REGISTRY.register(found)
    _installed.append(found)
    return found


def drain() -> None:
    """Empty the SDK's buffer, if this process has one."""
    for found in _installed:
        found.drain()


def _labels(attributes: Mapping[str, object]) -> Labels:
    return tuple((name, str(attributes[name])) for name in LABELS if name in attributes)


def _family(name: str, kind: str, texts: Mapping[str, str], samples: Iterable[Sample]) -> Metric:
    family = Metric(name, texts[name], kind)
    for sample, labels, value in samples:
        family.add_sample(sample, dict(labels), value)
    return family
