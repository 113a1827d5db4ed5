"""The content of a pack: its rules, modifiers, concepts and corpora, each phrase by its key."""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from lifeline.rules.across import does_in_words, in_words
from lifeline.rules.across_spec import AcrossSpec
from lifeline.rules.changes.content import (
    EXAMPLES,
    AcrossContent,
    Aside,
    MeansContent,
    ModifierContent,
    Needs,
    PackContent,
    RuleContent,
    Texts,
    key,
    line_key,
    phrases,
)
from lifeline.rules.concepts import Concepts
from lifeline.rules.means import MeansOfKind
from lifeline.rules.pack import MANIFEST, Pack
from lifeline.rules.reader import RuleFile
from lifeline.rules.schema import ContextNeeded, Modifier, Raise, RuleSpec, Within
from lifeline.rules.text.source import Source

_LINES: Final = ("must_detect", "known_gaps", "benign")


def content_of(pack: Pack, folder: Path, texts: Texts | None = None) -> PackContent:
    """The content of a pack read from ``folder``; what its keys stand for goes to ``texts``."""
    written = _concepts(folder)
    if texts is not None:
        _collect(pack, written, texts)
    modifiers = {f"{m.language}.{m.name}": _modifier(m) for m in pack.modifiers.all}
    exceptions = {name: _joined(map(key, words)) for name, words in pack.foldings.except_.items()}
    concepts = {name: _terms(name.partition(".")[0], terms) for name, terms in written.items()}
    return PackContent(
        name=pack.name,
        version=pack.version,
        review_waived=pack.review_waived,
        foldings_off=tuple(sorted(pack.foldings.off)),
        folding_exceptions=dict(sorted(exceptions.items())),
        corpora={kind: by_tier for kind, by_tier in _corpora(pack).items() if by_tier},
        modifiers=dict(sorted(modifiers.items())),
        surroundings={name: x.digest for name, x in sorted(pack.around.by_language.items())},
        concepts=dict(sorted(concepts.items())),
        means=_means(pack.means.all),
        responders={
            name: tuple(f"{n.kind} {n.number}" for n in found.numbers)
            for name, found in sorted(pack.responders.all.items())
        },
        across={s.id: _across(s) for s in sorted(pack.all_across, key=lambda s: s.id)},
        rules={s.id: _rule(s) for s in sorted(pack.all_rules, key=lambda s: s.id)},
    )


def _collect(pack: Pack, concepts: dict[str, tuple[str, ...]], texts: Texts) -> None:
    for spec in pack.all_rules:
        for terms in _lists_of(spec):
            texts.add_terms(spec.id, spec.language, terms)
        for kind in EXAMPLES:
            for messages in getattr(spec.examples, kind):
                texts.add_line(spec.id, spec.language, messages)
    _collect_shared(pack, texts)
    for name, terms in concepts.items():
        texts.add_terms(f"concept {name}", name.partition(".")[0], terms)
    for kind in _LINES:
        for line in getattr(pack.corpora, kind):
            texts.add_line(kind, line.language, line.messages)
    for known in pack.corpora.known_false_positives:
        texts.add_line("known_false_positives", known.language, known.messages)


def _collect_shared(pack: Pack, texts: Texts) -> None:
    """The words of modifiers and of means."""
    for modifier in pack.modifiers.all:
        terms = modifier.phrases + modifier.exceptions
        texts.add_terms(f"modifier {modifier.language}.{modifier.name}", modifier.language, terms)
    for of_kind in pack.means.all:
        terms = of_kind.terms + of_kind.exceptions
        texts.add_terms(f"means {of_kind.language}.{of_kind.kind}", of_kind.language, terms)


def _lists_of(spec: RuleSpec) -> Iterator[tuple[str, ...]]:
    """Every list of terms of a rule."""
    yield from spec.groups
    yield from (x.phrases for x in spec.exclusions)
    yield from (x.nearby for x in spec.lower)
    yield from (x.words for x in spec.raises)
    for needed in (spec.context, *(x.context for x in spec.raises)):
        if needed:
            yield needed.product
            yield needed.orders


def _rule(spec: RuleSpec) -> RuleContent:
    listed = functools.partial(_terms, spec.language)
    return RuleContent(
        version=spec.version,
        status=spec.status,
        tier=spec.tier,
        category=spec.category,
        title=spec.title,
        reviewed=spec.reviewed.on if spec.reviewed else "",
        speaker=spec.speaker,
        channels=spec.channels,
        groups=tuple(map(listed, spec.groups)),
        within=_bounds(spec.within),
        ordered=spec.ordered,
        at_least=spec.at_least or 0,
        adds_up=spec.adds_up or 0,
        scale=spec.scale,
        repeat={"times": spec.repeat.times} | _bounds(spec.repeat.within) if spec.repeat else None,
        position=_position(spec),
        needs=_needs(spec.language, spec.context),
        exclusions=tuple(Aside(x.name, key(x.why), listed(x.phrases)) for x in spec.exclusions),
        lower=tuple(
            Aside(x.name, key(x.why), listed(x.nearby), x.to, _bounds(x.within)) for x in spec.lower
        ),
        raises=tuple(_raise(spec.language, x) for x in spec.raises),
        foldings=dict(sorted(spec.foldings)),
        unaffected_by=tuple(sorted(spec.unaffected_by)),
        examples={
            kind: _joined(line_key(spec.language, m) for m in getattr(spec.examples, kind))
            for kind in EXAMPLES
            if getattr(spec.examples, kind)
        },
        notes=_digest(
            spec.references,
            spec.author,
            (spec.reviewed.by, spec.reviewed.next) if spec.reviewed else None,
            spec.retired,
        ),
    )


def _raise(language: str, x: Raise) -> Aside:
    words, needs = _terms(language, x.words), _needs(language, x.context)
    return Aside(x.name, key(x.why), words, x.to, _bounds(x.within), needs)


def _modifier(modifier: Modifier) -> ModifierContent:
    return ModifierContent(
        phrases=_terms(modifier.language, modifier.phrases),
        exceptions=_terms(modifier.language, modifier.exceptions),
        before=modifier.before,
        after=modifier.after,
        over_clauses=modifier.over_clauses,
        to=modifier.to or "",
        categories=tuple(sorted(modifier.categories)),
        notes=_digest(modifier.why, modifier.applies, modifier.leaves),
    )


def _means(lists: Iterable[MeansOfKind]) -> dict[str, MeansContent]:
    """By `language.kind`; several files of a language may hold words of one kind."""
    by_name: dict[str, list[MeansOfKind]] = defaultdict(list)
    for one in lists:
        by_name[f"{one.language}.{one.kind}"].append(one)
    return {
        name: MeansContent(
            phrases=_terms(name.partition(".")[0], (t for one in some for t in one.terms)),
            exceptions=_terms(name.partition(".")[0], (t for one in some for t in one.exceptions)),
            notes=_digest([(one.titles, one.not_titles) for one in some]),
        )
        for name, some in sorted(by_name.items())
    }


def _across(spec: AcrossSpec) -> AcrossContent:
    return AcrossContent(
        version=spec.version,
        status=spec.status,
        title=spec.title,
        asks=in_words(spec),
        does=does_in_words(spec),
        reviewed=spec.reviewed.on if spec.reviewed else "",
        notes=_digest(
            spec.why,
            spec.examples,
            spec.references,
            spec.author,
            (spec.reviewed.by, spec.reviewed.next) if spec.reviewed else None,
            spec.retired,
        ),
    )


def _corpora(pack: Pack) -> dict[str, dict[str, str]]:
    corpora = pack.corpora
    found: dict[str, dict[str, str]] = {}
    for kind in _LINES:
        lines = getattr(corpora, kind)
        found[kind] = {
            tier: _joined(line_key(x.language, x.messages) for x in lines if x.tier == tier)
            for tier in sorted({x.tier for x in lines})
        }
    known = _joined(line_key(x.language, x.messages) for x in corpora.known_false_positives)
    found["known_false_positives"] = {"all": known} if known else {}
    cases = _joined(key(_digest(case)) for case in corpora.cases)
    found["cases"] = {"all": cases} if cases else {}
    return found


def _position(spec: RuleSpec) -> dict[str, int] | None:
    if not spec.position:
        return None
    unit = "messages" if spec.position.messages else "seconds"
    return {f"{spec.position.edge} {unit}": getattr(spec.position, unit) or 0}


def _needs(language: str, context: ContextNeeded | None) -> Needs | None:
    if context is None:
        return None
    product, orders = _terms(language, context.product), _terms(language, context.orders)
    return Needs(product, orders, context.days or 0)


def _bounds(within: Within) -> dict[str, int]:
    units = ("characters", "words", "messages", "minutes")
    return {unit: value for unit in units if (value := getattr(within, unit))}


def _digest(*values: Any) -> str:
    """A short digest of values; where they stand in the files does not count."""
    encoded = msgspec.json.encode(_without_places(msgspec.to_builtins(values)))
    return hashlib.sha256(encoded).hexdigest()[:12]


def _without_places(built: Any) -> Any:
    if isinstance(built, dict):
        return {name: _without_places(v) for name, v in built.items() if name != "place"}
    return [_without_places(item) for item in built] if isinstance(built, list | tuple) else built


def _concepts(folder: Path) -> dict[str, tuple[str, ...]]:
    """The terms of each concept by `language.name`, those of other concepts filled in.

    The files have been read before, and nothing was wrong with them.
    """
    written: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        if name == MANIFEST or name.startswith(".") or "/." in name:
            continue
        source, node = Source.read(name, path.read_bytes())
        if node is None:
            continue
        file = RuleFile.read(source, node, Concepts())
        if "concepts" in file.entries:
            for concept, listed in source.named(file.entries["concepts"]).items():
                texts = [text for text, _ in source.phrases(listed)]
                written[f"{file.language}.{concept}"] = texts
    return {name: tuple(_filled_in(name, written)) for name in written}


def _filled_in(name: str, written: dict[str, list[str]]) -> Iterator[str]:
    language = name.partition(".")[0]
    for text in written[name]:
        if not text.startswith("@"):
            yield text
            continue
        inner = f"{language}.{text[1:]}"
        yield from _filled_in(inner if inner in written else f"any.{text[1:]}", written)


def _joined(keys: Iterable[str]) -> str:
    return "".join(sorted(set(keys)))


@functools.lru_cache(maxsize=10_000)
def _term_keys(term: str, language: str) -> frozenset[str]:
    return frozenset(map(key, phrases(term, language)))


def _terms(language: str, terms: Iterable[str]) -> str:
    found: set[str] = set()
    for term in terms:
        found |= _term_keys(term, language)
    return _joined(found)
