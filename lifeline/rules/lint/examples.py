"""Lints of examples: personal data, and sentences that are there twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from lifeline.folding import fold
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Place, Problem

_Texts = tuple[str, ...]

_EMAIL: Final = re.compile(r"[\w.+-]+@(?!(?:[\w-]+\.)*example\b)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?<![A-Za-z0-9_@.])@[A-Za-z0-9_]{3,}")
_ACCOUNT: Final = re.compile(
    r"(?:(?<![a-z])(?:qq|wx|vx|wechat|telegram|whatsapp|skype)|微信|薇信|扣扣)(?:号|id|:|：|\s|是|is|#){0,4}"
    r"(?P<data>[a-z0-9_-]{5,}\d[a-z0-9_-]*|\d{5,})",
    re.IGNORECASE,
)
_ORDER: Final = re.compile(
    r"(?:订单|訂單|单号|單號|order|pedido|заказ|tracking)\W*(?:号|號|no\b|number|num|n[º°]|номер|№|#|编号)?"
    r"\W*(?P<data>[A-Za-z]{0,4}-?\d[\dA-Za-z-]{4,})",
    re.IGNORECASE,
)
# Digits, single signs between them; dates and times are told apart below.
_DIGITS: Final = re.compile(r"(?<![A-Za-z\d.,])\+?\(?\d(?:[ ().-]{0,2}\d){6,}[xX]?(?![A-Za-z\d])")
_DATE: Final = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_IN_FICTION: Final = re.compile(r"555[ -]?01\d\d")  # set aside for films and books
_ID_DIGITS: Final = 18
_CARD_DIGITS: Final = range(13, 20)


def personal_data(pack: Pack) -> Iterator[Problem]:
    """Examples and corpora that hold what could point to a person; they must be invented."""
    for texts, place in _sentences(pack):
        for text in texts:
            what = personal_data_in(text)
            if what:
                yield place.problem(
                    "L077", f"this looks like {what}",
                    "invent the sentence anew, without it; never paste what a customer said",
                )  # fmt: skip


def personal_data_in(text: str) -> str:
    """What kind of personal data a text seems to hold; empty when none."""
    plain = unicodedata.normalize("NFKC", text)
    for pattern, what in (
        (_EMAIL, "an e-mail address"),
        (_ACCOUNT, "someone's account"),
        (_HANDLE, "someone's handle"),
    ):
        if pattern.search(plain):
            return what
    for found in _DIGITS.finditer(plain):
        if not _DATE.fullmatch(found[0]) and not _IN_FICTION.search(found[0]):
            return _number(found[0])
    return "an order number" if _ORDER.search(plain) else ""


def _number(written: str) -> str:
    digits = re.sub(r"\D", "", written)
    if len(digits) + written.lower().endswith("x") == _ID_DIGITS and not _is_card(digits):
        return "an identity card number"
    if _is_card(digits):
        return "a bank card number"
    return "a telephone or order number"


def _is_card(digits: str) -> bool:
    """Whether the last digit is the check digit that Luhn's algorithm gives cards."""
    doubled = (int(d) * (1 + at % 2) for at, d in enumerate(reversed(digits)))
    return len(digits) in _CARD_DIGITS and not sum(n - 9 * (n > 9) for n in doubled) % 10  # noqa: PLR2004


def _sentences(pack: Pack) -> Iterator[tuple[_Texts, Place]]:
    """Every text of the pack that stands for what a customer says."""
    for spec in pack.all_rules:
        for kind, places in spec.examples.places.items():
            yield from zip(getattr(spec.examples, kind), places, strict=True)
    for modifier in pack.modifiers.all:
        for kind, places in modifier.places.items():
            yield from zip(getattr(modifier, kind), places, strict=True)
    corpora = pack.corpora
    for line in (*corpora.must_detect, *corpora.known_gaps, *corpora.benign):
        yield line.messages, line.place
    for text in corpora.known_false_positives:
        yield text.messages, text.place
    for case in corpora.cases:
        yield tuple(message.text for message in case.messages), case.place


def repeated_examples(pack: Pack) -> Iterator[Problem]:
    """Examples of a rule that are there twice, or both to be found and not to be found."""
    for spec in pack.all_rules:
        first: dict[_Texts, tuple[str, Place]] = {}
        for kind, places in spec.examples.places.items():
            for texts, place in zip(getattr(spec.examples, kind), places, strict=True):
                key = tuple(map(fold, texts))
                other, where = first.setdefault(key, (kind, place))
                if where is place:
                    continue
                if kind == other:
                    yield place.problem(
                        "L078", f"this example is the same as the one in line {where.line}",
                        "write another sentence, or remove this one", "warning",
                    )  # fmt: skip
                else:
                    yield place.problem(
                        "L079",
                        f"this `{kind}` example is under `{other}`, too, in line {where.line}",
                        "it can only be one of them",
                    )  # fmt: skip
