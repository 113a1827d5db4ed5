"""Plain words for the crisis team, in its language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal, NamedTuple

from alerts.contract import Customer, OrderShown
from alerts.priority import Fact

TeamLanguage = Literal["en", "zh-Hans"]


class Words(NamedTuple):
    """The words of one language; those with braces are filled in by :func:`summary`."""

    sentence: str
    quoted: str
    adds_up: str
    queue: str
    someone: str
    named: str
    born: str
    via: dict[str, str]
    says: dict[str, str]
    because: dict[str, str]
    several: str
    priority: str
    raised: dict[Fact, str]
    comma: str
    join: str
    ordered: str
    before: str
    after: str
    cancellable: str
    units: tuple[str, str, str]  # of days, hours and minutes


_ENGLISH: Final = Words(
    sentence="{who}, {via}{queue}: {says}{words}{ordered}; {because}.",
    quoted=" (“{}”)",
    adds_up=" (no one phrase: what was said adds up)",
    queue=" ({})",
    someone="A customer without an id",
    named="{name} ({facts})",
    born="born {}",
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
    priority=", P{priority}: {why}",
    raised={
        "means": "means bought",
        "repeat": "at risk in another conversation of the week",
        "earlier_case": "an earlier case was confirmed",
    },
    comma=", ",
    join="; ",
    ordered="; ordered {what} {when}{still}",
    before="{} before",
    after="{} after",
    cancellable=", can still be cancelled",
    units=("{} d", "{} h", "{} min"),
)

_CHINESE: Final = Words(
    sentence="{who}，{via}{queue}：{says}{words}{ordered}；{because}。",
    quoted="（“{}”）",
    adds_up="（没有单独一句，是前后的话合起来看）",
    queue="（{}）",
    someone="身份未知的客户",
    named="{name}（{facts}）",
    born="{} 年生",
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
    priority="，P{priority}：{why}",
    raised={
        "means": "买过可作工具的商品",
        "repeat": "一周内另一对话也有风险",
        "earlier_case": "以前的案例经小组证实",
    },
    comma="，",
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
    adds_up: bool = False,
    customer: Customer | None = None,
    means: OrderShown | None = None,
    spoken: datetime | None = None,
    priority: int | None = None,
    raised: Iterable[Fact] = (),
) -> str:
    """One sentence: who, what was said, what they ordered, why it ranks as it does.

    ``adds_up`` tells that rules by points counted, whose words say nothing when they stand alone.
    ``means`` is the order that matters most, ``spoken`` when the words were said, and ``raised``
    what is known besides them that counts for the ``priority``.
    """
    words = WORDS[language]
    said = words.adds_up if adds_up else ""
    if quoted:
        said = words.quoted.format(_clipped(" … ".join(dict.fromkeys(quoted))))
    because = words.because.get(tier, tier)
    if len(categories) > 1:
        because += words.several
    why = words.comma.join(words.raised[fact] for fact in raised if fact in words.raised)
    if priority is not None and why:
        because += words.priority.format(priority=priority, why=why)
    return words.sentence.format(
        who=_who(words, customer_id, customer),
        via=words.via.get(channel, channel),
        queue=words.queue.format(queue) if queue else "",
        says=words.join.join(words.says.get(c, c) for c in categories),
        words=said,
        ordered=_ordered(words, means, spoken) if means and spoken else "",
        because=because,
    )


def _who(words: Words, customer_id: str | None, customer: Customer | None) -> str:
    """By name where it is known, else by id."""
    name = _clipped(customer.name) if customer else ""
    if customer is None or not name:
        return customer_id or words.someone
    born = words.born.format(customer.birth_year) if customer.birth_year else None
    facts = words.comma.join(fact for fact in (customer_id, born) if fact)
    return words.named.format(name=name, facts=facts) if facts else name


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
