"""What changed between two packs, in words an author understands, and the version that asks for."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Final

from lifeline.rules.changes.across import changed_across, changed_means
from lifeline.rules.changes.between import Between, Change, ConceptChanges, Weight, count
from lifeline.rules.changes.content import ModifierContent, PackContent, Texts, keys_in
from lifeline.rules.changes.rules import changed_rule
from lifeline.taxonomy import RULE_TIERS

_CORPORA: Final = {
    "known_gaps": "line",
    "benign": "line",
    "known_false_positives": "line",
    "cases": "case",
}


def compare(old: PackContent, new: PackContent, texts: Texts) -> list[Change]:
    """Everything that changed from ``old`` to ``new``: the pack, its parts, then rules by id."""
    concepts = ConceptChanges(old.concepts, new.concepts)
    rules: list[Change] = []
    for rule_id in sorted(old.rules.keys() | new.rules.keys()):
        between = functools.partial(Between, rule_id, texts, concepts)
        rules += changed_rule(old.rules.get(rule_id), new.rules.get(rule_id), between)
    for rule_id in sorted(old.across.keys() | new.across.keys()):
        between = functools.partial(Between, rule_id, texts, concepts)
        rules += changed_across(old.across.get(rule_id), new.across.get(rule_id), between)
    changes = _manifest(Between("pack.yaml", texts, concepts), old, new)
    for name in sorted(old.modifiers.keys() | new.modifiers.keys()):
        sides = old.modifiers.get(name), new.modifiers.get(name)
        # One that only leaves a note lowers nothing.
        heaviest = Weight.MAJOR if any(side and side.to for side in sides) else Weight.PATCH
        changes += _modifier(Between(f"modifier {name}", texts, concepts, heaviest), *sides)
    changes += _surroundings(Between("surroundings", texts, concepts), old, new)
    for name in sorted(old.means.keys() | new.means.keys()):
        about = Between(f"means {name}", texts, concepts)
        changes += changed_means(about, old.means.get(name), new.means.get(name))
    for name in sorted(old.responders.keys() | new.responders.keys()):
        about = Between(f"responders {name}", texts, concepts)
        changes += _responders(about, old.responders.get(name, ()), new.responders.get(name, ()))
    changes += _concepts(concepts, texts)
    changes += _must_detect(Between("must_detect", texts, concepts), old, new)
    for name, what in _CORPORA.items():
        changes += _corpus(Between(name, texts, concepts), old, new, what)
    return changes + rules


def step_for(changes: Iterable[Change]) -> Weight | None:
    """The heaviest of the changes; None without any. That the version rose asks for nothing."""
    return max((c.weight for c in changes if c.kind != "version"), default=None)


def next_version(version: str, step: Weight | None) -> str:
    """The lowest version that may follow; below 1.0.0 the second number takes the first's part."""
    major, minor, patch = as_numbers(version)
    if step is None:
        return version
    if major == 0:
        return f"0.{minor + 1}.0" if step is Weight.MAJOR else f"0.{minor}.{patch + 1}"
    if step is Weight.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if step is Weight.MINOR else f"{major}.{minor}.{patch + 1}"


def as_numbers(version: str) -> tuple[int, ...]:
    """A version in a form that can be compared."""
    return tuple(map(int, version.split(".")))


def _manifest(between: Between, old: PackContent, new: PackContent) -> list[Change]:
    if old.name != new.name:
        between.say("name", Weight.PATCH, f"name: {old.name} → {new.name}")
    if old.version != new.version:
        between.say("version", Weight.PATCH, f"version: {old.version} → {new.version}")
    if old.review_waived != new.review_waived:
        what = f"waived: {new.review_waived}" if new.review_waived else "needed again"
        between.say("review", Weight.PATCH, f"review of active rules: {what}")
    between.set_of(
        "folding_off", "turned off: folding", old.foldings_off, new.foldings_off, Weight.MAJOR
    )
    for name in sorted(old.folding_exceptions.keys() | new.folding_exceptions.keys()):
        sides = old.folding_exceptions.get(name, ""), new.folding_exceptions.get(name, "")
        between.phrases(
            "folding_exceptions", f"folding `{name}`: ", *sides, Weight.MAJOR, "exception"
        )
    return between.found


def _modifier(
    between: Between, old: ModifierContent | None, new: ModifierContent | None
) -> list[Change]:
    if old is None or new is None:
        verb, weight = ("added", Weight.MAJOR) if new else ("removed", Weight.MINOR)
        between.say(verb, weight, verb)
        return between.found
    between.phrases("phrases", "", old.phrases, new.phrases, Weight.MAJOR)
    between.phrases("exceptions", "", old.exceptions, new.exceptions, Weight.MINOR, "exception")
    between.number("reach", "reach in front of a hit", old.before, new.before, Weight.MAJOR)
    between.number("reach", "reach behind a hit", old.after, new.after, Weight.MAJOR)
    if old.over_clauses != new.over_clauses:
        weight, what = (
            (Weight.MAJOR, "a sentence") if new.over_clauses else (Weight.MINOR, "a clause")
        )
        between.say("reach", weight, f"reaches over {what}")
    between.tier("to", "highest tier left: ", old.to, new.to)
    if bool(old.categories) != bool(new.categories):
        # Named categories alone, but in these imminent hits, too: either way something is lowered
        # that was not.
        what = ", ".join(new.categories) or "all"
        between.say("categories", Weight.MAJOR, f"categories: {what}")
    else:
        between.set_of("category", "category", old.categories, new.categories, Weight.MAJOR)
    if old.notes != new.notes:
        between.say("notes", Weight.PATCH, "its reason or examples changed")
    return between.found


def _surroundings(between: Between, old: PackContent, new: PackContent) -> list[Change]:
    for language in sorted(old.surroundings.keys() | new.surroundings.keys()):
        sides = old.surroundings.get(language), new.surroundings.get(language)
        if None in sides:
            verb, weight = ("added", Weight.MAJOR) if sides[1] else ("removed", Weight.MINOR)
            between.say(verb, weight, f"{language}: {verb}")
        elif sides[0] != sides[1]:
            between.say("points", Weight.MAJOR, f"{language}: the points were weighed anew")
    return between.found


def _responders(between: Between, old: tuple[str, ...], new: tuple[str, ...]) -> list[Change]:
    for kind, sign, numbers in (
        ("removed", "−", [number for number in old if number not in new]),
        ("added", "+", [number for number in new if number not in old]),
    ):
        if numbers:
            between.say(kind, Weight.PATCH, f"{sign} {', '.join(numbers)}")
    if not between.found and old != new:
        between.say("order", Weight.PATCH, f"called in this order: {', '.join(new)}")
    return between.found


def _concepts(concepts: ConceptChanges, texts: Texts) -> list[Change]:
    """Each concept that changed, as heavy as what it did to rules."""
    found = []
    nothing: frozenset[str] = frozenset()
    for name in sorted(concepts.old.keys() | concepts.new.keys()):
        about = f"concept {name}"
        before, after = concepts.old.get(name, nothing), concepts.new.get(name, nothing)
        for added, keys in ((False, before - after), (True, after - before)):
            if not keys:
                continue
            verb, sign = ("added", "+") if added else ("removed", "−")
            users = len(concepts.users.get((name, added), ()))
            where = f"in {count(users, 'place')}" if users else "changes no rule"
            text = f"{sign} {count(len(keys), 'phrase')} ({where})"
            weight = concepts.weights.get((name, added), Weight.PATCH)
            known = texts.of(about, keys)
            found.append(Change(weight, about, f"phrases_{verb}", text, known))
    return found


def lost_lines(old: PackContent, new: PackContent) -> dict[str, str]:
    """The lines that must be detected no more, or at a lower tier only; by key, what became."""
    before, after = _tiers(old), _tiers(new)
    return {
        line: f"{tier} → {after[line]}" if line in after else f"removed ({tier})"
        for line, tier in before.items()
        if line not in after or RULE_TIERS[after[line]] < RULE_TIERS[tier]
    }


def _must_detect(between: Between, old: PackContent, new: PackContent) -> list[Change]:
    before, after = _tiers(old), _tiers(new)
    for line, what in sorted(lost_lines(old, new).items()):
        between.say("line_lost", Weight.MAJOR, f"− 1 line, key {line}: {what}", [line])
    raised = [
        k for k in before.keys() & after.keys() if RULE_TIERS[after[k]] > RULE_TIERS[before[k]]
    ]
    added = after.keys() - before.keys()
    for kind, sign, keys in (("lines_raised", "↑", raised), ("lines_added", "+", added)):
        if keys:
            between.say(kind, Weight.PATCH, f"{sign} {count(len(keys), 'line')}", keys)
    return between.found


def _tiers(content: PackContent) -> dict[str, str]:
    """The highest tier each line must reach."""
    by_tier = content.corpora.get("must_detect", {})
    tiers = sorted(by_tier, key=RULE_TIERS.__getitem__)
    return {line: tier for tier in tiers for line in keys_in(by_tier[tier])}


def _corpus(between: Between, old: PackContent, new: PackContent, what: str) -> list[Change]:
    before, after = (content.corpora.get(between.about, {}) for content in (old, new))
    for tier in sorted(before.keys() | after.keys()):
        where = "" if tier == "all" else f"{tier}: "
        sides = before.get(tier, ""), after.get(tier, "")
        between.phrases("lines", where, *sides, Weight.PATCH, what)
    return between.found
