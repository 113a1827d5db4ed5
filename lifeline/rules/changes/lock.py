"""The lock of a pack: what it found when it was last locked, and which steps from there may be.

`lock.json` stands beside the rules and is written by `lifeline rules lock`, never by hand. Whoever
deletes it starts anew; that the file stays is for the reviewers of a change to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from lifeline.rules.across_spec import AcrossSpec
from lifeline.rules.changes import as_numbers, compare, lost_lines, next_version, step_for
from lifeline.rules.changes.between import Change, Weight, count
from lifeline.rules.changes.content import AcrossContent, PackContent, RuleContent, Texts
from lifeline.rules.changes.content_of import content_of
from lifeline.rules.changes.rules import NOT_CONTENT
from lifeline.rules.pack import MANIFEST, BrokenPackError, Pack
from lifeline.rules.problems import Place, Problem
from lifeline.rules.schema import RuleSpec

LOCK: Final = "lock.json"
CHANGELOG: Final = "CHANGELOG.md"
_FORMAT: Final = 1
_NOTE: Final = "written by `lifeline rules lock`, never by hand"
_NAMED: Final = 5  # that many rules are named where many are meant
_REASON: Final = 4  # letters beside the id in a line that gives a reason, at least


class Gone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that is no more; ``version`` is the last of the pack that held it."""

    status: str
    title: str
    version: str


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `lock.json` holds."""

    format: int
    note: str
    gone: dict[str, Gone]
    pack: PackContent

    def encode(self) -> bytes:
        """As it stands in the file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The lock as it should be, and what stands against it."""

    folder: Path
    old: Lock | None
    new: Lock
    changes: list[Change]
    problems: list[Problem]  # those that are errors forbid to write it

    @property
    def up_to_date(self) -> bool:
        """Whether the file says what the rules say."""
        return self.old == self.new

    @property
    def refused(self) -> bool:
        """Whether the rules went a way that they must not."""
        return any(problem.severity == "error" for problem in self.problems)

    def write(self) -> None:
        """Put the lock in its place, whole or not at all. Raises OSError."""
        # A name that starts with a dot is no part of a pack.
        beside = self.folder / f".{LOCK}.new"
        beside.write_bytes(self.new.encode())
        beside.replace(self.folder / LOCK)


def propose(folder: Path, pack: Pack, today: date) -> Proposal:
    """The lock for a pack read from ``folder``, compared with the one that stands there.

    Raises :class:`~lifeline.rules.pack.BrokenPackError` when that one cannot be read.
    """
    texts = Texts()
    old, content = _read(folder), content_of(pack, folder, texts)
    gone = dict(old.gone) if old else {}
    if old:
        gone |= {
            rule_id: Gone(rule.status, rule.title, old.pack.version)
            for rule_id, rule in old.pack.all_rules.items()
            if rule_id not in content.all_rules
        }
    new = Lock(_FORMAT, _NOTE, dict(sorted(gone.items())), content)
    if old is None or old == new:
        return Proposal(folder, old, new, [], [])
    changes = compare(old.pack, content, texts)
    step = _Step(folder, pack, old, content, changes)
    problems = [*step.ids(), *step.lost(), *step.reviews(today), *step.version()]
    problems.sort(key=lambda p: (p.file, p.line, p.column, p.code))
    return Proposal(folder, old, new, changes, problems)


def check_lock(folder: Path, pack: Pack, today: date) -> list[Problem]:
    """What stands against the step from the lock to the rules as they are.

    A lock behind the files is a warning; a pack that has none is not asked for one.
    """
    if not (folder / LOCK).is_file():
        return []
    try:
        proposal = propose(folder, pack, today)
    except BrokenPackError as error:
        return error.problems
    return proposal.problems + behind(proposal)


def behind(proposal: Proposal) -> list[Problem]:
    """That the lock does not say what the rules say, if it does not."""
    if proposal.up_to_date:
        return []
    what = f"{LOCK} does not hold what the rules say" if proposal.old else f"there is no {LOCK}"
    help_ = "run `lifeline rules lock`" + " once the errors are mended" * proposal.refused
    return [Place(LOCK, 1, 1).problem("L097", what, help_, "warning")]


def _read(folder: Path) -> Lock | None:
    """The lock of a folder, None when it has none."""
    try:
        data = (folder / LOCK).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(folder, str(error.strerror), "make it readable") from error
    try:
        lock = msgspec.json.decode(data, type=Lock)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        help_ = (
            "restore it; after a merge, take the side merged into, and run `lifeline rules lock`"
        )
        raise _unreadable(folder, str(error), help_) from error
    if lock.format != _FORMAT:
        help_ = f"this version of Lifeline reads format {_FORMAT}"
        raise _unreadable(folder, f"format {lock.format}", help_)
    return lock


def _unreadable(folder: Path, why: str, help_: str) -> BrokenPackError:
    problem = Place(LOCK, 1, 1).problem("L096", f"this lock cannot be read: {why}", help_)
    return BrokenPackError([problem], str(folder))


@dataclass(frozen=True, slots=True)
class _Step:
    """The step from a lock to the rules as they are; each method says what is wrong with it."""

    folder: Path
    pack: Pack
    old: Lock
    new: PackContent
    changes: list[Change]

    def ids(self) -> Iterator[Problem]:
        """An id stands for one rule for ever, and a retired one stays retired."""
        for spec in self.pack.with_across:
            place, gone = spec.place, self.old.gone.get(spec.id)
            locked = self._locked.get(spec.id)
            if gone:
                yield place.problem(
                    "L091", f"{spec.id} was taken by a rule that went after {gone.version}",
                    "ids are for ever: give this rule one of its own",
                )  # fmt: skip
            if locked and locked.status == "retired" and spec.status != "retired":
                yield place.problem(
                    "L091", f"{spec.id} is retired, and cannot be `{spec.status}` again",
                    "give the rule a new id, which the retired one names as `replaced_by`",
                )  # fmt: skip
            if (
                isinstance(locked, RuleContent)
                and isinstance(spec, RuleSpec)
                and locked.category != spec.category
            ):
                yield place.problem(
                    "L092", f"{spec.id} was of category `{locked.category}`",
                    "an id keeps its category: retire this rule, and give the other a new id",
                )  # fmt: skip

    def lost(self) -> Iterator[Problem]:
        """Nothing that alerts goes silently; the changelog may say why it goes all the same."""
        for rule_id, rule in self._locked.items():
            if rule.status != "active" or rule_id in self.new.all_rules or self._excused(rule_id):
                continue
            yield self._place(LOCK, f'"{rule_id}": {{').problem(
                "L093", f"the active rule {rule_id} is gone",
                f"put it back with `status: retired`; or {self._excuse(rule_id)}",
            )  # fmt: skip
        for line, what in lost_lines(self.old.pack, self.new).items():
            name = f"must_detect {line}"
            if not self._excused(name):
                yield self._place(LOCK, '"must_detect":').problem(
                    "L094", f"a line that must be detected is lost: {what}; its key is {line}",
                    "put it back (`lifeline rules diff` with the last revision shows it); "
                    f"or {self._excuse(name)}",
                )  # fmt: skip

    def reviews(self, today: date) -> Iterator[Problem]:
        """Who changes what an active rule finds has it reviewed again."""
        changed = {c.about for c in self.changes if c.kind not in NOT_CONTENT}
        lacking = [
            (spec, why)
            for spec in self.pack.with_across
            if spec.status == "active"
            and spec.id in changed
            and spec.id in self._locked
            and (why := self._not_reviewed(spec, today))
        ]
        if lacking and self.pack.review_waived:
            names = ", ".join(spec.id for spec, _ in lacking[:_NAMED])
            more = len(lacking) - _NAMED
            yield self._place(MANIFEST, "review:").problem(
                "L090",
                f"{count(len(lacking), 'rule')} changed without a new review ({names}"
                f"{f' and {more} more' if more > 0 else ''}); waived: {self.pack.review_waived}",
                "have them reviewed before people rely on them", "warning",
            )  # fmt: skip
            return
        for spec, why in lacking:
            yield (spec.reviewed.place if spec.reviewed else spec.place).problem(
                "L090", f"what {spec.id} finds changed, and {why}",
                "have two people review it, and set `reviewed`",
            )  # fmt: skip

    @property
    def _locked(self) -> dict[str, RuleContent | AcrossContent]:
        return self.old.pack.all_rules

    def _not_reviewed(self, spec: RuleSpec | AcrossSpec, today: date) -> str:
        """Why the last review does not cover the change; empty when it does."""
        if not spec.reviewed:
            return "it says no review"
        locked = self._locked[spec.id].reviewed
        if spec.reviewed.on <= locked:
            return f"it was last reviewed on {spec.reviewed.on}, before that"
        if date.fromisoformat(spec.reviewed.on) > today:
            return f"its review of {spec.reviewed.on} is still to come"
        return ""

    def version(self) -> Iterator[Problem]:
        """The version rises as the heaviest change asks, and never falls."""
        step = step_for(self.changes)
        before, after = self.old.pack.version, self.pack.version
        least = next_version(before, step)
        if as_numbers(after) >= as_numbers(least):
            return
        if as_numbers(after) < as_numbers(before):
            message = f"the version fell from {before} to {after}"
        else:
            message = f"version {after} is too low: {self._why(step)}"
        place = self._place(MANIFEST, "version:")
        yield place.problem("L095", message, f"set `version: {least}`, or higher")

    def _why(self, step: Weight | None) -> str:
        heaviest = [c for c in self.changes if c.weight is step and c.kind != "version"]
        first = f"{heaviest[0].about}: {heaviest[0].text}"
        more = f", and {len(heaviest) - 1} more" if len(heaviest) > 1 else ""
        does = {
            Weight.MAJOR: "what was detected may be lost",
            Weight.MINOR: "alerts may be added",
        }.get(step or Weight.PATCH, "files changed")
        return f"since {self.old.pack.version}, {does} ({first}{more})"

    def _excuse(self, name: str) -> str:
        return (
            f"write a line with `{name}` and the clinical reason into {CHANGELOG}, "
            f"under `## {next_version(self.old.pack.version, Weight.MAJOR)}`"
        )

    def _excused(self, name: str) -> bool:
        """Whether the changelog names it, with a reason, under the version that is to be."""
        named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)")
        return any(
            len(re.findall(r"\w", named.sub("", line))) >= _REASON
            for line in self._section()
            if named.search(line)
        )

    def _section(self) -> Iterator[str]:
        """The lines of the changelog under the version that is to be, if that is a new one."""
        if as_numbers(self.pack.version) <= as_numbers(self.old.pack.version):
            return
        inside = False
        heading = re.compile(rf"##\s+\W?v?{re.escape(self.pack.version)}(?![\w.])")
        for line in _lines(self.folder / CHANGELOG):
            if line.startswith("## "):
                inside = heading.match(line) is not None
            elif inside:
                yield line

    def _place(self, name: str, begins: str) -> Place:
        """The line of a file that begins so."""
        for number, line in enumerate(_lines(self.folder / name)):
            text = line.lstrip()
            if text.startswith(begins):
                return Place(name, number + 1, len(line) - len(text) + 1, line, len(text))
        return Place(name, 1, 1)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
