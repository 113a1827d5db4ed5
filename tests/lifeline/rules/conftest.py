from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lifeline.rules.pack import Pack, load

MANIFEST = """\
format: 1
name: invented
version: 1.2.3
"""

CONCEPTS = """\
format: 1
language: zh
concepts:
  medicine: [晕车药, 安眠药]
"""

RULES = """\
format: 1
language: zh
rules:
  # How much of it is too much.
  - id: zh.method_question.how_much
    title: Asks how much of something would kill
    category: method_question
    tier: elevated
    status: active
    together:
      groups:
        - ["@medicine", 药, 片]
        - [吃多少, 多少片]
        - [能死, 会死]
      within: {characters: 40}
    exclusions:
      - {name: fish, why: dosing an aquarium, phrases: [鱼会死]}
    lower:
      - name: fiction
        why: about a book or film
        to: watch
        nearby: [小说, 电影]
        within: {characters: 20}
    examples:
      alert:
        - 我买的这个晕车药,吃多少片能死?
        - "她说: 这药吃多少会死 #急"
      ignore:
        - 这个晕车药一次吃几片?
      known_gap:
        - 一瓶够不够我走
    references: ["C-SSRS screener, item 3"]
    author: li
    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-05-01}
  - id: zh.plan.drink_and_wrist
    title: Speaks of drink, then of the wrist
    category: plan
    tier: elevated
    status: active
    together:
      groups:
        - [酒瘾]
        - [手腕]
      within: {minutes: 10}
    examples:
      alert:
        - - 怎么戒掉酒瘾?
          - 手腕在流血
      ignore:
        - 怎么戒掉酒瘾?
  - id: zh.passive_ideation.no_wish_to_live
    title: Does not want to live
    category: passive_ideation
    tier: watch
    status: draft
    terms: ["不想{活,活着}", 活着…没意思]
    examples:
      alert:
        - 真的不想活了
      ignore:
        - 不想买了
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a small pack in which nothing is wrong."""
    (tmp_path / "zh").mkdir()
    (tmp_path / "pack.yaml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "zh" / "concepts.yaml").write_text(CONCEPTS, encoding="utf-8")
    (tmp_path / "zh" / "rules.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


RULE = """\
  - id: zh.active_intent.no_wish_to_live
    title: Does not want to live
    category: active_intent
    tier: elevated
    status: active
    terms: [不想活]
    examples:
      alert:
        - 我真的不想活了
      ignore:
        - 不想买了
"""


@pytest.fixture
def load_file(tmp_path: Path) -> Callable[..., Pack]:
    """Load a pack of a manifest and one file; ``lines`` replace the rule's `terms` line."""

    def load_one(*lines: str, rules: str = RULE, head: str = "format: 1\nlanguage: zh\n") -> Pack:
        if lines:
            rules = rules.replace("    terms: [不想活]\n", "".join(f"{line}\n" for line in lines))
        (tmp_path / "pack.yaml").write_text(MANIFEST, encoding="utf-8")
        (tmp_path / "one.yaml").write_text(f"{head}rules:\n{rules}", encoding="utf-8")
        return load(tmp_path)

    return load_one
