from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lifeline.rules.lint import lint
from lifeline.rules.lint.examples import personal_data_in
from lifeline.rules.pack import load
from lifeline.rules.problems import Problem

TODAY = date(2026, 11, 22)
REVIEWED = "    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-05-01}\n"
HEAD = "format: 1\nlanguage: zh\nrules:\n"
EXAMPLES = """\
    examples:
      alert:
        - 我真的不想活了
      ignore:
        - 不想买了
"""


def rule(
    terms: str, name: str = "one", *, tier: str = "elevated", more: str = "",
    language: str = "zh", status: str = "active", reviewed: str = REVIEWED,
    examples: str = EXAMPLES,
) -> str:  # fmt: skip
    """Write one rule."""
    return (
        f"  - id: {language}.active_intent.{name}\n    title: An invented rule\n"
        f"    category: active_intent\n    tier: {tier}\n    status: {status}\n"
        f"    {terms}\n{more}{examples}{reviewed}"
    )


def linted(folder: Path, text: str, *, manifest: str = "") -> list[Problem]:
    """What the lints say of a pack of one file."""
    (folder / "pack.yaml").write_text(f"format: 1\nname: x\nversion: 1.0.0\n{manifest}")
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return lint(load(folder, drafts=True), folder, TODAY)


def found(problems: list[Problem]) -> list[tuple[str, str, int]]:
    """Give code, severity and line of each."""
    return [(p.code, p.severity, p.line) for p in problems]


def test_good_rule_has_no_problem(tmp_path: Path):
    """Nothing is said of what is in order."""
    assert [] == linted(tmp_path, HEAD + rule("terms: [不想活, 活不下去]"))


EXCLUSION = "    exclusions:\n      - {name: idiom, why: said so, phrases: [%s]}\n"


def test_rule_whose_exclusions_hold_all_its_words_never_fires(tmp_path: Path):
    """The exclusion may be written otherwise: both are folded."""
    problems = linted(tmp_path, HEAD + rule("terms: [不想活]", more=EXCLUSION % "不 想 活, 別的"))

    assert [] == problems  # what is not separated by the author is found joined only
    problems = linted(tmp_path, HEAD + rule("terms: [不想活]", more=EXCLUSION % "不想活, 別的"))
    assert [("L070", "error", 4)] == found(problems)


def test_phrase_that_its_own_exclusion_holds_is_told(tmp_path: Path):
    """One of several phrases that can never count is a warning at the phrase, and names it."""
    problems = linted(
        tmp_path, HEAD + rule('terms: ["{不想,不愿}活", 活不下去]', more=EXCLUSION % "不愿活")
    )

    assert [("L070", "warning", 9)] == found(problems)
    assert "never finds `不愿活`: its exclusion `idiom` holds it" in problems[0].message
    assert "{不想,不愿}活" == problems[0].source[problems[0].column - 1 :][: problems[0].length]


def test_longer_exclusion_swallows_nothing(tmp_path: Path):
    """That is what exclusions are for."""
    assert [] == linted(tmp_path, HEAD + rule("terms: [想死]", more=EXCLUSION % "想死你"))


def test_exclusion_of_a_phrase_of_a_concept_is_meant(tmp_path: Path):
    """So a rule does without one phrase of a concept that it shares."""
    text = HEAD.replace("rules:", "concepts:\n  wish: [想死, 不想活]\nrules:")

    assert [] == linted(tmp_path, text + rule('terms: ["@wish"]', more=EXCLUSION % "想死"))


def together(groups: list[str], within: str) -> str:
    lines = "".join(f"        - [{group}]\n" for group in groups)
    return f"together:\n      groups:\n{lines}      within: {{{within}}}"


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["药, 片", "药, 片"], [("L071", "warning", 4)]),
        (["药", "药, 片"], [("L071", "warning", 4)]),
        (["藥", "药, 片"], [("L071", "warning", 4)]),
        (["药, 片", "药, 死"], []),
    ],
    ids=["same", "contained", "folded", "overlapping"],
)
def test_group_within_another_is_told(tmp_path: Path, groups: list[str], expected: list[object]):
    """When one word satisfies both groups, one of them asks for nothing."""
    text = HEAD + rule(together(groups, "characters: 20"))

    assert expected == found(linted(tmp_path, text))


def test_same_group_twice_over_messages_is_another_thing(tmp_path: Path):
    """There the word may have been said twice."""
    text = HEAD + rule(together(["药", "药"], "messages: 3"))

    assert [] == linted(tmp_path, text)


@pytest.mark.parametrize(
    ("language", "groups", "within", "codes"),
    [
        ("zh", ["晕车药, 药", "能死"], "characters: 2", []),
        ("zh", ["晕车药", "能死"], "characters: 2", ["L072"]),
        ("en", ["pills", "how many would it take"], "words: 4", ["L072"]),
        ("en", ["pills", "how many would it take, too many"], "words: 4", []),
    ],
)
def test_window_smaller_than_the_words_never_fires(
    tmp_path: Path, language: str, groups: list[str], within: str, codes: list[str]
):
    """The shortest phrase of each group must fit."""
    text = HEAD.replace("zh", language) + rule(together(groups, within), language=language)

    assert codes == [p.code for p in linted(tmp_path, text)]


@pytest.mark.parametrize(
    ("language", "term", "codes"),
    [
        ("zh", "死", ["L073"]),
        ("zh", "想死", []),
        ("en", "od", ["L073"]),
        ("en", "kms", []),
        ("en", "i d", []),
        ("ru", "ад", ["L073"]),
        ("ru", "яд", ["L073"]),
        ("any", "🔪", []),
    ],
)
def test_short_phrase_that_is_enough_alone_is_told(
    tmp_path: Path, language: str, term: str, codes: list[str]
):
    """A single character or a word of two letters finds too much; an emoji is a word."""
    text = HEAD.replace("zh", language) + rule(f'terms: ["{term}"]', language=language)

    assert codes == [p.code for p in linted(tmp_path, text)]


def test_short_phrase_in_a_group_is_in_order(tmp_path: Path):
    """Among others it says enough."""
    assert [] == linted(tmp_path, HEAD + rule(together(["药", "死"], "characters: 9")))


@pytest.mark.parametrize(
    ("language", "terms", "told"),
    [
        ("zh", ["不想活", "不 想 活"], "不想活"),
        ("zh", ["不愿意", "不願意"], "不願意"),
        ("en", ["kill myself", "Kill Myself"], "Kill Myself"),
        ("en", ["killmyself", "kill myself"], "killmyself"),
        ("en", ["kill {me,myself}", "kill me"], "kill me"),
        ("ru", ["всё кончено", "все кончено"], "все кончено"),
        ("en", ["kill {me,her}", "kill {me,him}"], ""),
        ("en", ["kill", "kill*"], ""),
    ],
)
def test_phrase_that_another_of_its_list_covers_is_told(
    tmp_path: Path, language: str, terms: list[str], told: str
):
    """Folded alike, the one that finds less is told, with the other; partly alike, neither is."""
    listed = ", ".join(f'"{term}"' for term in terms)
    text = HEAD.replace("zh", language) + rule(f"terms: [{listed}]", language=language)

    problems = [p for p in linted(tmp_path, text) if p.code == "L074"]

    assert [told] * bool(told) == [p.source[p.column - 1 :][: p.length] for p in problems]


def test_phrase_of_two_rules_of_different_tiers_is_told(tmp_path: Path):
    """With the names of both; the same tier twice is no matter."""
    text = HEAD + rule("terms: [不想活]") + rule("terms: [不想活, 想死]", "two", tier="watch")

    problems = linted(tmp_path, text + rule("terms: [想死]", "three", tier="watch"))

    assert [("L075", "warning", 21)] == found(problems)
    assert (
        "`不想活`: watch in zh.active_intent.two, and elevated in zh.active_intent.one"
        == problems[0].message
    )


@pytest.mark.parametrize(
    "term", [r"不想活\w", "不想.+活", "不想活|想死", "(?i)kms", "[不没]想活", "kill AND myself"]
)
def test_expression_is_told(tmp_path: Path, term: str):
    """Signs of regular expressions and searches would be passed over."""
    text = HEAD.replace("zh", "en") + rule(f"terms: ['{term}']", language="en")

    assert [("L076", "warning", 9)] == found(linted(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("请打我电话 13900000000", "a telephone or order number"),
        ("请打我电话 １３９ 0000 0000", "a telephone or order number"),
        ("打我电话13900000000好吗", "a telephone or order number"),
        ("call me on +44 20 7946 0000", "a telephone or order number"),
        ("мой номер 8 (900) 000-00-00", "a telephone or order number"),
        ("我的身份证 11010119000101001X", "an identity card number"),
        ("carte 4000 0000 0000 0002", "a bank card number"),
        ("write to li.wang@mail.invalid please", "an e-mail address"),
        ("加我微信 li_wang88", "someone's account"),
        ("QQ: 100001", "someone's account"),
        ("find me @nobody_here", "someone's handle"),
        ("找我@nobody_here吧", "someone's handle"),
        ("我QQ100001", "someone's account"),
        ("订单号 AB-100200", "an order number"),
        ("order number 100200", "an order number"),
        ("pedido 100200", "an order number"),
        ("吃了14片可以死吗?不够的话,我还有一盒", ""),
        ("I have 1000 tablets and 2 bottles", ""),
        ("on 2026-11-01 at 10:30", ""),
        ("01.11.2026", ""),
        ("欠了 1,000,000 块", ""),
        ("i owe 250000 and cant pay", ""),
        ("call 555-0142 for the order", ""),
        ("write to someone@example.com", ""),
        ("мне 20 лет, 3 года, 2 месяца, 5 дней", ""),
        ("order 2 boxes of 100 tablets", ""),
        ("see you @ 5", ""),
    ],
)
def test_personal_data_is_seen(text: str, what: str):
    """Numbers that point to a person are; amounts, dates and invented short numbers are not."""
    assert what == personal_data_in(text)


def test_personal_data_is_told_wherever_sentences_stand(tmp_path: Path):
    """In examples, corpora and cases alike, and as an error."""
    sentence = "打我电话13900000000,我不想活了"
    text = HEAD.replace(
        "rules:",
        f"must_detect:\n  elevated:\n    - {sentence}\n"
        f"benign:\n  none:\n    - 打我电话13900000000\n"
        f"known_false_positives:\n"
        f"  - {{phrase: 打我电话13900000000, reason: so, expires: 2027-01-01}}\n"
        f"cases:\n  - name: says it\n    messages:\n      - {{at: 0s, text: 13900000000}}\n"
        f"    expect: []\nrules:",
    )
    examples = EXAMPLES + f"      known_gap:\n        - {sentence}\n"

    problems = linted(tmp_path, text + rule("terms: [不想活]", examples=examples))

    assert [("L077", "error", n) for n in (5, 8, 10, 12, 29)] == found(problems)


def test_example_that_is_there_twice_is_told(tmp_path: Path):
    """A warning under the same heading; under two that exclude each other an error."""
    examples = EXAMPLES + "        - 不想买了。\n      known_gap:\n        - 我真的不想活了\n"

    problems = linted(tmp_path, HEAD + rule("terms: [不想活]", examples=examples))

    assert [("L078", "warning", 15), ("L079", "error", 17)] == found(problems)


def test_review_that_is_due_is_told(tmp_path: Path):
    """The day after it was due, not on the day."""
    due = "    reviewed: {by: [li, wang], on: 2026-05-01, next: 2026-11-%d}\n"
    on_time = rule("terms: [不想活]", reviewed=due % 22)
    late = rule("terms: [想死]", "two", reviewed=due % 21)

    problems = linted(tmp_path, HEAD + on_time + late)

    assert [("L080", "warning", 27)] == found(problems)


@pytest.mark.parametrize(
    ("status", "reviewed", "expected"),
    [
        ("active", "", [("L081", "error", 4)]),
        ("active", REVIEWED.replace("li, wang", "li"), [("L081", "error", 15)]),
        ("active", REVIEWED.replace("li, wang", "li, li"), [("L081", "error", 15)]),
        ("shadow", "", []),
        ("draft", "", []),
    ],
    ids=["nobody", "one", "the same twice", "shadow", "draft"],
)  # fmt: skip
def test_active_rule_needs_two_reviewers(
    tmp_path: Path, status: str, reviewed: str, expected: list[object]
):
    """Two different people, and only once a rule can alert."""
    text = HEAD + rule("terms: [不想活]", status=status, reviewed=reviewed)

    assert expected == found(linted(tmp_path, text))


def test_waived_reviews_are_one_warning(tmp_path: Path):
    """With the number of rules, and the reason."""
    text = HEAD + rule("terms: [不想活]", reviewed="") + rule("terms: [想死]", "two", reviewed="")

    problems = linted(tmp_path, text, manifest="review: {waived: nobody yet}\n")

    assert [("L081", "warning", 1)] == found(problems)
    assert "2 active rules have fewer than 2 reviewers; waived: nobody yet" == problems[0].message


def test_phrase_of_a_concept_is_placed_there(tmp_path: Path):
    """What is wrong with a concept's phrase is mended in the concept."""
    (tmp_path / "concepts.yaml").write_text(
        "format: 1\nlanguage: zh\nconcepts:\n  death:\n    - 死\n    - 想死\n", encoding="utf-8"
    )

    problems = linted(tmp_path, HEAD + rule('terms: ["@death"]'))

    assert [("concepts.yaml", 5)] == [(p.file, p.line) for p in problems]


def test_shipped_rules_have_no_error():
    """What is shipped passes its own check, with warnings at most."""
    folder = Path(__file__).parents[4] / "rules"

    problems = lint(load(folder), folder, TODAY)

    assert [] == [p.render() for p in problems if p.severity == "error"]
