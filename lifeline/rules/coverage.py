"""What a pack covers: its rules, phrases and tests by language, category and tier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lifeline.rules.corpora import CORPUS_KEYS
from lifeline.rules.lint import REVIEWERS
from lifeline.rules.pack import Pack
from lifeline.rules.schema import LANGUAGES, STATUSES, RuleSpec
from lifeline.rules.terms import alternatives
from lifeline.taxonomy import CATEGORIES, RULE_TIERS

EXAMPLES: Final = ("alert", "ignore", "known_gap")


@dataclass(frozen=True, slots=True)
class Amount:
    """So many active rules, and the phrases they look for.

    ``written`` counts phrases as their author wrote them, ``phrases`` with braces filled in; a
    phrase in two rules counts once.
    """

    rules: int = 0
    written: int = 0
    phrases: int = 0

    @classmethod
    def of(cls, specs: Iterable[RuleSpec]) -> Amount:
        """The amount these rules come to."""
        specs = list(specs)
        written = {(s.language, term) for s in specs for group in s.groups for term in group}
        filled_in = {(lang, phrase) for lang, term in written for phrase in alternatives(term)}
        return cls(len(specs), len(written), len(filled_in))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a pack holds for one language. ``missing`` names categories no active rule is for."""

    language: str
    statuses: dict[str, int]
    whole: Amount
    categories: dict[str, Amount]
    tiers: dict[str, Amount]
    examples: dict[str, int]
    corpora: dict[str, int]
    scale: int  # words and sequences with points
    surroundings: int  # those with points for what is said around a hit
    means: int  # words of means, braces filled in
    across: int  # active rules across conversations
    reviewed: int  # active rules with the two reviewers they need

    @property
    def missing(self) -> list[str]:
        """Categories without an active rule."""
        return [name for name, amount in self.categories.items() if not amount.rules]

    def as_json(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "language": self.language,
            "rules": self.statuses,
            **_as_json(self.whole),
            "categories": {name: _as_json(amount) for name, amount in self.categories.items()},
            "tiers": {name: _as_json(amount) for name, amount in self.tiers.items()},
            "examples": self.examples,
            "corpora": self.corpora,
            "scale": self.scale,
            "surroundings": self.surroundings,
            "means": self.means,
            "across": self.across,
            "reviewed_rules": self.reviewed,
            "categories_without_a_rule": self.missing,
        }


def _as_json(amount: Amount) -> dict[str, int]:
    return {
        "active_rules": amount.rules,
        "phrases_written": amount.written,
        "phrases": amount.phrases,
    }


def coverage(pack: Pack) -> list[Coverage]:
    """What the pack holds for each of its languages, in the order of the rule language's list."""
    found = {spec.language for spec in pack.with_across} | {one.language for one in pack.means.all}
    return [_of_language(pack, language) for language in LANGUAGES if language in found]


def _of_language(pack: Pack, language: str) -> Coverage:
    every = [spec for spec in pack.all_rules if spec.language == language]
    active = [spec for spec in every if spec.status == "active"]
    statuses = Counter(spec.status for spec in every)
    corpora = pack.corpora
    scale = pack.scales.by_language.get(language)
    around = pack.around.by_language.get(language)
    return Coverage(
        language=language,
        statuses={status: statuses[status] for status in STATUSES},
        whole=Amount.of(active),
        categories={c: Amount.of(s for s in active if s.category == c) for c in CATEGORIES},
        tiers={tier: Amount.of(s for s in active if s.tier == tier) for tier in RULE_TIERS},
        examples={k: sum(len(getattr(s.examples, k)) for s in active) for k in EXAMPLES},
        corpora={
            name: sum(item.language == language for item in getattr(corpora, name))
            for name in CORPUS_KEYS
        },
        scale=len(scale.points) if scale else 0,
        surroundings=len(around.points) if around else 0,
        means=len(
            {
                phrase
                for one in pack.means.all
                if one.language == language
                for term in one.terms
                for phrase in alternatives(term)
            }
        ),
        across=sum(s.language == language and s.status == "active" for s in pack.all_across),
        reviewed=sum(len(set(s.reviewed.by)) >= REVIEWERS for s in active if s.reviewed),
    )
