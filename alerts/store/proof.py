"""Proves that a person is forgotten: looks for them in every text of every table, and in the files.

An id that others' ids contain (``u-1`` in ``u-12``) is told apart by what stands around it.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, Table, Text, func, or_, select, text, type_coerce
from sqlalchemy.sql.elements import ColumnElement

from alerts.store.engine import file_of
from alerts.store.erasing import conversations_of
from alerts.store.errors import StoreError
from alerts.store.store import Store
from alerts.store.tables import Json, customers, metadata
from alerts.triage.facts import person_of
from lifeline.customers import decode_profile

_SHORTEST: Final = 2  # of a name or phone worth looking for
_SHORT: Final = 6  # an id with less characters may be any number or word: it must stand in quotes
# Nothing before or after that would make it another word; after a JSON escape a word starts.
_BEFORE: Final = r"(?:(?<=\\[bfnrt])|(?<![0-9A-Za-z_])(?<![0-9A-Za-z_][-.]))"
_AFTER: Final = r"(?![0-9A-Za-z_])(?![-.][0-9A-Za-z_])"


@dataclass(frozen=True, slots=True)
class Traces:
    """What would tell of a person: ids of theirs, and what their profile says."""

    ids: tuple[str, ...]
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """How often something was found, by table and by file; 0 for those without.

    ``left`` names the columns that hold an id, or the phone where nobody else has the same.
    ``others`` counts by column the name and phone in other people's rows: namesakes, families,
    words that happen to be names. They are not this person's rows and prove nothing.
    """

    counts: dict[str, int]
    left: dict[str, int]
    others: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether nothing is left."""
        return not any(self.counts.values())


@dataclass(frozen=True, slots=True)
class _Hit:
    kinds: frozenset[str]  # id, phone, name
    table: str
    column: str
    owner: str | None


def traces_of(connection: Connection, person: str) -> Traces:
    """What to look for once the person is erased; to be asked before."""
    ids = conversations_of(connection, person)
    if not person.startswith(person_of(None, "")):
        ids.add(person)
    record = connection.execute(
        select(customers.c.record).where(customers.c.customer_id == person)
    ).scalar()
    if record is None:
        return Traces(tuple(sorted(ids)))
    profile = decode_profile(record)
    return Traces(tuple(sorted(ids)), profile.name.strip(), profile.phone.strip())


def prove(store: Store, traces: Traces) -> Proof:
    """Look everywhere. On SQLite the files are looked through, too, and rewritten if need be.

    Raises :class:`StoreError`, retriable, where a SQLite file is in use all the time.
    """
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":  # it reads every row there is
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        hits = [hit for table in metadata.sorted_tables for hit in _hits(connection, table, traces)]
    same_phone = {h.owner for h in hits if "phone" in h.kinds and h.table == customers.name}
    left: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for hit in hits:
        own = "id" in hit.kinds or ("phone" in hit.kinds and hit.owner not in same_phone)
        (left if own else others)[f"{hit.table}.{hit.column}"] += 1
    counts = Counter({table.name: 0 for table in metadata.sorted_tables})
    for place, count in left.items():
        counts[place.partition(".")[0]] += count
    if file_of(store.engine) is not None:
        words = [*traces.ids, *(() if others else _long(traces.name, traces.phone))]
        in_files = _in_files(store, words, rewrite=not left)
        counts.update(in_files)
        left.update({file: count for file, count in in_files.items() if count})
    return Proof(dict(counts), dict(left), dict(others))


def _hits(connection: Connection, table: Table, traces: Traces) -> Iterator[_Hit]:
    """Where one table holds a trace; each row is read once."""
    texts = [column for column in table.c if isinstance(column.type, Text | Json)]
    wanted = {"id": traces.ids, "phone": _long(traces.phone), "name": _long(traces.name)}
    patterns = {kind: _pattern(words) for kind, words in wanted.items() if any(words)}
    within = func.strpos if connection.dialect.name == "postgresql" else func.instr
    holds: list[ColumnElement[bool]] = [
        within(type_coerce(column, Text), word) > 0
        for column in texts
        for kind in patterns
        for word in _spellings(wanted[kind])
    ]
    found = select(*(type_coerce(column, Text).label(column.name) for column in texts))
    rows = connection.execute(found.where(or_(*holds)), execution_options={"yield_per": 500})
    for row in rows.mappings():
        owner = row.get("person") or row.get("customer_id")
        for name, value in row.items():
            kinds = frozenset(
                k for k, p in patterns.items() if value is not None and p.search(value)
            )
            if kinds:
                yield _Hit(kinds, table.name, name, owner)


def _long(*words: str) -> tuple[str, ...]:
    return tuple(word for word in words if len(word) >= _SHORTEST)


def _spellings(words: Iterable[str]) -> list[str]:
    """The words as they are and as JSON spells them."""
    return sorted({w for word in words for w in (word, msgspec.json.encode(word)[1:-1].decode())})


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, as a word of its own."""
    return re.compile("|".join(map(_alone, _spellings(words))))


def _alone(word: str) -> str:
    if len(word) < _SHORT and word.isascii():
        return rf'(?:(?<=")|(?<![\s\S])){re.escape(word)}(?:(?=["#])|(?![\s\S]))'
    return _BEFORE + re.escape(word) + _AFTER


def _in_files(store: Store, words: list[str], *, rewrite: bool) -> dict[str, int]:
    """How often a SQLite store's files hold the words, its write-ahead log emptied.

    Deleted rows are overwritten, but copies may be left where a page was once rearranged: then
    the file is rewritten, and looked through again.
    """
    counts = _looked_through(store, words)
    if rewrite and any(counts.values()):
        _run(store, "VACUUM")
        counts = _looked_through(store, words)
    return counts


def _looked_through(store: Store, words: list[str]) -> dict[str, int]:
    _run(store, "PRAGMA wal_checkpoint(TRUNCATE)")
    # Closing a file drops all locks that this process has on it: SQLite must have none there.
    store.engine.dispose()
    database = Path(str(store.engine.url.database))
    files = [database, *(database.with_name(database.name + end) for end in ("-wal", "-journal"))]
    return {path.name: _count(path, words) for path in files if path.exists()}


def _count(path: Path, words: list[str]) -> int:
    """How often the words are in a file's bytes. Finding first and weighing then is fast."""
    if not path.stat().st_size:
        return 0
    count = 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as held:
        for word in _spellings(words):
            alone, needle = re.compile(_alone(word).encode()), word.encode()
            place = held.find(needle)
            while place >= 0:
                count += alone.match(held, place) is not None
                place = held.find(needle, place + 1)
    return count


def _run(store: Store, statement: str) -> None:
    """Run what SQLite does outside of transactions only."""
    with store.saying():
        connection = store.engine.raw_connection()
    try:
        row = connection.cursor().execute(statement).fetchone()
        problem = "SQLITE_BUSY" if row and row[0] else ""
    except sqlite3.OperationalError as error:
        problem = error.sqlite_errorname
    finally:
        connection.close()
    if problem:
        raise StoreError(
            f"the files of {store.place} cannot be looked through ({problem}): they are in use "
            "or there is no room to rewrite them; stop the workers and try again",
            place=store.place,
            retriable=True,
        )
