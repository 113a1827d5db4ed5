from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from lifeline.rules import across, corpora, json_schema, manifest, means, reader, time_lines
from lifeline.rules.json_schema import of_rule as json_rule
from lifeline.rules.json_schema import parts as json_parts

RULES = Path(__file__).parents[4] / "rules"
GOOD = """\
format: 1
language: zh
concepts:
  medicine: [晕车药, 安眠药]
modifiers:
  negation:
    why: says it is not so
    phrases: [不是, 没有]
    reach: {before: 4}
    to: watch
    examples:
      applies: [我不是不想活]
      leaves: [不是的 我不想活]
rules:
  - id: zh.active_intent.no_wish_to_live
    title: Does not want to live
    category: active_intent
    tier: elevated
    status: shadow
    speaker: any
    channels: [chat, calls]
    position: {last: {messages: 3}}
    context: {orders: "@medicine", days: 30}
    together:
      groups:
        - ["@medicine"]
        - [想死, 88]
      within: {characters: 40}
      ordered: true
    repeat: {times: 2, within: {minutes: 20}}
    exclusions:
      - {name: devices, why: a device hangs, phrases: [死机]}
    lower:
      - {name: fiction, why: about a book, to: watch, nearby: [小说], within: {characters: 10}}
    raise:
      - {name: now, why: at once, to: imminent, with: 现在, within: {characters: 8}}
    foldings: {homophone: keep}
    unaffected_by: [negation]
    examples:
      alert:
        - 我真的不想活了
        - [我买了药, 我想死]
      ignore:
        - 不想买了
      known_gap:
        - 想解脱
    references: ["C-SSRS screener, item 1"]
    author: li
    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-05-01}
across:
  - id: zh.across.question_and_means
    title: Asks again what would kill, and bought means
    why: They asked twice, and bought means.
    status: active
    signs:
      - {categories: [method_question, plan], tier: elevated, times: 2}
    conversations: 2
    within: {hours: 24}
    orders: {means: [medicine, rope], days: 30, undelivered: true}
    raise: {to: imminent, priority: 1}
    examples:
      alert:
        - - {at: 0m, channel: calls, conversation: a, sign: plan elevated}
          - {at: 2.5h, conversation: b, sign: plan elevated}
          - {at: 3h, order: 晕车药, category: otc, status: 已发货}
      ignore:
        - [{at: 0d, sign: plan elevated}, {at: 1d, closed: a}]
    references: ["C-SSRS screener, item 6"]
    author: li
    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-05-01}
  - id: zh.across.many_ask
    title: Many ask
    why: Many asked.
    status: retired
    retired: {on: 2026-11-01, why: not needed}
    signs: [{categories: [method_question]}]
    customers: 5
    within: {minutes: 60}
    show: also_asked
    examples:
      alert: [[{at: 0s, customer: one, sign: plan elevated}]]
      ignore: [[{at: 0s, customer: one, sign: plan watch}]]
means:
  medicine: [晕车药]
  rope:
    terms: ["@medicine", 绳子]
    except: [手绳子]
    titles: [绳子 10米]
    not: [手绳子]
must_detect:
  elevated: [我不想活了]
benign:
  none: [我想退货]
known_false_positives:
  - {phrase: 我想死你了, reason: missed someone, expires: 2027-01-01}
cases:
  - name: says it twice
    channel: chat
    messages:
      - {at: 0s, text: 你好}
      - {at: 2m, arrives: 3m, speaker: customer, text: 我不想活了}
    ends: true
    orders:
      - {days_ago: 3, title: 晕车药}
    expect:
      - {after: 1, tier: none}
      - {after: 2, tier: elevated, rule: zh.active_intent.no_wish_to_live}
"""


class EditorLoader(yaml.CSafeLoader):  # libyaml takes `[why?]` for text, as editors do
    """Reads YAML 1.2 as editors do: `on` and dates are text, only true and false are booleans."""


EditorLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+", "-+0123456789"),
    ("tag:yaml.org,2002:bool", "true|false", "tf"),
    ("tag:yaml.org,2002:null", "null|~|", "n~"),
):
    EditorLoader.add_implicit_resolver(tag, re.compile(f"^(?:{pattern})$"), list(first))


def data(text: str) -> Any:
    return yaml.load(text, EditorLoader)  # noqa: S506 - a safe loader with fewer resolvers


def wrong(schema: dict[str, Any], document: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema.rule_file()


@pytest.mark.parametrize(
    "path", sorted(RULES.rglob("*/*.yaml")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_shipped_rule_files_are_valid(path: Path, schema: dict[str, Any]):
    """An editor underlines nothing in the rules that are shipped."""
    assert [] == wrong(schema, data(path.read_text(encoding="utf-8")))


def test_shipped_manifest_is_valid():
    """Nor in the pack's manifest."""
    text = (RULES / "pack.yaml").read_text(encoding="utf-8")

    assert [] == wrong(json_schema.pack(), data(text))


def test_every_field_is_valid(schema: dict[str, Any]):
    """A file that uses all there is is valid."""
    assert [] == wrong(schema, data(GOOD))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("format: 1", "format: 2"),
        ("language: zh", "language: de"),
        ("  medicine:", "  Medicine:"),
        ("[晕车药, 安眠药]", "[]"),
        ("    reach: {before: 4}", "    reach: {}"),
        ("    reach: {before: 4}", "    reach: {before: 41}"),
        ("zh.active_intent.no", "zh.active_intent.No"),
        ("    title: Does not want to live\n", ""),
        ("category: active_intent", "category: intent"),
        ("category: active_intent", "category: stressor"),
        ("tier: elevated\n    status", "tier: high\n    status"),
        ("tier: elevated\n    status", "tier: signal\n    status"),
        ("status: shadow", "status: live"),
        ("speaker: any", "speaker: bot"),
        ("[chat, calls]", "[chat, call]"),
        ("{last: {messages: 3}}", "{last: {messages: 3, seconds: 3}}"),
        ("{last: {messages: 3}}", "{first: {messages: 3}, last: {messages: 3}}"),
        ("    together:", "    terms: [想死]\n    together:"),
        ("        - [想死, 88]\n", ""),
        ("within: {characters: 40}", "within: {characters: 4000}"),
        ("within: {characters: 40}", "within: {letters: 40}"),
        ("within: {characters: 40}", "within: {}"),
        ("ordered: true", "ordered: maybe"),
        ("times: 2", "times: 1"),
        ("why: a device hangs, ", ""),
        ("to: imminent", "to: worst"),
        ("homophone: keep", "homophone: on"),
        ("homophone: keep", "homophones: keep"),
        ("    examples:\n      alert:", "    example:\n      alert:"),
        ("      ignore:\n        - 不想买了\n", ""),
        ("      ignore:\n        - 不想买了", "      ignore: []"),
        ("on: 2026-11-01", "on: 2026/11/01"),
        ("[想死, 88]", "[｛想,要｝死]"),
        ("zh.across.many", "zh.ask.many"),
        ("status: retired", "status: shadow"),
        ("    why: Many asked.\n", ""),
        ("within: {hours: 24}", "within: {hours: 24, days: 1}"),
        ("within: {hours: 24}", "within: {hours: 169}"),
        ("signs: [{categories: [method_question]}]", "signs: []"),
        ("{categories: [method_question]}", "{categories: [question]}"),
        ("    show: also_asked\n", ""),
        ("customers: 5", "customers: 1"),
        ("raise: {to: imminent, priority: 1}", "raise: {to: imminent, priority: 3}"),
        ("raise: {to: imminent, priority: 1}", "raise: {}"),
        ("{means: [medicine, rope], days: 30, ", "{means: [medicine, rope], "),
        ("{means: [medicine, rope], ", "{"),
        ("[medicine, rope]", "[medicine, ropes]"),
        ("at: 2.5h", "at: 2.5 hours"),
        ("means:\n  medicine:", "means:\n  medicines:"),
        ('    terms: ["@medicine", 绳子]\n', ""),
        ("must_detect:\n  elevated", "must_detect:\n  none"),
        ("benign:\n  none", "benign:\n  imminent"),
        ("reason: missed someone, ", ""),
        ("at: 0s", "at: soon"),
        ("days_ago: 3", "days_ago: 0"),
        ("after: 1, tier: none", "after: 0, tier: none"),
    ],
)  # fmt: skip
def test_mistake_is_underlined(old: str, new: str, schema: dict[str, Any]):
    """Each kind of mistake that a schema can tell is told."""
    assert old in GOOD

    assert [] != wrong(schema, data(GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(
    "text",
    [
        "{format: 1, name: x}",
        "{format: 1, name: x, version: one}",
        "{format: 1, name: x, version: 1.0.0, foldings: {leet: on}}",
        "{format: 1, name: x, version: 1.0.0, review: {}}",
        "{format: 1, name: x, version: 1.0.0, rules: []}",
    ],
)
def test_mistake_in_manifest_is_underlined(text: str):
    """The same for pack.yaml."""
    assert [] != wrong(json_schema.pack(), data(text))


def test_manifest_with_everything_is_valid():
    """Foldings are off, or have exceptions."""
    text = (
        "{format: 1, name: x, version: 1.0.0, foldings: {leet: off, homophone: {except: [紫砂]}}}"
    )

    assert [] == wrong(json_schema.pack(), data(text))


def test_schemas_know_the_keys_that_the_reader_knows(schema: dict[str, Any]):
    """No key is known to the one and not to the other."""
    known = schema["properties"]

    assert set(reader._FILE_KEYS) == known.keys()
    assert set(reader.RULE_KEYS) == known["rules"]["items"]["properties"].keys()
    assert set(reader._REQUIRED) == set(known["rules"]["items"]["required"])
    modifier = known["modifiers"]["additionalProperties"]
    assert set(reader._MODIFIER_KEYS) == modifier["properties"].keys()
    assert set(corpora._CASE_KEYS) == known["cases"]["items"]["properties"].keys()
    across_rule = known["across"]["items"]
    assert set(across.ACROSS_KEYS) == across_rule["properties"].keys()
    assert set(across._REQUIRED) == set(across_rule["required"])
    signs = across_rule["properties"]["signs"]["items"]["properties"]
    assert set(across.SIGN_KEYS) == signs.keys()
    assert set(across.ORDER_KEYS) == across_rule["properties"]["orders"]["properties"].keys()
    lines = across_rule["properties"]["examples"]["properties"]["alert"]["items"]
    assert set(time_lines.STEP_KEYS) == lines["items"]["properties"].keys()
    assert set(means.KINDS) == known["means"]["properties"].keys()
    rope = known["means"]["properties"]["rope"]["anyOf"][1]["properties"]
    assert set(means._KEYS) == rope.keys()
    assert set(manifest.MANIFEST_KEYS) == json_schema.pack()["properties"].keys()
    assert reader._ID.pattern == json_rule._ID
    assert reader._NAME.pattern == json_parts.NAME


def test_every_key_of_a_rule_is_described(schema: dict[str, Any]):
    """An editor has something to show for every key of a rule."""
    for heading in ("rules", "across"):
        rule = schema["properties"][heading]["items"]["properties"]
        known = {key for key, value in rule.items() if value.get("description")}
        assert rule.keys() - {"examples"} == known - {"examples"}


@pytest.mark.parametrize(
    ("name", "made"),
    [(json_schema.RULE_FILE, json_schema.rule_file), (json_schema.PACK, json_schema.pack)],
)
def test_copy_beside_the_rules_is_the_schema(name: str, made: Any):
    """The files that editors are pointed to are what the code makes; `lifeline rules schema`."""
    assert made() == json.loads((RULES / name).read_text(encoding="utf-8"))
