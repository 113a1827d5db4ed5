from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import step_due, take_in
from lifeline.detector import AGENT_REPORT
from lifeline.events import CallSegment, ChatMessage
from lifeline.explain import rule_facts
from lifeline.taxonomy import Tier

DIE = {"terms": ["想死", "want to die"]}
HALVES = {"together": {"groups": [["晕车药"], ["会死"]], "within": {"minutes": 30}}}


def words(finding):
    """Message, field, place and text of all evidence."""
    if finding is None:
        return []
    return [
        (e.message_id, e.field, e.start, e.end, e.text)
        for hit in finding.hits
        for e in hit.evidence
    ]


def alerts(talk, findings):
    """The steps of the case that the findings make due."""
    steps = []
    for finding in filter(None, findings):
        steps.append(step_due(finding, talk.pack, Tier.ELEVATED))
        take_in(finding, talk.pack, Tier.ELEVATED)
    return [step.kind for step in steps if step is not None]


def test_a_finding_says_where_and_how_bad(make_talk):
    """It names the conversation, the message, the channel and the worst tier."""
    talk = make_talk({"terms": ["死"], "tier": "watch"}, DIE)
    finding = talk.chat("我想死", message_id="m", received=7)
    assert ("c", "m", "chat", 7000) == (
        finding.conversation.id,
        finding.message.event.message_id,
        finding.channel,
        finding.received,
    )
    assert Tier.ELEVATED is finding.tier


def test_nothing_found_is_nothing(make_talk):
    """Nearly all events end here, and are remembered all the same."""
    talk = make_talk(DIE)
    assert talk.chat("你好") is None
    assert ["你好"] == [message.event.text for message in talk.remembered()]


def test_the_type_tells_the_channel_unless_told(make_talk):
    """What came from a topic counts for that topic's channel."""
    talk = make_talk(DIE)
    assert "calls" == talk.segment("想死").channel
    assert "emails" == talk.email("想死", "").channel
    assert "chat" == talk.report("worried").channel
    assert "calls" == talk.chat("想死", channel="calls").channel


# Redelivery


def test_a_redelivered_message_changes_nothing(make_talk):
    """The same message with the same text is read once."""
    talk = make_talk(DIE)
    assert talk.chat("想死", message_id="m") is not None
    assert talk.chat("想死", message_id="m", at=5) is None
    assert 1 == len(talk.remembered())


def test_an_edited_message_is_read_again(make_talk):
    """The same id with another text is news."""
    talk = make_talk(DIE)
    assert talk.chat("你好", message_id="m") is None
    assert talk.chat("想死", message_id="m") is not None


def test_a_message_whose_speaker_is_corrected_is_read_again(make_talk):
    """Words first taken for the agent's turn out to be the customer's."""
    talk = make_talk(DIE)
    assert talk.segment("我想死", speaker="agent", final=False) is None
    assert talk.segment("我想死", speaker="customer") is not None


def test_the_subject_is_part_of_a_mails_words(make_talk):
    """The same body under another subject is another mail."""
    talk = make_talk(DIE)
    assert talk.email("你好", "在吗", message_id="m") is None
    assert talk.email("想死", "在吗", message_id="m") is not None
    assert talk.email("想死", "在吗", message_id="m") is None


SAID = st.lists(
    st.tuples(
        st.sampled_from(["晕车药", "会死", "想死", "你好", "晕车药会死"]), st.integers(0, 3600)
    ),
    max_size=8,
)


def test_redelivery_changes_nothing_anywhere(make_talk):
    """A stream with any of its messages repeated later gives the findings of the stream itself."""
    talk = make_talk(DIE, HALVES, age=1 << 40)
    names = itertools.count()

    def findings(events):
        name = str(next(names))
        found = []
        for message_id, (text, at) in events:
            finding = talk.chat(text, at=at, conversation_id=name, message_id=message_id)
            found.extend(
                [(message_id, hit.rule, words(finding)) for hit in finding.hits] if finding else []
            )
        return found

    @given(SAID, st.data())
    def check(said, data):
        events = [(f"m{number}", entry) for number, entry in enumerate(said)]
        repeated = list(events)
        for event in data.draw(
            st.lists(st.sampled_from(events), max_size=5) if events else st.just([])
        ):
            first = repeated.index(event)
            repeated.insert(data.draw(st.integers(first + 1, len(repeated))), event)
        assert findings(events) == findings(repeated)

    check()


# Revisions of a call's segments


def test_partial_and_final_words_alert_once(make_talk):
    """One sentence heard in five revisions opens one case."""
    talk = make_talk(DIE)
    heard = ["I want", "I want to die", "I want to die to", "I want to die tonight"]
    findings = [talk.segment(text, at=at, final=False) for at, text in enumerate(heard)]
    findings.append(talk.segment("I want to die tonight.", at=5))
    assert [False, True, True, True, True] == [finding is not None for finding in findings]
    assert ["opened"] == alerts(talk, findings)


def test_the_latest_revision_replaces_the_earlier(make_talk):
    """What was misheard at first completes nothing later."""
    talk = make_talk(HALVES)
    talk.segment("晕车药", key="s1", final=False)
    talk.segment("晕车了", key="s1", at=1)
    assert ["晕车了"] == [message.event.text for message in talk.remembered()]
    assert [] == words(talk.segment("会死", key="s2", at=2))


def test_a_late_partial_does_not_undo_the_final(make_talk):
    """A partial that comes again after the final one leaves what is remembered as it is."""
    talk = make_talk(HALVES)
    talk.segment("买了", key="s1", at=1, final=False, message_id="p")
    talk.segment("买了晕车药", key="s1", at=2)
    assert talk.segment("买了", key="s1", at=1, final=False, message_id="p") is None
    assert ["晕车药", "会死"] == [w[4] for w in words(talk.segment("会死", key="s2", at=3))]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_final_revision_outranks_a_partial_whatever_the_clocks(make_talk, at):
    """``is_final`` decides before ``sent_at`` does."""
    talk = make_talk(DIE)
    talk.segment("final", at=2)
    talk.segment("partial", at=at, final=False)
    assert ["final"] == [message.event.text for message in talk.remembered()]


def test_of_two_partials_the_later_sent_is_remembered(make_talk):
    """Partials that overtake each other end in the later one."""
    talk = make_talk(DIE)
    talk.segment("two words", at=2, final=False)
    talk.segment("two", at=1, final=False)
    assert ["two words"] == [message.event.text for message in talk.remembered()]


def test_words_that_turn_final_unchanged_are_final(make_talk):
    """A later partial does not replace them either."""
    talk = make_talk(DIE)
    talk.segment("hello", at=1, final=False)
    talk.segment("hello", at=1)
    talk.segment("hello", at=1, final=False)
    talk.segment("hell", at=1, final=False)
    assert ["hello"] == [message.event.text for message in talk.remembered()]


def test_a_late_revision_is_read_for_what_it_says(make_talk):
    """A message edited before its first form arrives is not unread, and is shown as it was."""
    talk = make_talk(DIE, HALVES)
    talk.chat("没事", at=2, message_id="m")
    talk.chat("你好", at=3)
    finding = talk.chat("想死", at=1, message_id="m", received=4)
    assert [("m", "text", 0, 2, "想死")] == words(finding)
    shown = [(m.position, m.event.text) for m in finding.conversation.messages]
    assert [(0, "想死"), (1, "你好")] == shown
    assert ["没事", "你好"] == [message.event.text for message in talk.remembered()]


def test_a_late_revision_does_not_meet_the_later_one(make_talk):
    """Two forms of one message are not two messages."""
    talk = make_talk(HALVES)
    talk.chat("晕车药", at=2, message_id="m")
    assert [] == words(talk.chat("会死", at=1, message_id="m", received=3))


def test_a_case_opened_by_a_late_revision_is_remembered(make_talk):
    """What was reported belongs to the conversation, whichever form of the message it was."""
    talk = make_talk(DIE)
    talk.chat("没事", at=2, message_id="m")
    late = talk.chat("想死", at=1, message_id="m", received=3)
    assert ["opened"] == alerts(talk, [late])
    assert [] == alerts(talk, [talk.chat("真的想死", at=4)])


# Bounds


@pytest.mark.parametrize("bounds", [{"age": 60}, {"number": 3}, {"memory": 4000}])
def test_halves_outside_the_bounds_make_no_whole(make_talk, bounds):
    """Age, number and memory each bound what is remembered."""
    for given_bounds, complete in (({}, True), (bounds, False)):
        talk = make_talk(HALVES, **given_bounds)
        talk.chat("晕车药", at=0)
        for at in range(20, 100, 20):
            talk.chat("好", at=at, speaker="agent")
        assert complete is (talk.chat("会死", at=100) is not None)


def test_kept_hits_weigh(make_talk):
    """A message with a thousand halves takes its part of the memory."""
    talk = make_talk(HALVES)
    talk.chat("晕车药 " * 1000)
    (message,) = talk.remembered()
    assert [20] == [len(evidence) for evidence in message.hits.values()]
    assert 20 * 400 < message.size - 2 * len(message.event.text)
    assert talk.conversations.size == sum(c.size for c in talk.conversations)


def test_a_first_message_too_large_to_keep_is_still_read(make_talk):
    """A revision that has to be forgotten at once is weighed before it goes."""
    talk = make_talk(HALVES, memory=20_000)
    talk.chat("你", message_id="m")
    talk.chat("好")
    assert 2 == len(words(talk.chat("晕车药会死" * 4000, message_id="m", at=1))[:2])
    assert talk.conversations.size == sum(c.size for c in talk.conversations)


# Ends, reports, mails


def test_an_ended_conversation_starts_anew(make_talk):
    """After the end, halves said before it are gone."""
    talk = make_talk(HALVES)
    talk.chat("晕车药", at=0)
    assert talk.end(at=1) is None
    assert 0 == len(talk.conversations)
    assert talk.chat("会死", at=2) is None


def test_the_end_of_an_unknown_conversation_is_nothing(make_talk):
    """It leaves no trace."""
    talk = make_talk(DIE)
    assert talk.end() is None
    assert 0 == len(talk.conversations)


@pytest.mark.parametrize("reason", ["", "she says 想死", "something is wrong", "x" * 5000])
def test_a_report_is_always_elevated(make_talk, reason):
    """A person pressed the button: whatever they wrote, it alerts, with the reason as evidence."""
    talk = make_talk(DIE)
    finding = talk.report(reason, message_id="r")
    assert Tier.ELEVATED is finding.tier
    assert [("r", "reason", 0, len(reason), reason[:1000])] == words(finding)
    assert [AGENT_REPORT] == [rule_facts(talk.pack, hit).id for hit in finding.hits]


def test_a_report_alerts_without_rules_for_agents(make_talk):
    """It does not depend on whom the rules listen to."""
    talk = make_talk(DIE)
    assert frozenset({"customer"}) == talk.pack.speakers
    assert ["opened"] == alerts(talk, [talk.report("worried")])


def test_a_redelivered_report_changes_nothing(make_talk):
    """One press is one report."""
    talk = make_talk(DIE)
    assert talk.report("worried", message_id="r") is not None
    assert talk.report("worried", message_id="r") is None


def test_a_report_with_a_messages_id_leaves_the_message(make_talk):
    """The customer's words still complete a rule later."""
    talk = make_talk(HALVES)
    talk.chat("晕车药", message_id="m")
    assert talk.report("worried", message_id="m", at=1) is not None
    assert ["晕车药", "会死"] == [w[4] for w in words(talk.chat("会死", at=2))]


def test_a_mail_is_read_in_subject_and_body(make_talk):
    """Each hit names its field, and its offsets count from that field's start."""
    talk = make_talk(DIE)
    found = words(talk.email("Re: 想死", "您好\n\n我 想死。", message_id="m"))
    assert [("m", "subject", 4, 6, "想死"), ("m", "text", 6, 8, "想死")] == found


@pytest.mark.parametrize(
    ("subject", "text"), [("我想", "死"), ("I want", "to die"), ("want to", "die")]
)
def test_no_hit_reaches_from_subject_into_body(make_talk, subject, text):
    """The two are two texts."""
    assert make_talk(DIE).email(subject, text) is None


def test_groups_may_stand_in_subject_and_body(make_talk):
    """A question may begin in the subject."""
    talk = make_talk({"together": {"groups": [["药"], ["死"]], "within": {"characters": 20}}})
    found = words(talk.email("关于药", "吃了会死吗", message_id="m"))
    assert [("m", "subject", 2, 3, "药"), ("m", "text", 3, 4, "死")] == found


def test_a_mail_without_subject_is_read(make_talk):
    """An empty subject moves no offset."""
    assert [("m", "text", 1, 3, "想死")] == words(
        make_talk(DIE).email("", "我想死", message_id="m")
    )


def test_lines_of_mail_end_as_they_like(make_talk):
    """A phrase that a mail client wrapped is found, however its lines end."""
    text = "I am tired and want to\r\ndie, sorry"
    assert [("m", "text", 15, 27, "want to\r\ndie")] == words(
        make_talk(DIE).email("", text, message_id="m")
    )


def test_what_a_mail_quotes_does_not_count(make_talk):
    """The words of an earlier mail are not its writer's words today, and offsets stay."""
    talk = make_talk(DIE)
    quoted = "On Mon, May 4, 2026 at 10:12 AM Ann <ann@example.org> wrote:\n> I want to die\n"
    assert talk.email("Re: hello", f"ok, thanks\n\n{quoted}", message_id="a") is None
    own = f"> I want to die\n\nYes, I want to die.\n\n{quoted}"
    start = own.index("Yes, I want") + 7
    found = words(talk.email("Re: hello", own, message_id="b"))
    assert [("b", "text", start, start + 11, "want to die")] == found


ANY = st.text(st.characters(codec="utf-8") | st.sampled_from("想死晕车药会\n\r '\u200bwant to die"))


def test_evidence_points_at_the_words_as_received(make_talk):
    """Whatever surrounds them, in whatever field, cutting at the offsets gives the words."""
    talk = make_talk(DIE, HALVES, age=1 << 40)
    names = itertools.count()

    @given(ANY, ANY, st.sampled_from(["想死", "wa\u0301nt to\r\ndie", "想 \u200b死", ""]))
    def check(subject, text, planted):
        name = str(next(names))
        body = f"{text}\n\n({planted})\n"
        finding = talk.email(f"{planted} {subject}", body, conversation_id=name)
        event = talk.remembered(name)[0].event
        for _, field, start, end, found in words(finding):
            assert getattr(event, field)[start:end] == found

    check()


def test_the_kinds_of_utterance_are_all_read(make_talk):
    """Chat, calls and mail of one conversation share what is remembered of it."""
    talk = make_talk(HALVES)
    talk.segment("晕车药", message_id="a")
    assert ["a", "b"] == [w[0] for w in words(talk.chat("会死", message_id="b", at=60))]
    assert [CallSegment, ChatMessage] == [type(message.event) for message in talk.remembered()]


# Rules on trial, and packs that change


def test_rules_on_trial_stay_apart(make_talk):
    """What a shadow rule finds is reported beside, and raises nothing."""
    shadow = {"terms": ["想死"], "tier": "imminent", "category": "attempt", "status": "shadow"}
    talk = make_talk({"terms": ["活不下去"]}, shadow)
    only = talk.chat("想死")
    assert (Tier.NONE, (), [1]) == (only.tier, only.hits, [hit.rule for hit in only.shadow])
    both = talk.chat("想死,活不下去", at=1)
    assert (Tier.ELEVATED, [0], [1]) == (
        both.tier,
        [hit.rule for hit in both.hits],
        [hit.rule for hit in both.shadow],
    )


def test_drafts_are_not_evaluated(make_talk):
    """A draft finds nothing in live traffic."""
    talk = make_talk({"terms": ["活不下去"]}, {"terms": ["想死"], "status": "draft"})
    assert talk.chat("想死") is None


def test_new_rules_know_what_was_said_before(make_pack, make_talk):
    """After a change of the pack, halves said under the old one still make a whole."""
    talk = make_talk({"terms": ["活不下去"]}, {"terms": ["想死"]})
    talk.chat("晕车药", at=0)
    talk.swap(make_pack(HALVES))
    finding = talk.chat("吃多少会死", at=60)
    assert ["晕车药", "会死"] == [e.text for e in finding.hits[0].evidence]


def test_halves_kept_under_old_rules_are_forgotten(make_pack, make_talk):
    """What an old rule kept in a message means nothing to the rule that has its number now."""
    talk = make_talk(HALVES)
    talk.chat("晕车药", at=0)
    other = {"together": {"groups": [["绳子"], ["会死"]], "within": {"minutes": 30}}}
    talk.swap(make_pack(other))
    assert talk.chat("吃多少会死", at=60) is None
    assert [(0, 1)] == [key for m in talk.remembered() for key in m.hits]


def test_a_changed_pack_does_not_say_again_what_was_said(make_pack, make_talk):
    """Reading remembered messages again reports nothing of them."""
    talk = make_talk({"terms": ["想死"]})
    talk.chat("想死", at=0)
    talk.swap(make_pack({"terms": ["想死", "不想活"]}))
    assert talk.chat("好的", at=1) is None


def test_endings_are_found_under_the_new_rules(make_pack, make_talk):
    """What a conversation ended with goes by the pack in force when it ends."""
    last = {"terms": ["再见了"], "position": {"last": {"messages": 1}}}
    talk = make_talk({"terms": ["想死"]})
    talk.chat("再见了", at=0)
    talk.swap(make_pack(last))
    assert talk.end(at=1) is not None


def test_a_fault_on_what_was_said_before_costs_one_event(make_pack, make_talk, monkeypatch):
    """Later messages are read, and the halves that could be read again are still known."""
    talk = make_talk({"terms": ["想死"]})
    talk.chat("晕车药", at=0)
    talk.chat("poison", at=1)
    talk.swap(make_pack(HALVES))
    lexicon = talk._detector.pack.lexicon
    find = type(lexicon).find

    def faulty(self, text):
        if text == "poison":
            raise ZeroDivisionError
        return find(self, text)

    monkeypatch.setattr(type(lexicon), "find", faulty)
    with pytest.raises(ZeroDivisionError):
        talk.end(at=2)
    assert ["晕车药", "会死"] == [e.text for e in talk.chat("吃多少会死", at=3).hits[0].evidence]
