from __future__ import annotations

import time

import pytest

from lifeline.rules.concepts import MOST_PHRASES, Concepts
from lifeline.rules.reader import RuleFile
from lifeline.rules.text.source import Source


def read(text: str, language: str = "zh") -> tuple[Concepts, Source]:
    """Define the concepts of one file and fill them in."""
    concepts = Concepts()
    data = f"format: 1\nlanguage: {language}\nconcepts:\n{text}"
    source, node = Source.read("concepts.yaml", data.encode())
    assert node is not None
    RuleFile.read(source, node, concepts)
    concepts.fill_in()
    return concepts, source


def use(concepts: Concepts, terms: str, language: str = "zh") -> tuple[tuple[str, ...], Source]:
    """Read a rule's list of terms."""
    source, node = Source.read("rules.yaml", terms.encode())
    assert node is not None
    return concepts.terms(source, language, node), source


def test_concept_is_filled_in_where_it_is_used():
    """A reference gives way to the phrases, each once, in the order written."""
    concepts, _ = read('  pill: [药, 片]\n  thing: [绳, "@pill"]\n')

    assert ("片", "绳", "药") == use(concepts, '[片, "@thing", 药]')[0]


def test_concept_of_any_language_serves_all():
    """A language's own concept goes before the one for any."""
    concepts, _ = read("  sign: [😭]\n", "any")

    assert ("😭",) == use(concepts, '["@sign"]', "es")[0]


def test_concept_of_another_language_is_unknown():
    """Names are shared within a language only."""
    concepts, _ = read("  medicine: [晕车药]\n")

    assert ["L041"] == [p.code for p in use(concepts, '["@medicine"]', "en")[1].problems]


@pytest.mark.parametrize("name", ["medicin", "Medicine", "medicines", "medcine"])
def test_unknown_concept_names_the_nearest(name: str):
    """A slip in the name is met with the right one."""
    concepts, _ = read("  medicine: [晕车药]\n")

    (problem,) = use(concepts, f'["@{name}"]')[1].problems

    assert "did you mean `@medicine`?" == problem.help


def test_unknown_concept_inside_an_unused_one_is_found():
    """A mistake in a concept shows at its own place, used or not."""
    _, source = read('  thing: ["@medicin"]\n  medicine: [晕车药]\n')

    assert [("L041", 4)] == [(p.code, p.line) for p in source.problems]


def test_circle_of_concepts_is_a_problem():
    """Concepts that hold each other end in a message, not in endless work."""
    _, source = read('  a: ["@b"]\n  b: ["@c"]\n  c: ["@a", 死]\n')

    assert ["L042"] == [p.code for p in source.problems]


def test_long_chain_of_concepts_is_a_problem():
    """Concepts stand inside each other only so deep."""
    chain = "".join(f'  c{n}: ["@c{n + 1}"]\n' for n in range(3000)) + "  c3000: [死]\n"

    _, source = read(chain)

    assert {"L042"} == {p.code for p in source.problems}


def test_concepts_that_double_each_other_are_read_quickly():
    """Each concept is filled in once, however often others use it."""
    begun = time.perf_counter()
    doubling = "".join(f'  c{n}: ["@c{n + 1}", "@c{n + 1}"]\n' for n in range(18))

    concepts, _ = read(f"{doubling}  c18: [死]\n")

    assert ("死",) == use(concepts, '["@c0"]')[0]
    assert 2 > time.perf_counter() - begun


def test_pack_that_stands_for_too_many_phrases_is_refused_quickly():
    """A small file cannot stand for more phrases than memory holds."""
    begun = time.perf_counter()
    braces = "{" + ",".join(f"一{n}" for n in range(31)) + "}"
    many = f'    - "{braces}{braces}"\n'
    concepts, _ = read("  big:\n" + "".join(many.replace("一", chr(0x5000 + n)) for n in range(60)))

    codes = {
        problem.code
        for _ in range(200)
        for problem in use(concepts, '["@big"]')[1].problems
    }  # fmt: skip

    assert MOST_PHRASES < 200 * 60 * 100
    assert {"L052"} == codes
    assert 10 > time.perf_counter() - begun
