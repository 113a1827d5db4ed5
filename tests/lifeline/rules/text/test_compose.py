from __future__ import annotations

import time

import pytest

from lifeline.rules.text.compose import compose
from lifeline.rules.text.diagnosis import Refused


def refused(text: str) -> Refused:
    """Compose what must not be composed."""
    with pytest.raises(Refused) as error:
        compose(text, text.splitlines())
    return error.value


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 200_000,
        "- " * 200_000,
        "{a: " * 200_000,
        "a: &a [x]\n" + "".join(f"{n}: &n{n} [*a, *a]\n" for n in range(100_000)),
    ],
    ids=["brackets", "dashes", "braces", "references"],
)
def test_bombs_are_refused_quickly(text: str):
    """Deep nesting and references neither crash the process nor take time."""
    begun = time.perf_counter()

    refused(text)

    assert 5 > time.perf_counter() - begun


def test_no_document_is_none():
    """A file of comments only has no tree."""
    assert None is compose("# nothing\n", ["# nothing"])


def test_byte_order_mark_inside_a_file_is_text():
    """A byte order mark left inside by joining files does no harm."""
    node = compose("- a\ufeffb", ["- a\ufeffb"])

    assert node is not None
    assert "a\ufeffb" == node.value[0].value


def test_control_character_is_placed_where_it_stands():
    """Line and column of a control character count from 0, in characters."""
    error = refused("a: x\r\n- 不想\x1b[31m活")

    assert (1, 4) == (error.line, error.column)


def test_column_counts_characters_beyond_the_basic_plane():
    """An emoji before the mistake counts as one character."""
    error = refused("- 😭: 死: x")

    assert 6 == error.column
