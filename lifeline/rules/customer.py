"""Conditions on the customer: words in the product asked about and in what was ordered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from lifeline.context import Context, Item
from lifeline.lexicon import Lexicon, Use
from lifeline.readings import FOLDINGS, FoldingSettings
from lifeline.rules.schema import ContextNeeded, RuleSpec
from lifeline.rules.terms import read_term

_Words = tuple[str, tuple[str, ...]]  # language and terms


class CustomerWords:
    """The terms that rules look for in titles and categories, ready for matching."""

    def __init__(self, specs: Iterable[RuleSpec]) -> None:
        self._number: dict[_Words, int] = {}
        for spec in specs:
            for needed in (spec.context, *(r.context for r in spec.raises)):
                for words in (needed.product, needed.orders) if needed else ():
                    self._number.setdefault((spec.language, words), len(self._number))
        terms = [
            (term, Use(number, "group", 0))
            for (language, phrases), number in self._number.items()
            for phrase in phrases
            for term in read_term(phrase, language)
        ]
        # Nobody disguises what a shop calls its goods.
        as_written = FoldingSettings(off=frozenset(FOLDINGS))
        self._lexicon = Lexicon(terms, [1] * len(self._number), as_written)

    def hold(
        self, needed: ContextNeeded, language: str, context: Context, sku: str | None, at: datetime
    ) -> bool | None:
        """Whether what is needed holds for a customer who speaks at ``at``; None if not known."""
        answers: list[bool | None] = []
        if needed.product:
            wanted = self._number[language, needed.product]
            product = context.product_asked_about(sku)
            known = sku is None or product is not None
            answers.append(wanted in self._found(product) if known else None)
        if needed.orders:
            wanted = self._number[language, needed.orders]
            since = at - timedelta(days=needed.days) if needed.days else None
            recent = [o for o in context.orders or () if since is None or o.placed_at >= since]
            held = any(wanted in self._found(item) for order in recent for item in order.items)
            answers.append(held if context.orders is not None else None)
        if False in answers:
            return False
        return None if None in answers else True

    def _found(self, item: Item | None) -> set[int]:
        if item is None:
            return set()
        hits = self._lexicon.find(f"{item.title}\n\n{item.category}")
        return {use.rule for hit in hits for use in self._lexicon.uses[hit.term]}
