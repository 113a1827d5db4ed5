"""The content of a pack: its rules, modifiers, concepts and corpora, each phrase by its key."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from lifeline.rules.changes.content import (
    EXAMPLES,
    Aside,
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
        rules={s.id: _rule(s) for s in sorted(pack.all_rules, key=lambda s: s.id)},
    )


def _collect(pack: Pack, concepts: dict[str, tuple[str, ...]], texts: Texts) -> None:
    for spec in pack.all_rules:
        for terms in _lists_of(spec):
            texts.add_terms(spec.id, spec.language, terms)
        for kind in EXAMPLES:
            for messages in getattr(spec.examples, kind):
                texts.add_line(spec.id, spec.language, messages)
    for modifier in pack.modifiers.all:
        terms = modifier.phrases + modifier.exceptions
        texts.add_terms(f"modifier {modifier.language}.{modifier.name}", modifier.language, terms)
    for name, terms in concepts.items():
        texts.add_terms(f"concept {name}", name.partition(".")[0], terms)
    for kind in _LINES:
        for line in getattr(pack.corpora, kind):
            texts.add_line(kind, line.language, line.messages)
    for known in pack.corpora.known_false_positives:
        texts.add_line("known_false_positives", known.language, known.messages)


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
