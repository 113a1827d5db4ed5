from __future__ import annotations

import msgspec
import pytest

from streams.notes import Reader
from streams.status import Fleet, Worker, problems_of

READER = Reader(worker="a", rules="ab12/elevated", pack="care", version="1.0.0", since=5)
PLACES = [("chat", 0), ("chat", 1), ("calls", 0)]


def worker(name: str, *places: tuple[str, int], **reader: str) -> Worker:
    """Make a worker that holds these partitions."""
    said = msgspec.structs.replace(READER, worker=name, **reader)
    return Worker(name, "10.0.0.1", None, places, said)


def problems(*workers: Worker, silent: tuple[tuple[str, int], ...] = ()) -> list[str]:
    """Say what is wrong with the workers of three partitions."""
    readers = {place: None if place in silent else READER for place in PLACES}
    return problems_of(workers, PLACES, readers)


def test_workers_alike_that_read_everything_are_well():
    """A worker that waits for partitions is no problem: it reads nothing yet."""
    spare = Worker("c", "10.0.0.3", None, (), None)

    assert [] == problems(worker("a", *PLACES[:2]), worker("b", PLACES[2]), spare)


@pytest.mark.parametrize(
    ("workers", "silent", "expected"),
    [
        pytest.param(
            (),
            (),
            "no worker is running: nobody reads; what was read last was read by ab12/elevated",
            id="none",
        ),
        pytest.param((), PLACES, "no worker is running: nobody reads", id="never one"),
        pytest.param((worker("a", *PLACES[1:]),), (), "nobody reads chat 0", id="no owner"),
        pytest.param(
            (worker("a", *PLACES),),
            PLACES[:2],
            "no worker ever committed on chat 0/1",
            id="no commit",
        ),
        pytest.param(
            (worker("a", *PLACES[:2]), Worker("b", "10.0.0.2", None, (PLACES[2],), None)),
            (),
            "b has not yet said by which pack it reads",
            id="not said",
        ),
        pytest.param(
            (worker("a", *PLACES[:2]), worker("b", PLACES[2], rules="cd34/elevated")),
            (),
            "the workers do not all read by the same rules: ab12/elevated, cd34/elevated",
            id="other pack",
        ),
        pytest.param(
            (worker("a", *PLACES[:2]), worker("b", PLACES[2], rules="ab12/watch")),
            (),
            "the workers do not all read by the same rules: ab12/elevated, ab12/watch",
            id="other gate",
        ),
        pytest.param(
            (worker("a", *PLACES, refused="ef56"),),
            (),
            "a refused the pack in its folder (ef56); its log says why, and "
            "`lifeline rules check` shows it",
            id="refused",
        ),
    ],
)
def test_what_is_wrong_is_said_plainly(
    workers: tuple[Worker, ...], silent: tuple[tuple[str, int], ...], expected: str
):
    """Each way in which a fleet is not alike and well is one line."""
    assert [expected] == problems(*workers, silent=tuple(silent))


def test_json_holds_what_the_table_shows():
    """Programs get pack, gate and time apart."""
    fleet = Fleet("g", (worker("a", PLACES[0]),), ())

    assert {
        "group": "g",
        "workers": [
            {
                "worker": "a",
                "host": "10.0.0.1",
                "instance_id": None,
                "partitions": ["chat/0"],
                "rules": {
                    "pack": "care",
                    "version": "1.0.0",
                    "hash": "ab12",
                    "gate": "elevated",
                    "since": "1970-01-01T00:00:05+00:00",
                    "refused": None,
                },
            }
        ],
        "problems": [],
    } == fleet.as_json()
