from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.contract import OrderedItem, OrderShown
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
                "Ann (u-5), in chat: asks what would kill (“how many”); "
                "ordered Tablets 20 3 h before, can still be cancelled; ranked elevated."
            ),
        ),
        (
            "zh-Hans",
            (
                "Ann (u-5)，在线聊天：询问什么能致死（“how many”）；"
                "3 小时前下单 Tablets 20，仍可取消；级别：高。"
            ),
        ),
    ],
)  # fmt: skip
def test_the_order_that_matters_is_in_the_sentence(language, expected):
    """Who by name, and what they ordered that could serve."""
    said = datetime(2026, 11, 22, 3, tzinfo=UTC)
    item = OrderedItem(sku="k", title="Tablets 20", means=["medicine"])
    order = OrderShown(
        order_id="o", placed_at=said - timedelta(hours=3), cancellable=True, means=["medicine"],
        items=[OrderedItem(sku="s", title="Socks"), item],
    )  # fmt: skip

    assert expected == summary(
        language, customer_id="u-5", channel="chat", queue=None, tier="elevated",
        categories=("method_question",), quoted=["how many"], name="Ann", means=order, spoken=said,
    )  # fmt: skip
