"""Lints of phrases: rules that can never fire, phrases too short, phrases that are there twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from lifeline.distance import Ruler
from lifeline.folding import is_cjk, is_word_letter
from lifeline.lexicon import Use
from lifeline.rules.lint.linted import Key, Linted
from lifeline.rules.problems import Problem, Severity
from lifeline.rules.schema import RuleSpec
from lifeline.rules.terms import Term

FILL_IN: Final = "FILL_IN"  # what the template of a rule holds in place of words
_LONG: Final = 40  # characters of a phrase in a message
_SHOWN: Final = 3  # phrases in one message
_SHORT: Final = 2  # letters of a Latin or Cyrillic word that alone says too little
# What people write who know search engines or regular expressions.
_EXPRESSION: Final = re.compile(
    r"\\[wdsb]|\.[*+]|\(\?|\[[^\]]*\]|\w\|\w|\w\+$|^\^|\$$|\s(?:AND|OR|NOT|NEAR)\s|&&|\|\|"
)


def swallowed_terms(linted: Linted) -> Iterator[Problem]:
    """Phrases that are an exclusion of their own rule, so that they never count."""
    for number, (spec, groups) in enumerate(linted.groups()):
        excluded: dict[tuple[str, ...], tuple[str, Term]] = {}
        for at, exclusion in enumerate(spec.exclusions):
            for term in linted.lists.get(Use(number, "exclusion", at), ()):
                excluded[linted.keys[term].parts] = (exclusion.name, term)
        for group in groups if excluded else ():
            lost = [term for term in group if _swallowed(term, excluded, linted)]
            if group and len(lost) == len(group):
                yield spec.place.problem(
                    "L070", f"{spec.id} never fires: its exclusions hold all its words", _LONGER
                )
                break
            by_name: _Lost = defaultdict(list)
            for term in lost:
                by_name[term.text, excluded[linted.keys[term].parts][0]].append(term)
            for (text, name), terms in by_name.items():
                place = linted.own_place(spec, text, _WORDS)
                if not place:
                    continue  # to exclude a phrase is how a rule does without one of a concept's
                yield place.problem(
                    "L070",
                    f"{spec.id} never finds {_named(terms)}: its exclusion `{name}` holds it",
                    _LONGER, "warning",
                )  # fmt: skip


_Lost = dict[tuple[str, str], list[Term]]
_WORDS: Final = ("terms", "together")
_LONGER: Final = "an exclusion is longer than the words it excuses"


def _named(terms: list[Term]) -> str:
    """Phrases with their braces filled in, the first few of them."""
    shown = [
        " ".join("…".join(part.text + "*" * part.open_end for part in term.parts).split())
        for term in terms[:_SHOWN]
    ]
    more = f" and {len(terms) - _SHOWN} more" if len(terms) > _SHOWN else ""
    return ", ".join(f"`{text}`" for text in shown) + more


def _swallowed(
    term: Term, excluded: dict[tuple[str, ...], tuple[str, Term]], linted: Linted
) -> bool:
    key = linted.keys[term]
    if key.parts not in excluded:
        return False
    other = excluded[key.parts][1]
    ends = zip(key.open_ends, linted.keys[other].open_ends, strict=True)
    return all(theirs or not ours for ours, theirs in ends) and all(
        ours.gaps == theirs.gaps for ours, theirs in zip(term.parts, other.parts, strict=True)
    )


def redundant_groups(linted: Linted) -> Iterator[Problem]:
    """Groups all of whose words stand in another group, so that one word satisfies both."""
    for spec, groups in linted.groups():
        if spec.ordered or spec.within.across_messages:
            continue  # where the same word said twice is something else
        keys = [{linted.keys[term] for term in group} for group in groups]
        for one, other in _pairs(len(keys)):
            if keys[one] and keys[one] <= keys[other]:
                yield spec.place.problem(
                    "L071",
                    f"{spec.id}: every word of group {one + 1} is in group {other + 1}, too, "
                    "so each satisfies both",
                    "take the words out of one of the groups", "warning",
                )  # fmt: skip
                break


def _pairs(count: int) -> Iterator[tuple[int, int]]:
    return ((a, b) for a in range(count) for b in range(count) if a != b)


def windows_too_small(linted: Linted) -> Iterator[Problem]:
    """Windows that even the shortest words of a group do not fit into."""
    for spec, groups in linted.groups():
        within = spec.within
        for number, group in enumerate(groups, 1):
            if not group or (within.characters is None and within.words is None):
                continue
            characters = min(sum(len(part.folded) for part in term.parts) for term in group)
            words = min(_words(term) for term in group)
            for unit, least, most in (
                ("characters", characters, within.characters),
                ("words", words, within.words),
            ):
                if most is not None and least > most:
                    yield spec.place.problem(
                        "L072",
                        f"{spec.id} never fires: the shortest words of group {number} take "
                        f"{least} {unit}, and the window is {most}",
                        "widen `within`",
                    )  # fmt: skip


def _words(term: Term) -> int:
    return sum(Ruler(part.text).words(0, len(part.text)) for part in term.parts)


def short_terms(linted: Linted) -> Iterator[Problem]:
    """Phrases that alone are enough for a rule, and are a single character or a tiny word."""
    for spec, groups in linted.groups():
        if len(groups) != 1 or spec.context or spec.repeat:
            continue
        for term in groups[0]:
            if not _is_short(term):
                continue
            what = "a single character" if is_cjk(term.parts[0].folded[0]) else "a very short word"
            yield linted.place(spec, term.text).problem(
                "L073", f"{_named([term])} is {what}, and alone enough for {spec.id}",
                "write a longer phrase, or use `together`", "warning",
            )  # fmt: skip


def _is_short(term: Term) -> bool:
    if len(term.parts) > 1 or term.parts[0].gaps:
        return False
    folded = term.parts[0].folded
    if len(folded) == 1 and folded.isalpha() and is_cjk(folded):  # an emoji is no letter
        return True
    return len(folded) <= _SHORT and all(is_word_letter(c) for c in folded)


def twin_terms(linted: Linted) -> Iterator[Problem]:
    """Phrases all of which another phrase of their list finds, too, once both are folded."""
    seen: set[tuple[str, str]] = set()
    for use, terms in linted.lists.items():
        spec = linted.pack.rules[use.rule]
        alike: dict[Key, list[Term]] = defaultdict(list)
        for term in terms:
            alike[linted.keys[term]].append(term)
        by_text: dict[str, list[Term]] = defaultdict(list)
        for term in terms if len(alike) < len(terms) else ():
            by_text[term.text].append(term)
        dropped: set[str] = set()
        for text, variants in reversed(by_text.items()):
            wider = [_wider(term, alike[linted.keys[term]], dropped) for term in variants]
            if not all(wider):
                continue
            dropped.add(text)
            other = next(term for term in wider if term).text
            if (text, other) not in seen:
                seen.add((text, other))
                yield _twin(linted, spec, text, other)


def _wider(term: Term, alike: list[Term], dropped: set[str]) -> Term | None:
    """Another phrase, folded the same, that is found wherever the term is."""
    for other in alike:
        pairs = zip(other.parts, term.parts, strict=True)
        if (
            other.text != term.text
            and other.text not in dropped
            and all(theirs.gaps >= ours.gaps for theirs, ours in pairs)
        ):
            return other
    return None


def _twin(linted: Linted, spec: RuleSpec, text: str, other: str) -> Problem:
    here, there = linted.place(spec, text), linted.place(spec, other)
    where = f" ({there.file}:{there.line})" if there[:2] != here[:2] else ""
    return here.problem(
        "L074", f"all that `{_cut(text)}` finds is found by `{_cut(other)}`, too",
        f"remove it; the other one{where} is enough", "warning",
    )  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


def terms_of_other_tiers(linted: Linted) -> Iterator[Problem]:
    """Phrases that alone are enough for two rules of different tiers."""
    first: dict[tuple[str, Key], RuleSpec] = {}
    shared: dict[tuple[str, str, str], list[Term]] = defaultdict(list)
    rules = {spec.id: spec for spec in linted.pack.rules}
    for spec, groups in linted.groups():
        if len(groups) != 1 or spec.context or spec.repeat or spec.position:
            continue
        for term in groups[0]:
            other = first.setdefault((term.language, linted.keys[term]), spec)
            if other.tier != spec.tier and _overlap(spec, other):
                shared[spec.id, term.text, other.id].append(term)
    for (name, text, other_name), terms in shared.items():
        spec, other = rules[name], rules[other_name]
        yield linted.place(spec, text).problem(
            "L075",
            f"{_named(terms)}: {spec.tier} in {name}, and {other.tier} in {other_name}",
            "the worse one counts: keep the phrase in one of the two rules", "warning",
        )  # fmt: skip


def _overlap(spec: RuleSpec, other: RuleSpec) -> bool:
    speakers = {spec.speaker, other.speaker}
    return bool(set(spec.channels) & set(other.channels)) and (
        len(speakers) == 1 or "any" in speakers
    )


def expressions(linted: Linted) -> Iterator[Problem]:
    """Phrases written like a search or a regular expression, whose signs would be passed over."""
    seen: set[str] = set()
    for term, uses in zip(linted.pack.lexicon.terms, linted.pack.lexicon.uses, strict=True):
        found = None if term.text in seen else _EXPRESSION.search(term.text)
        seen.add(term.text)
        if found:
            spec = linted.pack.rules[uses[0].rule]
            yield linted.place(spec, term.text).problem(
                "L076", f"`{found[0].strip()}` is no sign here: phrases are no expressions",
                "write `{one,another}` for alternatives, `…` for a gap, "
                "`*` for the rest of a word",
                "warning",
            )  # fmt: skip


def unfilled(linted: Linted) -> Iterator[Problem]:
    """What the template of a rule left for its author to fill in."""
    for spec in linted.pack.all_rules:
        severity: Severity = "error" if spec.evaluated else "warning"
        texts = [spec.title] * (FILL_IN in spec.title)
        texts += [phrase for group in spec.groups for phrase in group if FILL_IN in phrase]
        places = [linted.own_place(spec, text) or spec.place for text in texts]
        for kind, where in spec.examples.places.items():
            examples = zip(getattr(spec.examples, kind), where, strict=True)
            places += [place for said, place in examples if any(FILL_IN in text for text in said)]
        for place in places:
            yield place.problem(
                "L048", f"{spec.id} is not filled in here", "write it, or remove the rule", severity
            )
