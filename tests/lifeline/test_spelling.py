from __future__ import annotations

import pytest

from lifeline.lexicon import Lexicon, Use
from lifeline.rules.terms import read_term


def found(term, text, language="en"):
    """The words of the text in which the term was found."""
    terms = [(one, Use(0, "group", 0)) for one in read_term(term, language)]
    return [text[hit.start : hit.end] for hit in Lexicon(terms, [1]).find(text)]


def foldings(term, text, language="en"):
    """The foldings of the one hit."""
    terms = [(one, Use(0, "group", 0)) for one in read_term(term, language)]
    (hit,) = Lexicon(terms, [1]).find(text)
    return set(hit.foldings)


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("killed", "a skilled worker", "en"),
        ("hang", "the change", "en"),
        ("hang", "hanging files", "en"),
        ("die", "indiecontrol", "en"),
        ("morir", "memorirse", "es"),
        ("matar", "rematará", "es"),
        ("умер", "умереть", "ru"),
        ("ад", "сад", "ru"),
        ("die", "die\u0301t", "en"),
        ("die", "n\u0303die", "en"),
        ("killed", "s\u034fkilled", "en"),
        ("12", "2012", "en"),
    ],
)
def test_no_word_begins_or_ends_inside_another(term, text, language):
    """Where words have boundaries, part of a word is no hit."""
    assert [] == found(term, text, language)


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("die", "I want to die", "en"),
        ("die", "die!", "en"),
        ("die", "_die_", "en"),
        ("die", "想die的", "en"),
        ("die", "😀die😀", "en"),
        ("die", "2die4", "en"),
        ("suicide", "suicide's", "en"),
        ("morir", "¡morir!", "es"),
        ("умереть", "«умереть»", "ru"),
        ("12", "12 pills", "en"),
    ],
)
def test_anything_but_a_letter_parts_words(term, text, language):
    """Punctuation, symbols, digits and other scripts stand beside a word without joining it."""
    assert [term] == found(term, text, language)


@pytest.mark.parametrize(
    ("term", "text"), [("会死", "我会死的"), ("不想活", "真的不想活了"), ("死", "口渴死亡")]
)
def test_chinese_has_no_word_boundaries(term, text):
    """A Chinese term counts wherever its characters stand."""
    assert [term] == found(term, text, "zh")


@pytest.mark.parametrize(
    "written",
    [
        "自杀",
        "自 杀",
        "自.杀",
        "自  -  杀",
        "自\n杀",
        "自\r\n杀",
        "自\u200b杀",
        "自\u3000杀",
        "自…杀",
        "自。。杀",
        "自。。。杀",
        "自★杀",
        "自️杀",
    ],
)
def test_chinese_may_be_spaced_freely(written):
    """Separators between Chinese characters are what people put there to get past a filter."""
    assert [written] == found("自杀", f"我想{written}了", "zh")


@pytest.mark.parametrize(
    "mark", [*"。!?;:,、", "\uff01", "\uff1f", "\uff1b", "\uff1a", "\uff0c", "\n\n"]
)
def test_a_clause_ends_a_word(mark):
    """What ends a clause parts even Chinese characters."""
    assert [] == found("自杀", f"来自{mark}杀鸡", "zh")


@pytest.mark.parametrize(
    "written",
    [
        "su-icide",
        "s.u.i.c.i.d.e",
        "s*u*i*c*i*d*e",
        "s u i c i d e",
        "s  u  i\nc i d e",
        "su_icide",
        "suicide",
        "su\u200bicide",
        "su\xadicide",
        "sui-\ncide",
        "sui-\r\ncide",
        "sui\xad\ncide",
        "śuicide",
    ],
)
def test_a_latin_word_may_hold_symbols(written):
    """Symbols hide a word from a filter; a hyphen may end its line; letters may stand alone."""
    assert [written] == found("suicide", f"I think of {written} a lot")


@pytest.mark.parametrize(
    "written", ["sui cide", "s ui cide", "su\nicide", "su - icide", "s u icide"]
)
def test_white_space_parts_latin_letters(written):
    """Two words in a row are not one, unless each letter is on its own."""
    assert [] == found("suicide", f"a {written} b")


@pytest.mark.parametrize(
    "written",
    [
        "kill myself",
        "killmyself",
        "kill-myself",
        "kill  myself",
        "kill\nmyself",
        "kill\r\nmyself",
        "kill... myself",
        "kill … myself",
        "k i l l myself",
        "k i l l m y s e l f",
        "kill 'myself'",
    ],
)
def test_any_soft_separator_may_part_the_words_of_a_term(written):
    """Line breaks of every kind, dashes and hesitation leave a phrase whole."""
    assert [written.rstrip("'")] == found("kill myself", f"I will {written} tonight")


@pytest.mark.parametrize(
    "written",
    [
        "kill. Myself",
        "kill, myself",
        "kill! myself",
        "kill\n\nmyself",
        "kill\r\n\r\nmyself",
        "kill\r\rmyself",
        "kill: myself",
        "kill; myself",
        "kill\n \t\nmyself",
    ],
)
def test_a_term_stays_within_a_clause(written):
    """The end of a sentence, a comma and an empty line part the words of a term."""
    assert [] == found("kill myself", f"you kill. {written} too")


@pytest.mark.parametrize("term", ["can't go on", "can’t go on", "cant go on"])
@pytest.mark.parametrize("mark", ["'", "’", "‘", "ʼ", "`", "´", "′", "＇", ""])
def test_apostrophes_of_every_kind_are_alike(term, mark):
    """Keyboards write ', phones write ’, and many leave it out."""
    assert [f"can{mark}t go on"] == found(term, f"I can{mark}t go on.")


@pytest.mark.parametrize(
    ("term", "text", "language", "names"),
    [
        ("suicide", "suicide", "en", set()),
        ("suicide", "SUICIDE", "en", {"case"}),
        ("suicide", "ＳＵＩＣＩＤＥ", "en", {"case", "width"}),
        ("suicide", "su\u200bicide", "en", {"invisible"}),
        ("suicide", "su\u00adicide", "en", {"invisible"}),
        ("suicide", "sui\u00ad\ncide", "en", {"invisible", "separator"}),
        ("suicide", "s-uicide", "en", {"separator"}),
        ("suicide", "suícide", "en", {"accent"}),
        ("suicídio", "suicidio", "es", {"accent"}),
        ("Suicide", "suicide", "en", {"case"}),
        ("自杀", "自殺", "zh", {"traditional"}),
        ("自殺", "自杀", "zh", {"traditional"}),
        ("自殺", "自殺", "zh", set()),
        ("自杀", "自 殺", "zh", {"traditional", "separator"}),
        ("kill myself", "kill-myself", "en", set()),
        ("kill myself", "killmyself", "en", {"separator"}),
        ("can't", "can’t", "en", {"apostrophe"}),
        ("can't", "cant", "en", {"apostrophe"}),
        ("cant", "can't", "en", {"apostrophe"}),
        ("can't", "can't", "en", set()),
        ("ё", "е", "ru", {"accent"}),
        ("strasse", "straße", "en", {"case"}),
        ("straße", "strasse", "en", {"case"}),
        ("finish", "ﬁnish", "en", {"width"}),
    ],
)
def test_a_hit_names_the_foldings_that_found_it(term, text, language, names):
    """What differs from the term as written, by name, and nothing else."""
    assert names == foldings(term, f". {text} .", language)


@pytest.mark.parametrize("written", ["不 想活", "不想 活", "不\n想 活", "不-想活"])
def test_a_longer_chinese_word_may_be_spaced_anywhere(written):
    """One space is as good as one between all characters."""
    assert [written] == found("不想活", f"我{written}了", "zh")


@pytest.mark.parametrize(
    ("term", "text", "count"),
    [
        ("I'll", "I am ill", 0),
        ("I'll", "I’ll do it", 1),
        ("I'll do it", "ill do it", 0),
        ("we're", "they were", 0),
        ("I'd die", "id die", 0),
        ("can't", "I cant", 1),
        ("hell", "hell", 1),
    ],
)
def test_a_word_without_its_apostrophe_may_be_another(term, text, count):
    """``ill`` is not ``I'll`` with the apostrophe left out, while ``cant`` is ``can't``."""
    assert count == len(found(term, text))


@pytest.mark.parametrize(("term", "text"), [("会社", "㍿"), ("式会", "㍿"), ("i", "ﬁ"), ("s", "ß")])
def test_no_hit_begins_or_ends_inside_a_character(term, text):
    """A character that folds to several counts whole."""
    assert [] == found(term, text, "zh")


def test_marks_stay_with_their_letter():
    """The span shown takes in the accents and selectors of its last letter."""
    assert ["die\u0301\u034f"] == found("die", "to die\u0301\u034f now")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("suicidal", ["suicidal"]),
        ("suicid", ["suicid"]),
        ("suicida\u0301l thoughts", ["suicida\u0301l"]),
        ("antisuicidal", []),
    ],
)
def test_a_star_takes_the_rest_of_the_word(text, words):
    """A trailing ``*`` matches any ending, and the span shows the word whole."""
    assert words == found("suicid*", text)
