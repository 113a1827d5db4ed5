"""A new rule from a template: where it goes, and what it looks like before its author fills it in.

The file it goes to is only ever added to, and only once the pack with the addition has been read.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from lifeline.errors import PackError
from lifeline.rules.lint.terms import FILL_IN
from lifeline.rules.pack import Pack, load
from lifeline.rules.schema import FORMAT
from lifeline.rules.text.source import Source
from lifeline.taxonomy import SIGNAL_CATEGORIES

_GUIDE: Final = {
    "title": "what it finds, in plain words",
    "tier": "imminent, elevated, watch or signal",
    "status": "draft: nobody is alerted; then shadow, then active once two people reviewed it",
    "terms": "one phrase suffices: {a,b} is either, … a gap, * the rest of a word, @name a concept",
    "together": "for several words near each other use `together:` in place of `terms:`",
    "alert": "sentences it must find; invent them, never paste what a customer said",
    "ignore": "sentences much like these that it must not find",
}
_GUIDE_ZH: Final = {
    "title": "这条规则要找什么,用一句话说明",
    "tier": "imminent、elevated、watch 或 signal",
    "status": "draft 不会报警;之后 shadow 试运行,两人审核后才可 active",
    "terms": "命中一个短语即可:{甲,乙} 任选其一,… 表示间隔,@name 引用概念",
    "together": "需要几组词同时出现时,用 together: 代替 terms:",
    "alert": "必须命中的例句;请自行编写,切勿粘贴客户原话",
    "ignore": "相似但不得命中的例句",
}


class NewRuleError(PackError):
    """A rule that cannot be added; nothing was written."""


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule ready to be added: the bytes that go to the end of ``path``."""

    path: Path
    name: str  # of the file, within the pack
    addition: bytes
    line: int  # of its id, counted from 1

    def write(self) -> None:
        """Add the rule to its file, which is made when it is not there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(self.addition)


def prepare(folder: Path, rule_id: str, title: str = "", tier: str = "", file: str = "") -> NewRule:
    """The rule for an id, tried out on a copy of the pack.

    Raises :class:`~lifeline.rules.pack.BrokenPackError` with what is wrong with the pack or the
    rule, and :class:`NewRuleError` when the file is no place for it.
    """
    pack = load(folder, drafts=True)
    language, _, rest = rule_id.partition(".")
    category = rest.partition(".")[0] or "new"
    name = file or _file_for(pack, language, category)
    path = folder / name
    if path.suffix != ".yaml" or not path.resolve().is_relative_to(folder.resolve()):
        raise NewRuleError(f"`{name}` is no rule file of this pack: a name in `.yaml`", place=name)
    before = path.read_bytes() if path.is_file() else b""
    head, indent = _joint(name, before, language)
    tier = tier or ("signal" if category in SIGNAL_CATEGORIES else "elevated")
    text = head + _indented(_rule(rule_id, category, title, tier, zh=language == "zh"), indent)
    if b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    lines = (before + text.encode()).decode("utf-8").splitlines()
    line = next(n for n in range(len(lines), 0, -1) if "- id:" in lines[n - 1])
    new = NewRule(path, name, text.encode(), line)
    _try_out(folder, new, rule_id)
    return new


def _file_for(pack: Pack, language: str, category: str) -> str:
    """The file that holds most rules of the category, else one named for it."""
    files = Counter(
        spec.place.file
        for spec in pack.all_rules
        if (spec.language, spec.category) == (language, category)
    )
    return files.most_common(1)[0][0] if files else f"{language}/{category}.yaml"


def _joint(name: str, before: bytes, language: str) -> tuple[str, int]:
    """What stands between a file and a rule added to it, and how far rules are indented there."""
    if not before.strip():
        return f"format: {FORMAT}\nlanguage: {language}\nrules:\n", 2
    end_of_line = "" if before.endswith((b"\n", b"\r")) else "\n"
    _, node = Source.read(name, before)
    entries = node.value if isinstance(node, yaml.MappingNode) else []
    keys = [key.value for key, _ in entries]
    if "rules" not in keys:
        return f"{end_of_line}rules:\n", 2
    rules = entries[-1][1]
    if keys[-1] != "rules" or not isinstance(rules, yaml.SequenceNode) or rules.flow_style:
        raise NewRuleError(
            f"{name} does not end with its rules, so none can be added at its end; "
            "name another file with --file",
            place=name,
        )
    return f"{end_of_line}\n", rules.start_mark.column


def _rule(rule_id: str, category: str, title: str, tier: str, *, zh: bool) -> str:
    say = _GUIDE_ZH if zh else _GUIDE
    return f"""\
- id: {rule_id}
  # {say["title"]}
  title: {_quoted(title) if title else f"{FILL_IN} a title"}
  category: {category}
  # {say["tier"]}
  tier: {tier}
  # {say["status"]}
  status: draft
  # {say["terms"]}
  # {say["together"]}
  terms:
    - {FILL_IN} a phrase
  examples:
    # {say["alert"]}
    alert:
      - {FILL_IN} a phrase
    # {say["ignore"]}
    ignore:
      - {FILL_IN} a sentence
"""


def _quoted(text: str) -> str:
    """The text so that YAML takes it for nothing else."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _indented(text: str, columns: int) -> str:
    return "".join(f"{' ' * columns}{line}\n" for line in text.splitlines())


def _try_out(folder: Path, new: NewRule, rule_id: str) -> None:
    """Read a copy of the pack with the rule in it."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "rules"
        shutil.copytree(folder, copy, symlinks=False)
        tried = copy / new.name
        tried.parent.mkdir(parents=True, exist_ok=True)
        with tried.open("ab") as file:
            file.write(new.addition)
        pack = load(copy, drafts=True)
    if not any(s.id == rule_id and s.place[:2] == (new.name, new.line) for s in pack.all_rules):
        raise NewRuleError(
            f"a rule added to {new.name} would not be read; name another file with --file",
            place=new.name,
        )
