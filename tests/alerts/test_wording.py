from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.contract import Customer, OrderedItem, OrderShown
from alerts.priority import FACTS
from alerts.wording import WORDS, summary
from lifeline.taxonomy import CATEGORIES, CHANNELS, SIGNAL_CATEGORIES


def sentence(language: str = "en", **changes: object) -> str:
    """Sum up a case."""
    facts: dict[str, object] = {
        "customer_id": "u-5", "channel": "chat", "queue": "pharmacy", "tier": "elevated",
        "categories": ("method_question",), "quoted": ["how many"],
    }  # fmt: skip
    return summary(language, **{**facts, **changes})  # type: ignore[arg-type]


def test_english_sentence():
    """Who, where, what was said, and why it ranks as it does."""
    assert (
        "u-5, in chat (pharmacy): asks what would kill (“how many”); ranked elevated." == sentence()
    )


def test_chinese_sentence():
    """The same in Chinese, with Chinese punctuation."""
    assert "u-5，在线聊天（pharmacy）：询问什么能致死（“吃多少片能死”）；级别：高。" == sentence(
        "zh-Hans", quoted=["吃多少片能死"]
    )


def test_customer_without_an_id_is_someone():
    """Nobody is called None."""
    assert sentence(customer_id=None).startswith("A customer without an id, ")
    assert sentence("zh-Hans", customer_id=None).startswith("身份未知的客户，")


def test_without_a_queue_there_are_no_brackets():
    """What is not known is not mentioned."""
    assert "u-5, on a call: " == sentence(queue=None, channel="calls")[:16]
    assert "u-5，电话：" == sentence("zh-Hans", queue=None, channel="calls")[:7]


def test_several_signs_are_named():
    """More than one category explains a higher priority."""
    both = {"categories": ("active_intent", "method_question"), "tier": "imminent"}

    assert "speaks of wanting to end their life; asks what would kill" in sentence(**both)
    assert sentence(**both).endswith("act now, with more than one sign together.")
    assert sentence("zh-Hans", **both).endswith("请立即行动，同时出现多种迹象。")


def test_long_quotes_are_cut():
    """A summary stays one line."""
    long = sentence(quoted=["长" * 500])

    assert "长" * 119 + "…" in long
    assert "长" * 120 not in long


def test_what_only_adds_up_is_not_quoted():
    """Nobody learns anything from the words that count a few points each."""
    assert (
        "u-5, in chat (pharmacy): asks what would kill (no one phrase: what was said adds up); "
        "ranked elevated."
    ) == sentence(quoted=[], adds_up=True)
    assert "asks what would kill (“how many”);" in sentence(adds_up=True)
    assert "没有单独一句，是前后的话合起来看）；" in sentence("zh-Hans", quoted=[], adds_up=True)


def test_without_words_there_are_no_empty_quotes():
    """An agent's report may come without a reason."""
    assert "asks what would kill; ranked elevated." in sentence(quoted=[])


def test_repeated_words_are_quoted_once():
    """Saying it twice does not fill the line."""
    assert "(“a … b”)" in sentence(quoted=["a", "b", "a"])


def test_braces_in_words_are_only_words():
    """What a customer writes is never taken for a place to fill in."""
    for text in ("{who}", "{0}", "{", "%s"):
        assert text in sentence(quoted=[text], queue=text, customer_id=text)


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_category_tier_and_channel_has_words(language: str):
    """No code leaks into a sentence for people."""
    words = WORDS[language]

    assert set(CATEGORIES) - SIGNAL_CATEGORIES == words.says.keys()
    assert {"watch", "elevated", "imminent"} == words.because.keys()
    assert set(CHANNELS) == words.via.keys()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            (
                "Ann (u-5, born 1961), in chat: asks what would kill (“how many”); ordered "
                "Tablets 20 3 h before, can still be cancelled; ranked elevated, P1: means bought, "
                "an earlier case was confirmed."
            ),
        ),
        (
            "zh-Hans",
            (
                "Ann（u-5，1961 年生），在线聊天：询问什么能致死（“how many”）；"
                "3 小时前下单 Tablets 20，仍可取消；"
                "级别：高，P1：买过可作工具的商品，以前的案例经小组证实。"
            ),
        ),
    ],
)
def test_what_is_known_besides_the_words_is_in_the_sentence(language, expected):
    """Who by name, what they ordered that could serve, and what makes it urgent."""
    said = datetime(2026, 11, 22, 3, tzinfo=UTC)
    item = OrderedItem(sku="k", title="Tablets 20", means=["medicine"])
    order = OrderShown(
        order_id="o", placed_at=said - timedelta(hours=3), cancellable=True, means=["medicine"],
        items=[OrderedItem(sku="s", title="Socks"), item],
    )  # fmt: skip

    assert expected == sentence(
        language, queue=None, means=order, spoken=said, priority=1,
        raised=("means", "earlier_case"),
        customer=Customer(customer_id="u-5", name="Ann", birth_year=1961),
    )  # fmt: skip


def test_of_a_profile_only_what_is_known_is_told():
    """Without a name the id, without a year no year, and braces in a name are only braces."""
    for customer, expected in (
        (Customer(customer_id="u-5", birth_year=1961), "u-5, in chat"),
        (Customer(customer_id="u-5", name="{who}"), "{who} (u-5), in chat"),
    ):
        assert sentence(customer=customer).startswith(expected)


def test_several_signs_are_told_once():
    """What the sentence says of them already is not given as the reason for the priority again."""
    assert sentence(priority=1, raised=("several_signs",)).endswith("; ranked elevated.")


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_fact_that_counts_has_words(language: str):
    """A new row of the table of priorities cannot go untold."""
    assert FACTS.keys() - {"several_signs"} == WORDS[language].raised.keys()
