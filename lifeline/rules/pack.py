"""A rule pack: every file of a folder, read strictly and compiled, with its version and hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import lifeline
from lifeline.errors import PackError
from lifeline.lexicon import Lexicon, Use
from lifeline.readings import FoldingSettings
from lifeline.rules.across_spec import AcrossSpec
from lifeline.rules.adding_up import Scales
from lifeline.rules.concepts import Concepts
from lifeline.rules.customer import CustomerWords
from lifeline.rules.manifest import Manifest
from lifeline.rules.means import Means
from lifeline.rules.modifiers import Modifiers
from lifeline.rules.problems import Place, Problem
from lifeline.rules.reader import RuleFile
from lifeline.rules.responders import RegionNumbers, Responders
from lifeline.rules.scale import Scale
from lifeline.rules.schema import Corpora, Modifier, RuleSpec
from lifeline.rules.surroundings import NAME as SURROUNDINGS
from lifeline.rules.surroundings import Around, Surroundings
from lifeline.rules.terms import Pattern, Term, read_pattern
from lifeline.rules.text.source import Source

MANIFEST: Final = "pack.yaml"
# Files that Lifeline itself puts beside the rules.
NOT_RULES: Final = frozenset({"lock.json", "rule-file.schema.json", "pack.schema.json"})
MOST_BYTES: Final = 8 * 1024 * 1024  # of one rule file

P = TypeVar("P", RuleSpec | AcrossSpec, Scale, Surroundings, RegionNumbers)
OfLanguage = TypeVar("OfLanguage", Scale, Surroundings)


class BrokenPackError(PackError):
    """The pack must not be used; ``problems`` holds everything that is wrong with it.

    ``hash`` is that of its files, as of a pack that is not broken.
    """

    def __init__(self, problems: list[Problem], place: str, hash_: str = "") -> None:
        count = len(problems)
        super().__init__(
            f"the rule pack has {count} problem{'s' * (count != 1)}; "
            "`lifeline rules check` shows each with its place",
            place=place,
        )
        self.problems = problems
        self.hash = hash_


@dataclass(frozen=True, slots=True)
class Pack:
    """A compiled rule pack. ``hash`` is the SHA-256 of all its files, in hexadecimal."""

    name: str
    version: str
    hash: str
    rules: tuple[RuleSpec, ...]  # those that are evaluated, in the order of Use.rule
    all_rules: tuple[RuleSpec, ...]
    lexicon: Lexicon
    speakers: frozenset[str]  # whose words any rule looks at
    modifiers: Modifiers
    scales: Scales
    around: Around
    customer_words: CustomerWords
    means: Means
    responders: Responders
    across: tuple[AcrossSpec, ...]  # those that are evaluated
    all_across: tuple[AcrossSpec, ...]
    corpora: Corpora
    foldings: FoldingSettings
    review_waived: str  # why active rules need no reviewers; empty when they do

    @property
    def with_across(self) -> tuple[RuleSpec | AcrossSpec, ...]:
        """All rules, those across conversations among them."""
        return (*self.all_rules, *self.all_across)


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


def load(folder: Path, *, drafts: bool = False) -> Pack:
    """Read and compile every rule file below ``folder``; with ``drafts``, evaluate those, too.

    Raises :class:`BrokenPackError` with all problems of all files.
    """
    digest = hashlib.sha256()
    problems: list[Problem] = []
    files: list[RuleFile] = []
    concepts = Concepts()
    manifest = None
    for path, name in _files(folder, problems):
        data = _content(path, name, problems)
        if data is None:
            continue
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
        source, node = Source.read(name, data)
        if node is None:
            problems.extend(source.problems)
        elif name == MANIFEST:
            manifest = Manifest.read(source, node)
            problems.extend(source.problems)
        else:
            files.append(RuleFile.read(source, node, concepts))
    concepts.fill_in()
    scale_of = [(file, file.scale(concepts)) for file in files]
    specs = [spec for file, scale in scale_of for spec in file.specs(concepts, scale)]
    modifiers = [modifier for file in files for modifier in file.modifiers(concepts)]
    scales = [scale for _, scale in scale_of if scale]
    surroundings = [found for file in files if (found := file.surroundings(concepts))]
    means = [of_kind for file in files for of_kind in file.means(concepts)]
    across = [spec for file in files for spec in file.across(concepts)]
    regions = [found for file in files for found in file.responders(concepts)]
    corpora = [file.corpora(concepts) for file in files]
    problems.extend(problem for file in files for problem in file.source.problems)
    problems.extend(_repeated_ids([*specs, *across]))
    problems.extend(_unknown_names(specs, modifiers))
    problems.extend(_second("a scale", scales))
    problems.extend(_repeated_regions(regions))
    problems.extend(_second("surroundings", surroundings))
    evaluated = tuple(s for s in specs if s.evaluated or (drafts and s.status == "draft"))
    # Rules on trial alert nobody: a worker must not take a pack of nothing else for a good one.
    if not problems and not (evaluated if drafts else any(s.status == "active" for s in specs)):
        problems.append(Problem("L006", "the pack holds no active rule", MANIFEST, 1, 1))
    if not problems and manifest is None:
        problems.append(Problem("L006", f"the pack holds no {MANIFEST}", MANIFEST, 1, 1))
    if manifest is None or any(problem.severity == "error" for problem in problems):
        problems.sort(key=lambda p: (p.file, p.line, p.column))
        raise BrokenPackError(problems, str(folder), digest.hexdigest())
    speakers = {"customer", "agent", "bot", "system"} if any(
        spec.speaker == "any" for spec in evaluated
    ) else {spec.speaker for spec in evaluated}  # fmt: skip
    return Pack(
        name=manifest.name,
        version=manifest.version,
        hash=digest.hexdigest(),
        rules=evaluated,
        all_rules=tuple(specs),
        lexicon=_compile(evaluated, manifest.foldings),
        speakers=frozenset(speakers),
        modifiers=Modifiers(modifiers),
        scales=Scales(scales, evaluated),
        around=Around(surroundings, evaluated),
        customer_words=CustomerWords(evaluated),
        means=Means(means),
        responders=Responders(regions),
        across=tuple(s for s in across if s.status in ("active", *["draft"] * drafts)),
        all_across=tuple(across),
        corpora=_joined(corpora),
        foldings=manifest.foldings,
        review_waived=manifest.review_waived,
    )


def load_responders(folder: Path) -> Responders:
    """The numbers to call of the pack in ``folder``; its other files are neither read nor checked.

    Raises :class:`BrokenPackError` with the problems of the files that hold numbers.
    """
    problems: list[Problem] = []
    regions: list[RegionNumbers] = []
    for path, name in _files(folder, problems):
        data = _content(path, name, problems)
        if data is None or b"responders" not in data.replace(b"\0", b""):  # UTF-16, too, is told
            continue
        source, node = Source.read(name, data)
        if node is not None:
            concepts = Concepts()
            regions += RuleFile.read(source, node, concepts).responders(concepts)
        problems.extend(source.problems)
    problems.extend(_repeated_regions(regions))
    if any(problem.severity == "error" for problem in problems):
        raise BrokenPackError(problems, str(folder))
    return Responders(regions)


def _joined(corpora: list[Corpora]) -> Corpora:
    return Corpora(
        must_detect=tuple(line for c in corpora for line in c.must_detect),
        known_gaps=tuple(line for c in corpora for line in c.known_gaps),
        benign=tuple(line for c in corpora for line in c.benign),
        known_false_positives=tuple(line for c in corpora for line in c.known_false_positives),
        cases=tuple(case for c in corpora for case in c.cases),
    )


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
    if path.suffix.lower() in ("", ".md") or path.is_dir() or path.name in NOT_RULES:
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


def _repeated_ids(specs: list[RuleSpec | AcrossSpec]) -> Iterator[Problem]:
    for spec, first in _taken(specs, lambda spec: spec.id):
        yield spec.place.problem(
            "L050",
            f"the id is taken by the rule at {first.file}:{first.line}",
            "ids are for ever: give this rule one of its own",
        )


def _repeated_regions(regions: list[RegionNumbers]) -> Iterator[Problem]:
    for found, first in _taken(regions, lambda found: found.region):
        yield found.place.problem(
            "L124", f"{found.region} has its numbers at {first.file}:{first.line}",
            "put all numbers of a region in one place",
        )  # fmt: skip


def _second(what: str, weighed: Iterable[OfLanguage]) -> Iterator[Problem]:
    for one, first in _taken(weighed, lambda one: one.language):
        yield one.place.problem(
            "L092",
            f"`{one.language}` has {what} at {first.file}:{first.line} already",
            "a language has them once: weigh them anew from all conversations",
        )


def _taken(parts: Iterable[P], name: Callable[[P], str]) -> Iterator[tuple[P, Place]]:
    """The parts whose name an earlier one has, each with the place of that."""
    first: dict[str, P] = {}
    for part in parts:
        other = first.setdefault(name(part), part)
        if other is not part:
            yield part, other.place


def _unknown_names(specs: list[RuleSpec], modifiers: list[Modifier]) -> Iterator[Problem]:
    """What rules name that does not exist: modifiers, and rules that took over."""
    known = {(modifier.language, modifier.name) for modifier in modifiers} | {("any", SURROUNDINGS)}
    ids = {spec.id for spec in specs}
    for spec in specs:
        for name in spec.unaffected_by:
            if not known & {(spec.language, name), ("any", name)}:
                names = {n for language, n in known if language in (spec.language, "any")}
                yield spec.place.problem(
                    "L041", f"{spec.id}: no modifier `{name}` for `{spec.language}`",
                    f"known: {', '.join(sorted(names)) or 'none'}",
                )  # fmt: skip
        if spec.retired and spec.retired.replaced_by and spec.retired.replaced_by not in ids:
            yield spec.place.problem(
                "L041", f"{spec.id}: there is no rule `{spec.retired.replaced_by}` to replace it"
            )
    places: dict[tuple[str, str], Modifier] = {}
    for modifier in modifiers:
        other = places.setdefault((modifier.language, modifier.name), modifier)
        if other is not modifier and modifier.places["applies"]:
            yield modifier.places["applies"][0].problem(
                "L031",
                f"the modifier `{modifier.name}` is already defined for `{modifier.language}`",
                "join the two",
            )


def _compile(specs: tuple[RuleSpec, ...], foldings: FoldingSettings) -> Lexicon:
    terms: list[tuple[Pattern | Term, Use]] = []
    needed: list[int] = []
    read: dict[tuple[str, str], tuple[Pattern | Term, ...]] = {}
    for number, spec in enumerate(specs):
        # A rule that adds up has no groups; with one needed it is never taken for complete.
        needed.append(1 if spec.within.across_messages else max(len(spec.groups), 1))
        lists = [("group", at, group) for at, group in enumerate(spec.groups)]
        lists += [("exclusion", at, x.phrases) for at, x in enumerate(spec.exclusions)]
        lists += [("lower", at, x.nearby) for at, x in enumerate(spec.lower)]
        lists += [("raise", at, x.words) for at, x in enumerate(spec.raises)]
        for role, at, phrases in lists:
            use = Use(number, role, at)
            for phrase in phrases:
                key = (phrase, spec.language)
                if key not in read:
                    read[key] = read_pattern(*key)
                terms.extend((term, use) for term in read[key])
    return Lexicon(terms, needed, foldings=foldings)
