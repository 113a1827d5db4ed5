"""Lints: what is well-formed in a pack, and still cannot be meant.

Each check is one function from what is linted to its findings; :func:`lint` runs them all. None
looks at a clock or runs an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from lifeline.rules.lint.across import means_without_words, windows_too_short
from lifeline.rules.lint.examples import personal_data, repeated_examples
from lifeline.rules.lint.linted import Linted
from lifeline.rules.lint.responders import (
    numbers_due,
    numbers_from_memory,
    numbers_unchecked,
    numbers_unconfirmed,
)
from lifeline.rules.lint.terms import (
    expressions,
    redundant_groups,
    short_terms,
    swallowed_terms,
    terms_of_other_tiers,
    twin_terms,
    unfilled,
    windows_too_small,
)
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Place, Problem

REVIEWERS: Final = 2  # of an active rule


def lint(pack: Pack, folder: Path, today: date) -> list[Problem]:
    """Everything the checks find in a pack read from ``folder``, each once, in order of place."""
    linted = Linted(pack, folder)
    found: dict[Problem, None] = {}
    for check in _OF_TERMS:
        found |= dict.fromkeys(check(linted))
    found |= dict.fromkeys(personal_data(pack))
    found |= dict.fromkeys(repeated_examples(pack))
    found |= dict.fromkeys(windows_too_short(pack))
    found |= dict.fromkeys(means_without_words(pack))
    found |= dict.fromkeys(reviews_due(pack, today))
    found |= dict.fromkeys(numbers_due(pack, today))
    found |= dict.fromkeys(numbers_unchecked(pack))
    found |= dict.fromkeys(numbers_from_memory(pack))
    found |= dict.fromkeys(numbers_unconfirmed(pack))
    found |= dict.fromkeys(reviewers_missing(pack))
    return sorted(found, key=lambda p: (p.file, p.line, p.column))


_OF_TERMS: Final[tuple[Callable[[Linted], Iterable[Problem]], ...]] = (
    swallowed_terms,
    redundant_groups,
    windows_too_small,
    short_terms,
    twin_terms,
    terms_of_other_tiers,
    expressions,
    unfilled,
)


def reviews_due(pack: Pack, today: date) -> Iterator[Problem]:
    """Rules whose next review should have been by now."""
    for spec in pack.with_across:
        if spec.status == "retired" or not spec.reviewed or not spec.reviewed.next:
            continue
        if date.fromisoformat(spec.reviewed.next) < today:
            yield spec.reviewed.place.problem(
                "L080", f"{spec.id}: its review was due on {spec.reviewed.next}",
                "review it, and set `on` and `next`", "warning",
            )  # fmt: skip


def reviewers_missing(pack: Pack) -> Iterator[Problem]:
    """Active rules that fewer than two people have reviewed; one warning where that is waived."""
    lacking = [
        spec
        for spec in pack.with_across
        if spec.status == "active"
        and len(set(spec.reviewed.by if spec.reviewed else ())) < REVIEWERS
    ]
    if lacking and pack.review_waived:
        count = len(lacking)
        what = "1 active rule has" if count == 1 else f"{count} active rules have"
        yield Place("pack.yaml", 1, 1).problem(
            "L081", f"{what} fewer than {REVIEWERS} reviewers; waived: {pack.review_waived}",
            "have them reviewed before people rely on them", "warning",
        )  # fmt: skip
        return
    for spec in lacking:
        yield (spec.reviewed.place if spec.reviewed else spec.place).problem(
            "L081", f"{spec.id} is active, and needs {REVIEWERS} reviewers",
            "add `reviewed: {by: [name, name], on: ..., next: ...}`, or set `status: draft`",
        )  # fmt: skip
