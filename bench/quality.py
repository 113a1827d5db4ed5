"""How well a rule pack hears people, and how often it is wrong.

    python bench/quality.py [--rules FOLDER] [--corpus FOLDER] [--misses] [--alarms] [--write]

Two kinds of material are read. `bench/unseen/` holds invented service conversations that no rule
was written from; what became of each is compared with what its writer meant (its README has the
format). The corpus, where there is one beside the project, holds real texts that may not be passed
on; each is taken as one chat message, and nothing of it but counts is shown. `--write` puts the
tables into docs/detection-quality.md, `--misses` and `--alarms` show the unseen conversations
that came out wrong.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lifeline.commands.common import AGE_MS, load_or_exit, settle_memory
from lifeline.conversation import Conversations
from lifeline.rules.pack import Pack
from lifeline.scan import Verdict, scan
from lifeline.taxonomy import RULE_TIERS, Tier

HERE = Path(__file__).parent
UNSEEN = HERE / "unseen"
CORPUS = HERE.parent.parent / "shared" / "corpus"
REPORT = HERE.parent / "docs" / "detection-quality.md"
LANGUAGES = ("en", "es", "ru", "zh-Hans", "zh-Hant")
SPEAKERS = {"c": "customer", "a": "agent", "b": "bot"}
START = datetime(2026, 1, 1, 12, tzinfo=UTC)  # any time would do
EVERY_ALARM = 20  # rules named in the list of false alarms
TEXTS = 10_000  # figures are per so many


@dataclass(frozen=True, slots=True)
class Talk:
    """An invented conversation: what was said, and the tier its writer meant it to come to."""

    id: str
    language: str
    set: str  # "plain" or "hard"
    kind: str  # "alert", "tricky" or "ordinary"
    expect: Tier
    phenomenon: str
    turns: list[tuple[str, str, float, str]]

    @classmethod
    def read(cls, line: str) -> Talk:
        """The conversation of a line."""
        parts = json.loads(line)
        return cls(
            parts["id"], parts["lang"], parts["set"], parts["kind"],
            RULE_TIERS.get(parts["expect"], Tier.NONE), parts["phenomenon"], parts["turns"],
        )  # fmt: skip

    def events(self) -> Iterator[bytes]:
        """Its events. What is said on another channel is another conversation of the customer."""
        first = self.turns[0][1]
        for number, (speaker, channel, minutes, text) in enumerate(self.turns):
            conversation = self.id if channel == first else f"{self.id}/{channel}"
            said = timedelta(minutes=float(minutes), seconds=number)
            event: dict[str, Any] = {
                "conversation_id": conversation,
                "customer_id": self.id,
                "message_id": f"{conversation}-{number}",
                "sent_at": (START + said).isoformat(),
                "speaker": SPEAKERS[speaker],
                "text": text,
            }
            if channel == "calls":
                start = int(said.total_seconds() * 1000)
                event |= {"type": "call.segment", "segment_id": event["message_id"]}
                event |= {"is_final": True, "start_ms": start, "end_ms": start + 900}
            elif channel == "emails":
                event |= {"type": "email.message", "subject": ""}
            else:
                event["type"] = "chat.message"
            yield json.dumps(event).encode()


@dataclass(slots=True)
class Outcome:
    """What became of a conversation, in all its channels."""

    tier: Tier = Tier.NONE
    verdicts: list[Verdict] = field(default_factory=list)

    def words(self) -> Iterator[str]:
        """Each rule that hit, with its tier and words."""
        found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for verdict in self.verdicts:
            for match in verdict.matches.values():
                found[match["tier"], match["rule_id"]][match["text"]] = None
        for (tier, rule), words in found.items():
            yield f"{tier} {rule}: {', '.join(words)}"


def verdicts(pack: Pack, events: Iterable[bytes]) -> Iterator[Verdict]:
    """What becomes of conversations under the pack, as `lifeline scan` says it."""
    memory = Conversations(age=AGE_MS, number=1_000_000, memory=1 << 30)
    return scan(events, pack, conversations=memory)


def read_unseen(folder: Path) -> list[Talk]:
    """The invented conversations of all languages."""
    return [
        Talk.read(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def outcomes(pack: Pack, talks: list[Talk]) -> dict[str, Outcome]:
    """What became of each conversation, by its id."""
    found: dict[str, Outcome] = defaultdict(Outcome)
    for verdict in verdicts(pack, (event for talk in talks for event in talk.events())):
        outcome = found[verdict.conversation_id.split("/")[0]]
        outcome.tier = max(outcome.tier, verdict.tier)
        outcome.verdicts.append(verdict)
    return found


def share(talks: Iterable[Talk], found: dict[str, Outcome], least: Tier) -> str:
    """Of these conversations those that came to the tier or above, as `17 of 20 (85 %)`."""
    talks = list(talks)
    hits = sum(found[talk.id].tier >= least for talk in talks)
    return f"{hits} of {len(talks)} ({100 * hits / len(talks):.0f} %)" if talks else "–"


def table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def of_unseen(talks: list[Talk], found: dict[str, Outcome]) -> list[str]:
    """Recall and false alarms by set and language."""
    head = [
        "set, language",
        "should alert: watch or above",
        "elevated or imminent: elevated",
        "imminent: imminent",
        "tricky: elevated",
        "tricky: watch",
        "ordinary: watch",
    ]
    rows = []
    for name in ("plain", "hard"):
        for language in (*LANGUAGES, "all"):
            mine = [t for t in talks if t.set == name and language in (t.language, "all")]
            alert = [t for t in mine if t.kind == "alert"]
            tricky = [t for t in mine if t.kind == "tricky"]
            columns = [
                (alert, Tier.WATCH),
                ([t for t in alert if t.expect >= Tier.ELEVATED], Tier.ELEVATED),
                ([t for t in alert if t.expect is Tier.IMMINENT], Tier.IMMINENT),
                (tricky, Tier.ELEVATED),
                (tricky, Tier.WATCH),
                ([t for t in mine if t.kind == "ordinary"], Tier.WATCH),
            ]
            if mine:
                rows.append(
                    [f"{name}, {language}", *(share(t, found, tier) for t, tier in columns)]
                )
    return table(head, rows)


def of_phenomena(talks: list[Talk], found: dict[str, Outcome]) -> list[str]:
    """What was found of each phenomenon, and of tricky ones what alarmed though it should not."""
    lines = []
    for kind, said in (("alert", "found (watch or above)"), ("tricky", "false alarms (watch)")):
        names = Counter(t.phenomenon for t in talks if t.kind == kind)
        rows = []
        for name, _ in sorted(names.items(), key=lambda item: (-item[1], item[0])):
            mine = [t for t in talks if t.kind == kind and t.phenomenon == name]
            by_set = ([t for t in mine if t.set == s] for s in ("plain", "hard"))
            rows.append([name.replace("_", " "), *(share(t, found, Tier.WATCH) for t in by_set)])
        lines += [*table([kind, f"plain: {said}", f"hard: {said}"], rows), ""]
    return lines[:-1]


def of_corpus(pack: Pack, folder: Path) -> tuple[list[str], list[str]]:
    """Alerts per 10,000 real texts by language, kind and source; the rules behind false alarms."""
    rows, alarms = [], Counter[tuple[str, str]]()
    for path in sorted(folder.glob("*_*.jsonl.gz")):
        kind, language = path.name.removesuffix(".jsonl.gz").split("_")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts = [json.loads(line) for line in lines]
        tiers: dict[str, Counter[Tier]] = defaultdict(Counter)
        for verdict in verdicts(pack, map(_message, range(len(texts)), texts)):
            source = texts[int(verdict.conversation_id)]["source"]
            tiers[source][verdict.tier] += 1
            tiers["all"][verdict.tier] += 1
            if kind == "service" and verdict.tier >= Tier.ELEVATED:
                rules = {m["rule_id"] for m in verdict.matches.values()
                         if RULE_TIERS[m["tier"]] >= Tier.ELEVATED}  # fmt: skip
                alarms.update((language, rule) for rule in rules)
        for source, count in sorted(tiers.items(), key=lambda item: (item[0] != "all", item[0])):
            if source == "all" or kind in ("service", "neg"):
                rows.append([kind, language, source, *_per_texts(count)])
    head = ["kind", "language", "source", "texts", "imminent", "elevated", "watch"]
    named = [[rule, language, str(n)] for (language, rule), n in alarms.most_common(EVERY_ALARM)]
    return table(head, rows), table(["rule", "language", "alerts on service texts"], named)


def _message(number: int, text: dict[str, Any]) -> bytes:
    event = {
        "type": "chat.message", "conversation_id": str(number), "message_id": "m",
        "sent_at": START.isoformat(), "speaker": "customer", "text": text["text"],
    }  # fmt: skip
    return json.dumps(event).encode()


def _per_texts(count: Counter[Tier]) -> list[str]:
    texts = count.total()
    tiers = (Tier.IMMINENT, Tier.ELEVATED, Tier.WATCH)
    return [f"{texts:,}", *(f"{count[t] * TEXTS / texts:.1f} ({count[t]})" for t in tiers)]


def put(report: str, name: str, lines: list[str]) -> str:
    """The report with the lines between the marks of this name."""
    between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    return between.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], report)


def show(talk: Talk, outcome: Outcome) -> None:
    """A conversation with what became of it and why."""
    print(f"\n{talk.id} {talk.set} {talk.kind} {talk.phenomenon}: "
          f"meant {talk.expect.label}, came to {outcome.tier.label}")  # fmt: skip
    for speaker, channel, minutes, text in talk.turns:
        print(f"  {minutes:>4} {channel} {SPEAKERS[speaker]}: {text}")
    for words in outcome.words():
        print(f"    {words}")


def main() -> None:
    """Measure, print and, when asked, write the report's tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rules", type=Path, help="the pack's folder (default: the shipped one)")
    parser.add_argument("--unseen", type=Path, default=UNSEEN, help="folder of conversations")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of real texts")
    parser.add_argument("--misses", action="store_true", help="show what came to too little")
    parser.add_argument("--alarms", action="store_true", help="show what came to too much")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {REPORT.name}")
    given = parser.parse_args()
    pack = load_or_exit(given.rules)
    settle_memory()
    talks = read_unseen(given.unseen)
    found = outcomes(pack, talks)
    for talk in talks:
        tier = found[talk.id].tier
        if (given.misses and tier < talk.expect) or (
            given.alarms and tier >= Tier.WATCH and talk.expect is Tier.NONE
        ):
            show(talk, found[talk.id])
    sections = {"pack": [f"Pack {pack.name} {pack.version}."]}
    sections |= {"unseen": of_unseen(talks, found), "phenomena": of_phenomena(talks, found)}
    if given.corpus.is_dir():
        sections["corpus"], sections["alarms"] = of_corpus(pack, given.corpus)
    else:
        print(f"no corpus at {given.corpus}: its tables stay as they are")
    for name, lines in sections.items():
        print("", f"[{name}]", *lines, sep="\n")
    if given.write:
        report = REPORT.read_text(encoding="utf-8")
        for name, lines in sections.items():
            report = put(report, name, lines)
        REPORT.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
