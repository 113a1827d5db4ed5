"""What changed of means, and of rules across conversations, between two packs."""

from __future__ import annotations

from collections.abc import Callable

from lifeline.rules.changes.between import Between, Change, Weight, count
from lifeline.rules.changes.content import AcrossContent, MeansContent, keys_in


def changed_means(
    between: Between, old: MeansContent | None, new: MeansContent | None
) -> list[Change]:
    """The changes of one kind in one language: means can only raise what was said."""
    if old is None or new is None:
        side, verb, weight = (new, "added", Weight.MINOR) if new else (old, "removed", Weight.MAJOR)
        keys = keys_in(side.phrases) if side else frozenset[str]()
        between.say(verb, weight, f"{verb}: {count(len(keys), 'phrase')}", keys)
        return between.found
    between.phrases("phrases", "", old.phrases, new.phrases, Weight.MINOR)
    between.phrases("exceptions", "", old.exceptions, new.exceptions, Weight.MAJOR, "exception")
    if old.notes != new.notes:
        between.say("notes", Weight.PATCH, "its titles to be tried changed")
    return between.found


def changed_across(
    old: AcrossContent | None, new: AcrossContent | None, between: Callable[[Weight], Between]
) -> list[Change]:
    """The changes of one rule across conversations."""
    was, now = (side is not None and side.status == "active" for side in (old, new))
    life = between(Weight.MAJOR)
    if old is None or new is None:
        verb, side, weight = ("added", new, Weight.MINOR) if new else ("removed", old, Weight.MAJOR)
        if side is not None:
            heavy = weight if side.status == "active" else Weight.PATCH
            life.say(verb, heavy, f"{verb} ({side.status}): {side.asks}; {side.does}")
        return life.found
    if old.status != new.status:
        weight = Weight.MAJOR if was else Weight.MINOR if now else Weight.PATCH
        life.say("status", weight, f"{old.status} → {new.status}")
    inside = between(Weight.MAJOR if was and now else Weight.PATCH)
    if old.asks != new.asks:
        inside.say("asks", Weight.MAJOR, f"needed: {old.asks} → {new.asks}")
    if old.does != new.does:
        inside.say("does", Weight.MAJOR, f"{old.does} → {new.does}")
    if old.title != new.title:
        inside.say("title", Weight.PATCH, f"title: {old.title} → {new.title}")
    if old.reviewed != new.reviewed:
        words = [on or "never" for on in (old.reviewed, new.reviewed)]
        inside.say("review", Weight.PATCH, f"reviewed {words[0]} → {words[1]}")
    if old.notes != new.notes:
        inside.say("notes", Weight.PATCH, "its reason, examples, references or author changed")
    return life.found + inside.found
