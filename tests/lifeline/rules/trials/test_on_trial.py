"""Who would be missed while a rule is on trial."""

from __future__ import annotations

from lifeline.rules.trials.on_trial import only_on_trial


def rule(term: str, *alert: object, **fields: object) -> dict[str, object]:
    """One phrase, and what it should find."""
    return {"terms": [term], "examples": {"alert": list(alert), "ignore": ["谢谢"]}} | fields


def test_an_example_that_no_active_rule_finds_is_named(make_pack):
    """Its place is the example's; one that an active rule finds as well is not named."""
    pack = make_pack(
        rule("想跳江", "我想跳江", "不想活了,想跳江", status="shadow"),
        rule("不想活", "我不想活了"),
    )
    (problem,) = only_on_trial(pack)

    assert ("L100", "warning", "我想跳江") == (
        problem.code, problem.severity, problem.source.strip(" -")
    )  # fmt: skip
    assert "zh.active_intent.r0 is on trial" in problem.message


def test_a_conversation_found_at_an_earlier_message_is_not_missed(make_pack):
    """The team hears of it then."""
    pack = make_pack(
        rule("想跳江", ["我不想活了", "我想跳江"], status="shadow"),
        rule("不想活", "我不想活了"),
    )

    assert [] == list(only_on_trial(pack))


def test_what_comes_to_no_more_than_a_signal_alerts_nobody_anyway(make_pack):
    """A rule that is a signal on trial hides nobody; an active signal finds nobody."""
    signal = {"tier": "signal", "category": "stressor"}

    pack = make_pack(
        rule("想跳江", "睡不着想跳江", status="shadow"),
        rule("没胃口", "没胃口", status="shadow", **signal),
        rule("睡不着", "睡不着", **signal),
    )

    (problem,) = only_on_trial(pack)
    assert "睡不着想跳江" in problem.source


def test_one_rule_can_be_asked_for(make_pack):
    """The other's examples are another author's affair."""
    pack = make_pack(
        rule("想跳江", "我想跳江", status="shadow"),
        rule("想跳楼", "我想跳楼", status="shadow"),
        rule("不想活", "我不想活了"),
    )

    (problem,) = only_on_trial(pack, "zh.active_intent.r1")
    assert "我想跳楼" in problem.source
