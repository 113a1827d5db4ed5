"""Rules across conversations as authors write them, under `across:`; all problems at once."""

from __future__ import annotations

import re
from typing import Final

import yaml

from lifeline.rules.across_spec import (
    ALSO_ASKED,
    STATUSES,
    UNITS,
    AcrossSpec,
    OrdersNeeded,
    SignNeeded,
    TimeLine,
    TimeLines,
    span_in_words,
)
from lifeline.rules.fields import Entries, Fields
from lifeline.rules.means import KINDS
from lifeline.rules.schema import MOST_DAYS, MOST_TIMES
from lifeline.rules.time_lines import read_time_line
from lifeline.taxonomy import CATEGORIES, RULE_TIERS, SIGNAL_CATEGORIES, Tier

ACROSS_KEYS: Final = (
    "id", "title", "why", "status", "signs", "conversations", "customers", "within", "orders",
    "raise", "show", "examples", "references", "author", "reviewed", "retired",
)  # fmt: skip
_REQUIRED: Final = ("id", "title", "why", "status", "signs", "examples")
SIGN_KEYS: Final = ("categories", "tier", "times")
ORDER_KEYS: Final = ("means", "days", "undelivered", "while_open")
MOST_SIGNS: Final = 4  # of a rule; all choices of them are kept count of
MOST_CONVERSATIONS: Final = 20
MOST_CUSTOMERS: Final = 1000
MOST_OF_UNIT: Final = {"minutes": 1440, "hours": 168, "days": 90}
LEAST_PRIORITY: Final = 2  # that a rule can raise to; 1 is the most urgent
ANY: Final = "any"
_ID: Final = re.compile(r"[a-z]{2,3}\.across\.[a-z0-9_]+")
# What a rule that only counts people has no use for.
_NOT_OF_CUSTOMERS: Final = ("conversations", "orders", "raise")


def read_across(fields: Fields, entries: Entries) -> list[AcrossSpec]:
    """The rules across conversations of a file that have no problem."""
    reader = _Reader(fields.source, fields.language, fields.concepts)
    return [spec for node in fields.nodes(entries, "across") if (spec := reader.rule(node))]


class _Reader(Fields):
    def rule(self, node: yaml.Node) -> AcrossSpec | None:
        """The rule, or None and its problems."""
        source = self.source
        before = len(source.problems)
        entries = source.mapping(node, ACROSS_KEYS, _REQUIRED)
        if not entries:
            return None
        signs = self._signs(entries)
        to, priority = self._raise(node, entries, signs)
        spec = AcrossSpec(
            id=self._id(entries),
            title=self.text(entries, "title"),
            why=self.text(entries, "why"),
            language=self.language,
            status=self.choice(entries, "status", STATUSES),
            signs=signs,
            conversations=self.number(entries, "conversations", MOST_CONVERSATIONS) or 1,
            within_ms=self._window(entries),
            orders=self._orders(entries),
            customers=self.number(entries, "customers", MOST_CUSTOMERS),
            to=to,
            priority=priority,
            examples=self._examples(entries),
            references=self.texts(entries, "references"),
            author=self.text(entries, "author"),
            reviewed=self.reviewed(entries),
            retired=self.retired(node, entries),
            place=source.place(node),
        )
        if len(source.problems) == before:
            self._whole(node, entries, spec)
        return spec if len(source.problems) == before else None

    def _id(self, entries: Entries) -> str:
        value = self.text(entries, "id")
        if value and not _ID.fullmatch(value):
            self.source.add(
                entries["id"], "L033", "an id here is language.across.name in lower case",
                "for example any.across.hopeless_again",
            )  # fmt: skip
        elif value and self.language and value.split(".")[0] != self.language:
            self.source.add(
                entries["id"], "L034", f"the id must start with the file's `{self.language}.`"
            )
        return value

    def _signs(self, entries: Entries) -> tuple[SignNeeded, ...]:
        nodes = self.nodes(entries, "signs")
        if (
            isinstance(entries.get("signs"), yaml.SequenceNode)
            and not 1 <= len(nodes) <= MOST_SIGNS
        ):
            self.source.add(
                entries["signs"], "L101", f"a rule has 1 to {MOST_SIGNS} signs",
                "write `- {categories: [farewell], tier: watch}`; `times: 2` for one said again",
            )  # fmt: skip
        return tuple(map(self._sign, nodes[:MOST_SIGNS]))

    def _sign(self, node: yaml.Node) -> SignNeeded:
        parts = self.source.mapping(node, SIGN_KEYS, SIGN_KEYS[:1])
        listed = self.nodes(parts, "categories")
        if isinstance(parts.get("categories"), yaml.SequenceNode) and not listed:
            self.source.add(parts["categories"], "L023", "no category, so nothing is ever found")
        categories = tuple(self.source.choice(one, CATEGORIES) for one in listed)
        tier = self.choice(parts, "tier", RULE_TIERS, Tier.SIGNAL.label)
        never = sorted(SIGNAL_CATEGORIES.intersection(categories))
        if never and tier not in ("", Tier.SIGNAL.label):
            self.source.add(
                parts["tier"], "L035", f"tier `{tier}` does not fit category `{never[0]}`",
                "`stressor` and `means` are always `signal`: write a sign of their own for them",
            )  # fmt: skip
        times = self.number(parts, "times", MOST_TIMES) or 1
        return SignNeeded(categories, RULE_TIERS.get(tier, Tier.SIGNAL), times)

    def _window(self, entries: Entries) -> int:
        if "within" not in entries:
            return 0
        node = entries["within"]
        parts = self.source.mapping(node, UNITS)
        if isinstance(node, yaml.MappingNode) and len(node.value) != 1:
            self.source.add(node, "L039", f"`within` needs one of: {', '.join(UNITS)}")
        return sum((self.number(parts, u, MOST_OF_UNIT[u]) or 0) * UNITS[u] for u in parts)

    def _orders(self, entries: Entries) -> OrdersNeeded | None:
        if "orders" not in entries:
            return None
        node = entries["orders"]
        parts = self.source.mapping(node, ORDER_KEYS, ORDER_KEYS[:1])
        while_open = self._is(parts, "while_open")
        if isinstance(node, yaml.MappingNode) and not while_open and "days" not in parts:
            self.source.add(
                node, "L103", "say when it was ordered",
                "`days: 30` before the last sign, or `while_open: true` for while its case is open",
            )  # fmt: skip
        return OrdersNeeded(
            means=self._means(parts),
            days=self.number(parts, "days", MOST_DAYS),
            undelivered=self._is(parts, "undelivered"),
            while_open=while_open,
        )

    def _means(self, parts: Entries) -> tuple[str, ...]:
        """The kinds; none where any will do."""
        if "means" not in parts:
            return ()
        node = parts["means"]
        if isinstance(node, yaml.ScalarNode):
            kind = self.source.choice(node, (ANY, *KINDS))
            return (kind,) if kind in KINDS else ()
        listed = self.source.sequence(node)
        if isinstance(node, yaml.SequenceNode) and not listed:
            self.source.add(node, "L023", "no kind of means, so nothing is ever found")
        return tuple(sorted({self.source.choice(one, KINDS) for one in listed}))

    def _is(self, parts: Entries, key: str) -> bool:
        return self.choice(parts, key, ("true", "false"), "false") == "true"

    def _raise(
        self, node: yaml.Node, entries: Entries, signs: tuple[SignNeeded, ...]
    ) -> tuple[Tier | None, int | None]:
        if "customers" in entries:
            if self.choice(entries, "show", (ALSO_ASKED,)) == "" and "show" not in entries:
                self.source.add(
                    node, "L102", "a rule that counts customers says what is shown",
                    f"add `show: {ALSO_ASKED}`",
                )  # fmt: skip
            return None, None
        if "show" in entries:
            self.source.add(
                entries["show"], "L102", "`show` is for rules that count customers",
                "add `customers: 5`, or write `raise:` instead",
            )  # fmt: skip
        if "raise" not in entries:
            self.source.add(
                node, "L102", "the rule says nothing of what it does",
                "add `raise: {to: elevated}`, `raise: {priority: 1}`, or both in one",
            )  # fmt: skip
            return None, None
        parts = self.source.mapping(entries["raise"], ("to", "priority"))
        if isinstance(entries["raise"], yaml.MappingNode) and not entries["raise"].value:
            self.source.add(entries["raise"], "L102", "say to what: `to`, `priority` or both")
        to = RULE_TIERS.get(self.choice(parts, "to", RULE_TIERS))
        lowest = min((sign.tier for sign in signs), default=Tier.NONE)
        if to is not None and to <= lowest:
            self.source.add(
                parts["to"], "L066", f"`{to.label}` is not above the `{lowest.label}` of its signs",
                "whatever the last sign is, its case is there already",
            )  # fmt: skip
        return to, self.number(parts, "priority", LEAST_PRIORITY)

    def _examples(self, entries: Entries) -> TimeLines:
        if "examples" not in entries:
            return TimeLines()
        parts = self.source.mapping(entries["examples"], *[("alert", "ignore")] * 2)
        read: dict[str, tuple[TimeLine, ...]] = {}
        for kind, node in parts.items():
            items = self.source.sequence(node)
            if isinstance(node, yaml.SequenceNode) and not items:
                self.source.add(node, "L044", f"`{kind}` needs at least one example")
            read[kind] = tuple(read_time_line(self, item) for item in items)
        return TimeLines(**read)

    def _whole(self, node: yaml.Node, entries: Entries, spec: AcrossSpec) -> None:
        """What does not go together in a rule whose parts are well."""
        source = self.source
        if spec.customers is not None:
            self._counts_people(entries, spec)
            if not spec.within_ms:
                source.add(node, "L101", "`within` is missing", "add `within: {minutes: 60}`")
            return
        several = spec.messages > 1
        if several and not spec.within_ms:
            source.add(
                node, "L101", f"{spec.messages} messages, and no word of how near to each other",
                "add `within: {hours: 24}`",
            )  # fmt: skip
        if not several and spec.within_ms:
            source.add(
                entries["within"], "L101", "one sign alone needs no window",
                "leave out `within`; `days` under `orders` says how long ago was ordered",
            )  # fmt: skip
        if spec.conversations > spec.messages:
            source.add(
                entries["conversations"], "L101",
                f"{spec.messages} messages cannot stand in {spec.conversations} conversations",
                "ask for more signs, or give one of them more `times`",
            )  # fmt: skip

    def _counts_people(self, entries: Entries, spec: AcrossSpec) -> None:
        source = self.source
        if spec.customers == 1:
            source.add(
                entries["customers"], "L101", "one customer is not several", "write 2 or more"
            )
        if spec.messages > 1:
            source.add(
                entries["signs"], "L101", "a rule that counts customers has one sign, said once",
                "leave one sign, without `times`",
            )  # fmt: skip
        for key in _NOT_OF_CUSTOMERS:
            if key in entries:
                source.add(
                    entries[key], "L102", f"`{key}` has no meaning where customers are counted",
                    "that others said the same raises nobody's case",
                )  # fmt: skip


def in_words(spec: AcrossSpec) -> str:
    """What the rule asks for, on one line."""
    signs = [
        f"{' or '.join(sign.categories)} ({sign.tier.label} or worse)"
        + f" {sign.times} times" * (sign.times > 1)
        for sign in spec.signs
    ]
    parts = [" and ".join(signs)]
    if spec.conversations > 1:
        parts.append(f"in {spec.conversations} conversations")
    if spec.customers:
        parts.append(f"by {spec.customers} customers")
    if spec.within_ms:
        parts.append(f"within {span_in_words(spec.within_ms)}")
    if spec.orders:
        parts.append(f"with {orders_in_words(spec.orders)}")
    return " ".join(parts)


def does_in_words(spec: AcrossSpec) -> str:
    """What the rule does, as in "raises to elevated, priority 1"."""
    if spec.customers:
        return "is shown"
    to = [f"to {spec.to.label}"] if spec.to else []
    priority = [f"to priority {spec.priority}"] if spec.priority else []
    return f"raises {' and '.join(to + priority)}"


def orders_in_words(orders: OrdersNeeded) -> str:
    """As in "an undelivered order of means (rope) of 30 days"."""
    which = "an undelivered order" if orders.undelivered else "an order"
    kinds = f" ({', '.join(orders.means)})" if orders.means else ""
    when = f" of {orders.days} days" if orders.days else ""
    return f"{which} of means{kinds}{when}{' while the case is open' * orders.while_open}"
