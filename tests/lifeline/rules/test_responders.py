from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lifeline.rules.lint.responders import (
    numbers_due,
    numbers_from_memory,
    numbers_unchecked,
    numbers_unconfirmed,
)
from lifeline.rules.pack import BrokenPackError, Pack, load, load_responders

SHIPPED = Path(__file__).parents[3] / "rules"
# Where the users live first, and a crisis line is known; then all of Spanish America.
FIRST = ["CN", "TW", "HK", "RU", "US", "ES", "MX", "AR", "CO", "CL", "PE", "UY", "EC", "CR", "DO",
         "GB", "AU", "FR", "IL", "UA"]  # fmt: skip
AMERICAS = ["GT", "SV", "HN", "NI", "PA", "CU", "PR", "VE", "BO", "PY"]
# Where no line is known that answers every day.
NO_LINE = {"GT", "NI", "VE"}

SMALL = """\
format: 1
language: en
rules:
  - id: en.plan.any
    title: Any
    category: plan
    tier: elevated
    status: active
    terms: [a plan]
    examples:
      alert:
        - a plan
      ignore:
        - no plans
responders:
  - region: CN
    checked: 2026-06-01
    next: 2026-11-01
    confirmed_by: [li, wang]
    numbers:
      - {kind: police, number: "110", name: 公安报警, source: 公安部}
  - region: CN-44
    next: 2027-01-01
    numbers:
      - {kind: crisis_line, number: 020-81899120, name: 热线, source: 医院}
"""


@pytest.fixture(scope="module")
def shipped() -> Pack:
    """Hold the shipped pack."""
    return load(SHIPPED)


@pytest.fixture
def small(tmp_path: Path) -> Pack:
    """Hold a country and one of its provinces."""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.0.0\n")
    (tmp_path / "en.yaml").write_text(SMALL, encoding="utf-8")
    return load(tmp_path)


def test_the_province_comes_before_its_country(small: Pack):
    """What is nearer is called first; a province without numbers has its country's."""
    assert ["020-81899120", "110"] == [n.number for n in small.responders.of("CN-44")]
    assert ["110"] == [n.number for n in small.responders.of("CN-11")]
    assert ["110"] == [n.number for n in small.responders.of("CN")]


@pytest.mark.parametrize("region", [None, "", "XK", "C"])
def test_an_unknown_region_has_none(small: Pack, region: str | None):
    """Nothing is guessed."""
    assert () == small.responders.of(region)


def test_two_people_make_a_number_confirmed(small: Pack):
    """A number says when it was checked, and whether two people confirmed it."""
    province, country = small.responders.of("CN-44")

    assert ("2026-06-01", True) == (country.checked, country.confirmed)
    assert ("", False) == (province.checked, province.confirmed)


def test_a_review_that_is_due_is_told(small: Pack):
    """The day after `next`, with the place and what to do."""
    assert [] == list(numbers_due(small, date(2026, 11, 1)))
    [due] = numbers_due(small, date(2026, 11, 2))

    assert ("L122", "warning", "en.yaml", 16) == (due.code, due.severity, due.file, due.line)
    assert "CN: its numbers were due for review on 2026-11-01" == due.message


def test_numbers_nobody_looked_at_are_told_once(small: Pack):
    """One warning names all regions never compared with their sources, one all unconfirmed."""
    [unchecked], [unconfirmed] = numbers_unchecked(small), numbers_unconfirmed(small)

    assert unchecked.message.endswith("never looked up: CN-44")
    assert unconfirmed.message.endswith("of 1 regions: CN-44")


def test_numbers_from_memory_are_told_once(small: Pack, tmp_path: Path):
    """One warning counts those that no page has shown; a region that was checked has none."""
    [warning] = numbers_from_memory(small)

    assert ("L128", "warning", 22) == (warning.code, warning.severity, warning.line)
    assert "1 of 2 numbers were written from memory, in: CN-44" == warning.message
    path = tmp_path / "en.yaml"
    path.write_text(path.read_text("utf-8").replace("医院}", '医院, seen: "a.org"}'), "utf-8")
    assert [] == list(numbers_from_memory(load(tmp_path)))


@pytest.mark.parametrize(("part", "own"), [("CN-HK", "HK"), ("CN-TW", "TW"), ("US-PR", "PR")])
def test_a_part_with_numbers_of_its_own_has_no_others(shipped: Pack, part: str, own: str):
    """The mainland's 120 reaches nobody in Hong Kong, under whichever code it is given."""
    assert shipped.responders.of(own) == shipped.responders.of(part)
    assert {own} == {number.region for number in shipped.responders.of(part)}


def test_numbers_are_read_without_the_rules(small: Pack, tmp_path: Path):
    """The numbers are the same, and a mistake in a file without any keeps nobody from them."""
    assert dict(small.responders.all) == dict(load_responders(tmp_path).all)
    (tmp_path / "other.yaml").write_text("format: 1\nlanguage: en\nrulse: []\n")

    assert ["110"] == [n.number for n in load_responders(tmp_path).of("CN")]
    with pytest.raises(BrokenPackError):
        load(tmp_path)


def test_a_pack_without_numbers_loads(tmp_path: Path):
    """A pack may leave them to others: every region is unknown."""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.0.0\n")
    (tmp_path / "en.yaml").write_text(SMALL.partition("responders:")[0], encoding="utf-8")

    assert () == load(tmp_path).responders.of("CN")
    assert [] == list(numbers_unchecked(load(tmp_path)))


def test_every_shipped_number_names_a_page_or_is_from_memory(shipped: Pack):
    """A number that was seen says where; none pretends to have been compared or confirmed."""
    numbers = [n for found in shipped.responders.all.values() for n in found.numbers]

    assert 90 <= sum(bool(number.seen) for number in numbers)
    assert not any(number.confirmed for number in numbers if not number.checked)


def test_the_shipped_numbers_cover_forty_countries(shipped: Pack):
    """And each region has a date for its next review and a source for each number."""
    regions = shipped.responders.all

    assert 40 <= len({name.partition("-")[0] for name in regions})
    assert all(found.next for found in regions.values())
    assert all(n.source and n.name for found in regions.values() for n in found.numbers)


@pytest.mark.parametrize("country", [*FIRST, *AMERICAS])
def test_where_users_live_somebody_comes(shipped: Pack, country: str):
    """One number for emergencies, or one for the police and one for an ambulance."""
    kinds = {number.kind for number in shipped.responders.of(country)}

    assert "emergency" in kinds or {"police", "medical"} <= kinds


@pytest.mark.parametrize("country", [*FIRST, *sorted(set(AMERICAS) - NO_LINE)])
def test_where_users_live_somebody_listens(shipped: Pack, country: str):
    """A crisis line is known."""
    assert "crisis_line" in {number.kind for number in shipped.responders.of(country)}


@pytest.mark.parametrize(
    ("region", "number"),
    [("CN", "12356"), ("TW", "1925"), ("US", "988"), ("ES", "024"), ("GB", "116 123"),
     ("AU", "13 11 14"), ("FR", "3114"), ("IL", "1201"), ("UA", "7333"), ("CN-31", "021-962525"),
     ("PT", "1411"), ("KR", "109"), ("PY", "155"), ("MX", "800 911 2000"), ("HK", "18111")],
)  # fmt: skip
def test_lines_everybody_should_know(shipped: Pack, region: str, number: str):
    """The national lines are there under the number that is dialled."""
    assert number in {known.number for known in shipped.responders.of(region)}
