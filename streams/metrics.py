"""What is counted, for Prometheus. Ids and words of customers never are labels."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from lifeline.rules.pack import Pack

EVENTS = Counter("lifeline_events", "Events read, each with its one outcome", ["topic", "outcome"])
RECORDS = Counter("lifeline_records", "Records acknowledged by Kafka", ["topic"])
DEAD_LETTERS = Counter("lifeline_dead_letters", "Dead letters by reason", ["reason"])
REBUILT = Counter("lifeline_rebuilt_events", "Events read again to rebuild memory", ["topic"])
EXPIRED = Counter(
    "lifeline_expired_events", "Events that Kafka deleted before they were read", ["topic"]
)
FORGOTTEN = Gauge("lifeline_forgotten_conversations", "Conversations forgotten for lack of memory")
CONVERSATIONS = Gauge("lifeline_conversations", "Conversations remembered")
_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
DELAY = Histogram(
    "lifeline_logged_to_alerted_seconds",
    "From Kafka taking an event to Kafka acknowledging its alert",
    buckets=_BUCKETS,
)
PACK = Gauge("lifeline_rule_pack", "The rule pack in force", ["name", "version", "hash"])
RELOADS = Counter("lifeline_rules_reloads", "Changes of the rule files by outcome", ["outcome"])
RELOAD_FAILED = Gauge(
    "lifeline_rules_reload_failed", "1 while the folder of the rules holds a broken pack"
)
TRIAGED = Counter(
    "lifeline_triaged",
    "Records of triage's topics, each with its one outcome",
    ["topic", "outcome"],
)
TRIAGE_DELAY = Histogram(
    "lifeline_logged_to_triaged_seconds",
    "From Kafka taking a record of triage's topics to Kafka acknowledging what came of it",
    ["topic"],
    buckets=_BUCKETS,
)
TRIAGE_HELD = Gauge(
    "lifeline_triage_held", "1 while a topic waits for the case store or for Kafka", ["topic"]
)
COMPLETED = Counter(
    "lifeline_completed_alerts", "Alert records that triage sent, by kind", ["kind"]
)
SHADOW_HITS = Counter("lifeline_shadow_hits", "Records of rules on trial, by rule", ["rule"])


def pack_in_force(pack: Pack, before: Pack | None = None) -> None:
    """Show this pack, and no longer the one before."""
    PACK.labels(pack.name, pack.version, pack.hash).set(1)
    if before is not None and before.hash != pack.hash:
        PACK.remove(before.name, before.version, before.hash)


def serve(host: str, port: int) -> None:
    """Serve the metrics over HTTP on ``host``:``port``."""
    start_http_server(port, host)
