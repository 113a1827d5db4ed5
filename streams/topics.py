"""Topics: their names and settings, made and checked through Kafka's admin interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from lifeline.errors import LifelineError
from streams.settings import Settings

DAY_MS: Final = 86_400_000
SOURCES: Final = ("chat", "calls", "emails")
TRIAGED: Final = ("signals", "customers", "orders", "dispositions")


class TopicsError(LifelineError):
    """Kafka could not be asked, or refused."""

    code = "topics"
    retriable = True


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. Topics that are joined must have the same number of partitions."""

    name: str
    what: str
    joined: bool = False
    config: dict[str, str] = field(default_factory=dict)


def _kept(days: int, **config: str) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS), **config}


# A dead letter carries its event whole and adds headers, so its topic takes larger records.
_LARGE: Final = {"max.message.bytes": str(4 * 1024 * 1024)}
_EVENT: Final = {"max.message.bytes": str(2 * 1024 * 1024)}
# Ages go by when the log took an event: a sender's clock that is ahead would age all the rest.
_STAMPED: Final = {"message.timestamp.type": "LogAppendTime"}
_SOURCE: Final = _EVENT | _STAMPED
_COMPACTED: Final = _STAMPED | {"cleanup.policy": "compact"}

TOPICS: Final = (
    Topic("chat", "chat messages", joined=True, config=_kept(3) | _SOURCE),
    Topic("calls", "call transcripts", joined=True, config=_kept(3) | _SOURCE),
    Topic("emails", "e-mails", joined=True, config=_kept(3) | _SOURCE),
    Topic("customers", "customer profiles", config=_COMPACTED),
    Topic("orders", "orders placed or changed", config=_kept(90) | _STAMPED),
    Topic("dispositions", "what the crisis team decided", config=_COMPACTED),
    Topic("signals", "what detect found, for triage", config=_kept(30) | _EVENT),
    Topic("alerts", "for the crisis team", config=_kept(365)),
    Topic("watchlist", "findings below the gate", config=_kept(90)),
    Topic("shadow", "what rules on trial find, not for the team", config=_kept(30)),
    Topic("dead-letters", "events that could not be read", config=_kept(365) | _LARGE),
)


def admin(settings: Settings) -> AdminClient:
    """A client for Kafka's admin interface."""
    return AdminClient({"bootstrap.servers": settings.brokers, "log_level": 0})


def create(settings: Settings, *, partitions: int, replication: int) -> dict[str, bool]:
    """Make every topic that is missing; True for those made. Existing ones are left as they are."""
    existing = partition_counts(settings)
    wanted = []
    for topic in TOPICS:
        config = dict(topic.config)
        if replication > 2:  # noqa: PLR2004 - with three replicas, two must hold what is acked
            config["min.insync.replicas"] = "2"
        if settings.topic(topic.name) not in existing:
            wanted.append(
                NewTopic(settings.topic(topic.name), partitions, replication, config=config)
            )
    made = {settings.topic(topic.name): False for topic in TOPICS}
    if not wanted:
        return made
    client = admin(settings)  # kept by name: answers die with the client that asked
    for name, future in client.create_topics(wanted, request_timeout=30).items():
        try:
            future.result()
        except KafkaException as error:
            raise TopicsError(f"{name}: {error.args[0].str()}", place=name) from None
        made[name] = True
    return made


def check(settings: Settings) -> list[str]:
    """What is wrong with the topics, a line each; empty when all is well."""
    existing = partition_counts(settings)
    problems = [
        f"{settings.topic(topic.name)}: missing ({topic.what}); `lifeline topics create` makes it"
        for topic in TOPICS
        if settings.topic(topic.name) not in existing
    ]
    joined = {
        settings.topic(t.name): existing.get(settings.topic(t.name)) for t in TOPICS if t.joined
    }
    counts = {name: count for name, count in joined.items() if count is not None}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        problems.append(f"these must have the same number of partitions: {listed}")
    return problems


def partition_counts(settings: Settings) -> dict[str, int]:
    """Partition counts by topic. Raises :class:`TopicsError` when Kafka does not answer."""
    try:
        topics = admin(settings).list_topics(timeout=10).topics
    except KafkaException as error:
        raise TopicsError(
            f"Kafka at {settings.brokers} does not answer ({error.args[0].name()}); "
            "check LIFELINE_BROKERS"
        ) from None
    return {name: len(found.partitions) for name, found in topics.items()}
