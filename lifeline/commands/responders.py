"""`lifeline responders`: whom to call in a region, and when these numbers were last checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from lifeline.commands.common import rules_option, show_problems
from lifeline.errors import PackError
from lifeline.events import is_region
from lifeline.rules.changes.between import count
from lifeline.rules.pack import BrokenPackError, load_responders, locate
from lifeline.rules.responders import KINDS, RegionNumbers, Responder, Responders


@click.command("responders")
@click.argument("region", required=False)
@rules_option
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def responders_command(region: str | None, rules_folder: Path | None, *, as_json: bool) -> None:
    """Whom to call in REGION, a country as in ES, or a part of it as in CN-44 (ISO 3166).

    These are the numbers an alert from there shows. Without REGION: all regions, with how many
    numbers are kept for each, and when their next review is due. Exit status 2 when there are none.
    """
    responders = _load_or_exit(rules_folder)
    if region is None:
        rows = [_row(found) for _, found in sorted(responders.all.items())]
        click.echo(_json(rows) if as_json else "\n".join(_table(rows)))
        return
    code = region.upper()
    found = responders.of(code)
    if not found:
        click.echo(f"error: {_why_none(region, code)}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(_json([asdict(number) for number in found]))
        return
    due = {name: responders.all[name].next for name in dict.fromkeys(n.region for n in found)}
    click.echo("\n".join(_shown(code, found, due)))


def _load_or_exit(folder: Path | None) -> Responders:
    try:
        return load_responders(locate(folder))
    except BrokenPackError as error:
        show_problems(error.problems)
        click.echo("these numbers cannot be used until that is mended", err=True)
    except PackError as error:
        click.echo(f"error: {error}", err=True)
    sys.exit(2)


def _why_none(given: str, code: str) -> str:
    if not is_region(code):
        return (
            f"`{given}` is no region: give a country as in ES, or a part of it as in CN-44 "
            "(ISO 3166); `lifeline responders` lists those that are kept"
        )
    return (
        f"no numbers are kept for {code}: an alert from there says so. Add them under "
        "`responders:` in a file of the pack; `lifeline responders` lists what there is"
    )


def _row(found: RegionNumbers) -> dict[str, Any]:
    confirmed = bool(found.numbers) and all(number.confirmed for number in found.numbers)
    return {
        "region": found.region,
        "numbers": len(found.numbers),
        "next": found.next,
        "checked": found.checked,
        "confirmed": confirmed,
    }


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    today = datetime.now().astimezone().date().isoformat()
    yield f"{'region':<8}{'numbers':>8}  {'next review':<12}  last checked"
    for row in rows:
        late = "  overdue" if row["next"] < today else ""
        checked = row["checked"] or "never"
        confirmed = ", confirmed" if row["confirmed"] else ""
        line = f"{row['region']:<8}{row['numbers']:>8}  {row['next']:<12}  {checked}{confirmed}"
        yield line + late
    countries = len({row["region"].partition("-")[0] for row in rows})
    total = sum(row["numbers"] for row in rows)
    earliest = min((row["next"] for row in rows), default="never")
    yield f"\n{countries} countr{'y' if countries == 1 else 'ies'}, {count(total, 'number')}"
    yield f"the earliest next review is {earliest}"


def _shown(code: str, found: Iterable[Responder], due: dict[str, str]) -> Iterator[str]:
    """The numbers by kind, the first to call first, and how far they can be trusted."""
    found = sorted(found, key=lambda number: list(KINDS).index(number.kind))
    yield f"{code}: numbers of {', then '.join(due)}"
    kind = ""
    for number in found:
        if number.kind != kind:
            kind = number.kind
            yield f"\n{kind.replace('_', ' ')}"
        yield f"  {number.number}  {number.name}"
        for fact in _facts(number):
            yield f"      {fact}"
    yield ""
    for name, when in due.items():
        yield f"{name}: next review due on {when}"


def _facts(number: Responder) -> Iterator[str]:
    if number.what:
        yield number.what
    if number.hours:
        yield f"hours: {number.hours}"
    if number.languages:
        yield f"speaks: {', '.join(number.languages)}"
    yield f"source: {number.source}"
    if number.checked:
        yield f"compared with its source on {number.checked}"
    else:
        seen = f"seen in {number.seen}" if number.seen else "from memory"
        yield f"never compared with its source; {seen}"
    if not number.confirmed:
        yield "not confirmed with who answers"


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)
