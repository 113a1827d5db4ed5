from __future__ import annotations

import time
from typing import Any

import pytest

from lifeline.readings import FOLDINGS
from lifeline.rules import json_schema
from lifeline.rules.text.lines import KEYS, misplaced, typed_slips, without_content
from lifeline.rules.text.source import Source


def keys_of(schema: Any) -> set[str]:
    """Every key that a schema knows, at whatever depth."""
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema))
    if not isinstance(schema, dict):
        return set()
    below = set().union(*map(keys_of, schema.values()))
    known = schema.get("properties")
    return below | (set(known) if isinstance(known, dict) else set())


def test_every_key_of_a_pack_is_known():
    """What is said of a colon without a space goes for all keys, and for nothing else."""
    known = keys_of(json_schema.rule_file()) | keys_of(json_schema.pack())

    assert known - set(FOLDINGS) == KEYS


@pytest.mark.parametrize(
    "text",
    [
        "terms:\n- a\n- b\nexamples:\n  alert:\n  - c\n",
        "rules:\n- id: a\n  title: b\n- id: c\n",
        "a:\n  - b\n  - c\nd: e\n",
        "a:\n\n  # comment\n  - b\n# comment\n  - c\n",
        "a:\n  - - b\n    - c\n  - d\n",
        "a:\n  -\n    - b\n    - c\n  -\n    - d\n",
        "a: [b,\n    c]\nd: e\n",
        "a:\n  -\n    b: c\n    d: e\n",
    ],
)
def test_lines_of_a_good_file_are_in_their_place(text: str):
    """Nothing is said of indentation that YAML allows."""
    lines = text.splitlines()

    assert [] == [slip for n in range(len(lines)) if (slip := misplaced(lines, n))]
    assert [] == list(typed_slips(lines))


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("      - 不想活 #哭", "      - x"),
        ("    tier: [elevated", "    tier: x"),
        ("  - id: &a b", "  - id: x"),
        ("x y", "x"),
        ("   ", ""),
    ],
)
def test_line_without_its_content_keeps_its_place(line: str, left: str):
    """What stays is the dash and the key, so that the lines around it mean what they did."""
    assert left == without_content(line)


@pytest.mark.parametrize(
    "text",
    ["- a\n - b\n" * 30_000, "a: &b c\n" * 100_000, "• a\n" * 100_000, "id：b\n" * 100_000],
    ids=["dashes", "references", "bullets", "colons"],
)
def test_many_slips_take_no_time(text: str):
    """The time a check takes does not grow with the square of what is wrong."""
    begun = time.perf_counter()

    source, node = Source.read("f.yaml", text.encode())
    if node is not None and text.startswith(("-", "•")):
        source.phrases(node)

    assert source.problems
    assert 20 > time.perf_counter() - begun
