"""What `rules explain` shows, as golden files; each begins with the command it answers."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.commands.explain import explain_command

HERE = Path(__file__).parent / "explained"
PROMPT = "$ lifeline rules explain "


def explain(*arguments: str, given: str | None = None) -> Result:
    """Run the command on the pack of these tests."""
    return CliRunner().invoke(
        explain_command, ["--rules", str(HERE / "pack"), *arguments], input=given
    )


@pytest.mark.parametrize("golden", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_a_text_is_explained_as_in_the_golden_file(golden: Path):
    """Hits, what changed them, near misses and the verdict, word for word."""
    command, _, expected = golden.read_text("utf-8").partition("\n")
    result = explain(*shlex.split(command.removeprefix(PROMPT)))

    assert (0, expected) == (result.exit_code, result.output)


def test_json_says_the_same_with_places_from_0():
    """A program gets rule, status, tier, words with their places, and the verdict."""
    result = explain("--json", "这个药,吃幾片会死?", "--order", "晕车药:3")
    answer = json.loads(result.output)
    (message,) = answer["messages"]
    (hit,) = message["hits"]

    assert ("zh.method_question.lethal_dose", "active", "elevated", "imminent") == (
        hit["rule_id"], hit["status"], hit["rule_tier"], hit["tier"],
    )  # fmt: skip
    assert [("药", 2, 3, []), ("幾片", 5, 7, ["traditional"]), ("会死", 7, 9, [])] == [
        (w["text"], w["start"], w["end"], w["foldings"]) for w in hit["words"]
    ]
    assert ["bought_it"] == [raised["name"] for raised in hit["raised"]]
    assert [{"conversation_id": "c", "tier": "imminent", "outcome": "alert"}] == answer["verdicts"]


def test_json_has_near_misses_with_what_is_missing():
    """An editor can show what a rule still lacks."""
    result = explain("--json", "这个晕车药一次吃几片?")
    (message,) = json.loads(result.output)["messages"]
    (miss,) = message["near_misses"]

    assert ("groups", 2, 3, [["能死", "会死", "致死", "救不回来"]]) == (
        miss["kind"], miss["found"], miss["groups"], miss["missing"],
    )  # fmt: skip


def test_a_dash_reads_messages_from_standard_input():
    """Each line is a message of the same conversation."""
    result = explain("--json", "-", given="третий день пью\n\nстою на крыше\n")
    _, last = json.loads(result.output)["messages"]

    assert ("2", ["1", "2"]) == (
        last["message_id"],
        [words["message_id"] for words in last["hits"][0]["words"]],
    )


def test_the_product_asked_about_is_known_by_its_title():
    """What is known of the product is not taken for an order."""
    result = explain("will it hold my weight", "--sku", "climbing rope")

    assert "would be elevated if the orders were known" in result.output


@pytest.mark.parametrize(("order", "tier"), [("晕车药:30", "imminent"), ("晕车药:31", "elevated")])
def test_an_order_was_placed_so_many_days_ago(order: str, tier: str):
    """Days count back from the first message."""
    answer = json.loads(explain("--json", "晕车药吃几片会死", "--order", order).output)

    assert tier == answer["verdicts"][0]["tier"]


def test_events_of_a_file_are_explained_by_conversation(tmp_path: Path):
    """Recorded events stand for themselves: two conversations, two verdicts."""
    events = [
        {"type": "chat.message", "conversation_id": name, "message_id": "m", "speaker": "customer",
         "sent_at": "2026-11-22T02:14:07Z", "text": text}
        for name, text in (("a", "I will kill myself"), ("b", "where is my parcel"))
    ]  # fmt: skip
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, events)), "utf-8")
    lines = explain("--file", str(path)).output.splitlines()

    assert [
        "Verdict for a: elevated - an alert to the crisis team",
        "Verdict for b: none - nothing happens",
    ] == lines[-2:]


def test_a_report_by_an_agent_is_explained(tmp_path: Path):
    """The pressed button is a hit of its own."""
    event = {
        "type": "agent.report", "conversation_id": "a", "message_id": "m", "reason": "she cries",
        "sent_at": "2026-11-22T02:14:07Z",
    }  # fmt: skip
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(event), "utf-8")
    result = explain("--file", str(path))

    assert 0 == result.exit_code
    assert "lifeline.agent_report" in result.output
    assert "“she cries”  1-9 of the reason" in result.output


def test_a_bad_line_of_a_file_is_named(tmp_path: Path):
    """Nobody has to search for it."""
    path = tmp_path / "events.jsonl"
    path.write_text("\n{}\n", "utf-8")
    result = explain("--file", str(path))

    assert 2 == result.exit_code
    assert "line 2: type: missing" in result.output


@pytest.mark.parametrize(
    "arguments", [(), ("x", "--file", __file__), ("",), ("x", "--order", "")], ids=str
)
def test_what_cannot_be_explained_is_refused(arguments: tuple[str, ...]):
    """No text, two sources of text, an empty text, an order of nothing."""
    assert 2 == explain(*arguments).exit_code


def test_control_characters_never_reach_the_terminal():
    """A message cannot colour or clear the screen of whoever reads it."""
    result = explain("\x1b[2J自杀\x07")

    assert 0 == result.exit_code
    assert not {"\x1b", "\x07"} & set(result.output)


def test_bytes_that_are_no_text_are_explained_all_the_same():
    """What a shell hands over need not be UTF-8."""
    argument = b"\xff I will kill myself".decode("utf-8", "surrogateescape")
    result = explain("--json", argument)
    (message,) = json.loads(result.output)["messages"]

    assert [9] == [words["start"] for words in message["hits"][0]["words"]]


def test_near_misses_beyond_the_best_are_shown_on_demand(tmp_path: Path):
    """The best five are enough for most questions; --all shows the others, too."""
    rule = """\
  - id: en.active_intent.r{n}
    title: Rule {n}
    category: active_intent
    tier: elevated
    status: active
    together: {{groups: [[alpha], [beta{n}]], within: {{words: 9}}}}
    examples:
      alert:
        - alpha beta{n}
      ignore:
        - alpha
"""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: many\nversion: 1.0.0\n", "utf-8")
    rules = "".join(rule.format(n=n) for n in range(7))
    (tmp_path / "en.yaml").write_text(f"format: 1\nlanguage: en\nrules:\n{rules}", "utf-8")
    best = explain("alpha", "--rules", str(tmp_path)).output
    every = explain("alpha", "--rules", str(tmp_path), "--all").output

    assert (5, 7) == (best.count("missing: "), every.count("missing: "))
    assert "and 2 more, shown by --all" in best
    assert "more, shown" not in every
