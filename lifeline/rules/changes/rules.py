"""What changed of one rule between two packs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lifeline.readings import LOSSY
from lifeline.rules.changes.between import Between, Change, Weight, count, opposite
from lifeline.rules.changes.content import EXAMPLES, Aside, Needs, RuleContent, keys_in

_NO_NEEDS: Final = Needs()
_REACHES: Final = {"customer": {"customer"}, "agent": {"agent"}, "any": {"customer", "agent"}}
# What a rule finds does not follow from these.
NOT_CONTENT: Final = frozenset(
    {"title", "review", "notes", "examples_added", "examples_removed", "status", "order"}
)


def changed_rule(
    old: RuleContent | None, new: RuleContent | None, between: Callable[[Weight], Between]
) -> list[Change]:
    """The changes of a rule; ``between`` makes what collects them, given the most they can weigh.

    Only what an active rule finds alerts anybody.
    """
    was, now = (side is not None and side.status == "active" for side in (old, new))
    life = between(Weight.MAJOR)
    if old is None or new is None:
        _came_or_went(life, old, new)
        return life.found
    if old.status != new.status:
        weight = Weight.MAJOR if was else Weight.MINOR if now else Weight.PATCH
        life.say("status", weight, f"{old.status} → {new.status}")
    inside = between(Weight.MAJOR if was and now else Weight.PATCH)
    _what_it_finds(inside, old, new)
    _when_it_looks(inside, old, new)
    _asides(inside, old, new)
    _foldings(inside, old.foldings, new.foldings)
    inside.set_of(
        "unaffected_by", "unaffected by", old.unaffected_by, new.unaffected_by, Weight.MINOR
    )
    if old.version != new.version and not inside.found and old.status == new.status:
        inside.say("order", Weight.PATCH, "written in another order; finds the same")
    _beside(inside, old, new)
    return life.found + inside.found


def _came_or_went(life: Between, old: RuleContent | None, new: RuleContent | None) -> None:
    if old is not None:
        weight = Weight.MAJOR if old.status == "active" else Weight.PATCH
        life.say("removed", weight, f"removed (was {old.status}, {old.tier})")
    elif new is not None:
        weight = Weight.MINOR if new.status == "active" else Weight.PATCH
        life.say("added", weight, f"added ({new.status}, {new.tier})")


def _what_it_finds(between: Between, old: RuleContent, new: RuleContent) -> None:
    between.tier("tier", "", old.tier, new.tier)
    if old.category != new.category:
        between.say("category", Weight.MAJOR, f"category {old.category} → {new.category}")
    _groups(between, old, new)
    _window(between, "window", "", old.within, new.within, Weight.MINOR)
    if old.ordered != new.ordered:
        weight, text = (
            (Weight.MAJOR, "groups must now stand in order")
            if new.ordered
            else (Weight.MINOR, "groups may now stand in any order")
        )
        between.say("ordered", weight, text)
    before, after = (side.at_least or len(side.groups) for side in (old, new))
    if (old.at_least or new.at_least) and before != after:
        weight = Weight.MAJOR if after > before else Weight.MINOR
        text = f"{before} of {len(old.groups)} groups needed → {after} of {len(new.groups)}"
        between.say("at_least", weight, text)
    _points(between, old, new)


def _points(between: Between, old: RuleContent, new: RuleContent) -> None:
    if old.adds_up != new.adds_up:
        weight = Weight.MAJOR if new.adds_up > old.adds_up else Weight.MINOR
        between.say("adds_up", weight, f"{old.adds_up} points needed → {new.adds_up}")
    if old.scale != new.scale:
        between.say("scale", Weight.MINOR, "the points of its scale were weighed anew")


def _groups(between: Between, old: RuleContent, new: RuleContent) -> None:
    before, after = ([keys_in(group) for group in side.groups] for side in (old, new))
    pairs = _pairs(before, after)
    if old.ordered and new.ordered and [b for _, b in sorted(pairs)] != sorted(b for _, b in pairs):
        between.say("ordered", Weight.MAJOR, "the groups stand in another order")
    several = max(len(before), len(after)) > 1
    for a, b in sorted(pairs, key=lambda pair: pair[1]):
        where = f"group {b + 1}: " if several else ""
        between.phrases("phrases", where, old.groups[a], new.groups[b], Weight.MINOR)
    # Where every group must be found, one less is less to ask for; where some are enough, it is
    # one way less.
    for a in sorted(set(range(len(before))) - {a for a, _ in pairs}):
        text = f"− group {a + 1} ({count(len(before[a]), 'phrase')})"
        weight = Weight.MAJOR if old.at_least else Weight.MINOR
        between.say("group_removed", weight, text, before[a])
    for b in sorted(set(range(len(after))) - {b for _, b in pairs}):
        which = "one more way" if new.at_least else "which must be found, too"
        text = f"+ group {b + 1} ({count(len(after[b]), 'phrase')}), {which}"
        weight = Weight.MINOR if new.at_least else Weight.MAJOR
        between.say("group_added", weight, text, after[b])


def _pairs(
    before: Sequence[frozenset[str]], after: Sequence[frozenset[str]]
) -> list[tuple[int, int]]:
    """Which group became which: those that share most; as many as there were, and all are paired.

    Equal ones stay with their own place.
    """
    alike = sorted(
        (-len(x & y) / len(x | y), abs(a - b), a, b)
        for a, x in enumerate(before)
        for b, y in enumerate(after)
        if x & y
    )
    pairs: dict[int, int] = {}
    for _, _, a, b in alike:
        if a not in pairs and b not in pairs.values():
            pairs[a] = b
    if len(before) == len(after):
        left = [b for b in range(len(after)) if b not in pairs.values()]
        pairs |= zip([a for a in range(len(before)) if a not in pairs], left, strict=True)
    return list(pairs.items())


def _when_it_looks(between: Between, old: RuleContent, new: RuleContent) -> None:
    if old.speaker != new.speaker:
        lost = _REACHES[old.speaker] - _REACHES[new.speaker]
        weight = Weight.MAJOR if lost else Weight.MINOR
        between.say("speaker", weight, f"speaker {old.speaker} → {new.speaker}")
    between.set_of("channel", "channel", old.channels, new.channels, Weight.MINOR)
    if (old.repeat is None) != (new.repeat is None):
        weight, text = (
            (Weight.MAJOR, f"must now be said {new.repeat['times']} times")
            if new.repeat
            else (Weight.MINOR, "once is enough now")
        )
        between.say("repeat", weight, text)
    elif old.repeat and new.repeat:
        between.number("repeat", "times", old.repeat["times"], new.repeat["times"], Weight.MAJOR)
        _window(between, "repeat", "repeat: ", old.repeat, new.repeat, Weight.MINOR)
    _position(between, old.position, new.position)
    _needs(between, "context", "", old.needs, new.needs)


def _position(
    between: Between, old: Mapping[str, int] | None, new: Mapping[str, int] | None
) -> None:
    if old == new:
        return
    words = [
        ", ".join(f"{edge.replace(' ', f' {n} ')}" for edge, n in (side or {}).items())
        or "the whole conversation"
        for side in (old, new)
    ]
    same_edge = old is not None and new is not None and old.keys() == new.keys()
    wider = new is None or (same_edge and sum(new.values()) > sum((old or {}).values()))
    weight = Weight.MINOR if wider else Weight.MAJOR
    between.say("position", weight, f"looks at: {words[0]} → {words[1]}")


def _needs(between: Between, kind: str, where: str, old: Needs | None, new: Needs | None) -> None:
    """What must be known of the customer; a condition more is less found."""
    before, after = old or _NO_NEEDS, new or _NO_NEEDS
    for name in ("product", "orders"):
        sides = getattr(before, name), getattr(after, name)
        _conditional(between, f"{kind}_{name}", f"{where}{name}: ", *sides)
    if before.days != after.days and before.orders and after.orders:
        wider = (after.days or math.inf) > (before.days or math.inf)
        words = [f"{days} days" if days else "any time" for days in (before.days, after.days)]
        weight = Weight.MINOR if wider else Weight.MAJOR
        between.say(f"{kind}_days", weight, f"{where}orders of {words[0]} → {words[1]}")


def _conditional(between: Between, kind: str, where: str, old: str, new: str) -> None:
    """Words of which one must be there, unless there are none."""
    if bool(old) == bool(new):
        between.phrases(kind, where, old, new, Weight.MINOR)
        return
    keys = keys_in(old or new)
    weight, verb = (Weight.MAJOR, "now needed") if new else (Weight.MINOR, "needed no more")
    between.say(kind, weight, f"{where}{verb}: one of {count(len(keys), 'phrase')}", keys)


def _asides(between: Between, old: RuleContent, new: RuleContent) -> None:
    """Exclusions, lowers and raises, each by its name."""
    for kind, adding in (
        ("exclusions", Weight.MAJOR),
        ("lower", Weight.MAJOR),
        ("raises", Weight.MINOR),
    ):
        before, after = (_by_name(getattr(side, kind)) for side in (old, new))
        what = {"exclusions": "exclusion", "raises": "raise"}.get(kind, kind)
        for name in sorted(before.keys() - after.keys()):
            text = f"− {what} `{name}`"
            between.say(f"{what}_removed", opposite(adding), text, keys_in(before[name].phrases))
        for name in sorted(after.keys() - before.keys()):
            to = f" to {after[name].to}" if after[name].to else ""
            text = f"+ {what} `{name}`{to}"
            between.say(f"{what}_added", adding, text, keys_in(after[name].phrases))
        for name in sorted(before.keys() & after.keys()):
            _aside(between, what, name, before[name], after[name], adding)


def _aside(between: Between, what: str, name: str, old: Aside, new: Aside, adding: Weight) -> None:
    where = f"{what} `{name}`: "
    if what == "raise":  # it may go without words
        _conditional(between, "raise_phrases", where, old.phrases, new.phrases)
    else:
        between.phrases(f"{what}_phrases", where, old.phrases, new.phrases, adding)
    between.tier(f"{what}_to", where, old.to, new.to)
    _window(between, f"{what}_window", where, old.within, new.within, adding)
    _needs(between, f"{what}_context", where, old.needs, new.needs)
    if old.why != new.why:
        between.say("notes", Weight.PATCH, f"{where}its reason changed")


def _by_name(asides: Sequence[Aside]) -> dict[str, Aside]:
    """By name; names need not differ, so a second one of a name gets a number."""
    found: dict[str, Aside] = {}
    for aside in asides:
        number = sum(name.split("#")[0] == aside.name for name in found) + 1
        found[aside.name if number == 1 else f"{aside.name}#{number}"] = aside
    return found


def _window(
    between: Between,
    kind: str,
    where: str,
    old: Mapping[str, int],
    new: Mapping[str, int],
    wider: Weight,
) -> None:
    """A window that grew or shrank; ``wider`` is what a wider one can do."""
    before, after = _reach(old), _reach(new)
    if before == after:
        return
    grew = any(a > b for b, a in zip(before, after, strict=True))
    shrank = any(a < b for b, a in zip(before, after, strict=True))
    weight = max(wider if grew else Weight.PATCH, opposite(wider) if shrank else Weight.PATCH)
    verb = "moved" if grew and shrank else "widened" if grew else "narrowed"
    words = [
        ", ".join(f"{n} {unit}" for unit, n in side.items() if unit != "times") or "one message"
        for side in (old, new)
    ]
    between.say(kind, weight, f"{where}window {words[0]} → {words[1]} ({verb})")


def _reach(bounds: Mapping[str, int]) -> tuple[float, ...]:
    """How far a window reaches, in each unit. What is not bounded may be anywhere in a message.

    With messages or minutes given, the other one is no bound.
    """
    across = "minutes" in bounds or bounds.get("messages", 1) > 1
    return (
        bounds.get("characters", math.inf),
        bounds.get("words", math.inf),
        bounds.get("messages", math.inf if across else 1),
        bounds.get("minutes", math.inf if across else 0),
    )


def _foldings(between: Between, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    ranks = {"off": 0, "lower": 1, "keep": 2}
    for name in sorted(old.keys() | new.keys()):
        usual = "lower" if name in LOSSY else "keep"
        before, after = old.get(name, usual), new.get(name, usual)
        if before != after:
            weight = Weight.MINOR if ranks[after] > ranks[before] else Weight.MAJOR
            between.say("folding", weight, f"folding `{name}`: {before} → {after}")


def _beside(between: Between, old: RuleContent, new: RuleContent) -> None:
    """What has no effect on what is found."""
    if old.title != new.title:
        between.say("title", Weight.PATCH, f"title: {old.title} → {new.title}")
    for kind in EXAMPLES:
        sides = old.examples.get(kind, ""), new.examples.get(kind, "")
        between.phrases("examples", f"{kind}: ", *sides, Weight.PATCH, "example")
    if old.reviewed != new.reviewed:
        words = [on or "never" for on in (old.reviewed, new.reviewed)]
        between.say("review", Weight.PATCH, f"reviewed {words[0]} → {words[1]}")
    if old.notes != new.notes:
        between.say("notes", Weight.PATCH, "references, author or reviewers changed")
