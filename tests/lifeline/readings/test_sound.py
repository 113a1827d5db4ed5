from __future__ import annotations

import pypinyin
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.folding import fold
from lifeline.lexicon import Lexicon, Use
from lifeline.readings import FOLDINGS
from lifeline.readings.pinyin import first_letters, parse, sounds, syllables, zhuyin
from lifeline.rules.terms import read_term

TERMS = [
    "自杀",
    "不想活",
    "想死",
    "去死",
    "跳楼",
    "割腕",
    "安眠药",
    "活不下去",
    "睡觉",
    "我想自杀",
]


def lexicon(*terms, role="group"):
    """A lexicon of Chinese terms in one rule."""
    read = [(one, Use(0, role, 0)) for term in terms for one in read_term(term, "zh")]
    return Lexicon(read, [1])


LEXICON = lexicon(*TERMS)


def hits(text, made=LEXICON):
    """What was found by sound: term, words and names."""
    return {
        (made.terms[hit.term].text, text[hit.start : hit.end], " ".join(sorted(hit.foldings)))
        for hit in made.find(text)
        if not hit.foldings.isdisjoint(FOLDINGS)
    }


@pytest.mark.parametrize(
    ("text", "term", "written", "names"),
    [
        ("自砂了", "自杀", "自砂", "homophone"),
        ("我要紫砂", "自杀", "紫砂", "homophone"),
        ("自 鲨", "自杀", "自 鲨", "homophone separator"),
        ("不想货了", "不想活", "不想货", "homophone"),
        ("不香活", "不想活", "不香活", "homophone"),
        ("跳漏", "跳楼", "跳漏", "homophone"),
        ("去四吧", "去死", "去四", "homophone"),
        ("去㮐", "去死", "", ""),
        ("和不下去", "活不下去", "", ""),
        ("货不下去了", "活不下去", "货不下去", "homophone"),
        ("跳瘻", "跳楼", "跳瘻", "homophone"),
        ("zisha", "自杀", "zisha", "pinyin"),
        ("wo xiang zi sha", "自杀", "zi sha", "pinyin separator"),
        ("Wo xiang Zi'Sha", "我想自杀", "Wo xiang Zi'Sha", "apostrophe pinyin separator"),
        ("woxiangzisha", "我想自杀", "woxiangzisha", "pinyin"),
        ("我要zisha了", "自杀", "zisha", "pinyin"),
        ("我要自sha", "自杀", "自sha", "pinyin"),
        ("zì shā", "自杀", "zì shā", "pinyin separator"),
        ("ＺＩＳＨＡ", "自杀", "ＺＩＳＨＡ", "pinyin"),
        ("不xiang活", "不想活", "不xiang活", "pinyin"),
        ("吃an mian药", "安眠药", "an mian药", "pinyin separator"),
        ("shuijiao", "睡觉", "shuijiao", "pinyin"),
        ("ㄗㄕㄚ", "自杀", "ㄗㄕㄚ", "zhuyin"),
        ("我想ㄗˋㄕㄚ", "自杀", "ㄗˋㄕㄚ", "zhuyin"),
        ("自ㄕㄚ", "自杀", "自ㄕㄚ", "zhuyin"),
        ("ㄊㄧㄠˋㄌㄡˊ", "跳楼", "ㄊㄧㄠˋㄌㄡˊ", "zhuyin"),
        ("我想4了", "想死", "想4", "digits"),
        ("去4吧", "去死", "去4", "digits"),
        ("4，想4，想4", "想死", "想4", "digits"),
        ("sha 我要 自 sha", "自杀", "自 sha", "pinyin separator"),
        ("去似吧", "去死", "去似", "homophone"),
        ("zs", "自杀", "zs", "initials"),
        ("我好想zs啊", "自杀", "zs", "initials"),
        ("我想zs", "我想自杀", "我想zs", "initials"),
        ("BXH!", "不想活", "BXH", "initials"),
        ("我bxh了", "不想活", "bxh", "initials"),
        ("hbxq", "活不下去", "hbxq", "initials"),
        ("活bxq", "活不下去", "活bxq", "initials"),
        ("hbx去", "活不下去", "hbx去", "initials"),
    ],
)
def test_a_term_is_heard(text, term, written, names):
    """Characters, letters and signs that sound like the term are it, and the hit says by what."""
    assert ((term, written, names) in hits(text)) is bool(written)


@pytest.mark.parametrize(
    "text",
    [
        "自，沙",
        "自。杀zi。sha",
        "这是4S店",
        "我想4个一起买",
        "去4楼",
        "想四",
        "zi sha is not a word",
        "I want zisha",
        "the zs of it",
        "XS码和ZS码",
        "azs想",
        "我zs1",
        "he can lie",
        "资啥",
        "相思",
        "像是",
    ],
)
def test_what_only_sounds_a_little_alike_is_nothing(text):
    """Clauses part, digits count, English stays English, and everyday words are no disguise."""
    assert set() == hits(text) - {("想死", "想四", "homophone")}


def test_the_term_itself_is_not_heard_again():
    """Words as the author wrote them are one plain hit."""
    assert [frozenset()] * 3 == [hit.foldings for hit in LEXICON.find("我想自杀，去死")]


def test_initials_are_not_for_words_that_only_exclude():
    """Two letters must not take a hit away."""
    uses = [("死", Use(0, "group", 0)), ("想死", Use(0, "exclusion", 0))]
    made = Lexicon([(read_term(text, "zh")[0], use) for text, use in uses], [1])
    assert ["死"] == [made.terms[hit.term].text for hit in made.find("死xs，想xs")]


def test_syllables_are_those_of_pypinyin():
    """For characters in use, the sound is pypinyin's own, tones aside."""
    codes = syllables()
    letters = {code: syllable for syllable, code in codes.items() if "v" not in syllable}
    for character in "自杀不想活死跳楼割腕药安眠女绿我你他的是了在有人这中大来上":
        (expected,) = pypinyin.lazy_pinyin(character)
        assert expected.replace("ü", "u").replace("v", "u") == letters[sounds()[ord(character)]]
        assert expected[0] == first_letters(character)


def test_zhuyin_is_that_of_pypinyin():
    """Every syllable that pypinyin writes in zhuyin is read as that syllable."""
    codes = syllables()
    for (
        character
    ) in "波坡摸佛的特呢了个可和机其西之吃是日字次思一无与安恩昂鹅儿雨月元云用翁窘约远女":
        ((signs,),) = pypinyin.pinyin(character, style=pypinyin.Style.BOPOMOFO)
        (latin,) = pypinyin.lazy_pinyin(character)
        assert codes[latin.replace("ü", "v")] == zhuyin()[signs.strip("ˊˇˋ˙")]


@given(st.lists(st.sampled_from(sorted(syllables())), min_size=1, max_size=8))
def test_what_is_made_of_syllables_is_read_as_syllables(made):
    """Some way to take it apart is always found, and it leaves nothing over."""
    run = "".join(made)
    assert run == "".join(parse(run))
    assert set(parse(run)) <= syllables().keys()


@pytest.mark.parametrize("run", ["", "x", "zishax", "hello", "qq", "zi sha", "a" * 101])
def test_what_is_not_made_of_syllables_is_not_read(run):
    """One letter too many and it is no pinyin."""
    assert () == parse(run)


SOUND_ALIKE = {"杀": "沙砂鲨纱", "活": "货火或", "死": "寺斯四", "楼": "漏搂", "割": "歌戈"}


@given(
    st.sampled_from([term for term in TERMS if term != "睡觉"]),
    st.sampled_from(["homophone", "pinyin", "zhuyin"]),
    st.text("今天好累啊 .，。想不x1?\n", max_size=12),
    st.text("今天好累啊 .，。想不x1?\n", max_size=12),
)
def test_a_term_is_heard_wherever_it_stands(term, kind, before, after):
    """One character written by its sound hides the term nowhere."""
    at = next((at for at, c in enumerate(term) if c in SOUND_ALIKE), len(term) - 1)
    if kind == "homophone":
        forms = SOUND_ALIKE.get(term[at], term[at])
    elif kind == "pinyin":
        forms = pypinyin.lazy_pinyin(term[at])
    else:
        forms = pypinyin.pinyin(term[at], style=pypinyin.Style.BOPOMOFO)[0]
    text_before = f"{before}好。"
    for form in forms:
        written = term[:at] + form + term[at + 1 :]
        text = f"{text_before}{written}。好{after}"
        spans = {(h.start, h.end) for h in LEXICON.find(text) if LEXICON.terms[h.term].text == term}
        assert (len(text_before), len(text_before) + len(written)) in spans


def test_sound_is_compared_after_folding():
    """Traditional characters and full-width letters sound as their plain forms."""
    assert "跳楼" == fold("跳樓")
    assert {("跳楼", "跳樓", "traditional")} == {
        (LEXICON.terms[h.term].text, "跳樓", *h.foldings) for h in LEXICON.find("跳樓")
    }
