from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.build import quotes
from alerts.contract import CONTENT_TYPE, MOST_BYTES, Alert, Signal, decode_alert
from lifeline.events import AgentReport, CallSegment, ChatMessage, EmailMessage
from lifeline.rules.hits import Evidence, RuleHit
from lifeline.rules.pack import Pack, load
from lifeline.taxonomy import Tier

START = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
WISH, AMOUNT = "I want to die", "how many would kill me"


def evidence(text: str, start: int, end: int, message: str = "m1", field: str = "text") -> Evidence:
    """Words at a place of ``text``."""
    return Evidence(message, message, "customer", field, start, end, text[start:end], ())


def hit(*stretches: Evidence) -> RuleHit:
    """A rule that counted these words."""
    return RuleHit(0, Tier.ELEVATED, stretches, ())


def test_alert_is_a_cloud_event(case):
    """The envelope has what CloudEvents 1.0 asks for, and says whose case it is."""
    step = case.say(WISH)

    record = msgspec.json.decode(case.record(step))

    assert {
        "specversion": "1.0",
        "id": step.alert_id,
        "source": "/lifeline/detect",
        "type": "lifeline.alert.opened",
        "subject": "c-1",
        "time": "2026-11-22T02:14:00Z",
        "partitionkey": "c-1",
        "datacontenttype": "application/json",
    } == {name: value for name, value in record.items() if name != "data"}
    assert b"application/cloudevents+json" == CONTENT_TYPE


def test_alert_names_who_where_and_by_which_rules(case):
    """What the event told of the conversation is in the alert."""
    step = case.say(
        WISH, customer_id="u-5", agent_id="a-1", queue="pharmacy", region="CN-44",
        language="zh-Hans", sku="100071",
    )  # fmt: skip

    alert = case.alert(step)

    context = alert.conversation
    assert ("c-1", "u-5") == (alert.case_id, alert.customer_id)
    assert ("chat", "a-1", "pharmacy", "CN-44", "zh-Hans", "100071") == (
        context.channel, context.agent_id, context.queue, context.region, context.language,
        context.sku,
    )  # fmt: skip
    assert ("invented", "1.2.3", case.pack.hash) == (
        alert.rule_pack.name, alert.rule_pack.version, alert.rule_pack.hash,
    )  # fmt: skip
    assert {"customer", "orders", "history", "responders"} == {m.what for m in alert.missing}


def test_alert_tells_when_it_was_said_logged_found_and_sent(case):
    """Only the last two depend on when the event is read."""
    times = case.alert(case.say(WISH)).times

    assert (START, START) == (times.said, times.received)
    assert times.detected == times.emitted == datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_wild_clock_of_the_log_does_not_stop_the_alert(case):
    """A producer that stamps microseconds as milliseconds still gets its people help."""
    event = ChatMessage(
        conversation_id="c-1", message_id="m1", sent_at=START, speaker="customer", text=WISH
    )  # fmt: skip
    step = case.take(event)
    for wild in (-1, 2**62, 1_800_000_000_000_000):
        case.finding = replace(case.finding, received=wild)

        assert decode_alert(case.record(step)).data.times.received.tzinfo
        assert msgspec.json.decode(case.signal(), type=Signal).received_at.tzinfo


def test_match_holds_the_words_at_their_place(case):
    """Offsets count code points of the text as received, whatever stands before."""
    text = "😭 ok… I want to die"

    (match,) = case.alert(case.say(text)).matches

    assert "want to die" == match.text == text[match.start : match.end]
    assert ("en.active_intent.wants_to_die", "m0", "customer", "text") == (
        match.rule_id, match.message_id, match.speaker, match.field,
    )  # fmt: skip


@pytest.mark.parametrize("before", [0, 1, 399, 400, 401, 5000])
@pytest.mark.parametrize("after", [0, 3000, 9000])
def test_spans_point_at_the_words_in_the_excerpt(case, before: int, after: int):
    """A long text is cut, and its spans still stand on the words that count."""
    text = "长" * before + " I want to die " + "文" * after

    (message,) = case.alert(case.say(text)).conversation.excerpt

    assert ["want to die"] == [
        message.text[s.start - message.text_offset : s.end - message.text_offset]
        for s in message.spans
    ]
    assert text[message.text_offset :].startswith(message.text)
    assert 4000 >= len(message.text)


def test_words_beyond_the_cut_have_no_span(case):
    """What the excerpt does not show is not pointed at; the match still has it."""
    text = f"{WISH}. {'x ' * 3000} {AMOUNT}"

    alert = case.alert(case.say(text))

    (message,) = alert.conversation.excerpt
    assert 2 == len(alert.matches)
    assert ["want to die"] == [message.text[s.start : s.end] for s in message.spans]
    assert alert.truncated


def test_spans_of_an_email_name_their_field(case):
    """Subject and text each count from their own start."""
    event = EmailMessage(
        conversation_id="c-1", message_id="m1", sent_at=START, speaker="customer",
        subject="Order: I want to die", text="Hi,\nhow many would kill me?",
    )  # fmt: skip

    (message,) = case.alert(case.take(event)).conversation.excerpt

    assert [("subject", "want to die"), ("text", "how many would kill")] == [
        (s.field, (message.subject if s.field == "subject" else message.text)[s.start : s.end])
        for s in message.spans
    ]


def test_spans_follow_the_segment_when_message_ids_repeat(case):
    """Words are found in their own segment even where a call uses one message id throughout."""
    step = None
    for n, text in enumerate(["so here is my wrist", "it is a knife, the blade"]):
        step = case.take(
            CallSegment(
                conversation_id="c-1", message_id="call", segment_id=f"s{n}", speaker="customer",
                sent_at=START + timedelta(seconds=n), text=text, is_final=True, start_ms=0,
                end_ms=1,
            )
        )  # fmt: skip

    excerpt = case.alert(step).conversation.excerpt

    assert [["my wrist"], ["the blade"]] == [
        [message.text[s.start : s.end] for s in message.spans] for message in excerpt
    ]


def test_excerpt_is_in_the_order_in_which_it_was_said(case):
    """A message that comes late stands where it belongs."""
    case.say("second", minute=2)
    case.say("first", minute=1)

    alert = case.alert(case.say(WISH, minute=3))

    assert ["first", "second", WISH] == [m.text for m in alert.conversation.excerpt]
    assert START + timedelta(minutes=1) == alert.conversation.started_at


def test_reason_names_rule_words_and_message(case):
    """A reader can check each reason against what was said."""
    (reason,) = case.alert(case.say(WISH)).reasons

    assert (
        "Says wants to die (en.active_intent.wants_to_die, elevated): “want to die” in m0" == reason
    )


def test_reason_says_what_lowered_it_however_often_it_was_said(new_case):
    """Many words do not push the cause out of the sentence."""
    case = new_case(Tier.WATCH)

    (reason,) = case.alert(case.say(f"{WISH}. " * 300 + "That is from a film.")).reasons

    assert reason.endswith("lowered to watch by film (“film”: about a film)")
    assert 1000 >= len(reason)


def test_worst_hit_stands_first(case):
    """Whoever reads only the first match and reason reads the worst."""
    alert = case.alert(case.say(f"{WISH}. I just took them all."))

    assert ["imminent", "elevated"] == [m.tier for m in alert.matches]
    assert "en.attempt.took_them" in alert.reasons[0]


# Quotes.


def test_overlapping_words_are_one_quote(case):
    """吃多少, 多少片 and 片能死 of one sentence are quoted as it was said."""
    alert = case.alert(case.say("这个药吃多少片能死？"), "zh-Hans")

    assert "（“吃多少片能死”）" in alert.summary


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 3), (1, 4), (3, 6)], ["abcdef"]),
        ([(0, 3), (3, 6)], ["abcdef"]),
        ([(0, 3), (4, 6)], ["abc", "ef"]),
        ([(4, 6), (0, 3)], ["abc", "ef"]),
        ([(0, 6), (1, 3)], ["abcdef"]),
        ([(0, 2), (0, 2)], ["ab"]),
        ([(0, 2), (0, 5)], ["abcde"]),
        ([], []),
    ],
)
def test_stretches_that_overlap_or_touch_are_merged(
    spans: list[tuple[int, int]], expected: list[str]
):
    """Merged by place, in order, nothing twice; a gap keeps them apart."""
    text = "abcdefgh"

    assert expected == quotes([hit(*(evidence(text, *span) for span in spans))])


SCALED = """\
format: 1
language: en
scale:
  window: 10
  points:
    tired: 15 20 0
    keys: 15 20 0
rules:
  - id: en.plan.adds_up
    title: Adds up to a plan
    category: plan
    tier: elevated
    status: active
    adds_up: 30
    examples:
      alert:
        - tired, keys
      ignore:
        - hello
  - id: en.active_intent.wants_to_die
    title: Wants to die
    category: active_intent
    tier: elevated
    status: active
    terms: [want to die]
    examples:
      alert:
        - I want to die
      ignore:
        - hello
"""


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold a rule by points beside one of a phrase."""
    folder = tmp_path_factory.mktemp("scaled")
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
    (folder / "en.yaml").write_text(SCALED, encoding="utf-8")
    return load(folder)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my keys, tired", " (no one phrase: what was said adds up); "),
        ("my keys, tired, I want to die", " (“want to die”); "),
    ],
)
def test_words_that_only_add_up_are_not_quoted(case, scaled: Pack, text: str, expected: str):
    """Those of a phrase are, beside them."""
    case = replace(case, pack=scaled)

    assert expected in case.alert(case.say(text)).summary


def test_a_report_without_a_reason_quotes_nothing(case, scaled: Pack):
    """The button says enough; its hit belongs to no rule of the pack."""
    case = replace(case, pack=scaled)
    report = AgentReport(conversation_id="c-1", message_id="m1", sent_at=START, reason="")

    assert "someone else may be in danger; ranked" in case.alert(case.take(report)).summary


def test_quotes_of_two_rules_are_merged_too():
    """It does not matter which rule counted the words."""
    text = "吃多少片能死"

    assert [text] == quotes([hit(evidence(text, 0, 4)), hit(evidence(text, 3, 6))])


@pytest.mark.parametrize(
    "other", [{"message": "m2"}, {"field": "subject"}], ids=["message", "field"]
)
def test_quotes_of_different_texts_are_never_merged(other: dict[str, str]):
    """Offsets of two texts have nothing to do with each other."""
    stretches = evidence("abcdef", 0, 3), evidence("uvwxyz", 2, 5, **other)

    assert ["abc", "wxy"] == quotes([hit(*stretches)])


@given(
    st.text("吃多少片能死。", min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(1, 10)), max_size=8),
)
def test_quotes_are_the_covered_text(text: str, places: list[tuple[int, int]]):
    """Whatever the spans, the quotes are exactly the maximal covered stretches."""
    spans = [(s % len(text), min(s % len(text) + n, len(text))) for s, n in places]
    covered = {at for start, end in spans for at in range(start, end)}
    joined = {at for start, end in spans for at in range(start + 1, end)} | {
        end for _, end in spans for start, _ in spans if start == end
    }
    expected: list[str] = []
    for at in sorted(covered):
        if at in joined and at - 1 in covered:
            expected[-1] += text[at]
        else:
            expected.append(text[at])

    assert expected == quotes([hit(*(evidence(text, *span) for span in spans))])


# Size.


def sized(case, step) -> Alert:
    """The alert and the signal of the last finding, both within the bound."""
    record = case.record(step)
    assert MOST_BYTES >= len(record)
    assert MOST_BYTES >= len(case.signal())
    return decode_alert(record).data


def test_long_conversation_is_cut_from_its_start(case):
    """Context goes first; the message with the words and its neighbours stay."""
    case.conversations.number = 1000
    for n in range(300):
        case.say("\x01" * 4000, minute=n / 100)

    alert = sized(case, case.say(WISH, minute=4))

    assert alert.truncated
    assert WISH == alert.conversation.excerpt[-1].text
    assert "m299" == alert.conversation.excerpt[-2].message_id
    assert 1 == len(alert.matches)


def test_message_with_the_words_stays_wherever_it_stands(case):
    """A message said early that comes late is not cut off with the rest of the start."""
    case.conversations.number = 1000
    for n in range(300):
        case.say("\x01" * 4000, minute=10 + n / 100)

    alert = sized(case, case.say(WISH, minute=1))

    assert [WISH] == [m.text for m in alert.conversation.excerpt if m.spans]


@pytest.mark.parametrize(
    "text", [f"{WISH}. " * 5000, "\x01" * 500_000 + WISH, f"{WISH} " + "😭" * 200_000],
    ids=["many hits", "control characters", "emoji"],
)  # fmt: skip
def test_hostile_text_fits(case, text: str):
    """No text makes a record that Kafka would refuse, which would stop the partition."""
    alert = sized(case, case.say(text))

    assert alert.truncated
    assert "want to die" in alert.matches[0].text
    assert 500 >= len(msgspec.json.decode(case.signal(), type=Signal).matches)


def test_hostile_fields_fit(case):
    """Facts of any length are cut, the alert leaves."""
    step = case.say(WISH, queue="q" * 900_000, agent_id="a" * 900_000, sku="s" * 900_000)

    alert = sized(case, step)

    assert "q" * 256 == alert.conversation.queue


def test_endless_subject_fits(case):
    """A subject is cut like a text."""
    event = EmailMessage(
        conversation_id="c-1", message_id="m1", sent_at=START, speaker="customer",
        subject=f"{WISH} " + "\x01" * 300_000, text="",
    )  # fmt: skip

    alert = sized(case, case.take(event))

    (message,) = alert.conversation.excerpt
    assert ["want to die"] == [message.subject[s.start : s.end] for s in message.spans]


def test_endless_report_fits(case):
    """An agent who pastes a whole transcript into the reason is heard."""
    event = AgentReport(
        conversation_id="c-1", message_id="m1", sent_at=START, reason="他说\x01" * 300_000
    )  # fmt: skip

    alert = sized(case, case.take(event))

    (match,) = alert.matches
    assert (0, 900_000) == (match.start, match.end)
    assert match.text == ("他说\x01" * 300_000)[:500]
    (span,) = alert.conversation.excerpt[0].spans
    assert ("reason", 0, 4000) == (span.field, span.start, span.end)


def test_small_alert_is_not_cut(case):
    """What fits is whole and says so."""
    case.say("hello")

    assert not case.alert(case.say(WISH)).truncated
    assert b"truncated" not in case.signal()


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.integers(-5, 20),
            st.text(max_size=40),
            st.sampled_from(["", WISH, AMOUNT, "my wrist", "the blade", "😭I want to die"]),
            st.text(max_size=40),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_span_points_at_its_match(new_case, said: list[tuple[int, str, str, str]]):
    """Whatever is said around them, matches and spans stand on the words they name."""
    case = new_case(Tier.WATCH)
    texts = {}
    for n, (minute, before, words, after) in enumerate(said):
        texts[f"m{n}"] = f"{before} {words} {after}"
        step = case.say(texts[f"m{n}"], minute=minute)
        if step is None:
            continue
        alert = case.alert(step)
        for match in alert.matches:
            assert match.text == texts[match.message_id][match.start : match.end]
        pointed = {
            (m.message_id, s.start, s.end) for m in alert.conversation.excerpt for s in m.spans
        }
        assert pointed == {(m.message_id, m.start, m.end) for m in alert.matches}
