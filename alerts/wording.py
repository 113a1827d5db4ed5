"""Plain words for the crisis team, in its language."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple

from alerts.contract import OrderShown

TeamLanguage = Literal["en", "zh-Hans"]


class Words(NamedTuple):
    """The words of one language; those with braces are filled in by :func:`summary`."""

    sentence: str
    queue: str
    someone: str
    via: dict[str, str]
    says: dict[str, str]
    because: dict[str, str]
    several: str
    join: str
    ordered: str
    before: str
    after: str
    cancellable: str
    units: tuple[str, str, str]  # of days, hours and minutes


_ENGLISH: Final = Words(
    sentence="{who}, {via}{queue}: {says} (“{words}”){ordered}; {because}.",
    queue=" ({})",
    someone="A customer without an id",
    via={"chat": "in chat", "calls": "on a call", "emails": "by e-mail"},
    says={
        "attempt": "speaks of an attempt under way",
        "preparation": "speaks of preparations",
        "plan": "speaks of a plan",
        "active_intent": "speaks of wanting to end their life",
        "passive_ideation": "speaks of not wanting to live",
        "method_question": "asks what would kill",
        "self_injury": "speaks of hurting themselves",
        "farewell": "says goodbye or gives things away",
        "other_at_risk": "someone else may be in danger",
        "threat_to_others": "threatens others",
        "extreme_emotion": "is in despair, panic or rage",
    },
    because={
        "imminent": "ranked imminent: act now",
        "elevated": "ranked elevated",
        "watch": "ranked watch: no intent or method was said",
    },
    several=", with more than one sign together",
    join="; ",
    ordered="; ordered {what} {when}{still}",
    before="{} before",
    after="{} after",
    cancellable=", can still be cancelled",
    units=("{} d", "{} h", "{} min"),
)

_CHINESE: Final = Words(
    sentence="{who}，{via}{queue}：{says}（“{words}”）{ordered}；{because}。",
    queue="（{}）",
    someone="身份未知的客户",
    via={"chat": "在线聊天", "calls": "电话", "emails": "邮件"},
    says={
        "attempt": "称正在轻生",
        "preparation": "提到已做准备",
        "plan": "提到计划",
        "active_intent": "表示想结束生命",
        "passive_ideation": "表示不想活",
        "method_question": "询问什么能致死",
        "self_injury": "提到伤害自己",
        "farewell": "告别或交代后事",
        "other_at_risk": "身边可能有人有危险",
        "threat_to_others": "威胁他人",
        "extreme_emotion": "极度绝望、恐慌或愤怒",
    },
    because={
        "imminent": "级别：紧急，请立即行动",
        "elevated": "级别：高",
        "watch": "级别：关注，未提到意图或方法",
    },
    several="，同时出现多种迹象",
    join="；",
    ordered="；{when}下单 {what}{still}",
    before="{}前",
    after="{}后",
    cancellable="，仍可取消",
    units=("{} 天", "{} 小时", "{} 分钟"),
)

WORDS: Final[dict[str, Words]] = {"en": _ENGLISH, "zh-Hans": _CHINESE}
_MOST_WORDS: Final = 120  # characters quoted in a summary


def summary(
    language: TeamLanguage,
    *,
    customer_id: str | None,
    channel: str,
    queue: str | None,
    tier: str,
    categories: tuple[str, ...],
    quoted: list[str],
    name: str = "",
    means: OrderShown | None = None,
    spoken: datetime | None = None,
) -> str:
    """One sentence: who, what was said, what they ordered, why it ranks as it does.

    ``means`` is the order that matters most, and ``spoken`` when the words were said.
    """
    words = WORDS[language]
    said = " … ".join(dict.fromkeys(quoted))
    said = _clipped(said)
    because = words.because.get(tier, tier)
    if len(categories) > 1:
        because += words.several
    return words.sentence.format(
        who=f"{name} ({customer_id})" if name else customer_id or words.someone,
        via=words.via.get(channel, channel),
        queue=words.queue.format(queue) if queue else "",
        says=words.join.join(words.says.get(c, c) for c in categories),
        words=said,
        ordered=_ordered(words, means, spoken) if means and spoken else "",
        because=because,
    )


def _ordered(words: Words, order: OrderShown, said: datetime) -> str:
    """What may be means, and when it was ordered."""
    titles = [item.title or item.sku for item in order.items if item.means]
    seconds = (order.placed_at - said).total_seconds()
    when = words.after if seconds > 0 else words.before
    return words.ordered.format(
        what=_clipped(", ".join(titles)),
        when=when.format(_span(words, abs(seconds))),
        still=words.cancellable if order.cancellable else "",
    )


def _span(words: Words, seconds: float) -> str:
    for unit, size in zip(words.units, (86_400, 3600, 60), strict=True):
        if seconds >= size:
            return unit.format(int(seconds // size))
    return words.units[-1].format(0)


def _clipped(text: str) -> str:
    return text if len(text) <= _MOST_WORDS else text[: _MOST_WORDS - 1] + "…"
