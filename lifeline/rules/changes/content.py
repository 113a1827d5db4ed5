"""What a pack finds, in short: enough to say later what changed, without the old files.

A list of phrases is kept as one text: a key of five characters for each phrase, sorted. Phrases are
taken one by one, braces filled in, so that one more alternative is one more phrase.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from lifeline.rules.terms import read_term

EXAMPLES: Final = ("alert", "ignore", "known_gap")
# 30 bits: of a thousand phrases taken out of a list of a thousand, all are told from those left
# but once in a thousand times.
_KEY: Final = 5


class Needs(msgspec.Struct, frozen=True, omit_defaults=True):
    """What must be known of the customer; word lists as keys, ``days`` 0 for any time."""

    product: str = ""
    orders: str = ""
    days: int = 0


class Aside(msgspec.Struct, frozen=True, omit_defaults=True):
    """An exclusion, a lower or a raise; ``why`` is the key of its reason."""

    name: str
    why: str
    phrases: str
    to: str = ""
    within: dict[str, int] = {}
    needs: Needs | None = None


class RuleContent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One rule; ``version`` is that of its specification, ``notes`` a digest of the rest."""

    version: str
    status: str
    tier: str
    category: str
    title: str
    reviewed: str = ""
    speaker: str = "customer"
    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    within: dict[str, int] = {}
    ordered: bool = False
    at_least: int = 0  # of the groups; 0 for all
    adds_up: int = 0  # points needed; 0 for a rule of phrases
    scale: str = ""  # digest of the scale whose points they are
    repeat: dict[str, int] | None = None
    position: dict[str, int] | None = None
    needs: Needs | None = None
    exclusions: tuple[Aside, ...] = ()
    lower: tuple[Aside, ...] = ()
    raises: tuple[Aside, ...] = ()
    foldings: dict[str, str] = {}
    unaffected_by: tuple[str, ...] = ()
    examples: dict[str, str] = {}
    notes: str = ""


class ModifierContent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One modifier; ``to`` is empty for one that only leaves a note."""

    phrases: str
    exceptions: str = ""
    before: int = 0
    after: int = 0
    over_clauses: bool = False
    to: str = ""
    categories: tuple[str, ...] = ()
    notes: str = ""


class MeansContent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The means of one kind in one language."""

    phrases: str
    exceptions: str = ""
    notes: str = ""


class AcrossContent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One rule across conversations: what it asks for and does, in words."""

    version: str
    status: str
    title: str
    asks: str
    does: str
    reviewed: str = ""
    notes: str = ""


class PackContent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A pack: rules by id, modifiers and concepts by `language.name`, corpora by kind and tier.

    Means go by `language.kind`, rules across conversations by id, numbers to call by region.
    """

    name: str
    version: str
    review_waived: str = ""
    foldings_off: tuple[str, ...] = ()
    folding_exceptions: dict[str, str] = {}
    corpora: dict[str, dict[str, str]] = {}
    modifiers: dict[str, ModifierContent] = {}
    surroundings: dict[str, str] = {}  # digests by language
    concepts: dict[str, str] = {}
    means: dict[str, MeansContent] = {}
    across: dict[str, AcrossContent] = {}
    responders: dict[str, tuple[str, ...]] = {}  # kind and number
    rules: dict[str, RuleContent] = {}

    @property
    def all_rules(self) -> dict[str, RuleContent | AcrossContent]:
        """All that has an id, a status and a review."""
        return {**self.across, **self.rules}


class Texts:
    """The phrases and lines behind keys, as far as the packs at hand hold them.

    They are looked up under what they belong to: a rule's id, ``modifier zh.negation``,
    ``concept zh.medicine`` or the name of a corpus.
    """

    def __init__(self) -> None:
        self._terms: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._lines: dict[str, dict[str, str]] = defaultdict(dict)

    def add_terms(self, about: str, language: str, terms: Iterable[str]) -> None:
        """Terms as written, braces and all."""
        self._terms[about].extend((term, language) for term in terms)

    def add_line(self, about: str, language: str, messages: Iterable[str]) -> None:
        """A conversation of a corpus, or an example."""
        self._lines[about][line_key(language, messages)] = " / ".join(messages)

    def of(self, about: str, keys: frozenset[str]) -> tuple[str, ...]:
        """Those that are known, sorted."""
        known = self._lines[about] | {
            key(phrase): phrase
            for term, language in self._terms[about]
            for phrase in phrases(term, language)
        }
        return tuple(sorted(known[k] for k in keys if k in known))


def keys_in(joined: str) -> frozenset[str]:
    """The keys of a list of phrases."""
    return frozenset(joined[at : at + _KEY] for at in range(0, len(joined), _KEY))


@functools.lru_cache(maxsize=200_000)
def key(phrase: str) -> str:
    """The key of a phrase, or of anything else that is one text."""
    digest = hashlib.sha256(phrase.encode()).digest()
    return base64.urlsafe_b64encode(digest[:6]).decode()[:_KEY]


def line_key(language: str, messages: Iterable[str]) -> str:
    """The key of a conversation in a corpus."""
    return key("\0".join((language, *messages)))


@functools.lru_cache(maxsize=50_000)
def phrases(term: str, language: str) -> tuple[str, ...]:
    """The phrases a written term stands for, as they are shown."""
    return tuple(
        " … ".join(" ".join(part.text.split()) + "*" * part.open_end for part in read.parts)
        for read in read_term(term, language)
    )
