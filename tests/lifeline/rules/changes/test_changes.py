from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lifeline.rules import schema
from lifeline.rules.changes import compare, next_version, step_for
from lifeline.rules.changes.between import Change, Weight
from lifeline.rules.changes.content import PackContent, RuleContent, Texts, key
from lifeline.rules.changes.content_of import content_of
from lifeline.rules.pack import load

PATCH, MINOR, MAJOR = Weight

RULE = {
    "id": "zh.active_intent.one",
    "title": "One",
    "category": "active_intent",
    "tier": "elevated",
    "status": "active",
    "terms": ["不想活"],
    "examples": {"alert": ["不想活了"], "ignore": ["不想买了"]},
}
GROUPS = [["药", "片"], ["多少", "几片"]]


def some_of(number, *more):
    """Some of three faint signs and these."""
    faint = [["没人"], ["没意义"], ["打扰了"], *more]
    some = {"at_least": number} if number else {}
    return together(groups=faint, within={"minutes": 30}, **some)


def together(**fields) -> dict[str, object]:
    return {"terms": None, "together": {"groups": GROUPS, "within": {"characters": 40}} | fields}


def asides(key, **fields) -> dict[str, object]:
    return {key: [{"name": "film", "why": "about a film"} | fields]}


def content(folder: Path, *rules, texts=None, manifest=None, **headings) -> PackContent:
    """The content of a pack of rules, each given by what differs from a plain one."""
    folder.mkdir(exist_ok=True)
    head = {"format": 1, "name": "test", "version": "1.0.0"} | (manifest or {})
    (folder / "pack.yaml").write_text(yaml.safe_dump(head, allow_unicode=True), "utf-8")
    # One that is always there and never changes, since a pack needs an active rule.
    written = [{**RULE, "id": "zh.active_intent.other"}]
    written += [{k: v for k, v in (RULE | rule).items() if v is not None} for rule in rules]
    file = {"format": 1, "language": "zh", "rules": written}
    file |= {name: value for name, value in headings.items() if value is not None}
    plain = json.loads(json.dumps(file))  # or YAML would write what is used twice as an anchor
    text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
    (folder / "rules.yaml").write_text(text, "utf-8")
    return content_of(load(folder), folder, texts)


@pytest.fixture
def between(tmp_path: Path):
    """Compare two packs of one rule each, given by what differs from a plain one."""

    def compared(before, after, **headings) -> list[Change]:
        texts = Texts()
        sides = [
            content(
                tmp_path / name,
                rule,
                texts=texts,
                **{key: value[at] for key, value in headings.items()},
            )
            for at, (name, rule) in enumerate((("old", before), ("new", after)))
        ]
        return compare(*sides, texts)

    return compared


def wordless(changes: list[Change]) -> list[tuple[Weight, str]]:
    return [(change.weight, change.text) for change in changes]


def fiction(**fields):
    return asides("lower", **{"to": "watch", "nearby": ["小说"]} | fields)


def bought(**fields):
    return asides("raise", **{"to": "imminent", "with": ["现在"]} | fields)


# What decides what a rule finds, before and after, and what that is called. `raises` and `lower`
# are the names of the fields in RuleSpec.
DECIDING = {
    "tier": [
        ({}, {"tier": "imminent"}, MINOR, "elevated → imminent (raised)"),
        ({}, {"tier": "watch"}, MAJOR, "elevated → watch (lowered)"),
    ],
    "status": [
        ({}, {"status": "shadow"}, MAJOR, "active → shadow"),
        ({"status": "draft"}, {"status": "shadow"}, PATCH, "draft → shadow"),
        ({"status": "shadow"}, {}, MINOR, "shadow → active"),
    ],
    "category": [
        ({}, {"category": "plan"}, MAJOR, "category active_intent → plan"),
    ],
    "speaker": [
        ({}, {"speaker": "any"}, MINOR, "speaker customer → any"),
        ({"speaker": "any"}, {}, MAJOR, "speaker any → customer"),
        ({}, {"speaker": "agent"}, MAJOR, "speaker customer → agent"),
    ],
    "channels": [
        ({}, {"channels": ["chat", "calls"]}, MAJOR, "− channel `emails`"),
        ({"channels": ["chat"]}, {"channels": ["chat", "calls"]}, MINOR, "+ channel `calls`"),
    ],
    "groups": [
        ({}, {"terms": ["不想活", "想死"]}, MINOR, "+ 1 phrase"),
        ({"terms": ["不想{活,活着}"]}, {}, MAJOR, "− 1 phrase"),
        (
            together(),
            together(groups=[*GROUPS, ["能死"]]),
            MAJOR,
            "+ group 3 (1 phrase), which must be found, too",
        ),
        (together(groups=[*GROUPS, ["能死"]]), together(), MINOR, "− group 3 (1 phrase)"),
        (
            together(),
            together(groups=[["药", "片"], ["多少", "几片", "几粒"]]),
            MINOR,
            "group 2: + 1 phrase",
        ),
    ],
    "within": [
        (
            together(),
            together(within={"characters": 20}),
            MAJOR,
            "window 40 characters → 20 characters (narrowed)",
        ),
        (
            together(),
            together(within={"minutes": 10}),
            MINOR,
            "window 40 characters → 10 minutes (widened)",
        ),
        (
            together(within={"messages": 3}),
            together(within={"minutes": 10}),
            MAJOR,
            "window 3 messages → 10 minutes (moved)",
        ),
        (
            together(),
            together(within={"words": 9}),
            MAJOR,
            "window 40 characters → 9 words (moved)",
        ),
    ],
    "ordered": [
        (together(), together(ordered="true"), MAJOR, "groups must now stand in order"),
        (together(ordered="true"), together(), MINOR, "groups may now stand in any order"),
        (
            together(ordered="true"),
            together(ordered="true", groups=GROUPS[::-1]),
            MAJOR,
            "the groups stand in another order",
        ),
    ],
    "at_least": [
        (
            some_of(None),
            some_of(2),
            MINOR,
            "3 of 3 groups needed → 2 of 3",
        ),
        (some_of(2), some_of(3), MAJOR, "2 of 3 groups needed → 3 of 3"),
        (
            some_of(2),
            some_of(2, ["睡不着"]),
            MINOR,
            "+ group 4 (1 phrase), one more way",
        ),
        (some_of(2, ["睡不着"]), some_of(2), MAJOR, "− group 4 (1 phrase)"),
    ],
    "exclusions": [
        ({}, asides("exclusions", phrases=["不想活动"]), MAJOR, "+ exclusion `film`"),
        (asides("exclusions", phrases=["不想活动"]), {}, MINOR, "− exclusion `film`"),
        (
            asides("exclusions", phrases=["不想活动"]),
            asides("exclusions", phrases=["不想活动", "不想活鱼"]),
            MAJOR,
            "exclusion `film`: + 1 phrase",
        ),
    ],
    "lower": [
        ({}, fiction(), MAJOR, "+ lower `film` to watch"),
        (fiction(), {}, MINOR, "− lower `film`"),
        (fiction(nearby=["小说", "电影"]), fiction(), MINOR, "lower `film`: − 1 phrase"),
        (fiction(), fiction(to="signal"), MAJOR, "lower `film`: watch → signal (lowered)"),
        (
            fiction(within={"characters": 9}),
            fiction(within={"characters": 90}),
            MAJOR,
            "lower `film`: window 9 characters → 90 characters (widened)",
        ),
    ],
    "raises": [
        ({}, bought(), MINOR, "+ raise `film` to imminent"),
        (bought(), {}, MAJOR, "− raise `film`"),
        (bought(**{"with": ["现在", "今晚"]}), bought(), MAJOR, "raise `film`: − 1 phrase"),
        (
            bought(orders=["药"]),
            bought(orders=["药"], **{"with": None}),
            MINOR,
            "raise `film`: needed no more: one of 1 phrase",
        ),
        (
            bought(orders=["药"], days=30),
            bought(orders=["药"], days=7),
            MAJOR,
            "raise `film`: orders of 30 days → 7 days",
        ),
    ],
    "repeat": [
        ({}, {"repeat": {"times": 3, "within": {"minutes": 9}}}, MAJOR, "must now be said 3 times"),
        ({"repeat": {"times": 3, "within": {"minutes": 9}}}, {}, MINOR, "once is enough now"),
        (
            {"repeat": {"times": 3, "within": {"minutes": 9}}},
            {"repeat": {"times": 2, "within": {"minutes": 9}}},
            MINOR,
            "times 3 → 2",
        ),
        (
            {"repeat": {"times": 3, "within": {"minutes": 9}}},
            {"repeat": {"times": 3, "within": {"minutes": 5}}},
            MAJOR,
            "repeat: window 9 minutes → 5 minutes (narrowed)",
        ),
    ],
    "position": [
        (
            {},
            {"position": {"last": {"messages": 3}}},
            MAJOR,
            "looks at: the whole conversation → last 3 messages",
        ),
        (
            {"position": {"last": {"messages": 3}}},
            {"position": {"last": {"messages": 5}}},
            MINOR,
            "looks at: last 3 messages → last 5 messages",
        ),
    ],
    "context": [
        ({}, {"context": {"orders": ["药"]}}, MAJOR, "orders: now needed: one of 1 phrase"),
        (
            {"context": {"product": ["药"]}},
            {"context": {"product": ["药", "刀"]}},
            MINOR,
            "product: + 1 phrase",
        ),
        (
            {"context": {"orders": ["药"], "days": 7}},
            {"context": {"orders": ["药"]}},
            MINOR,
            "orders of 7 days → any time",
        ),
    ],
    "foldings": [
        ({}, {"foldings": {"pinyin": "off"}}, MAJOR, "folding `pinyin`: lower → off"),
        ({}, {"foldings": {"pinyin": "keep"}}, MINOR, "folding `pinyin`: lower → keep"),
        ({}, {"foldings": {"leet": "lower"}}, MAJOR, "folding `leet`: keep → lower"),
    ],
    "unaffected_by": [
        ({}, {"unaffected_by": ["negation"]}, MINOR, "+ unaffected by `negation`"),
        ({"unaffected_by": ["negation"]}, {}, MAJOR, "− unaffected by `negation`"),
    ],
}  # fmt: skip
NEGATION = {
    "why": "says no",
    "phrases": ["没有"],
    "reach": {"before": 4},
    "to": "watch",
    "examples": {"applies": ["没有不想活"], "leaves": ["不想活"]},
}


def cleaned(rule):
    """The rule without parts that are None."""
    if isinstance(rule, dict):
        # `terms: None` takes the plain rule's terms away.
        return {k: cleaned(v) for k, v in rule.items() if v is not None or k == "terms"}
    return [cleaned(item) for item in rule] if isinstance(rule, list) else rule


@pytest.mark.parametrize(
    ("before", "after", "weight", "text"),
    [case for cases in DECIDING.values() for case in cases],
    ids=[f"{field}-{at}" for field, cases in DECIDING.items() for at in range(len(cases))],
)
def test_change_of_what_a_rule_finds_is_said_and_weighed(between, before, after, weight, text):
    """What can lose a detection is major, what can add alerts is minor."""
    modifiers = [{"negation": NEGATION}] * 2

    assert [(weight, text)] == wordless(
        between(cleaned(before), cleaned(after), modifiers=modifiers)
    )


def test_every_deciding_field_has_its_words():
    """No field can change what a rule finds unsaid; the id and its language stand for the rule.

    What of them needs a scale is tested by itself.
    """
    assert set(schema._DECIDING) - {"id", "language", "adds_up", "scale"} == set(DECIDING)


@pytest.mark.parametrize(
    ("needed", "points", "weight", "text"),
    [
        ((24, 30), ("1 2 3", "1 2 3"), MAJOR, "24 points needed → 30"),
        ((24, 20), ("1 2 3", "1 2 3"), MINOR, "24 points needed → 20"),
        ((24, 24), ("1 2 3", "1 2 4"), MINOR, "the points of its scale were weighed anew"),
    ],
)
def test_points_needed_and_points_given_have_their_words(between, needed, points, weight, text):
    """More points needed may lose a hit; new points are said."""
    rules = [{"terms": None, "adds_up": number} for number in needed]
    scales = [{"window": 9, "points": {"累": given}} for given in points]
    assert [(weight, text)] == wordless(between(*rules, scale=scales))


@pytest.mark.parametrize(
    ("points", "weight", "text"),
    [
        ((None, 5), MAJOR, "zh: added"),
        ((5, None), MINOR, "zh: removed"),
        ((5, 6), MAJOR, "zh: the points were weighed anew"),
    ],
)
def test_surroundings_weighed_anew_may_lose_a_hit(between, points, weight, text):
    """They lower hits, so whatever changes of them but their going is major."""
    numbers = {"reach": 9, "watch": 9, "signal": 9}
    sides = [numbers | {"points": {"队友": given}} if given else None for given in points]
    assert [(weight, text)] == wordless(between({}, {}, surroundings=sides))


ACROSS = {
    "id": "zh.across.one",
    "title": "One",
    "why": "One.",
    "status": "active",
    "signs": [{"categories": ["farewell"], "tier": "watch", "times": 2}],
    "within": {"hours": 24},
    "raise": {"to": "elevated"},
    "examples": {
        "alert": [[{"at": "0m", "sign": "farewell watch"}]],
        "ignore": [[{"at": "0m", "sign": "farewell signal"}]],
    },
}
ASKS = "farewell (watch or worse) 2 times within 24 hours"
RETIRED = {"status": "retired", "retired": {"on": "2026-11-01", "why": "no need"}}


@pytest.mark.parametrize(
    ("old", "new", "weight", "text"),
    [
        (None, {}, MINOR, f"added (active): {ASKS}; raises to elevated"),
        ({}, None, MAJOR, f"removed (active): {ASKS}; raises to elevated"),
        (None, {"status": "draft"}, PATCH, f"added (draft): {ASKS}; raises to elevated"),
        ({}, RETIRED, MAJOR, "active → retired"),
        ({"status": "draft"}, {}, MINOR, "draft → active"),
        ({}, {"within": {"hours": 25}}, MAJOR, f"needed: {ASKS} → {ASKS.replace('24', '25')}"),
        (
            {},
            {"orders": {"means": "rope", "days": 9, "undelivered": True}},
            MAJOR,
            f"needed: {ASKS} → {ASKS} with an undelivered order of means (rope) of 9 days",
        ),
        (
            {},
            {"raise": {"to": "elevated", "priority": 1}},
            MAJOR,
            "raises to elevated → raises to elevated and to priority 1",
        ),
        ({}, {"title": "Two"}, PATCH, "title: One → Two"),
        ({}, {"why": "Two."}, PATCH, "its reason, examples, references or author changed"),
        (
            {},
            {"reviewed": {"by": ["li"], "on": "2026-11-01", "next": "2027-11-01"}},
            PATCH,
            "reviewed never → 2026-11-01",
        ),
    ],
)
def test_rule_across_conversations_changed(between, old, new, weight, text):
    """What it asks for and does is told in words; of an active one that may lose a raise."""
    sides = [[ACROSS | side] if side is not None else [] for side in (old, new)]
    changes = between({}, {}, across=sides)
    assert (weight, text) in wordless(changes)
    assert {"zh.across.one"} == {change.about for change in changes}


def test_everything_that_decides_a_rule_across_conversations_is_told(between):
    """No field that makes another version of it is passed over."""
    changed = {
        "signs": [{"categories": ["farewell", "plan"], "tier": "watch", "times": 2}],
        "conversations": 2,
        "within": {"days": 2},
        "orders": {"means": "any", "while_open": True},
        "raise": {"to": "imminent"},
    }
    for name, value in changed.items():
        sides = [[ACROSS], [ACROSS | {name: value}]]
        assert [MAJOR] == [change.weight for change in between({}, {}, across=sides)], name


@pytest.mark.parametrize(
    ("old", "new", "weight", "text"),
    [
        (None, ["绳子", "麻绳"], MINOR, "added: 2 phrases"),
        (["绳子"], None, MAJOR, "removed: 1 phrase"),
        (["绳子"], ["绳子", "麻绳"], MINOR, "+ 1 phrase"),
        (["绳子", "麻绳"], ["绳子"], MAJOR, "− 1 phrase"),
        (["绳子"], {"terms": ["绳子"], "except": ["跳绳子"]}, MAJOR, "+ 1 exception"),
        (
            ["绳子"],
            {"terms": ["绳子"], "titles": ["绳子"]},
            PATCH,
            "its titles to be tried changed",
        ),
    ],
)
def test_means_changed(between, old, new, weight, text):
    """A word less, or an exception more, may lose a raise."""
    sides = [{"rope": side} if side else None for side in (old, new)]
    changes = between({}, {}, means=sides)
    assert [(weight, text)] == wordless(changes)
    assert {"means zh.rope"} == {change.about for change in changes}


def numbers(*given: tuple[str, str]) -> dict[str, object]:
    listed = [{"kind": k, "number": n, "name": "x", "source": "y"} for k, n in given]
    return {"responders": [{"region": "CN", "next": "2026-12-23", "numbers": listed}]}


POLICE, LINE, OLD = ("police", "110"), ("crisis_line", "12356"), ("crisis_line", "12320")


@pytest.mark.parametrize(
    ("old", "new", "texts"),
    [
        ((POLICE, OLD), (POLICE, LINE), ["− crisis_line 12320", "+ crisis_line 12356"]),
        ((LINE, OLD), (OLD, LINE), ["called in this order: crisis_line 12320, crisis_line 12356"]),
        ((POLICE,), (POLICE,), []),
    ],
)
def test_numbers_to_call_changed(tmp_path: Path, old, new, texts):
    """What came, what went and what is called first is told; nothing else is found by it."""
    texts_of = Texts()
    sides = [
        content(tmp_path / str(side), texts=texts_of, **numbers(*given))
        for side, given in enumerate((old, new))
    ]
    changes = compare(*sides, texts_of)

    assert texts == [change.text for change in changes]
    assert {("responders CN", PATCH)} >= {(change.about, change.weight) for change in changes}


def test_other_order_of_phrases_is_no_change_of_what_is_found(between):
    """Phrases changed places, so the version of the rule is another, and nothing is lost."""
    changes = between({"terms": ["想死", "不想活"]}, {"terms": ["不想活", "想死"]})

    assert [(PATCH, "written in another order; finds the same")] == wordless(changes)


def test_alternative_more_in_braces_is_one_phrase_more(between):
    """The braces are filled in before phrases are compared, and the phrase is named."""
    changes = between({"terms": ["不想{活,过}"]}, {"terms": ["不想{活,过,再醒}"]})

    about = "zh.active_intent.one"
    assert [Change(MINOR, about, "phrases_added", "+ 1 phrase", ("不想再醒",))] == changes


def test_draft_changes_without_weight(between):
    """What nobody is alerted by can lose nothing."""
    draft = {"status": "draft"}

    changes = between(draft | {"terms": ["想死"]}, draft | {"tier": "watch"})

    assert {PATCH} == {change.weight for change in changes}
    assert 3 == len(changes)


def test_rule_on_trial_can_lose_nothing_as_it_becomes_active(between):
    """That it alerts from now on is all that counts."""
    changes = between({"status": "shadow", "terms": ["不想活", "想死"]}, {})

    assert [(MINOR, "shadow → active"), (PATCH, "− 1 phrase")] == wordless(changes)


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("title", "Another", "title"),
        ("references", ["C-SSRS"], "notes"),
        ("author", "li", "notes"),
        ("lower", fiction(why="in a book")["lower"], "notes"),
        ("reviewed", {"by": ["li"], "on": "2026-11-01", "next": "2027-05-01"}, "review notes"),
        ("examples", RULE["examples"] | {"known_gap": ["不想了"]}, "examples_added"),
    ],
)
def test_what_stands_beside_a_rule_has_no_weight(between, field, value, kind):
    """Titles, examples, references and review dates have no effect on what is found."""
    changes = between(fiction(), fiction() | {field: value})

    assert kind == " ".join(change.kind for change in changes)
    assert {PATCH} == {change.weight for change in changes}


def test_moving_a_rule_is_no_change(tmp_path: Path):
    """Where a rule stands does not count."""
    one, two = RULE | {"id": "zh.plan.a"}, RULE | {"id": "zh.plan.b"}
    sides = content(tmp_path / "old", one, two), content(tmp_path / "new", two, one)

    assert [] == compare(*sides, Texts())


@pytest.mark.parametrize(
    ("status", "came", "went"),
    [("active", MINOR, MAJOR), ("shadow", PATCH, PATCH), ("draft", PATCH, PATCH)],
)
def test_rule_comes_and_goes(tmp_path: Path, status, came, went):
    """An active rule that goes can lose a detection, one that comes adds alerts."""
    without, with_it = (
        content(tmp_path / name, *rules)
        for name, rules in (("without", ()), ("with", ({"status": status},)))
    )

    assert [(came, f"added ({status}, elevated)")] == wordless(compare(without, with_it, Texts()))
    assert [(went, f"removed (was {status}, elevated)")] == wordless(
        compare(with_it, without, Texts())
    )


def test_concept_is_named_and_its_phrases_said_once(between):
    """Each rule names the concept that changed it; the concept's own entry has the phrases."""
    rule = {"terms": ["@medicine", "不想活"]}
    changes = between(
        rule, rule, concepts=[{"medicine": ["安眠药", "晕车药"]}, {"medicine": ["晕车药", "药片"]}]
    )

    assert [
        (MAJOR, "concept zh.medicine", "− 1 phrase (in 1 place)", ("安眠药",)),
        (MINOR, "concept zh.medicine", "+ 1 phrase (in 1 place)", ("药片",)),
        (MAJOR, "zh.active_intent.one", "− 1 phrase by concept @medicine", ()),
        (MINOR, "zh.active_intent.one", "+ 1 phrase by concept @medicine", ()),
    ] == [(c.weight, c.about, c.text, c.phrases) for c in changes]


def test_own_phrases_are_told_from_those_of_a_concept(between):
    """What the author wrote into the rule itself is named in the rule."""
    changes = between(
        {"terms": ["@medicine"]},
        {"terms": ["@medicine", "想死"]},
        concepts=[{"medicine": ["安眠药"]}, {"medicine": ["安眠药", "药片"]}],
    )

    assert [
        ("+ 1 phrase (in 1 place)", ("药片",)),
        ("+ 1 phrase by concept @medicine", ()),
        ("+ 1 phrase", ("想死",)),
    ] == [(c.text, c.phrases) for c in changes]


def test_concept_that_no_rule_uses_has_no_weight(between):
    """Phrases that nothing looks for are neither lost nor found."""
    changes = between({}, {}, concepts=[{"medicine": ["安眠药"]}, {"medicine": ["药片"]}])

    assert [
        (PATCH, "− 1 phrase (changes no rule)"),
        (PATCH, "+ 1 phrase (changes no rule)"),
    ] == wordless(changes)


@pytest.mark.parametrize(
    ("fields", "weight", "text"),
    [
        ({"phrases": ["没有", "从不"]}, MAJOR, "+ 1 phrase"),
        ({"except": ["没有办法"]}, MINOR, "+ 1 exception"),
        ({"reach": {"before": 6}}, MAJOR, "reach in front of a hit 4 → 6"),
        ({"reach": {"before": 2}}, MINOR, "reach in front of a hit 4 → 2"),
        ({"reach": {"before": 4, "after": 2}}, MAJOR, "reach behind a hit 0 → 2"),
        ({"reach": {"before": 4, "over": "sentence"}}, MAJOR, "reaches over a sentence"),
        ({"to": "signal"}, MAJOR, "highest tier left: watch → signal (lowered)"),
        ({"to": None}, MINOR, "highest tier left: watch → unchanged (raised)"),
        ({"categories": ["plan"]}, MAJOR, "categories: plan"),
        ({"why": "denies"}, PATCH, "its reason or examples changed"),
    ],
)
def test_modifier_that_reaches_further_can_lose(between, fields, weight, text):
    """What lowers more is major, what lowers less is minor."""
    after = cleaned(NEGATION | fields)

    changes = between({}, {}, modifiers=[{"negation": NEGATION}, {"negation": after}])

    assert [("modifier zh.negation", weight, text)] == [
        (c.about, c.weight, c.text) for c in changes
    ]


def test_modifier_that_only_notes_has_no_weight(between):
    """It lowers nothing, wherever it stands."""
    note = cleaned(NEGATION | {"to": None})

    changes = between({}, {}, modifiers=[{}, {"negation": note}])

    assert [(PATCH, "added")] == wordless(changes)


@pytest.mark.parametrize(
    ("before", "after", "weight", "text"),
    [
        ({}, {"foldings": {"pinyin": "off"}}, MAJOR, "+ turned off: folding `pinyin`"),
        ({"foldings": {"pinyin": "off"}}, {}, MINOR, "− turned off: folding `pinyin`"),
        (
            {},
            {"foldings": {"homophone": {"except": ["相似"]}}},
            MAJOR,
            "folding `homophone`: + 1 exception",
        ),
        ({}, {"name": "ours"}, PATCH, "name: test → ours"),
        ({}, {"version": "1.1.0"}, PATCH, "version: 1.0.0 → 1.1.0"),
        ({}, {"review": {"waived": "a test"}}, PATCH, "review of active rules: waived: a test"),
    ],
)
def test_manifest_is_compared_too(between, before, after, weight, text):
    """A folding turned off can lose a detection."""
    changes = between({}, {}, manifest=[before, after])

    assert [("pack.yaml", weight, text)] == [(c.about, c.weight, c.text) for c in changes]


def test_line_that_must_be_detected_is_never_lost_silently(between):
    """A line removed and a line with a lower tier are major, and the line is named."""
    before = {"elevated": ["不想活", "想死"], "watch": ["没意思"]}
    after = {"elevated": ["没意思"], "watch": ["想死"]}

    changes = between({}, {}, must_detect=[before, after])

    lost = [change for change in changes if change.weight is MAJOR]
    assert [("不想活",), ("想死",)] == sorted(c.phrases for c in lost)
    assert {"removed (elevated)", "elevated → watch"} == {c.text.split(": ")[1] for c in lost}
    assert [(PATCH, "↑ 1 line")] == [(c.weight, c.text) for c in changes if c.weight is PATCH]


@pytest.mark.parametrize(
    ("heading", "value", "text"),
    [
        ("benign", {"none": ["你好"]}, "none: + 1 line"),
        ("known_gaps", {"watch": ["心好累"]}, "watch: + 1 line"),
        (
            "known_false_positives",
            [{"phrase": "不想活动", "reason": "sport", "expires": "2027-01-01"}],
            "+ 1 line",
        ),
        (
            "cases",
            [
                {
                    "name": "one",
                    "messages": [{"at": "0s", "text": "不想活"}],
                    "expect": [{"after": 1, "tier": "elevated"}],
                }
            ],
            "+ 1 case",
        ),
        ("must_detect", {"watch": ["不想活"]}, "+ 1 line"),
    ],
)
def test_line_more_in_a_corpus_has_no_weight(between, heading, value, text):
    """What the pack is held to changes nothing of what it finds."""
    empty = type(value)()

    assert [(PATCH, text)] == wordless(between({}, {}, **{heading: [empty, value]}))


def test_content_survives_its_file(tmp_path: Path):
    """What is written as JSON is read as the same, all parts of it."""
    rule = cleaned(together()) | fiction() | bought() | {"foldings": {"pinyin": "off"}}
    whole = content(tmp_path, rule, modifiers={"negation": NEGATION}, concepts={"a": ["药"]})

    assert whole == msgspec.json.decode(msgspec.json.encode(whole), type=PackContent)


_PHRASES = st.frozensets(
    st.text(st.sampled_from("不想活死走过"), min_size=1, max_size=4), min_size=1
)


@given(_PHRASES, _PHRASES)
def test_each_phrase_that_came_or_went_is_named(before, after):
    """Whatever the lists are, what changed is their difference."""
    texts, sides = Texts(), []
    for phrases in (before, after):
        texts.add_terms("zh.plan.a", "zh", phrases)
        group = "".join(sorted(map(key, phrases)))
        rule = RuleContent(
            version="", status="active", tier="watch", category="plan", title="", groups=(group,)
        )
        sides.append(PackContent(name="test", version="1.0.0", rules={"zh.plan.a": rule}))

    found = {c.kind: set(c.phrases) for c in compare(*sides, texts)}

    assert before - after == found.get("phrases_removed", set())
    assert after - before == found.get("phrases_added", set())


@pytest.mark.parametrize(
    ("version", "weight", "expected"),
    [
        ("1.4.2", None, "1.4.2"),
        ("1.4.2", PATCH, "1.4.3"),
        ("1.4.2", MINOR, "1.5.0"),
        ("1.4.2", MAJOR, "2.0.0"),
        ("0.4.2", PATCH, "0.4.3"),
        ("0.4.2", MINOR, "0.4.3"),
        ("0.4.2", MAJOR, "0.5.0"),
    ],
)
def test_next_version_follows_the_weight(version, weight, expected):
    """Semantic versions; below 1.0.0 the second number takes the part of the first."""
    assert expected == next_version(version, weight)


def test_version_that_rose_asks_for_no_step(between):
    """It is the answer to changes, not one."""
    assert step_for(between({}, {}, manifest=[{}, {"version": "2.0.0"}])) is None
    assert MAJOR == step_for(between({"terms": ["想死"]}, {}))
