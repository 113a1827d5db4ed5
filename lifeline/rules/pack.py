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
from lifeline.rules.concepts import Concepts
from lifeline.rules.problems import Problem
from lifeline.rules.schema import RuleFile, RuleSpec, check_format
from lifeline.rules.source import Source
from lifeline.rules.terms import Term, read_term

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
    files: list[RuleFile] = []
    concepts = Concepts()
    manifest: dict[str, str] = {}
    for path, name in _files(folder, problems):
        data = _content(path, name, problems)
        if data is None:
            continue
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
        source, node = Source.read(name, data)
        if node is None:
            problems.extend(source.problems)
        elif name == MANIFEST:
            manifest = _manifest(source, node)
            problems.extend(source.problems)
        else:
            files.append(RuleFile.read(source, node, concepts))
    concepts.fill_in()
    specs = [spec for file in files for spec in file.specs(concepts)]
    problems.extend(problem for file in files for problem in file.source.problems)
    problems.extend(_repeated_ids(specs))
    active = tuple(spec for spec in specs if spec.status == "active")
    if not problems and not active:
        problems.append(Problem("L006", "the pack holds no active rule", MANIFEST, 1, 1))
    if not problems and not manifest:
        problems.append(Problem("L006", f"the pack holds no {MANIFEST}", MANIFEST, 1, 1))
    if problems:
        problems.sort(key=lambda p: (p.file, p.line, p.column))
        raise BrokenPackError(problems, str(folder))
    speakers = {"customer", "agent", "bot", "system"} if any(
        spec.speaker == "any" for spec in active
    ) else {spec.speaker for spec in active}  # fmt: skip
    return Pack(
        manifest["name"], manifest["version"], digest.hexdigest(), active, tuple(specs),
        _compile(active), frozenset(speakers),
    )  # fmt: skip


def _files(folder: Path, problems: list[Problem]) -> Iterator[tuple[Path, str]]:
    """Rule files below the folder, sorted by name. What would be passed over is a problem.

    Names that start with a dot are left out: editors, file managers and Kubernetes' mounted
    configuration keep their own files there.
    """
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        # A file name may hold bytes that are no text.
        name = "/".join(parts).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        if any(part.startswith(".") for part in parts):
            continue
        refusal = _refusal(path, folder)
        if refusal:
            problems.append(Problem("L007", refusal[0], name, 1, 1, help=refusal[1]))
        elif path.suffix == ".yaml" and path.is_file():
            yield path, name


def _refusal(path: Path, folder: Path) -> tuple[str, str] | None:
    """Why something in the folder cannot be read though it looks like rules: message and help."""
    if path.is_symlink() and path.is_dir():
        return "a link to a folder is not followed", "put the files themselves into the pack"
    if path.suffix.lower() in ("", ".md") or path.is_dir():
        return None
    if path.suffix != ".yaml":
        return f"a name in `{path.suffix}` is not read", "rule files end in `.yaml`"
    if not path.is_file():
        return "this is no file, or a link to nothing", "remove it, or put the file there"
    if not path.resolve().is_relative_to(folder.resolve()):
        return "this link leads out of the pack", "put the file itself into the pack"
    return None


def _content(path: Path, name: str, problems: list[Problem]) -> bytes | None:
    try:
        if path.stat().st_size <= MOST_BYTES:
            return path.read_bytes()
        problem = Problem("L005", f"larger than {MOST_BYTES:,} bytes", name, 1, 1)
    except OSError as error:
        problem = Problem("L007", f"this cannot be read: {error.strerror}", name, 1, 1)
    problems.append(problem)
    return None


def _manifest(source: Source, node: yaml.Node) -> dict[str, str]:
    keys = ("format", "name", "version")
    entries = source.mapping(node, keys, keys)
    check_format(source, entries)
    return {key: source.text(entries[key]) for key in keys[1:] if key in entries}


def _repeated_ids(specs: list[RuleSpec]) -> Iterator[Problem]:
    first: dict[str, RuleSpec] = {}
    for spec in specs:
        other = first.setdefault(spec.id, spec)
        if other is not spec:
            yield spec.place.problem(
                "L050",
                f"the id is taken by the rule at {other.place.file}:{other.place.line}",
                "ids are for ever: give this rule one of its own",
            )


def _compile(specs: tuple[RuleSpec, ...]) -> Lexicon:
    terms: list[tuple[Term, Use]] = []
    needed: list[int] = []
    read: dict[tuple[str, str], tuple[Term, ...]] = {}
    for number, spec in enumerate(specs):
        needed.append(1 if spec.within.across_messages else len(spec.groups))
        lists = [("group", at, group) for at, group in enumerate(spec.groups)]
        lists += [("exclusion", at, x.phrases) for at, x in enumerate(spec.exclusions)]
        lists += [("lower", at, x.nearby) for at, x in enumerate(spec.lower)]
        for role, at, phrases in lists:
            for phrase in phrases:
                key = (phrase, spec.language)
                if key not in read:
                    read[key] = read_term(*key)
                terms.extend((term, Use(number, role, at)) for term in read[key])
    return Lexicon(terms, needed)
