from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lifeline.folding import fold
from lifeline.lexicon import Lexicon, TermHit, Use
from lifeline.readings import FOLDINGS, FoldingSettings
from lifeline.rules.terms import GAP_CHARACTERS, GAP_WORDS, read_pattern, read_term

TERMS = {
    "zh": ["不想活", "自杀", "死", "再见 妈妈", "能死吗", "台湾 自杀"],
    "en": ["suicide", "kill myself", "can't go on", "die", "end it all", "straße"],
    "es": ["quitarme la vida", "acabé", "niño", "¿morir?"],
    "ru": ["покончить с собой", "ещё", "умереть", "йод"],
}
TRADITIONAL = str.maketrans("台湾杀吗见妈", "臺灣殺嗎見媽")
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
INVISIBLE = ["\u200b", "\u00ad", "\ufe0f", "\u2060", "\U000e0101"]
APOSTROPHES = ["'", "’", "`", "＇", ""]
ANY_TEXT = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from("İßẞ㍿ﬁё́й…。 .,'’\u200b😀𠮟\ud800死自杀不想活die")
)


PLAIN = FoldingSettings(off=frozenset(FOLDINGS))  # what is found without any other reading


def lexicon(*terms, language="zh", foldings=FoldingSettings()):  # noqa: B008 - it is frozen
    """A lexicon of one rule for each term, any of which is worth a look."""
    read = [
        (one, Use(at, "group", 0)) for at, t in enumerate(terms) for one in read_term(t, language)
    ]
    return Lexicon(read, [1] * len(terms), foldings)


def found(text, *terms, language="zh"):
    """The words of the text in which the terms were found."""
    return [text[hit.start : hit.end] for hit in lexicon(*terms, language=language).find(text)]


ALL = Lexicon(
    [
        (one, Use(0, "group", 0))
        for language, terms in TERMS.items()
        for term in terms
        for one in read_term(term, language)
    ],
    [1],
    PLAIN,
)


@st.composite
def disguised(draw):
    """A term's language and text, and a way somebody may write it."""
    language = draw(st.sampled_from(sorted(TERMS)))
    term = draw(st.sampled_from(TERMS[language]))
    symbols = [" ", ".", "-", "…", "\n", "  "] if language == "zh" else [".", "-", "_", "*"]
    written = []
    letters = term.strip("¿?")
    for at, character in enumerate(letters):
        form = draw(
            st.sampled_from(
                [
                    character,
                    character.upper(),
                    character.translate(TRADITIONAL),
                    character.translate(WIDE),
                ]
            )
        )
        if character == "'":
            form = draw(st.sampled_from(APOSTROPHES))
        elif character == " ":
            form = draw(st.sampled_from([" ", "-", "\n", "\r\n", " ... ", "  "]))
        elif draw(st.integers(0, 3)) == 0:
            form += draw(st.sampled_from([*INVISIBLE, "\u0301", "\u0308\u0323"]))
        written.append(form)
        inside = character.isalpha() and at + 1 < len(letters) and letters[at + 1].isalpha()
        if inside and draw(st.integers(0, 3)) == 0:
            written.append(draw(st.sampled_from(symbols)))
    return language, term, "".join(written)


@given(disguised(), ANY_TEXT, ANY_TEXT)
def test_a_disguised_term_is_found_where_it_stands(case, before, after):
    """Case, width, script, accents, apostrophes, separators and what is invisible hide nothing."""
    language, term, written = case
    text = f"{before} ({written}) {after}"
    start = len(before) + 2
    hits = lexicon(term, language=language).find(text)
    assert (start, start + len(written)) in {(hit.start, hit.end) for hit in hits}


@given(ANY_TEXT)
@example("İİdie")
@example("㍿自\u200b 殺了")
def test_a_span_folds_to_its_term(text):
    """What a hit points at in the original, folded, is the folded term."""
    for hit in ALL.find(text):
        (part,) = ALL.terms[hit.term].parts
        assert part.folded == fold(text[hit.start : hit.end])


@given(st.lists(disguised(), max_size=4), ANY_TEXT)
def test_a_span_folds_to_its_term_whatever_the_disguise(cases, between):
    """The same with words that do hit, one behind the other."""
    text = between.join(written for _, _, written in cases)
    for hit in ALL.find(text):
        (part,) = ALL.terms[hit.term].parts
        assert part.folded == fold(text[hit.start : hit.end])


@given(
    st.sets(st.text("自杀死了", min_size=1, max_size=3), min_size=1, max_size=6),
    st.text("自杀死了", max_size=30),
)
def test_every_occurrence_counts(terms, text):
    """Overlapping and nested hits are all kept: an oracle that tries each place agrees."""
    expected = {
        (term, at, at + len(term))
        for term in terms
        for at in range(len(text))
        if text.startswith(term, at)
    }
    made = lexicon(*sorted(terms), foldings=PLAIN)
    hits = [(made.terms[hit.term].text, hit.start, hit.end) for hit in made.find(text)]
    assert len(expected) == len(hits)
    assert expected == set(hits)


@given(
    st.sets(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=5),
    st.lists(st.text("ab1", min_size=1, max_size=4), max_size=8),
)
def test_latin_words_count_whole(terms, words):
    """Letters on either side are part of the word: a regular expression agrees."""
    text = ". ".join(words)
    expected = {
        (term, *match.span())
        for term in terms
        for match in re.finditer(rf"(?<![ab]){term}(?![ab])", text)
    }
    made = lexicon(*sorted(terms), language="en", foldings=PLAIN)
    assert expected == {(made.terms[h.term].text, h.start, h.end) for h in made.find(text)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I want to die", ["want to die"]),
        ("want die", ["want die"]),
        ("want a b c d e f die", ["want a b c d e f die"]),
        ("want a b c d e f g die", []),
        ("want. To die", []),
        ("want\n\ndie", []),
        ("want... die", ["want... die"]),
        ("die want", []),
        ("want want to die", ["want want to die", "want to die"]),
    ],
)
def test_a_gap_spans_a_few_words_of_one_sentence(text, words):
    """``…`` stands for up to six words, in order, and for the end of no sentence."""
    assert GAP_WORDS == 6
    assert words == found(text, "want … die", language="en")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("想一二三四五六七八九十一二死", ["想一二三四五六七八九十一二死"]),
        ("想一二三四五六七八九十一二三死", []),
        ("想。死", []),
        ("想。。。死", ["想。。。死"]),
    ],
)
def test_a_gap_spans_a_few_chinese_characters(text, words):
    """In Chinese ``…`` stands for up to twelve characters."""
    assert GAP_CHARACTERS == 12
    assert words == found(text, "想…死")


@pytest.mark.parametrize(
    "text",
    ["want to a b c d to a b die", "want a b c d to to die", "want to to to to to to die"],
)
def test_a_gap_tries_every_middle(text):
    """A word in the middle that leads nowhere does not hide the next one, which does."""
    assert [text] == found(text, "want … to … die", language="en")


@given(st.lists(st.sampled_from(["want", "to", "die", "x", "y."]), max_size=24))
def test_a_gap_finds_what_trying_all_would(words):
    """An oracle that tries every first, middle and last word agrees on where chains begin."""
    text = " ".join(words)
    places = [(m.group().strip("."), m.start(), m.end()) for m in re.finditer(r"\S+", text)]

    def near(a, b):
        gap = text[a[2] : b[1]]
        return a[2] <= b[1] and len(re.findall(r"\w+", gap)) <= GAP_WORDS and "." not in gap

    expected = {
        first[1]
        for first in places
        for middle in places
        for last in places
        if [p[0] for p in (first, middle, last)] == ["want", "to", "die"]
        if near(first, middle) and near(middle, last)
    }
    made = lexicon("want … to … die", language="en", foldings=PLAIN)
    assert expected == {h.start for h in made.find(text)}


def test_a_term_of_several_rules_is_one_hit():
    """What a term is for is looked up, not found again."""
    made = Lexicon(
        [(read_term("死", "zh")[0], Use(rule, "group", 0)) for rule in (0, 1)],
        [1, 1],
    )
    assert [TermHit(0, 1, 2, frozenset())] == made.find("想死")
    assert ((Use(0, "group", 0), Use(1, "group", 0)),) == made.uses


def test_terms_that_fold_alike_are_all_found():
    """Two spellings in the lexicon do not hide each other."""
    assert ["自殺", "自殺"] == found("自殺", "自杀", "自殺")


def test_a_text_that_completes_no_rule_is_not_looked_at():
    """Nearly all texts end at the automaton; one group of two is nothing."""
    read = [(read_term(t, "zh")[0], Use(0, "group", at)) for at, t in enumerate(["药", "死"])]
    made = Lexicon(read, [2])
    assert [] == made.find("药药药")
    assert 2 == len(made.find("药死"))


def test_words_of_rules_that_lack_something_are_not_looked_at():
    """Beside a rule that is complete, the words of others are left alone."""
    uses = [("药", Use(0, "group", 0)), ("死", Use(0, "group", 1)), ("好", Use(1, "group", 0))]
    made = Lexicon([(read_term(text, "zh")[0], use) for text, use in uses], [2, 1])
    assert ["好"] == [made.terms[hit.term].text for hit in made.find("药好")]
    assert ["药", "死"] == [made.terms[hit.term].text for hit in made.find("药死")]


def test_a_part_of_a_rule_that_lacks_something_is_not_looked_at():
    """A part that two terms share counts for the one whose rule is complete."""
    uses = [
        ("药…死", Use(0, "group", 0)),
        ("药…好", Use(1, "group", 0)),
        ("坏", Use(1, "group", 1)),
    ]
    made = Lexicon([(read_term(text, "zh")[0], use) for text, use in uses], [1, 2])
    assert ["药…死"] == [made.terms[hit.term].text for hit in made.find("药死好")]


def test_a_hit_names_the_foldings_of_all_its_parts():
    """Across a gap, what any part needed is told."""
    (hit,) = lexicon("吃…自杀").find("吃了自殺")
    assert {"traditional"} == hit.foldings
    (hit,) = lexicon("殺…死").find("杀 死")
    assert {"traditional"} == hit.foldings


def test_words_that_only_lower_or_exclude_are_not_looked_at():
    """Without a group hit there is nothing to lower."""
    made = Lexicon([(read_term("小说", "zh")[0], Use(0, "lower", 0))], [1])
    assert [] == made.find("小说")


def test_an_empty_lexicon_finds_nothing():
    """A pack whose rules are all drafts still loads."""
    assert [] == Lexicon([], []).find("自杀")


# Patterns: phrases whose alternatives are not written out


MANY = (
    "{想,要,准备,打算,决定,计划,考虑}{结束,了结,了断,终结,终止,解决,毁掉}{自己,我自己,这条命,生命}"
)
WANT = "{want,wanna,plan} {to,2,} {end,finish,leave,quit} {it all,this life} … {now,tonight,soon}"


def hits_in(text, made):
    """Each place at which a term stands, and by which foldings."""
    return {(hit.start, hit.end, hit.foldings) for hit in made.find(text)}


def patterned(term, language):
    """A lexicon of one term in slots, and one with its phrases written out."""
    read = (read_pattern(term, language), read_term(term, language))
    return [Lexicon([(one, Use(0, "group", 0)) for one in ones], [1]) for ones in read]


@pytest.mark.parametrize(("term", "language"), [(MANY, "zh"), (WANT, "en")])
def test_a_pattern_finds_what_its_phrases_find(term, language):
    """With whatever stands between, and in other readings, spans and foldings are the same."""
    slots, written_out = patterned(term, language)
    assert 1 == len(slots.terms) < len(written_out.terms)
    phrases = [" ".join(part.text for part in one.parts) for one in written_out.terms]
    between = [" ", "  ", ", ", "... ", ". ", " um, ", " x ", ""] if language == "en" else [
        "", " ", ",", "…", "。", "呃", "不"]  # fmt: skip

    @given(st.sampled_from(phrases), st.lists(st.sampled_from(between)), st.integers(0, 30))
    def check(phrase, gaps, cut):
        words = phrase.split() if language == "en" else list(phrase.replace(" ", ""))
        if language == "zh":
            words = [phrase.replace(" ", "")[:cut], phrase.replace(" ", "")[cut:]]
        elif "" in gaps:
            gaps = []  # words run together are found only where they are written out
        text = words[0] + "".join(
            gap + word
            for gap, word in zip([*gaps, *([between[0]] * len(words))], words[1:], strict=False)
        )
        spans = [
            {(h.start, h.end, h.foldings) for h in one.find(text)} for one in (slots, written_out)
        ]
        assert spans[0] == spans[1]

    check()


def test_of_alternatives_that_begin_alike_each_counts():
    """The longest may be what an exclusion needs, the shortest what a rule does."""
    pattern, written_out = patterned(
        "{气,烦,急,热,笑,算,抢,等,丑}得我{,都,真,就}想…{跳楼,跳楼了,自杀}", "zh"
    )
    text = "气得我想从这里跳楼了,自杀"

    assert {(h.start, h.end) for h in pattern.find(text)} == {(0, 9), (0, 10), (0, 13)}
    assert {(h.start, h.end) for h in written_out.find(text)} == {(0, 9), (0, 10), (0, 13)}


def test_few_alternatives_are_written_out():
    """Only where it saves something are words looked for one by one: together they are rarer."""
    assert read_term("{want,wish} to die", "en") == read_pattern("{want,wish} to die", "en")


@pytest.mark.parametrize(
    "term",
    ["un{a,b,c,d,e,f,g}{a,b,c,d,e,f,g}ed {now,then} x", "{,a,b,c,d,e,f} {,a,b,c,d,e,f} {,now}x y"],
)
def test_what_may_be_left_out_goes_with_its_neighbour(term):
    """No slot is ever empty, and no word is cut."""
    (pattern,) = read_pattern(term, "en")
    assert all(part.folded for slot in pattern.slots for part in slot.parts)
    slots, written_out = patterned(term, "en")
    for one in written_out.terms:
        text = one.parts[0].text
        assert hits_in(text, slots) == hits_in(text, written_out)
