from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from alerts.contract import Alert
from alerts.plain import ago
from alerts.view import render

NOW = datetime(2026, 11, 22, 2, 24, tzinfo=UTC)
WISH = "I want to die"


def shown(alert: Alert, *, color: bool = False, width: int = 100) -> str:
    """What a terminal gets."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=color, width=width, highlight=False,
                      color_system="standard" if color else None)  # fmt: skip
    console.print(render(alert, now=NOW), soft_wrap=True)
    return out.getvalue()


def highlighted(alert: Alert) -> list[str]:
    """The words that stand out."""
    text = shown(alert, color=True)
    return [part.partition("\x1b[0m")[0] for part in text.split("\x1b[1;4;31m")[1:]]


def test_one_look_tells_who_and_how_urgent(case):
    """Priority, tier, kind, how long ago, where, and the words."""
    alert = case.alert(case.say(WISH, customer_id="u-5", queue="pharmacy", region="CN-44"))

    lines = shown(alert).splitlines()

    assert " P2 ELEVATED  opened  said 02:14:00 UTC (10 min ago)" == lines[0]
    assert "   chat · pharmacy · customer u-5 · CN-44 · case c-1" == lines[1]
    assert f"   {alert.summary}" == lines[2]
    assert "   02:14 customer: I want to die" == lines[3]
    assert "   why: Says wants to die (" == lines[4][:27]


def test_times_are_the_desks_own(case):
    """A desk elsewhere sees its own clock, and the date when it is not today's."""
    alert = case.alert(case.say(WISH))
    out = io.StringIO()
    zone = timezone(timedelta(hours=-5), "COT")
    Console(file=out, width=100).print(render(alert, now=NOW.astimezone(zone)), soft_wrap=True)
    assert "said 21:14:00 COT (10 min ago)" in out.getvalue()
    assert "   21:14 customer:" in out.getvalue()
    assert "said 2026-11-22 02:14:00 UTC (1 d ago)" in "".join(
        text.plain for text in render(alert, now=NOW + timedelta(days=1)).renderables[:1]
    )


def test_without_colours_the_words_are_marked(case):
    """Where colours do not show, the words stand between marks, once where rules overlap."""
    out = io.StringIO()
    block = render(case.alert(case.say(WISH)), now=NOW, marks=True)
    Console(file=out, width=100).print(block, soft_wrap=True)
    assert "customer: I «want to die»" in out.getvalue()


def test_wrapped_lines_keep_their_indent(case):
    """On a terminal, lines break between words and stay below each other."""
    alert = case.alert(case.say("small talk " * 20 + WISH))
    out = io.StringIO()
    Console(file=out, width=60).print(render(alert, now=NOW, wrap=True))
    lines = out.getvalue().splitlines()
    assert all(line.startswith("   ") for line in lines[1:] if line.strip())
    assert all(len(line.rstrip()) <= 60 for line in lines)


def test_a_clock_ahead_is_said():
    """A sender whose clock runs ahead is not shown as of now."""
    assert "the sender's clock is 2 h ahead" == ago(-7200)


def test_words_stand_out_in_their_place(case):
    """Exactly the words that count, wide characters before them or not."""
    text = "😭 我买的 I want to die。how many would kill me"

    assert ["want to die", "how many would kill"] == highlighted(case.alert(case.say(text)))


def test_words_of_a_cut_text_stand_out(case):
    """Offsets of a long text count from where the excerpt starts."""
    text = "长" * 6000 + f" {WISH} " + "文" * 6000

    assert ["want to die"] == highlighted(case.alert(case.say(text)))


def test_escalation_says_from_where(case):
    """A rise in tier names the tier before."""
    case.say(WISH)

    assert "escalated from elevated" in shown(case.alert(case.say("I just took them all")))


def test_messages_far_from_the_words_are_counted(case):
    """Only the neighbours are shown, and how many were passed over."""
    for n in range(9):
        case.say(f"small talk {n}")

    text = shown(case.alert(case.say(WISH)))

    assert "… 7 messages" in text
    assert "small talk 6" not in text
    assert "small talk 7" in text


HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\x08\x9b31m\u202e\u2066\u200b\u2028"


def test_no_control_character_reaches_the_terminal(case):
    """Nothing that was said or sent can clear the screen or turn the text round."""
    alert = case.alert(case.say(HOSTILE + WISH + HOSTILE, queue=HOSTILE, customer_id="u" + HOSTILE))
    alert = msgspec.structs.replace(
        alert, summary=HOSTILE, reasons=[HOSTILE], case_id="c" + HOSTILE
    )

    assert not set(shown(alert)) & set(HOSTILE) - set("[2J]0;owned31m")


def test_markup_is_only_text(case):
    """Square brackets in what was said are shown as they are."""
    alert = case.alert(case.say(f"[red]{WISH}[/red] [link=file:///x]y[/link] :skull:"))

    assert f"[red]{WISH}[/red] [link=file:///x]y[/link] :skull:" in shown(alert)


def test_long_message_without_words_is_cut_by_columns(case):
    """A wide character counts two, and none is cut in half."""
    case.say("好" * 500)

    line = shown(case.alert(case.say(WISH)), width=1000).splitlines()[3]

    assert 240 >= cell_len(line.partition(": ")[2]) > 236
    assert line.endswith("…")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "just now"), (0.25, "0.2 s ago"), (9.96, "10.0 s ago"), (10, "10 s ago"),
     (59.9, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
     (86_400, "1 d ago"), (200_000, "2 d ago")],
)  # fmt: skip
def test_ago_uses_the_largest_unit(seconds: float, expected: str):
    """Short enough to read in a list."""
    assert expected == ago(seconds)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_shown(new_case, before: str, after: str):
    """Whatever stands round the words, they and only they stand out, on one line a message."""
    case = new_case()
    step = case.say(f"{before} {WISH} {after}")
    if step is None:  # the text round it made another word of it
        return
    alert = case.alert(step)

    assert highlighted(alert) == ["want to die"] * len(alert.matches)
    assert 6 >= len(shown(alert).splitlines()) - len(alert.reasons) + 1
    assert timedelta(0) < NOW - alert.times.said
