"""A rule pack: every file of a folder, read strictly and compiled, with its version and hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

import lifeline
from lifeline.errors import PackError
from lifeline.lexicon import Lexicon, Use
from lifeline.rules.problems import Problem
from lifeline.rules.schema import (
    FORMAT,
    Concepts,
    RuleSpec,
    problem_at_rule,
    read_concepts,
    read_rules,
)
from lifeline.rules.source import Source
from lifeline.rules.terms import Term, TermError, read_term

MANIFEST: Final = "pack.yaml"
MOST_BYTES: Final = 8 * 1024 * 1024  # of one rule file


class BrokenPackError(PackError):
    """The pack must not be used; ``problems`` holds everything that is wrong with it."""

    def __init__(self, problems: list[Problem], place: str) -> None:
        count = len(problems)
        super().__init__(
            f"the rule pack has {count} problem{'s' * (count != 1)}; "
            "`lifeline rules check` shows each with its place",
            place=place,
        )
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Pack:
    """A compiled rule pack. ``hash`` is the SHA-256 of all its files, in hexadecimal."""

    name: str
    version: str
    hash: str
    rules: tuple[RuleSpec, ...]  # the active ones, in the order of Use.rule
    all_rules: tuple[RuleSpec, ...]
    lexicon: Lexicon
    speakers: frozenset[str]  # whose words any rule looks at


def locate(given: str | Path | None) -> Path:
    """The folder of the rules: ``given``, else the packaged copy, else the checkout's.

    Raises :class:`PackError` when it holds no manifest.
    """
    package = Path(lifeline.__file__).parent
    places = [Path(given)] if given else [package / "rulepacks", package.parent / "rules"]
    for place in places:
        if (place / MANIFEST).is_file():
            return place
    raise PackError(
        f"no {MANIFEST} in {' or '.join(map(str, places))}; give the folder of a rule pack",
        place=str(places[0]),
    )


def load(folder: Path) -> Pack:
    """Read and compile every rule file below ``folder``.

    Raises :class:`BrokenPackError` with all problems of all files.
    """
    digest = hashlib.sha256()
    problems: list[Problem] = []
    sources: list[tuple[Source, yaml.Node | None]] = []
    concepts: Concepts = {}
    manifest = {"name": "", "version": ""}
    for path, name in _files(folder):
        data = path.read_bytes()
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
        if len(data) > MOST_BYTES:
            problems.append(Problem("L005", f"larger than {MOST_BYTES:,} bytes", name, 1, 1))
            continue
        source, node = Source.read(name, data)
        if node is not None and name == MANIFEST:
            manifest = _manifest(source, node)
        elif node is not None:
            read_concepts(source, node, concepts)
        sources.append((source, node if name != MANIFEST else None))
    specs: list[RuleSpec] = []
    for source, node in sources:
        if node is not None:
            specs.extend(read_rules(source, node, concepts))
        problems.extend(source.problems)
    problems.extend(_repeated_ids(specs))
    active = tuple(spec for spec in specs if spec.status == "active")
    lexicon = _compile(active, problems)
    if not specs and not problems:
        problems.append(Problem("L006", "the pack holds no rules", str(folder), 1, 1))
    if problems:
        raise BrokenPackError(problems, str(folder))
    speakers = {"customer", "agent", "bot", "system"} if any(
        spec.speaker == "any" for spec in active
    ) else {spec.speaker for spec in active}  # fmt: skip
    return Pack(
        manifest["name"], manifest["version"], digest.hexdigest(), active, tuple(specs), lexicon,
        frozenset(speakers),
    )  # fmt: skip


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Rule files below the folder, sorted by name; links out of it are not followed."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*.yaml")):
        if path.is_file() and path.resolve().is_relative_to(root):
            yield path, path.relative_to(folder).as_posix()


def _manifest(source: Source, node: yaml.Node) -> dict[str, str]:
    keys = ("format", "name", "version")
    entries = source.mapping(node, keys, keys)
    values = {key: source.text(value) for key, value in entries.items()}
    if values.get("format", str(FORMAT)) != str(FORMAT):
        source.add(entries["format"], "L032", f"this version reads format {FORMAT}")
    return {"name": values.get("name", ""), "version": values.get("version", "")}


def _repeated_ids(specs: list[RuleSpec]) -> Iterator[Problem]:
    first: dict[str, RuleSpec] = {}
    for spec in specs:
        other = first.setdefault(spec.id, spec)
        if other is not spec:
            yield problem_at_rule(
                spec, "L050", f"the id is taken by the rule at {other.file}:{other.line}",
                "ids are for ever: give this rule one of its own",
            )  # fmt: skip


def _compile(specs: tuple[RuleSpec, ...], problems: list[Problem]) -> Lexicon:
    terms: list[tuple[Term, Use]] = []
    full: list[int] = []
    for number, spec in enumerate(specs):
        full.append(0 if spec.within.across_messages else (1 << len(spec.groups)) - 1)
        lists = [("group", at, group) for at, group in enumerate(spec.groups)]
        lists += [("exclusion", at, x.phrases) for at, x in enumerate(spec.exclusions)]
        lists += [("lower", at, x.nearby) for at, x in enumerate(spec.lower)]
        for role, at, phrases in lists:
            for phrase in phrases:
                try:
                    found = read_term(phrase, spec.language)
                except TermError as error:
                    problems.append(problem_at_rule(spec, "L051", f"`{phrase}`: {error}"))
                    continue
                terms.extend((term, Use(number, role, at)) for term in found)
    return Lexicon(terms, full)
