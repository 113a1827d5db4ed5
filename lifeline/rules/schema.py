"""What a rule pack is made of: rules, modifiers and the corpora they are held to, as values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from lifeline.context import Order
from lifeline.rules.problems import Place

FORMAT: Final = 1
LANGUAGES: Final = ("zh", "en", "es", "ru", "any")
STATUSES: Final = ("draft", "shadow", "active", "retired")
RULE_SPEAKERS: Final = ("customer", "agent", "any")
FOLDING_CHOICES: Final = ("keep", "lower", "off")

MOST_CHARACTERS: Final = 2000
MOST_WORDS: Final = 400
MOST_MESSAGES: Final = 50
MOST_MINUTES: Final = 30
MOST_SECONDS: Final = 1800
MOST_DAYS: Final = 365
MOST_TIMES: Final = 20


@dataclass(frozen=True, slots=True)
class Within:
    """How near the groups must be. All that is set must hold; None is no bound.

    ``characters`` and ``words`` count from the first to the last hit within one message;
    ``messages`` and ``minutes`` let the groups stand in several messages.
    """

    characters: int | None = None
    words: int | None = None
    messages: int | None = None
    minutes: int | None = None

    @property
    def across_messages(self) -> bool:
        """Whether the groups may stand in different messages."""
        return self.minutes is not None or (self.messages or 1) > 1


@dataclass(frozen=True, slots=True)
class Repeat:
    """The rule hits once so many messages within the window hold its words."""

    times: int
    within: Within


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a conversation the rule looks: its first or last messages or seconds.

    What is last is known only once the conversation has ended.
    """

    edge: Literal["first", "last"]
    messages: int | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ContextNeeded:
    """What must be known of the customer: every condition given must hold.

    ``product``: words in title or category of the product asked about. ``orders``: words in what
    was ordered in the last ``days``.
    """

    product: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Phrases within which a hit does not count, and why."""

    name: str
    why: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lower:
    """Words that lower a hit's tier when near it, and why."""

    name: str
    why: str
    to: str
    nearby: tuple[str, ...]
    within: Within


@dataclass(frozen=True, slots=True)
class Raise:
    """What raises a hit's tier: words near it, what the customer ordered, or both; and why."""

    name: str
    why: str
    to: str
    words: tuple[str, ...] = ()
    within: Within = Within(messages=1)
    context: ContextNeeded | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts the rule must and must not hit. Each example is one or more messages, in order.

    ``places`` holds where each one stands, by kind.
    """

    alert: tuple[tuple[str, ...], ...] = ()
    ignore: tuple[tuple[str, ...], ...] = ()
    known_gap: tuple[tuple[str, ...], ...] = ()
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Who looked a rule over, when, and when it is due again; dates as in 2026-11-01."""

    by: tuple[str, ...]
    on: str
    next: str
    place: Place = field(default=Place("", 1, 1), compare=False)


@dataclass(frozen=True, slots=True)
class Retired:
    """When and why a rule was retired, and the rule that took over, if any."""

    on: str
    why: str
    replaced_by: str = ""


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule as written, concepts filled in.

    ``version`` changes whenever anything that decides what the rule finds changes.
    """

    id: str
    title: str
    language: str
    category: str
    tier: str
    status: str
    speaker: str
    channels: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    within: Within
    ordered: bool
    exclusions: tuple[Exclusion, ...]
    lower: tuple[Lower, ...]
    examples: Examples
    repeat: Repeat | None = None
    position: Position | None = None
    context: ContextNeeded | None = None
    raises: tuple[Raise, ...] = ()
    foldings: tuple[tuple[str, str], ...] = ()  # folding and what is made of its hits, if not usual
    unaffected_by: tuple[str, ...] = ()  # modifiers
    references: tuple[str, ...] = ()
    author: str = ""
    reviewed: Reviewed | None = None
    retired: Retired | None = None
    at_least: int | None = None  # of the groups; all of them, if None
    adds_up: int | None = None  # points of the scale that are enough
    scale: str = ""  # digest of the scale, for a rule that adds up
    place: Place = field(default=Place("", 1, 1), compare=False)
    version: str = field(default="", init=False)  # kept, since every hit asks for it

    def __post_init__(self) -> None:
        content = [getattr(self, name) for name in _DECIDING if name not in _LATER]
        # Rules without the later fields keep the version they have always had.
        content += [getattr(self, n) for n, usual in _LATER.items() if getattr(self, n) != usual]
        digest = hashlib.sha256(msgspec.json.encode(content)).hexdigest()
        object.__setattr__(self, "version", digest[:12])

    @property
    def across_messages(self) -> bool:
        """Whether its groups may stand in different messages."""
        return self.within.across_messages

    @property
    def groups_needed(self) -> int:
        """How many of its groups must be found."""
        return self.at_least or len(self.groups)

    @property
    def evaluated(self) -> bool:
        """Whether a worker looks for it: active, or on trial in the shadow."""
        return self.status in ("active", "shadow")


_DECIDING: Final = (
    "id", "language", "category", "tier", "status", "speaker", "channels", "groups", "within",
    "ordered", "exclusions", "lower", "repeat", "position", "context", "raises", "foldings",
    "unaffected_by", "at_least", "adds_up", "scale",
)  # fmt: skip
_LATER: Final = {"at_least": None, "adds_up": None, "scale": ""}


@dataclass(frozen=True, slots=True)
class Modifier:
    """Words that change what a hit near them means, shared by the rules of a language.

    ``before`` and ``after`` say how far in front of and behind a hit they may stand, in characters
    for Chinese and in words elsewhere, without a clause between (a sentence, if ``over_clauses``).
    ``to`` is the highest tier left to the hit; None only records the modifier. Imminent hits are
    lowered only in ``categories`` named by the author.
    """

    name: str
    language: str
    why: str
    phrases: tuple[str, ...]
    exceptions: tuple[str, ...]
    before: int
    after: int
    over_clauses: bool
    to: str | None
    categories: tuple[str, ...]
    applies: tuple[tuple[str, ...], ...] = ()
    leaves: tuple[tuple[str, ...], ...] = ()
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a corpus: a conversation of one or more messages by the customer.

    ``tier`` is the lowest it must reach (``must_detect``), or should one day (``known_gaps``), or
    the highest it may (``benign``).
    """

    language: str
    tier: str
    messages: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class KnownFalsePositive:
    """A text that alerts though it should not, borne until ``expires`` (a date)."""

    language: str
    messages: tuple[str, ...]
    reason: str
    expires: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class CaseMessage:
    """One message of a case; times are in seconds from its start.

    ``arrives`` is when the log takes it: later than ``at`` for one that comes late.
    """

    at: float
    arrives: float
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """The worst tier of the whole case once ``after`` messages have arrived, and by which rule."""

    after: int
    tier: str
    rule: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A time line: what must have come of a conversation after which of its messages."""

    name: str
    language: str
    channel: str
    messages: tuple[CaseMessage, ...]
    expect: tuple[Expectation, ...]
    orders: tuple[Order, ...] | None = None
    sku: str | None = None
    ends: bool = False
    place: Place = field(default=Place("", 1, 1), compare=False)


@dataclass(frozen=True, slots=True)
class Corpora:
    """What a pack is held to beside the examples of its rules."""

    must_detect: tuple[Line, ...] = ()
    known_gaps: tuple[Line, ...] = ()
    benign: tuple[Line, ...] = ()
    known_false_positives: tuple[KnownFalsePositive, ...] = ()
    cases: tuple[Case, ...] = ()
