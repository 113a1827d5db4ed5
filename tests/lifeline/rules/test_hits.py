from __future__ import annotations

import gc
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.rules.hits import MOST_SHOWN, MOST_TEXT, Scanned
from lifeline.taxonomy import Tier


def together(*groups, ordered=False, **within):
    """The condition of a rule of several groups."""
    condition = {"groups": [list(group) for group in groups], "within": within}
    return {"together": condition | ({"ordered": True} if ordered else {})}


def lower(*nearby, to="watch", name="fiction", **within):
    """A lowering, of the whole message unless told otherwise."""
    rule = {"name": name, "why": "because", "to": to, "nearby": list(nearby)}
    return rule | ({"within": within} if within else {})


def exclude(*phrases):
    """An exclusion."""
    return {"name": "idiom", "why": "because", "phrases": list(phrases)}


def words(finding):
    """The evidence of a finding, hit by hit."""
    return [[e.text for e in hit.evidence] for hit in finding.hits] if finding else []


def tiers(finding):
    """The tier of each hit."""
    return [hit.tier for hit in finding.hits] if finding else []


# One message


def test_one_phrase_suffices(make_talk):
    """A rule of terms hits by any of them, and shows every place."""
    talk = make_talk({"terms": ["不想活", "想死"]})
    assert [["想死", "不想活"]] == words(talk.chat("我想死,不想活了"))


def test_a_hit_inside_another_of_the_same_rule_is_not_shown(make_talk):
    """片 says nothing that 多少片 does not."""
    talk = make_talk({"terms": ["片", "多少片"]})
    assert [["多少片"]] == words(talk.chat("吃多少片"))


def test_overlapping_hits_are_all_shown(make_talk):
    """Neither of two that overlap hides the other."""
    talk = make_talk({"terms": ["不想活", "活着没"]})
    assert [["不想活", "活着没"]] == words(talk.chat("不想活着没意思"))


def test_every_rule_that_is_complete_hits(make_talk):
    """Rules do not compete for words, and hit in the order of the pack."""
    talk = make_talk({"terms": ["死"], "tier": "watch"}, {"terms": ["想死"]}, {"terms": ["死"]})
    assert [["死"], ["想死"], ["死"]] == words(talk.chat("想死"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("药一二三四五六七八死", [["药", "死"]]),
        ("死一二三四五六七八药", [["死", "药"]]),
        ("药一二三四五六七八九死", []),
        ("药药药", []),
    ],
)
def test_groups_stand_within_so_many_characters(make_talk, text, expected):
    """The window counts from the first character of the hits to the last, in any order."""
    assert expected == words(make_talk(together(["药"], ["死"], characters=10)).chat(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pills that kill", [["pills", "kill"]]),
        ("kill me with pills", [["kill", "pills"]]),
        ("pills a b c kill", []),
    ],
)
def test_groups_stand_within_so_many_words(make_talk, text, expected):
    """The window counts the words of the hits and those between."""
    talk = make_talk(together(["pills"], ["kill"], words=4), language="en")
    assert expected == words(talk.chat(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bought pills to die", [["bought", "pills", "die"]]),
        ("pills bought to die", []),
        ("die, bought pills", []),
        ("pills bought pills die", [["bought", "pills", "die"]]),
    ],
)
def test_ordered_groups_stand_in_turn(make_talk, text, expected):
    """With ``ordered`` each group comes behind the one before."""
    groups = ["bought"], ["pills"], ["die"]
    talk = make_talk(together(*groups, ordered=True, words=10), language="en")
    assert expected == words(talk.chat(text))


def test_ordered_groups_do_not_share_words(make_talk):
    """A word of two groups counts once."""
    talk = make_talk(together(["吃药"], ["药", "死"], ordered=True, characters=40))
    assert [] == words(talk.chat("吃药"))
    assert [["吃药", "死"]] == words(talk.chat("吃药死"))


def test_the_tightest_window_counts_and_takes_in_what_fits(make_talk):
    """Where words repeat, those nearest to each other are shown, with others in reach."""
    talk = make_talk(together(["药"], ["死"], characters=6))
    assert [["药", "死", "药"]] == words(talk.chat("药。。。。。。。。药一二死药"))
    assert [["药", "死", "药"]] == words(talk.chat("药死一二三药四死", conversation_id="d"))


LETTERS = st.text("药死吃会一", max_size=16)


def fits_by_trying_all(groups, text, most, *, ordered):
    """Whether some choice of one hit a group keeps to the window."""
    places = [
        [(at, at + len(t)) for t in group for at in range(len(text)) if text.startswith(t, at)]
        for group in groups
    ]
    return any(
        max(end for _, end in way) - min(start for start, _ in way) <= most
        and (not ordered or all(a[1] <= b[0] for a, b in itertools.pairwise(way)))
        for way in itertools.product(*places)
    )


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize(
    "groups", [(("药", "吃药"), ("死", "会死")), (("药",), ("会", "会死"), ("死", "吃"))]
)
def test_together_finds_what_trying_all_would(make_talk, ordered, groups):
    """An oracle that tries every choice of hits agrees on whether the rule is complete."""
    talk = make_talk(together(*groups, ordered=ordered, characters=6))

    @given(LETTERS)
    def check(text):
        expected = fits_by_trying_all(groups, text, 6, ordered=ordered)
        assert expected is bool(talk.chat(text, conversation_id=text or "-"))

    check()


@pytest.mark.parametrize(
    ("ordered", "text"), [(False, "药想吃人一二三四死"), (True, "药想人吃一死吃")]
)
def test_a_long_hit_does_not_hide_a_short_one(make_talk, ordered, text):
    """Of two hits of a group, the one that keeps to the window counts, though it begins later."""
    groups = ["药"], ["想…死", "人"], ["吃"]
    talk = make_talk(together(*groups, ordered=ordered, characters=5))
    (shown,) = words(talk.chat(text))
    assert {"药", "人", "吃"} == set(shown)


SHAPES = [
    {"terms": ["想死", "吃…死"]},
    {"terms": ["死"], "exclusions": [exclude("想死了")], "lower": [lower("吃", characters=2)]},
    together(["药"], ["死"], characters=4),
    together(["药", "吃…了"], ["想"], ["死"], characters=9) | {"exclusions": [exclude("想死")]},
    together(["吃"], ["药"], ordered=True, words=3) | {"lower": [lower("了", words=1)]},
    together(["药"], ["死", "想"], minutes=5),
]


def test_rules_do_not_get_in_each_others_way(make_talk):
    """Each rule of a pack finds what it finds alone, with the same words, tier and reasons."""
    alone = [make_talk(rule) for rule in SHAPES]
    pack = make_talk(*SHAPES)
    names = itertools.count()

    @given(st.lists(st.text("药死想吃了 。", max_size=12), max_size=3))
    def check(texts):
        name = str(next(names))
        for number, text in enumerate(texts):
            said = {"conversation_id": name, "message_id": str(number)}
            finding = pack.chat(text, **said)
            found = {rule: [] for rule in range(len(SHAPES))}
            for hit in finding.hits if finding else ():
                found[hit.rule].append(hit._replace(rule=0))
            for rule, talk in enumerate(alone):
                finding = talk.chat(text, **said)
                assert found[rule] == (list(finding.hits) if finding else [])

    check()


# Exclusions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("累死了", []),
        ("累死了,我不想活了,想死", [["不想活", "死"]]),
        ("累死了死了", [["死"]]),
        ("累 死 了", []),
        ("死", [["死"]]),
    ],
)
def test_an_exclusion_drops_only_what_lies_inside_it(make_talk, text, expected):
    """An idiom never hides the words beside it."""
    talk = make_talk({"terms": ["死", "不想活"], "exclusions": [exclude("累死了")]})
    assert expected == words(talk.chat(text))


def test_an_exclusion_does_not_drop_what_reaches_over_it(make_talk):
    """A hit that is only partly inside the phrase stays."""
    talk = make_talk({"terms": ["死了算了"], "exclusions": [exclude("累死了")]})
    assert [["死了算了"]] == words(talk.chat("累死了算了"))


def test_an_exclusion_is_its_own_rules(make_talk):
    """What one rule excludes counts for another."""
    talk = make_talk({"terms": ["死"], "exclusions": [exclude("累死")]}, {"terms": ["死"]})
    assert ["zh.active_intent.r1"] == [talk.pack.rules[h.rule].id for h in talk.chat("累死").hits]


def test_an_exclusion_takes_a_group_away(make_talk):
    """A rule of groups is not completed by an excluded word."""
    talk = make_talk(together(["药"], ["死"], characters=40) | {"exclusions": [exclude("鱼会死")]})
    assert [] == words(talk.chat("这个药鱼会死吗"))
    assert [["药", "死"]] == words(talk.chat("这个药鱼会死吗,人会死吗"))


# Lowering


def test_lowering_keeps_the_hit(make_talk):
    """A lowered hit stays, with its words, at the tier the author named, and says why."""
    talk = make_talk({"terms": ["想死"], "lower": [lower("小说", characters=10)]})
    (hit,) = talk.chat("小说里他想死").hits
    assert Tier.WATCH is hit.tier
    assert ["想死"] == [e.text for e in hit.evidence]
    assert [("fiction", "because", "小说", Tier.WATCH)] == [tuple(why) for why in hit.lowered]


@pytest.mark.parametrize("to", ["signal", "watch", "elevated"])
def test_an_imminent_hit_is_never_erased(make_talk, to):
    """Whatever lowers it, something said to be under way stays a finding."""
    talk = make_talk({"terms": ["我吃了药"], "tier": "imminent", "lower": [lower("小说", to=to)]})
    finding = talk.chat("小说:我吃了药")
    assert to == finding.tier.label
    assert [["我吃了药"]] == words(finding)


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("小说一二三想死", Tier.WATCH),
        ("想死一二三小说", Tier.WATCH),
        ("小说一二三四想死", Tier.ELEVATED),
        ("想死一二三四小说", Tier.ELEVATED),
        ("想死", Tier.ELEVATED),
    ],
)
def test_words_lower_within_so_many_characters(make_talk, text, tier):
    """The distance counts what stands between, on either side."""
    talk = make_talk({"terms": ["想死"], "lower": [lower("小说", characters=3)]})
    assert [tier] == tiers(talk.chat(text))


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("film a b to die", Tier.WATCH),
        ("to die a b film", Tier.WATCH),
        ("film a b c to die", Tier.ELEVATED),
        ("to die a b c film", Tier.ELEVATED),
    ],
)
def test_words_lower_within_so_many_words(make_talk, text, tier):
    """The distance counts the words between, on either side."""
    talk = make_talk({"terms": ["to die"], "lower": [lower("film", words=2)]}, language="en")
    assert [tier] == tiers(talk.chat(text))


def test_what_lowers_one_phrase_leaves_the_other(make_talk):
    """A word near one of two cries for help does not lower the other; both are told apart."""
    talk = make_talk(
        {"terms": ["想死"], "tier": "imminent", "lower": [lower("小说", characters=5)]}
    )
    finding = talk.chat("小说里他想死。可是现在我自己也真的想死")
    assert Tier.IMMINENT is finding.tier
    assert [Tier.IMMINENT, Tier.WATCH] == tiers(finding)
    assert [[17], [4]] == [[e.start for e in hit.evidence] for hit in finding.hits]
    assert [[], ["fiction"]] == [[r.name for r in hit.lowered] for hit in finding.hits]


@pytest.mark.parametrize("ordered", [False, True])
def test_what_lowers_one_way_leaves_the_other(make_talk, ordered):
    """A rule of groups completed twice counts by the way that is lowered least."""
    rule = together(["药"], ["死"], characters=8, ordered=ordered)
    talk = make_talk(rule | {"lower": [lower("小说", characters=3)]})
    (hit,) = talk.chat("小说的药死人。我现在买的这些药能不能死").hits
    assert Tier.ELEVATED is hit.tier
    assert [14, 18] == [e.start for e in hit.evidence]
    assert () == hit.lowered


def test_the_lowest_of_several_wins(make_talk):
    """Each that lowered is named; what would raise the tier again does nothing."""
    lowers = [
        lower("小说", to="watch", name="fiction"),
        lower("电影", to="watch", name="film"),
        lower("以前", to="signal", name="past"),
        lower("朋友", to="watch", name="other"),
    ]
    talk = make_talk({"terms": ["想死"], "lower": lowers})
    (hit,) = talk.chat("小说 电影 以前 朋友 想死").hits
    assert Tier.SIGNAL is hit.tier
    assert ["fiction", "film", "past"] == [reason.name for reason in hit.lowered]


# Who speaks, and where


@pytest.mark.parametrize(
    ("speaker", "said_by", "hits"),
    [
        ("customer", "customer", True),
        ("customer", "agent", False),
        ("customer", "bot", False),
        ("agent", "agent", True),
        ("agent", "customer", False),
        ("any", "customer", True),
        ("any", "agent", True),
        ("any", "system", True),
    ],
)
def test_a_rule_hears_its_speaker(make_talk, speaker, said_by, hits):
    """The agent's own question is not the customer's."""
    talk = make_talk({"terms": ["想死"], "speaker": speaker})
    assert hits is bool(talk.chat("你想死吗", speaker=said_by))


def test_rules_of_two_speakers_stay_apart(make_talk):
    """Beside a rule for agents, the customer's rule does not hear the agent."""
    talk = make_talk({"terms": ["想死"]}, {"terms": ["想死吗"], "speaker": "agent"})
    assert [["想死吗"]] == words(talk.chat("你想死吗", speaker="agent"))
    assert [["想死"]] == words(talk.chat("你想死吗", speaker="customer"))


@pytest.mark.parametrize(("channel", "hits"), [("chat", False), ("calls", True), ("emails", False)])
def test_a_rule_keeps_to_its_channels(make_talk, channel, hits):
    """A rule for calls is silent elsewhere."""
    talk = make_talk({"terms": ["想死"], "channels": ["calls"]})
    assert hits is bool(talk.chat("想死", channel=channel))


# Several messages

HALVES = together(["晕车药"], ["会死"], minutes=30)


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        (29 * 60 + 59, [["晕车药", "会死"]]),
        (30 * 60, [["晕车药", "会死"]]),
        (30 * 60 + 1, []),
    ],
)
def test_halves_stand_within_so_many_minutes(make_talk, apart, expected):
    """Thirty minutes are in, a second more is not, wherever on the clock they fall."""
    talk = make_talk(HALVES, age=7200)
    for start in (0, 1799, 1000):
        name = f"c{start}"
        assert [] == words(talk.chat("买了晕车药", at=start, conversation_id=name))
        assert expected == words(talk.chat("吃了会死吗", at=start + apart, conversation_id=name))


def test_halves_of_one_message_hit_at_once(make_talk):
    """A rule across messages is complete in one as well, however far apart the words are."""
    talk = make_talk(HALVES)
    assert [["晕车药", "会死"]] == words(talk.chat("晕车药" + "很" * 500 + "会死"))


def test_the_second_half_names_the_message_of_the_first(make_talk):
    """Evidence says in which message each stretch stands, at offsets of that message."""
    talk = make_talk(HALVES)
    talk.chat("买了晕车药", message_id="first")
    (hit,) = talk.chat("会死吗", at=60, message_id="second").hits
    assert [("first", 2, 5), ("second", 0, 2)] == [
        (e.message_id, e.start, e.end) for e in hit.evidence
    ]


def test_windows_go_by_when_it_was_sent(make_talk):
    """The half that was said first may arrive last, and late."""
    talk = make_talk(HALVES)
    assert [] == words(talk.chat("会死吗", at=600, received=600))
    assert [["晕车药", "会死"]] == words(talk.chat("买了晕车药", at=0, received=700))


def test_halves_sent_long_apart_stay_apart_though_they_arrive_together(make_talk):
    """A backlog delivered at once makes no window."""
    talk = make_talk(HALVES, age=7200)
    assert [] == words(talk.chat("买了晕车药", at=0, received=5000))
    assert [] == words(talk.chat("会死吗", at=1801, received=5000))


def test_the_window_slides(make_talk):
    """A half too old for the window does not keep a younger one from counting."""
    talk = make_talk(HALVES, age=7200)
    talk.chat("买了晕车药", at=0, message_id="old")
    talk.chat("还有晕车药", at=1000, message_id="young")
    (hit,) = talk.chat("会死吗", at=2000, message_id="last").hits
    assert ["young", "last"] == [e.message_id for e in hit.evidence]


def test_the_message_that_completes_a_rule_is_in_the_evidence(make_talk):
    """Where others hold the same words, before it or behind, its own are shown."""
    talk = make_talk(HALVES)
    talk.chat("晕车药", at=0, message_id="a")
    talk.chat("会死", at=100, message_id="b")
    (later,) = talk.chat("会死", at=200, message_id="c").hits
    assert ["a", "c"] == [e.message_id for e in later.evidence]
    (late,) = talk.chat("会死", at=50, message_id="d", received=300).hits
    assert ["a", "d"] == [e.message_id for e in late.evidence]


THIRDS = [("药", "a"), ("多少", "b"), ("死", "c")]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_three_parts_complete_a_rule_in_any_order(make_talk, order):
    """The hit comes with the third part, whichever that is, and names all three."""
    talk = make_talk(together(["药"], ["多少"], ["死"], minutes=10))
    findings = [
        talk.chat(THIRDS[n][0], at=60 * n, received=at, message_id=THIRDS[n][1])
        for at, n in enumerate(order)
    ]
    assert [[], [], [["药", "多少", "死"]]] == list(map(words, findings))
    assert ["a", "b", "c"] == [e.message_id for e in findings[-1].hits[0].evidence]


PARTS = st.lists(
    st.tuples(st.sampled_from(["药", "死", "片", "好", "药死"]), st.integers(0, 40)), max_size=7
)


def test_minutes_do_not_depend_on_the_order_of_arrival(make_talk):
    """An oracle that tries all choices agrees, in whatever order the messages arrive."""
    talk = make_talk(together(["药"], ["死"], ["片"], minutes=10), age=1 << 40)
    names = itertools.count()

    @given(PARTS, st.randoms(use_true_random=False))
    def check(parts, random):
        minutes = [[at for text, at in parts if word in text] for word in ("药", "死", "片")]
        expected = any(max(way) - min(way) <= 10 for way in itertools.product(*minutes))
        arrived = random.sample(parts, len(parts))
        name = str(next(names))
        found = [
            talk.chat(text, at=60 * at, received=n, conversation_id=name)
            for n, (text, at) in enumerate(arrived)
        ]
        assert expected is any(found)

    check()


@pytest.mark.parametrize(("between", "hits"), [(1, True), (2, False)])
def test_halves_stand_within_so_many_messages(make_talk, between, hits):
    """Messages of everybody count, as the reader sees them."""
    talk = make_talk(together(["药"], ["死"], messages=3))
    talk.chat("药", at=0)
    for at in range(between):
        talk.chat("您好", at=1 + at, speaker="agent")
    assert hits is bool(talk.chat("死", at=10))


def test_messages_are_counted_in_the_order_they_were_sent(make_talk):
    """A message that arrives late stands where it was said."""
    talk = make_talk(together(["药"], ["死"], messages=2))
    talk.chat("药", at=0, received=0)
    for at in range(5):
        talk.chat("好", at=10 + at, received=10 + at)
    assert [["药", "死"]] == words(talk.chat("死", at=1, received=20))


def test_a_message_that_comes_late_counts_once(make_talk):
    """The next one that was sent is next to it."""
    talk = make_talk(together(["药"], ["死"], messages=2))
    talk.chat("死", at=5, received=0)
    assert [["药", "死"]] == words(talk.chat("药", at=4, received=1))


def test_a_window_of_messages_does_not_reach_both_ways(make_talk):
    """Three messages are three, also around one that is revised."""
    talk = make_talk(together(["药"], ["死"], ["片"], messages=3))
    for at, text in enumerate(["药", "好", "什么", "好", "死"]):
        talk.segment(text, at=at, key=str(at))
    assert [] == words(talk.segment("片", at=2, key="2"))


@pytest.mark.parametrize(
    ("within", "hits"),
    [({"minutes": 5, "messages": 2}, False), ({"minutes": 5, "messages": 3}, True)],
)
def test_all_bounds_hold_together(make_talk, within, hits):
    """Minutes and messages given together must both hold."""
    talk = make_talk(together(["药"], ["死"], **within))
    talk.chat("药", at=0)
    talk.chat("好", at=1)
    assert hits is bool(talk.chat("死", at=2))


def test_halves_of_two_speakers_make_no_whole(make_talk):
    """The agent's words complete nothing that the customer began."""
    talk = make_talk(HALVES)
    talk.chat("这是晕车药", speaker="agent")
    assert [] == words(talk.chat("会死吗", at=60))
    assert [] == words(talk.chat("晕车药", at=120, speaker="agent"))


def test_halves_of_two_conversations_make_no_whole(make_talk):
    """Each conversation is its own."""
    talk = make_talk(HALVES)
    talk.chat("晕车药", conversation_id="a")
    assert [] == words(talk.chat("会死吗", conversation_id="b", at=60))


def test_an_excluded_half_is_not_kept(make_talk):
    """What an exclusion drops does not come back with the next message."""
    talk = make_talk(HALVES | {"exclusions": [exclude("鱼会死")]})
    talk.chat("鱼会死")
    assert [] == words(talk.chat("晕车药", at=60))


@pytest.mark.parametrize(
    ("text", "tier"),
    [("小说里会死", Tier.WATCH), ("小说里会死。" + "我" * 9 + "会死", Tier.ELEVATED)],
)
def test_lowering_looks_at_this_message(make_talk, text, tier):
    """A half is lowered when all its places in the message are."""
    talk = make_talk(HALVES | {"lower": [lower("小说", characters=5)]})
    talk.chat("晕车药")
    assert [tier] == tiers(talk.chat(text, at=60))


# Bounds


def test_of_many_places_the_first_are_shown(make_talk):
    """An alert stays readable, whatever somebody pastes."""
    talk = make_talk({"terms": ["想死"]})
    (shown,) = words(talk.chat("想死," * 1000))
    assert ["想死"] * MOST_SHOWN == shown


def test_of_many_ways_to_complete_a_rule_few_words_are_shown(make_talk):
    """A window may hold thousands of its words."""
    talk = make_talk(together(["药"], ["死"], characters=2000))
    (shown,) = words(talk.chat("药死" * 1000))
    assert MOST_SHOWN == len(shown)


def test_the_only_one_that_counts_is_not_lost_among_many(make_talk):
    """All places are weighed, though few are shown."""
    talk = make_talk({"terms": ["想死"], "lower": [lower("书", characters=1)]})
    text = "书想死" * 1000 + "。我现在想死"
    finding = talk.chat(text)
    assert Tier.ELEVATED is finding.tier
    assert [len(text) - 2] == [e.start for e in finding.hits[0].evidence]


@pytest.mark.parametrize("ordered", [False, True])
def test_the_only_pair_is_not_lost_among_many(make_talk, ordered):
    """The one place where groups meet is found behind thousands where they do not."""
    talk = make_talk(together(["药"], ["死"], characters=5, ordered=ordered))
    text = "药一二三四五六" * 1000 + "死" + "一二三四五六七" * 1000 + "药死"
    (hit,) = talk.chat(text).hits
    assert {len(text) - 2, len(text) - 1} == {e.start for e in hit.evidence}


def test_a_very_long_stretch_is_cut_where_it_is_shown(make_talk):
    """A hundred thousand spaces inside a word make no alert too large to send."""
    talk = make_talk({"terms": ["自杀"]})
    ((evidence,),) = [hit.evidence for hit in talk.chat("自" + " " * 100_000 + "杀").hits]
    assert (0, 100_002) == (evidence.start, evidence.end)
    assert MOST_TEXT == len(evidence.text)


ATTACKS = {
    "one word over and over": ({"terms": ["死"]}, lambda n: "死" * n),
    "two groups over and over": (
        together(["药"], ["死"], characters=40),
        lambda n: "药死" * (n // 2),
    ),
    "groups that never meet": (
        together(["药"], ["死"], characters=40),
        lambda n: "药" * (n // 2) + "一" * 50 + "死" * (n // 2),
    ),
    "groups in the wrong order": (
        together(["药"], ["死"], ordered=True, characters=40),
        lambda n: "死" * (n // 2) + "一" * 50 + "药" * (n // 2) + "死",
    ),
    "groups many words apart": (
        together(["药"], ["死"], words=3),
        lambda n: "药 " * (n // 4) + "a " * 50 + "死 " * (n // 4),
    ),
    "exclusions everywhere": (
        {"terms": ["会死"], "exclusions": [exclude("鱼会死")]},
        lambda n: "会死" * (n // 4) + "鱼会死" * (n // 6),
    ),
    "lowered everywhere": (
        {"terms": ["会死"], "lower": [lower("书", characters=5)]},
        lambda n: "会死" * (n // 4) + "书" * (n // 2),
    ),
    "a gap that never closes": ({"terms": ["药…死"]}, lambda n: "药" * (n - 20) + "一" * 19 + "死"),
    "half of a rule across messages": (together(["药"], ["死"], minutes=5), lambda n: "药" * n),
    "one word, very far apart": ({"terms": ["自杀"]}, lambda n: "自" + " " * 40 * n + "杀"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_the_cost_of_a_text_grows_with_its_length(make_talk, name):
    """No text makes a character more than a few times dearer than in a text an eighth as long."""
    rule, text_of = ATTACKS[name]
    talk = make_talk(rule)

    def seconds(length):
        text = text_of(length)
        taken = []
        for _ in range(3):
            start = time.process_time()
            talk.chat(text)
            taken.append(time.process_time() - start)
        return min(taken)

    gc.disable()
    try:
        assert 30 > seconds(16_000) / seconds(2_000)
    finally:
        gc.enable()


# Fields


@pytest.mark.parametrize(
    ("span", "place"),
    [((0, 2), ("subject", 0, 2)), ((3, 5), ("subject", 3, 5)), ((7, 9), ("text", 0, 2))],
)
def test_a_span_belongs_to_its_field(span, place):
    """Offsets count from the start of the field that holds the words."""
    assert place == Scanned("01234\n\n789", 7).place(*span)


def test_without_a_subject_all_is_text():
    """A message in chat has one field."""
    assert ("text", 0, 2) == Scanned("想死").place(0, 2)
