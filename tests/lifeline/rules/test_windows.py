"""Repeats, positions and order over several messages."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.taxonomy import Tier


def words(finding):
    """The evidence of a finding's only hit."""
    return [e.text for e in finding.hits[0].evidence] if finding else None


def repeat(times, **within):
    """A rule that asks for anger said several times."""
    return {"terms": ["气死我了"], "repeat": {"times": times, "within": within}}


def ordered(*groups, **within):
    """A rule of several groups in this order."""
    groups = [list(group) for group in groups]
    return {"together": {"groups": groups, "within": within, "ordered": True}}


# Repeats


def test_a_repeat_hits_at_the_message_that_completes_it(make_talk):
    """Anger said twice is nothing yet; the third time within the window hits, all three shown."""
    talk = make_talk(repeat(3, minutes=30))
    assert talk.chat("气死我了", at=0) is None
    assert talk.chat("气死我了!", at=600) is None
    assert ["气死我了"] * 3 == words(talk.chat("真是气死我了", at=1700))


def test_saying_it_thrice_in_one_message_is_once(make_talk):
    """A repeat counts messages: one that says it over and over is one."""
    talk = make_talk(repeat(2, minutes=30))
    assert talk.chat("气死我了气死我了气死我了") is None


def test_the_window_of_a_repeat_slides(make_talk):
    """What straddles the edge of any fixed window is found; what is too far apart is not."""
    talk = make_talk(repeat(3, minutes=10))
    assert talk.chat("气死我了", at=0) is None
    assert talk.chat("气死我了", at=540) is None
    assert talk.chat("气死我了", at=660) is None  # the first is eleven minutes ago
    assert talk.chat("气死我了", at=1100) is not None  # 540, 660 and this one


def test_a_repeat_may_count_in_messages(make_talk):
    """Three of the last five messages, those of the agent counted as messages."""
    talk = make_talk(repeat(2, messages=3))
    talk.chat("气死我了", at=0)
    talk.chat("请稍等", at=1, speaker="agent")
    assert talk.chat("气死我了", at=2) is not None
    talk.chat("好的", at=3)
    talk.chat("好的", at=4)
    assert talk.chat("气死我了", at=5) is None


def test_a_revision_is_not_a_second_time(make_talk):
    """The words of one segment, revised, count once."""
    talk = make_talk(repeat(2, minutes=5))
    talk.segment("气死我了", key="s1", final=False)
    assert talk.segment("气死我了啊", key="s1", final=True, at=1) is None
    assert talk.segment("气死我了", key="s2", at=2) is not None


def test_a_repeat_of_groups_counts_messages_that_hold_them_all(make_talk):
    """A repeat works on top of groups within one message."""
    condition = {"groups": [["退款"], ["骗子"]], "within": {"characters": 20}}
    talk = make_talk({"together": condition, "repeat": {"times": 2, "within": {"minutes": 5}}})
    talk.chat("退款!骗子")
    assert talk.chat("退款", at=1) is None
    assert talk.chat("骗子,退款", at=2) is not None


def test_repeats_come_to_what_counting_says(make_talk):
    """In whatever order messages come, a repeat hits where a window of its size holds enough."""
    talk = make_talk(repeat(3, minutes=10))

    @given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=12))
    def check(said):
        held = type(talk)(talk.pack, age=7200)
        minutes = []
        for minute, angry in said:
            finding = held.chat("气死我了" if angry else "你好", at=minute * 60)
            if angry:
                minutes.append(minute)
                around = [m for m in minutes if abs(m - minute) <= 10]
                starts = [m for m in around if m <= minute]
                fits = any(sum(first <= m <= first + 10 for m in around) >= 3 for first in starts)
                assert fits == (finding is not None)
            else:
                assert finding is None

    check()


# Order over several messages


def test_groups_in_order_may_span_messages(make_talk):
    """First the drink, then the wrist; the other way round is another story."""
    rule = ordered(["酒瘾"], ["手腕"], minutes=10)
    talk = make_talk(rule)
    assert talk.chat("怎么戒酒瘾", at=0) is None
    assert ["酒瘾", "手腕"] == words(talk.chat("手腕在流血", at=60))
    talk = make_talk(rule)
    assert talk.chat("手腕扭了", at=0) is None
    assert talk.chat("怎么戒酒瘾", at=60) is None


def test_order_goes_by_when_it_was_said(make_talk):
    """A first half that comes late still completes what was said after it."""
    talk = make_talk(ordered(["酒瘾"], ["手腕"], minutes=10))
    assert talk.chat("手腕在流血", at=60, received=60) is None
    assert ["酒瘾", "手腕"] == words(talk.chat("怎么戒酒瘾", at=0, received=61))


def test_order_holds_within_a_message_too(make_talk):
    """Both halves in one message count only in their order."""
    talk = make_talk(ordered(["酒瘾"], ["手腕"], minutes=10))
    assert talk.chat("手腕疼,酒瘾犯了") is None
    assert talk.chat("酒瘾犯了,手腕疼", conversation_id="d") is not None


def test_a_chain_reaches_over_three_messages(make_talk):
    """Of three groups in order, the middle one may come last."""
    talk = make_talk(ordered(["一"], ["二"], ["三"], minutes=10))
    talk.chat("一", at=0, received=0)
    talk.chat("三", at=120, received=1)
    assert ["一", "二", "三"] == words(talk.chat("二", at=60, received=2))


def test_a_word_inside_another_may_be_the_one_in_order(make_talk):
    """What is shown once still counts for each group, as it does within one message."""
    talk = make_talk(ordered(["吃", "药"], ["药片", "片"], minutes=10))
    assert talk.chat("吃药片") is not None
    talk = make_talk(ordered(["药"], ["死"], minutes=10))
    assert talk.chat("死。" * 25 + "药 死") is not None


def test_a_chain_too_long_is_none(make_talk):
    """The window bounds the chain from its first words to its last."""
    talk = make_talk(ordered(["一"], ["二"], messages=2))
    talk.chat("一", at=0)
    talk.chat("好", at=1)
    assert talk.chat("二", at=2) is None
    talk.chat("一", at=3)
    assert talk.chat("二", at=4) is not None


def test_chains_come_to_what_trying_all_says(make_talk):
    """A rule in order hits exactly where some choice of words around the message fits."""
    talk = make_talk(ordered(["一"], ["二"], ["三"], minutes=10))

    @given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("一二三空")), max_size=10))
    def check(said):
        held = type(talk)(talk.pack, age=7200)
        places = []
        for number, (minute, word) in enumerate(said):
            finding = held.chat(word, at=minute * 60)
            here = (minute, number)
            places.append((here, word))
            choices = itertools.product(*([p for p, w in places if w == g] for g in "一二三"))
            expected = any(
                a < b < c and here in (a, b, c) and c[0] - a[0] <= 10 for a, b, c in choices
            )
            assert expected == (finding is not None)

    check()


def test_a_word_said_long_ago_does_not_hide_the_one_inside_another(make_talk):
    """Of the words before, the nearest counts, wherever the words around it end."""
    talk = make_talk(ordered(["吃药片", "药"], ["片"], ["死"], messages=2))
    for at, text in enumerate(["药", "好", "吃药片"]):
        assert talk.chat(text, at=at) is None
    assert ["药", "片", "死"] == words(talk.chat("死", at=3))


def test_chains_of_words_inside_others_come_to_what_trying_all_says(make_talk):
    """Words of a group may overlap and hold each other; a chain that exists is found."""
    groups = [["吃药片", "药"], ["药片吃", "片"], ["吃", "片吃药"]]
    talk = make_talk(ordered(*groups, messages=3))

    @given(st.lists(st.text("吃药片", min_size=1, max_size=6), max_size=4))
    def check(said):
        held = type(talk)(talk.pack, age=7200)
        spans = []
        for number, text in enumerate(said):
            finding = held.chat(text, at=number)
            spans += [
                (group, (number, at), (number, at + len(word)))
                for group, words in enumerate(groups)
                for word in words
                for at in range(len(text))
                if text.startswith(word, at)
            ]
            choices = itertools.product(*([s for s in spans if s[0] == g] for g in range(3)))
            expected = any(
                a[2] <= b[1] and b[2] <= c[1] and c[1][0] - a[1][0] < 3
                for a, b, c in choices
                if number in (a[1][0], b[1][0], c[1][0])
            )
            assert expected == (finding is not None)

    check()


# Some of several groups


def some_of(number, *groups, **within):
    """A rule for which so many of these groups are enough."""
    groups = [list(group) for group in groups]
    return {"together": {"groups": groups, "within": within, "at_least": number}}


FAINT = ("睡不着", "没人", "没意义", "打扰了")


def test_some_of_the_groups_are_enough(make_talk):
    """Of four faint signs the third completes the rule, whichever they are."""
    talk = make_talk(some_of(3, *([word] for word in FAINT), minutes=30))
    assert talk.chat("睡不着", at=0) is None
    assert talk.chat("打扰了", at=60) is None
    assert ["睡不着", "打扰了", "没人"] == words(talk.chat("没人在", at=120))


def test_saying_one_sign_again_is_not_another(make_talk):
    """The same group twice counts once."""
    talk = make_talk(some_of(3, *([word] for word in FAINT), minutes=30))
    talk.chat("睡不着,没人", at=0)
    assert talk.chat("没人,真的没人,睡不着", at=60) is None


def test_one_message_may_hold_them_all(make_talk):
    """Signs over several messages may as well stand in one."""
    talk = make_talk(some_of(3, *([word] for word in FAINT), minutes=30))
    assert talk.chat("睡不着,也没意义,打扰了") is not None


def test_some_of_the_groups_come_to_what_counting_says(make_talk):
    """A message hits when it holds a sign, and some ten minutes around it hold enough of them."""
    talks = {n: make_talk(some_of(n, *([word] for word in FAINT), minutes=10)) for n in (2, 3, 4)}

    @given(
        st.lists(st.tuples(st.integers(0, 2400), st.sets(st.sampled_from(FAINT))), max_size=6),
        st.sampled_from(list(talks)),
    )
    def check(said, number):
        held = type(talks[number])(talks[number].pack, age=7200)
        said = sorted(said, key=lambda pair: pair[0])
        for last, (at, signs) in enumerate(said):
            finding = held.chat("。".join(sorted(signs)) or "好", at=at)
            near = [s for t, s in said[: last + 1] if at - t <= 600]
            expected = bool(signs) and len(set().union(*near)) >= number
            assert expected == (finding is not None)

    check()


# Position


def test_the_first_messages_count(make_talk):
    """A rule for the first two messages hits there and not later."""
    talk = make_talk({"terms": ["想死"], "position": {"first": {"messages": 2}}})
    assert talk.chat("想死", at=0) is not None
    assert talk.chat("我想死", at=1) is not None
    assert talk.chat("就是想死", at=2) is None


def test_the_first_seconds_count(make_talk):
    """Seconds count from the first message, in a call from its start."""
    talk = make_talk({"terms": ["想死"], "position": {"first": {"seconds": 30}}})
    talk.chat("你好", at=0)
    assert talk.chat("想死", at=30) is not None
    assert talk.chat("想死啊", at=31) is None
    assert talk.segment("想死", conversation_id="k", start_ms=30_000) is not None
    assert talk.segment("想死", conversation_id="k", key="t", start_ms=30_001) is None


@pytest.mark.parametrize(("bound", "count"), [({"messages": 2}, 1), ({"seconds": 5}, 1)])
def test_the_last_messages_count_once_it_ended(make_talk, bound, count):
    """What a rule finds at the end is said when the conversation is over, at its message."""
    talk = make_talk({"terms": ["再见了"], "position": {"last": bound}})
    assert talk.chat("再见了", at=0) is None
    assert talk.chat("好", at=50) is None
    assert talk.chat("再见了,各位", at=56) is None
    finding = talk.end(at=60)
    assert count == len(finding.hits)
    assert "再见了,各位" == finding.message.event.text
    assert Tier.ELEVATED is finding.tier
    assert talk.end(at=61) is None


def test_what_came_before_the_last_messages_does_not_count(make_talk):
    """A goodbye followed by more is no last word."""
    talk = make_talk({"terms": ["再见了"], "position": {"last": {"messages": 1}}})
    talk.chat("再见了", at=0)
    talk.chat("还有一个问题", at=1)
    assert talk.end(at=2) is None
