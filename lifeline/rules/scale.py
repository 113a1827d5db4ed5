"""The scale of a language: points for and against, which what a customer says adds up to.

Rules know what a phrase means; most people in distress never say one. Their words are each
harmless and together are not, which is what questionnaires add points up for. A scale holds points
for words and short sequences of them, one number a tier; a rule with ``adds_up`` says how many are
enough. It is a linear classifier (logistic regression, weighed by ``make weigh``) that a person
can read, and every alert by it shows the words that counted.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from lifeline.folding import is_cjk
from lifeline.rules.fields import Entries, Fields
from lifeline.rules.problems import Place
from lifeline.rules.schema import MOST_WORDS
from lifeline.signs import REST, sequence
from lifeline.taxonomy import Tier

SCALED: Final = (Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT)  # in the order of the points
MOST_POINTS: Final = 1000
_POINTS: Final = (
    re.compile(r"-?\d{1,3}( -?\d{1,3}){2}"),
    "expected three whole numbers of points",
    "as in `12 8 -3`: towards watch, elevated and imminent",
)
_KEYS: Final = ("window", "points")

Points = tuple[int, ...]  # three: towards watch, elevated and imminent


@dataclass(frozen=True, slots=True)
class Scale:
    """The points of one language.

    They are summed over the last ``window`` units that the customer said (words; characters of
    Chinese), each sequence once.
    """

    language: str
    window: int
    points: dict[str, Points]
    place: Place = field(compare=False)

    @property
    def digest(self) -> str:
        """Changes whenever anything that decides a sum changes."""
        content = [self.language, self.window, sorted(self.points.items())]
        return hashlib.sha256(repr(content).encode()).hexdigest()[:12]


def read_scale(fields: Fields, entries: Entries) -> Scale | None:
    """The scale of a file, or None."""
    if "scale" not in entries:
        return None
    source = fields.source
    node = entries["scale"]
    parts = source.mapping(node, _KEYS, ("window", "points"))
    return Scale(
        language=fields.language,
        window=fields.number(parts, "window", MOST_WORDS) or 0,
        points=read_points(fields, parts, *_POINTS),
        place=source.place(node),
    )


def read_points(
    fields: Fields, parts: Entries, pattern: re.Pattern[str], wrong: str, help_: str
) -> dict[str, tuple[int, ...]]:
    """What is said and its points; a value that does not match is ``wrong``."""
    if "points" not in parts:
        return {}
    source = fields.source
    found = {}
    for said, node in source.named(parts["points"]).items():
        value = source.text(node)
        heard = _as_heard(said)
        if heard != said:
            mended = f"write `{heard}`" if heard else "write letters or digits"
            source.add(node, "L090", f"`{said}` is never heard so", mended)
        elif pattern.fullmatch(value):
            found[said] = tuple(map(int, value.split()))
        elif value:
            source.add(node, "L090", wrong, help_)
    return found


def _as_heard(said: str) -> str:
    """A sequence as it is found in what is said; another than it is written is never found."""
    heard = sequence(said)
    begins = said.endswith(REST) and heard and not is_cjk(heard[-1])
    return heard + REST if begins else heard
