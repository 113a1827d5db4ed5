"""The examples of rules across conversations and of means, run: each as its author wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from lifeline.across import KnownOrder, Sign, asked_by, raised, status_of
from lifeline.context import Item, Order
from lifeline.rules.across import in_words
from lifeline.rules.across_spec import AcrossSpec, TimeLine
from lifeline.rules.corpora import START
from lifeline.rules.means import Means
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Problem
from lifeline.taxonomy import Tier

_STARTS_AT: Final = round(START.timestamp() * 1000)
_OPENS_FROM: Final = Tier.ELEVATED  # a case, by the usual gate


def check_across(pack: Pack, rule_id: str | None = None) -> Iterator[Problem]:
    """Every time-line of an evaluated rule that does not come out as written."""
    for spec in pack.across:
        if rule_id not in (None, spec.id):
            continue
        for line in spec.examples.alert:
            if not completes(spec, line, pack.means):
                yield line.place.problem(
                    "L105", f"{spec.id}: this `alert` example does not complete the rule",
                    _why_not(spec, line, pack.means),
                )  # fmt: skip
        for line in spec.examples.ignore:
            if completes(spec, line, pack.means):
                yield line.place.problem(
                    "L106", f"{spec.id}: this `ignore` example completes the rule",
                    f"needed is only: {in_words(spec)}; ask for more, or move it to `alert`",
                )  # fmt: skip


def check_means(pack: Pack) -> Iterator[Problem]:
    """Every title that is not of the kind it stands under, or of one it must not be of."""
    for one in pack.means.all:
        for key, titles in (("titles", one.titles), ("not", one.not_titles)):
            places = one.places.get(key, ())
            for title, place in zip(titles, places, strict=True):
                kinds = pack.means.kinds(Item(sku="", title=title))
                if key == "titles" and one.kind not in kinds:
                    yield place.problem(
                        "L107", f"this title is not found to be `{one.kind}`",
                        "add its word to `terms`, or see whether `except` takes it away",
                    )  # fmt: skip
                elif key == "not" and one.kind in kinds:
                    yield place.problem(
                        "L108", f"this title is found to be `{one.kind}`",
                        "make the term say more, or add these words to `except`",
                    )  # fmt: skip


def completes(spec: AcrossSpec, line: TimeLine, means: Means) -> bool:
    """Whether a time-line is what the rule looks for."""
    if spec.customers:
        return _most_customers(spec, line) >= spec.customers
    return bool(raised([spec], _signs(line), _orders(line, means), _open_spans(line)))


def _signs(line: TimeLine) -> list[Sign]:
    return [
        Sign(str(at), s.conversation, str(at), s.channel, _STARTS_AT + s.at, s.category, s.tier, "")
        for at, s in enumerate(line.signs)
    ]


def _orders(line: TimeLine, means: Means) -> list[KnownOrder]:
    return [
        status_of(
            Order(
                order_id=str(at),
                placed_at=START + timedelta(milliseconds=one.at),
                status=one.status,
                items=(one.item,),
            ),
            means,
        )
        for at, one in enumerate(line.orders)
    ]


def _open_spans(line: TimeLine) -> dict[str, list[tuple[int, int | None]]]:
    """The cases: opened by the first sign that is bad enough, closed where the author says so."""
    spans: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    events = [(s.at, s.conversation, "said") for s in line.signs if s.tier >= _OPENS_FROM]
    events += [(c.at, c.conversation, "closed") for c in line.closings]
    for at, conversation, what in sorted(events):
        cases = spans[conversation]
        is_open = bool(cases) and cases[-1][1] is None
        if what == "said" and not is_open:
            cases.append((_STARTS_AT + at, None))
        elif what == "closed" and is_open:
            cases[-1] = cases[-1][0], _STARTS_AT + at
    return dict(spans)


def _most_customers(spec: AcrossSpec, line: TimeLine) -> int:
    """How many customers said it within the window at most; all of them in the same words."""
    said = [(s.at, s.customer) for s in line.signs if asked_by([spec], s.category, s.tier)]
    return max(
        (len({who for at, who in said if last - spec.within_ms <= at <= last}) for last, _ in said),
        default=0,
    )


def _why_not(spec: AcrossSpec, line: TimeLine, means: Means) -> str:
    """What the rule asks for, and orders that hold nothing it counts."""
    unknown = [one.item.title for one in line.orders if spec.orders and not means.kinds(one.item)]
    told = f"; `{unknown[0]}` is no means by the pack's `means:`" if unknown else ""
    return f"needed: {in_words(spec)}{told}"
