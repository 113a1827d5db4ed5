"""A small pack with means, rules across conversations and responders."""

from __future__ import annotations

from pathlib import Path

import pytest

from lifeline.rules.pack import Pack, load

RULES = """\
format: 1
language: en
means:
  medicine:
    terms: [sleeping tablets, paracetamol]
  rope:
    terms: [rope]
rules:
  - id: en.method_question.how_many
    title: Asks how many would kill
    category: method_question
    tier: elevated
    status: active
    terms: [how many would kill]
    raise:
      - {name: bought_it, why: they bought it, to: imminent, orders: [paracetamol], days: 30}
    examples:
      alert:
        - how many would kill
      ignore:
        - how many
across:
  - id: en.across.hopeless_again
    title: Hopeless in two conversations within a day
    why: weak signs that add up
    status: active
    signs:
      - {categories: [passive_ideation, farewell], tier: watch, times: 2}
    conversations: 2
    within: {hours: 24}
    raise: {to: elevated}
    examples:
      alert:
        - - {at: 0s, sign: passive_ideation watch, conversation: a}
          - {at: 2h, sign: passive_ideation watch, conversation: b}
      ignore:
        - - {at: 0s, sign: passive_ideation watch, conversation: a}
  - id: en.across.orders_means
    title: Orders means while a case is open
    why: preparing is more than asking
    status: active
    signs:
      - {categories: [method_question, plan], tier: elevated}
    orders: {means: any, while_open: true, days: 30}
    raise: {to: imminent}
    examples:
      alert:
        - - {at: 0s, sign: method_question elevated}
          - {at: 1h, order: rope}
      ignore:
        - - {at: 0s, sign: method_question elevated}
  - id: en.across.same_question
    title: The same question by several people
    why: a post may be going round
    status: active
    signs:
      - {categories: [method_question], tier: elevated}
    customers: 3
    within: {minutes: 60}
    show: also_asked
    examples:
      alert:
        - - {at: 0s, sign: method_question elevated, customer: a}
          - {at: 1m, sign: method_question elevated, customer: b}
          - {at: 2m, sign: method_question elevated, customer: c}
      ignore:
        - - {at: 0s, sign: method_question elevated, customer: a}
"""


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold two kinds of means, one rule of words and three across conversations."""
    folder: Path = tmp_path_factory.mktemp("triage-pack")
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.0.0\n")
    (folder / "en.yaml").write_text(RULES, encoding="utf-8")
    return load(folder)
