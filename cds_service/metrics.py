"""What can be watched from outside, for Prometheus: counts and times, and nothing of a patient's.

Several processes count together where `PROMETHEUS_MULTIPROC_DIR` names a folder; `apposite serve` makes one.
https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from cds_service.imported import NOTHING_IMPORTED, InForce

if TYPE_CHECKING:
    from cds_service.reviews import Background

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_HOOK_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.45, 1.0, 2.0, 4.0, 10.0)
_REVIEW_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of one process; each is made once, in a registry of its own."""

    registry: CollectorRegistry
    hook_seconds: Histogram
    orders: Counter
    reviews: Counter
    review_seconds: Histogram
    model_failures: Counter
    dropped_sentences: Counter
    searches: Counter
    papers: Counter
    pages: Counter
    guideline_changes: Counter


def new_metrics() -> Metrics:
    """Metrics that start at nothing."""
    registry = CollectorRegistry()
    return Metrics(
        registry,
        Histogram(
            "apposite_hook_seconds",
            "Time from a hook's request to its answer.",
            ["service"],
            buckets=_HOOK_SECONDS,
            registry=registry,
        ),
        Counter("apposite_orders", "Orders assessed.", ["service", "outcome", "opinion"], registry=registry),
        Counter("apposite_reviews", "What became of reviews by the model.", ["event"], registry=registry),
        Histogram(
            "apposite_review_seconds",
            "Time that a review took the worker.",
            buckets=_REVIEW_SECONDS,
            registry=registry,
        ),
        Counter(
            "apposite_language_model_failures",
            "Replies that the language model did not give.",
            ["failure"],
            registry=registry,
        ),
        Counter(
            "apposite_dropped_sentences",
            "Sentences of a model that their sources did not support.",
            registry=registry,
        ),
        Counter(
            "apposite_literature_searches",
            "What became of searches of the literature.",
            ["event"],
            registry=registry,
        ),
        Counter("apposite_papers_fetched", "Papers written to the evidence store.", registry=registry),
        Counter("apposite_companion_pages", "What became of links to pages.", ["event"], registry=registry),
        Counter(
            "apposite_guideline_changes",
            "Changes of the imported guidelines that a worker put in force or refused.",
            ["event"],
            registry=registry,
        ),
    )


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is read when somebody asks: what waits, whether the worker is there or rests, what is in force.

    `model_ready` is `None` where there is no language model, or nothing is known of it yet.
    """

    waiting: int
    searches_waiting: int
    worker: Background
    model_ready: bool | None = None
    imported: InForce = NOTHING_IMPORTED

    def collect(self) -> list[GaugeMetricFamily]:
        """The gauges as Prometheus reads them."""
        model = GaugeMetricFamily(
            "apposite_language_model_ready", "Whether the language model was found able to answer."
        )
        if self.model_ready is not None:
            model.add_metric([], self.model_ready)
        release = GaugeMetricFamily(
            "apposite_guideline_release",
            "The imported releases by which the worker that answers rates.",
            labels=["source", "release", "version"],
        )
        for each in self.imported.guidelines:
            held = each.library
            release.add_metric([held.source, held.release or "", held.version], 1)
        return [
            model,
            release,
            GaugeMetricFamily(
                "apposite_guideline_refused",
                "Whether that worker refuses what the folder of releases holds now.",
                self.imported.problem is not None,
            ),
            GaugeMetricFamily("apposite_reviews_waiting", "Reviews in line.", self.waiting),
            GaugeMetricFamily("apposite_searches_waiting", "Searches in line.", self.searches_waiting),
            GaugeMetricFamily("apposite_worker_up", "Whether the worker was seen lately.", self.worker.alive),
            GaugeMetricFamily(
                "apposite_breaker_open", "Whether the model is left alone.", self.worker.paused
            ),
            GaugeMetricFamily(
                "apposite_literature_breaker_open",
                "Whether the indexes of the literature are left alone.",
                self.worker.searches_paused,
            ),
        ]


def exposition(metrics: Metrics, gauges: Gauges) -> bytes:
    """The page at `/metrics`, over all processes that count together."""
    live = CollectorRegistry()
    live.register(gauges)
    counted = metrics.registry
    if os.environ.get(FOLDER):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return generate_latest(counted) + generate_latest(live)
