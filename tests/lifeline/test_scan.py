from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from lifeline.cli import main
from lifeline.conversation import Conversations
from lifeline.scan import BadLineError, scan
from lifeline.taxonomy import Tier

SAID = "我不想活了"


def line(text="你好", *, conversation="a", message="1", at=0, kind="chat.message", **fields):
    """One event as a line."""
    words = {"reason": text} if kind == "agent.report" else {"text": text}
    common = {"type": kind, "conversation_id": conversation, "message_id": message}
    said = {"speaker": "customer", "sent_at": f"2026-11-22T02:{at // 60:02}:{at % 60:02}Z"}
    return json.dumps(common | said | words | fields).encode() + b"\n"


@pytest.fixture(scope="module")
def pack(make_pack):
    """One rule for each tier but the lowest, and one across messages."""
    return make_pack(
        {"terms": ["我吃了药"], "tier": "imminent", "category": "attempt"},
        {"terms": ["不想活", "想死"]},
        {"terms": ["没意思"], "tier": "watch", "category": "passive_ideation"},
        {"terms": ["失眠"], "tier": "signal", "category": "stressor"},
        {"together": {"groups": [["晕车药"], ["会死"]], "within": {"minutes": 30}}},
    )


@pytest.fixture
def verdicts(pack):
    """Scan lines under the pack, with the bounds of the command."""

    def run(*lines, gate=Tier.ELEVATED, on_bad_line=None):
        conversations = Conversations(age=1_800_000, number=50, memory=1 << 30)
        found = scan(lines, pack, conversations=conversations, gate=gate, on_bad_line=on_bad_line)
        return [verdict.as_json() for verdict in found]

    return run


def test_verdicts_come_in_the_order_of_the_conversations(verdicts):
    """One each, where a conversation first appears, whatever is found in it."""
    lines = [line(conversation=name, message=str(at)) for at, name in enumerate("bcaabc")]
    assert ["b", "c", "a"] == [verdict["conversation_id"] for verdict in verdicts(*lines)]


def test_a_conversation_in_which_nothing_is_found(verdicts):
    """It has a verdict too."""
    assert [
        {"conversation_id": "a", "tier": "none", "first_alert": None, "matches": [], "reasons": []}
    ] == verdicts(line())


def test_the_worst_tier_counts(verdicts):
    """Calming down later changes nothing."""
    said = ["没意思", "我吃了药", "想死"]
    (verdict,) = verdicts(*(line(text, message=str(at), at=at) for at, text in enumerate(said)))
    assert "imminent" == verdict["tier"]
    assert ["没意思", "我吃了药", "想死"] == [match["text"] for match in verdict["matches"]]
    assert 3 == len(verdict["reasons"])


@pytest.mark.parametrize(
    ("gate", "message"),
    [(Tier.SIGNAL, "1"), (Tier.WATCH, "2"), (Tier.ELEVATED, "3"), (Tier.IMMINENT, "4")],
)
def test_the_first_alert_is_the_first_at_the_gate(verdicts, gate, message):
    """It names the message at which the crisis team would have known."""
    said = ["失眠", "没意思", "想死", "我吃了药", "想死"]
    lines = [line(text, message=str(at), at=at) for at, text in enumerate(said, 1)]
    assert [message] == [verdict["first_alert"] for verdict in verdicts(*lines, gate=gate)]


def test_signals_leave_no_tier(verdicts):
    """What never alerts alone is shown, and is no finding of its own."""
    (verdict,) = verdicts(line("失眠"))
    assert ("none", ["signal"]) == (
        verdict["tier"],
        [match["tier"] for match in verdict["matches"]],
    )


def test_a_revision_is_not_a_second_match(verdicts):
    """The same words at the same place are one match, in however many revisions."""
    lines = [
        line("想死了吗", kind="call.segment", segment_id="s", is_final=final, start_ms=0, end_ms=1)
        for final in (False, True)
    ] + [line("想死了", kind="call.segment", segment_id="s", is_final=True, start_ms=0, end_ms=1)]
    assert [1] == [len(verdict["matches"]) for verdict in verdicts(*lines)]


def test_halves_count_across_lines(verdicts):
    """The verdict rests on the message that completed the rule."""
    (verdict,) = verdicts(line("晕车药"), line(message="2", at=1), line("会死", message="3", at=2))
    assert ("elevated", "3") == (verdict["tier"], verdict["first_alert"])


def test_a_conversation_may_change_its_channel(make_pack):
    """Each event counts for the channel of its type, and a report for the last one."""
    pack = make_pack({"terms": ["想死"], "channels": ["emails"]})
    conversations = Conversations(age=1_800_000, number=50, memory=1 << 30)
    lines = [
        line("你好"),
        line("想死", message="2", kind="email.message", subject=""),
        line("worried", message="3", kind="agent.report", speaker="agent"),
    ]
    (verdict,) = scan(lines, pack, conversations=conversations)
    assert Tier.ELEVATED is verdict.tier
    assert "emails" == verdict.channel


def test_one_wrong_clock_leaves_the_other_conversations(verdicts):
    """An event of next year does not make everybody else old."""
    lines = [line("晕车药", conversation=str(n)) for n in range(4)]
    lines.append(line(conversation="wrong").replace(b"2026", b"2027"))
    lines.append(line("会死", conversation="3", message="2", at=1))
    assert ["none"] * 3 + ["elevated", "none"] == [verdict["tier"] for verdict in verdicts(*lines)]


def test_empty_lines_are_passed_over(verdicts):
    """They count as lines, and are nothing else."""
    assert 1 == len(verdicts(b"\n", line(), b"  \r\n", b""))


def test_a_bad_line_stops_the_scan(verdicts):
    """The error has the line's number, and nothing of what it says."""
    with pytest.raises(BadLineError) as caught:
        verdicts(line(), b"\n", line(SAID, speaker="Kunde"), line())
    assert (3, "line 3") == (caught.value.line, caught.value.place)
    assert "line 3: speaker: expected one of customer, agent, bot, system" == str(caught.value)


def test_bad_lines_may_be_passed_over(verdicts):
    """Each is reported with its number, and the others are read."""
    bad = []
    found = verdicts(b"{", line("想死"), b"[]\n", line(conversation="b"), on_bad_line=bad.append)
    assert [1, 3] == [error.line for error in bad]
    assert ["elevated", "none"] == [verdict["tier"] for verdict in found]


# The command


@pytest.fixture
def rules(tmp_path):
    """A folder with a small pack."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "pack.yaml").write_text("format: 1\nname: test\nversion: 1.0.0\n", "utf-8")
    (folder / "rules.yaml").write_text(
        """\
format: 1
language: zh
rules:
  - id: zh.active_intent.says_so
    title: Says so
    category: active_intent
    tier: elevated
    status: active
    terms: [不想活]
    examples:
      alert:
        - 不想活了
      ignore:
        - 你好
""",
        "utf-8",
    )
    return folder


@pytest.fixture
def run(tmp_path, rules):
    """Run the command over lines of a file."""

    def command(*lines, options=(), stdin=False):
        file = tmp_path / "events.jsonl"
        file.write_bytes(b"".join(lines))
        arguments = ["scan", "-" if stdin else str(file), "--rules", str(rules), *options]
        return CliRunner().invoke(main, arguments, input=file.read_bytes() if stdin else None)

    return command


def test_the_command_prints_a_line_for_each_conversation(run):
    """JSON Lines in, JSON Lines out, exit status 0."""
    result = run(line(SAID, conversation="b"), line(conversation="a"))
    assert (0, "") == (result.exit_code, result.stderr)
    printed = [json.loads(text) for text in result.stdout.splitlines()]
    assert [("b", "elevated", "1"), ("a", "none", None)] == [
        (verdict["conversation_id"], verdict["tier"], verdict["first_alert"]) for verdict in printed
    ]


def test_the_command_reads_standard_input(run):
    """A dash is standard input, line by line the same."""
    lines = [line(SAID), line(message="2")]
    assert run(*lines).stdout == run(*lines, stdin=True).stdout


def test_the_command_refuses_a_bad_line(run):
    """Exit status 2, the line's number, the way out, no output and nothing of what was said."""
    result = run(line(), line(SAID, message=""), line())
    assert (2, "") == (result.exit_code, result.stdout)
    assert "line 2: message_id: expected text of 1 to 256 characters" in result.stderr
    assert "--skip-bad" in result.stderr
    assert SAID not in result.stderr


def test_the_command_may_go_on_past_bad_lines(run):
    """With --skip-bad each bad line is told with its number, and counted at the end."""
    result = run(b"{\n", line(SAID), b"[]\n", options=["--skip-bad"])
    assert 0 == result.exit_code
    assert ["elevated"] == [json.loads(text)["tier"] for text in result.stdout.splitlines()]
    first, second, last = result.stderr.splitlines()
    assert "line 1: not JSON in UTF-8" in first
    assert "line 3: expected a JSON object" in second
    assert "2 bad lines skipped" == last


@pytest.mark.parametrize(("gate", "first"), [("watch", "1"), ("elevated", "1"), ("imminent", None)])
def test_the_command_has_a_gate(run, gate, first):
    """The gate moves the first alert and nothing else."""
    verdict = json.loads(run(line(SAID), options=["--gate", gate]).stdout)
    assert ("elevated", first) == (verdict["tier"], verdict["first_alert"])


def test_the_command_refuses_a_broken_pack(run, rules):
    """Exit status 2 with the problem's place, before any line is read."""
    (rules / "rules.yaml").write_text("format: 1\nlanguage: zh\nrulez: []\n", "utf-8")
    result = run(line(SAID))
    assert (2, "") == (result.exit_code, result.stdout)
    assert "rules.yaml:3:1" in result.stderr


def test_the_command_refuses_a_folder_without_a_pack(run, rules):
    """Exit status 2, and the folder's name."""
    (rules / "pack.yaml").unlink()
    result = run(line())
    assert 2 == result.exit_code
    assert str(rules) in result.stderr


def test_the_command_refuses_a_file_that_is_not_there(rules):
    """Exit status 2."""
    result = CliRunner().invoke(main, ["scan", "/nowhere/events.jsonl", "--rules", str(rules)])
    assert 2 == result.exit_code


def test_an_empty_file_has_no_verdicts(run):
    """Nothing in, nothing out, exit status 0."""
    result = run()
    assert (0, "", "") == (result.exit_code, result.stdout, result.stderr)
