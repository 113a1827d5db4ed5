"""Means: which kinds an item is, by its title and category."""

from __future__ import annotations

import pytest

from lifeline.context import Item
from lifeline.rules.means import Means, MeansOfKind

MEDICINE = MeansOfKind("medicine", "zh", ("安眠药", "晕车药"), ("晕车药盒",))
ROPE = MeansOfKind("rope", "en", ("rope{,s}", "washing line"), ("rope necklace",))
BOTH = Means([MEDICINE, ROPE, MeansOfKind("medicine", "en", ("sleeping pill{,s}",))])


def kinds(title, category=""):
    return BOTH.kinds(Item(sku="1", title=title, category=category))


@pytest.mark.parametrize(
    ("title", "category", "expected"),
    [
        ("晕车药 20片", "", ("medicine",)),
        ("暈車藥 20粒", "", ("medicine",)),
        ("ROPE, 10 m", "", ("rope",)),
        ("A parcel", "health/sleeping-pills", ("medicine",)),
        ("A parcel", "SLEEPING_PILLS", ("medicine",)),
        ("Ropes and sleeping pills", "", ("medicine", "rope")),
        ("Robe for bathing", "", ()),
        ("", "", ()),
    ],
)
def test_kinds_of_an_item(title, category, expected):
    """Words of all languages, in title or category, however a shop writes them."""
    assert expected == kinds(title, category)


def test_exception_takes_away_only_what_lies_inside_it():
    """A rope beside a rope necklace is still a rope."""
    assert () == kinds("Rope necklace, gold")
    assert ("rope",) == kinds("Rope necklace, and a rope")
    assert () == kinds("晕车药盒")


def test_title_does_not_run_on_into_the_category():
    """Their words are never read as one phrase."""
    assert () == kinds("Washing", "line")


def test_disguises_are_not_undone():
    """What only sounds or looks like a means is another thing."""
    assert () == kinds("r0pe")
    assert () == kinds("运车药")


def test_pack_without_means_finds_none():
    """Nothing is of any kind."""
    assert () == Means([]).kinds(Item(sku="1", title="rope"))


def test_list_of_words_is_enough(make_pack):
    """A kind needs no more than a list; concepts are filled in."""
    pack = make_pack(
        {"terms": ["想死"]}, concepts={"pills": ["安眠药"]}, means={"medicine": ["@pills"]}
    )
    assert ("medicine",) == pack.means.kinds(Item(sku="1", title="安眠药 12片"))
