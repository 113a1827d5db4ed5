from __future__ import annotations

import re
import time
import unicodedata

import pypinyin
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lifeline.folding import fold
from lifeline.lexicon import Lexicon, Use
from lifeline.readings import FOLDINGS, LOSSY, Edit, FoldingSettings, Reading
from lifeline.readings.respelling import _to_latin
from lifeline.rules.terms import read_term

TERMS = {
    "zh": [
        "自杀",
        "不想活",
        "想死",
        "去死",
        "跳楼",
        "割腕",
        "活不下去",
        "不想再活下去",
        "药",
        "刀片",
    ],
    "en": ["kill myself", "want to die", "suicid*", "die", "pills", "can't go on", "too", "knife"],
    "es": ["quiero morir", "pastillas", "matarme", "muerte"],
    "ru": [
        "не хочу жить",
        "покончить с собой",
        "умереть",
        "суицид*",
        "таблетки",
        "я умру",
        "зачем",
    ],
}
LEXICON = Lexicon(
    [
        (one, Use(0, "group", 0))
        for language, terms in TERMS.items()
        for term in terms
        for one in read_term(term, language)
    ],
    [1],
)


def hits(text, lexicon=LEXICON):
    """What was found only in another reading: term, words and names."""
    return {
        (lexicon.terms[hit.term].text, text[hit.start : hit.end], *sorted(hit.foldings))
        for hit in lexicon.find(text)
        if not hit.foldings.isdisjoint(FOLDINGS)
    }


def lexicon(*terms, language="zh", role="group", **foldings):
    """A lexicon with settings of its own."""
    read = [(one, Use(at, role, 0)) for at, t in enumerate(terms) for one in read_term(t, language)]
    return Lexicon(read, [1] * len(terms), FoldingSettings(**foldings))


@pytest.mark.parametrize(
    ("text", "term", "written", "names"),
    [
        ("i want to d1e", "want to die", "want to d1e", "leet"),
        ("I'll k1ll mys3lf", "kill myself", "k1ll mys3lf", "leet"),
        ("ki11 myself", "kill myself", "ki11 myself", "leet"),
        ("K!LL MY$ELF", "kill myself", "K!LL MY$ELF", "leet"),
        ("5u1c1d3", "suicid*", "5u1c1d3", "leet"),
        ("a s.u.1.c.1.d.e", "suicid*", "s.u.1.c.1.d.e", "leet"),
        ("3a4ем", "зачем", "3a4ем", "leet look_alike"),
        ("за4ем", "зачем", "за4ем", "leet"),
        ("suiсide", "suicid*", "suiсide", "look_alike"),
        ("a kіll mуsеlf now", "kill myself", "kіll mуsеlf", "look_alike"),
        ("ᴋɪʟʟ ᴍʏsᴇʟғ", "kill myself", "ᴋɪʟʟ ᴍʏsᴇʟғ", "look_alike"),
        ("🅺🅸🅻🅻 myself", "kill myself", "🅺🅸🅻🅻 myself", "look_alike"),
        ("κill myself", "kill myself", "κill myself", "look_alike"),
        ("умepeть", "умереть", "умepeть", "look_alike"),
        ("cуицид", "суицид*", "cуицид", "look_alike"),
        ("я yмpy", "я умру", "я yмpy", "look_alike"),
        ("diiiie", "die", "diiiie", "repeats"),
        ("kiiiillllll myself", "kill myself", "kiiiillllll myself", "repeats"),
        ("KILLLL MYSELF", "kill myself", "KILLLL MYSELF", "case repeats"),
        ("tooooo", "too", "tooooo", "repeats"),
        ("I want to to to die", "want to die", "want to to to die", "repeats"),
        ("want, want, want to die", "want to die", "want to die", ""),
        ("умереееееть", "умереть", "умереееееть", "repeats"),
        ("не не хочу хочу жить", "не хочу жить", "не не хочу хочу жить", "repeats"),
        ("不不想活", "不想活", "不想活", ""),
        ("不想想活了", "不想活", "不想想活", "repeats"),
        ("I want to um to die", "want to die", "want to um to die", "repeats"),
        ("I can't, um, go on", "can't go on", "can't, um, go on", "fillers"),
        ("I can't sort of er go on", "can't go on", "can't sort of er go on", "fillers"),
        ("I can't go. Um. On Monday", "can't go on", "", ""),
        ("quiero, eh... o sea, morir", "quiero morir", "quiero, eh... o sea, morir", "fillers"),
        ("я не, ну, хочу, э-э, жить", "не хочу жить", "не, ну, хочу, э-э, жить", "fillers"),
        ("我不想,呃,活了", "不想活", "不想,呃,活", "fillers"),
        ("我不那个就是说想活了", "不想活", "不那个就是说想活", "fillers"),
        ("活不不不下下去", "活不下去", "活不不不下下去", "repeats"),
        ("z yt [jxe ;bnm", "не хочу жить", "yt [jxe ;bnm", "keyboard"),
        ("[jxe gjrjyxbnm c cj,jq!", "покончить с собой", "gjrjyxbnm c cj,jq", "keyboard"),
        ("Z EVHE", "я умру", "Z EVHE", "case keyboard"),
        ("Yt {jxe :bnm", "не хочу жить", "Yt {jxe :bnm", "case keyboard"),
        ("50 💊", "药", "💊", "emoji"),
        ("我吃了好多💊💊", "药", "💊", "emoji"),
        ("一把🔪", "药", "", ""),
        ("我想💀了", "想死", "想💀", "emoji"),
        ("I took 50 💊.", "pills", "💊", "emoji"),
        ("I want to ☠️", "want to die", "want to ☠️", "emoji"),
        ("a 🔪 here", "knife", "🔪", "emoji"),
        ("me tomé muchas 💊", "pastillas", "💊", "emoji"),
        ("много 💊🏿", "таблетки", "💊🏿", "emoji"),
    ],
)
def test_a_disguise_is_seen_through(text, term, written, names):
    """The term is found, with the words as they stand there and the names of what hid it."""
    found = {
        (LEXICON.terms[hit.term].text, text[hit.start : hit.end], " ".join(sorted(hit.foldings)))
        for hit in LEXICON.find(text)
    }
    assert ((term, written, names) in found) is bool(written)


@pytest.mark.parametrize(
    "text",
    [
        "order A20384, iPhone15 Pro 2pcs 5kg 10am",
        "wi11 $20 buy it? b4 8pm",
        "d1",
        "k-1-11",
        "кот и рот не тут",
        "Die Größe ist ø 30, łódź",
        "to die, kil, tol",
        "to, die",
        "pil lls",
        "ббб ллл ттт",
        "谢谢 天天 好好 看看",
        "hello [name]; see Mr.Wgrphs, z",
        "thanks a lot 😀🎉",
        "我要4个，去4S店，想4天",
        "到2号楼",
    ],
)
def test_ordinary_text_stays_quiet(text):
    """Codes, sizes, names and the words of other languages are no disguise."""
    assert set() == hits(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("want to die", ["want to die", "die"]), ("want want to die", ["want to die", "die"])],
)
def test_what_is_found_plainly_is_not_found_again(text, words):
    """Another reading adds nothing to words that stand there as they are."""
    assert words == [text[hit.start : hit.end] for hit in LEXICON.find(text) if not hit.foldings]
    assert set() == hits(text)


@pytest.mark.parametrize(
    ("name", "term", "language", "text"),
    [
        ("leet", "die", "en", "d1e"),
        ("look_alike", "die", "en", "diе"),
        ("repeats", "die", "en", "diiie"),
        ("repeats", "想死", "zh", "想想死死死"),
        ("keyboard", "не хочу жить", "ru", "yt [jxe ;bnm"),
        ("emoji", "药", "zh", "💊"),
        ("homophone", "自杀", "zh", "自沙"),
        ("pinyin", "自杀", "zh", "zisha"),
        ("zhuyin", "自杀", "zh", "ㄗㄕㄚ"),
        ("digits", "想死", "zh", "想4"),
        ("initials", "自杀", "zh", "zs"),
    ],
)
def test_a_pack_turns_a_folding_off_or_excepts_words(name, term, language, text):
    """Off, a folding finds nothing; words that a pack excepts are no hit by it, others are."""
    assert hits(text, lexicon(term, language=language)) or name == "repeats"
    others = frozenset(FOLDINGS) - {name}
    only = lexicon(term, language=language, off=others)
    found = hits(text, only)
    assert all(name in hit[2:] for hit in found)
    assert set() == hits(text, lexicon(term, language=language, off=frozenset({name})))
    except_ = {name: frozenset(words for _, words, *_ in found)}
    assert set() == hits(text, lexicon(term, language=language, off=others, except_=except_))


def test_every_lossy_folding_is_one_and_each_has_a_sentence():
    """The names are those that rules use, with what authors read of them."""
    assert LOSSY < FOLDINGS.keys()
    assert all(FOLDINGS.values())


def test_the_halves_of_a_rule_may_be_in_different_readings():
    """What is complete is decided over all readings together."""
    uses = [("多少", "zh", 0), ("药", "zh", 1), ("想死", "zh", 2)]
    made = Lexicon(
        [(read_term(t, language)[0], Use(0, "group", at)) for t, language, at in uses], [3]
    )
    text = "多少💊，我想4"
    assert {("药", "💊", "emoji"), ("想死", "想4", "digits")} == hits(text, made)
    assert [] == made.find("多少💊，我想")


def test_the_parts_of_a_term_may_be_in_different_readings():
    """A gap spans from plain words to disguised ones, and the hit names what both needed."""
    made = lexicon("want … die", language="en")
    assert {("want … die", "want really d1e", "leet")} == hits("I want really d1e", made)


@pytest.mark.parametrize("role", ["exclusion", "lower"])
def test_words_that_exclude_or_lower_are_seen_through_too(role):
    """A term is a term, whatever it is for."""
    made = Lexicon(
        [
            (read_term("die", "en")[0], Use(0, "group", 0)),
            (read_term("diet", "en")[0], Use(0, role, 0)),
        ],
        [1],
    )
    assert {("diet", "d1et", "leet")} == hits("die d1et", made)


EDITS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 4), st.text("xyz", max_size=4)), max_size=5
)


@given(st.text("abcde", max_size=30), EDITS)
def test_a_reading_finds_its_way_back(text, made):
    """Outside its edits every character of a reading is the text's at the place it names."""
    edits = [
        Edit(start, start + size, new, frozenset({"leet"}))
        for start, size, new in made
        if start + size <= len(text)
    ]
    reading = Reading(text, edits)
    for at, character in enumerate(reading.text):
        start, end = reading.start(at), reading.end(at + 1)
        assert 0 <= start < end <= len(text)
        if not reading.names(at, at + 1):
            assert text[start:end] == character


# A reference for all foldings: whether what was cut from a text can be read as the term. It shares
# only the table of look-alikes with the code; for Chinese it asks pypinyin's own functions.
LEET = {"0": "oо", "1": "il", "3": "eз", "4": "aч", "5": "s", "6": "б", "7": "t", "8": "b",
        "9": "g", "@": "aа", "$": "s", "!": "i", "|": "il", "€": "eе"}  # fmt: skip
KEYS = dict(zip(
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`{}:\"<>~",
    "йцукенгшщзхъфывапролджэячсмитьбюёхъжэбюё", strict=True,
))  # fmt: skip
EMOJI = {
    "💊": "药 таблетки pills pastillas",
    "🔪": "刀 нож knife",
    "🗡": "刀 knife",
    "🪒": "刀片",
    "🏢": "楼",
    **dict.fromkeys("💀☠⚰🪦", "死 умереть die muerte"),
}


def written_as(character, wanted, names):
    """Whether one character, as it was written, may stand for a folded one."""
    lower = unicodedata.normalize("NFKC", character).lower()
    if fold(character) == wanted:
        return True
    if "leet" in names and wanted in LEET.get(character, ""):
        return True
    if "look_alike" in names:
        tables = _to_latin("i"), _to_latin("l")
        seen = {table.get(ord(c), "") for table in tables for c in (character, lower[0])}
        meant = {table.get(ord(c), "") for table in tables for c in (wanted, wanted.upper())}
        seen |= {fold(character)}
        meant |= {wanted}
        drawn = {"в": "b", "ь": "b", "н": "hn", "к": "k", "м": "m", "п": "n", "г": "r", "т": "t",
                 "и": "u", "ш": "w", "у": "y", "р": "p", "х": "x"}.get(wanted, "")  # fmt: skip
        if (seen & meant) - {""} or lower in drawn:
            return True
    if "keyboard" in names and fold(KEYS.get(character.lower(), "")) == wanted:
        return True
    return "homophone" in names and pypinyin.lazy_pinyin(fold(character)) == pypinyin.lazy_pinyin(
        wanted
    )


def reads(cut, term, names):
    """Whether ``cut``, by the foldings named, can be read as the folded ``term``."""
    reach = {0}  # how much of the term has been read
    at = 0
    while at < len(cut) and reach:
        ahead = set()
        if cut[at] in EMOJI and "emoji" in names:
            words = map(fold, EMOJI[cut[at]].split())
            ahead |= {r + len(w) for w in words for r in reach if term.startswith(w, r)}
        for r in reach:
            if r < len(term) and written_as(cut[at], term[r], names):
                ahead.add(r + 1)
            if not fold(cut[at]) or ("emoji" in names and cut[at] in "🏻🏿"):
                ahead.add(r)
            if "repeats" in names:  # a letter or a word before it, again
                same = (back for back in range(1, r + 1) if fold(cut[at]) == term[r - back])
                ahead.update(r - back + 1 for back in same)
        reach = ahead
        at += 1
    return len(term) in reach


FORMS = {
    "leet": {"i": "1!", "o": "0", "e": "3", "a": "4@", "s": "5$", "t": "7", "l": "1|",
             "з": "3", "ч": "4"},
    "look_alike": {
        **dict(zip("\u043e\u0435\u0430\u0441\u0443\u0440\u0445\u0442", "oeacypxt", strict=True)),
        **dict(zip("oeacypi", "\u03bf\u0435\u0430\u0441\u0443\u0440\u0456", strict=True)),
        "l": "\u04cf",
    },
}  # fmt: skip


@st.composite
def disguised(draw):
    """A term of letters, written with one kind of disguise somewhere in it."""
    language = draw(st.sampled_from(["en", "es", "ru"]))
    term = draw(st.sampled_from([term for term in TERMS[language] if "*" not in term]))
    kind = draw(st.sampled_from(["leet", "look_alike", "repeats"]))
    places = [at for at, c in enumerate(term) if kind == "repeats" or c in FORMS[kind]]
    alone = re.compile(r"(?<!\w)\w(?!\w)")  # a letter alone is not taken for another
    places = [at for at in places if term[at].isalpha() and not alone.match(term, at)]
    if not places:
        return term, term, ""
    chosen = draw(st.sampled_from(places))
    if kind == "repeats":
        again = term[chosen] * draw(st.integers(3, 9))
        written = term[:chosen] + again + term[chosen + 1 :]
    else:
        form = draw(st.sampled_from(FORMS[kind][term[chosen]]))
        written = term[:chosen] + form + term[chosen + 1 :]
    return term, written, kind


NOISE = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from(
        "1304@$! …,.'’💊🔪💀☠️🏻іеасοɪıØ[];qzxj自杀紫沙想四死ㄗㄕㄚㄙˋabcdezisha不活\ud800"
    )
)


@given(disguised(), NOISE, NOISE)
@example(("kill myself", "killllll myself", "repeats"), "", "")
def test_a_disguised_term_is_found_wherever_it_stands(case, before, after):
    """What surrounds a disguise takes nothing from it."""
    term, written, kind = case
    text = f"{before}\n\n({written})\n\n{after}"
    start = len(before) + 3
    spans = {
        (hit.start, hit.end): hit.foldings
        for hit in LEXICON.find(text)
        if LEXICON.terms[hit.term].text == term
    }
    found = spans.get((start, start + len(written)))
    assert found is not None
    assert not kind or found & {kind, "keyboard"}  # a Latin c alone is on с's key as well


@settings(max_examples=400)
@given(st.lists(NOISE | disguised().map(lambda case: case[1]), max_size=6))
@example(["yt [jxe ;bnm", " zi'sha ", "想4", "自ㄕㄚ"])
@example(["wo xiang zisha"])
@example(["我想想死死💀💊"])
def test_a_cut_reads_as_its_term(pieces):
    """Whatever the text: a hit's words, by the foldings it names, are its term."""
    text = " ".join(pieces)
    for hit in LEXICON.find(text):
        (part,) = LEXICON.terms[hit.term].parts
        cut = text[hit.start : hit.end]
        if hit.foldings & {"pinyin", "zhuyin", "digits", "initials"}:
            assert pronounced(cut, part.folded, hit.foldings), (cut, part.text, hit.foldings)
        else:
            ending = part.open_end
            assert any(
                reads(cut[:stop], part.folded, hit.foldings)
                for stop in (range(len(cut) + 1) if ending else [len(cut)])
            ), (cut, part.text, hit.foldings)


def pronounced(cut, term, names):
    """The same for Chinese: the letters of the cut are those of the term, by pypinyin."""
    bopomofo = pypinyin.pinyin(list(term), style=pypinyin.Style.BOPOMOFO, heteronym=True)
    reach = {0}
    folded = fold(cut)
    options = []
    for at, character in enumerate(term):
        latin = {unicodedata.normalize("NFD", one).replace("\u0308", "")
                 for one in pypinyin.lazy_pinyin(character, errors="ignore")
                 + [r for rs in pypinyin.pinyin(character, style=pypinyin.Style.NORMAL,
                                                heteronym=True) for r in rs]}  # fmt: skip
        spoken = {character}
        if "pinyin" in names:
            spoken |= latin | {one.replace("u", "v") for one in latin}
        if "initials" in names:
            spoken |= {one[0] for one in latin}
        if "zhuyin" in names:
            spoken |= {one.strip("ˊˇˋ˙") for one in bopomofo[at]}
        if "digits" in names:
            digits = pypinyin.lazy_pinyin("零一二三四五六七八九")
            spoken |= {str(d) for d, sound in enumerate(digits) if sound in latin}
        if "homophone" in names:
            spoken |= {c for c in folded if pypinyin.lazy_pinyin(c)[0] in latin}
        options.append(spoken)
    folded = "".join(c for c in folded if c not in "ˊˇˋ˙ˉ")
    for spoken in options:
        reach = {r + len(one) for r in reach for one in spoken if one and folded.startswith(one, r)}
    return len(folded) in reach


@pytest.mark.parametrize(
    "piece",
    ["k1ll ", "s.u.1.", "a1", "diiie ", "to to ", "想想死死", "a", "死", "💊", "想4", "自sha ",
     "ㄗㄕ", "zi sha ", "kіll ", "想zs", "自沙", "yt [jxe ", "\ud800a1", "a\u0301"],
)  # fmt: skip
def test_time_grows_with_the_text(piece):
    """Four times the text takes four times as long, not sixteen, whatever it is full of."""

    def seconds(size):
        text = piece * (size // len(piece))
        taken = []
        for _ in range(3):
            start = time.process_time()
            LEXICON.find(text)
            taken.append(time.process_time() - start)
        return min(taken)

    assert seconds(40_000) < 10 * seconds(10_000) + 0.01


@given(NOISE)
def test_no_text_is_too_odd(text):
    """Whatever code points it holds, lone surrogates too, a text is read and spans are within."""
    for hit in LEXICON.find(text):
        assert 0 <= hit.start < hit.end <= len(text)
