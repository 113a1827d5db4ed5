"""Reload: a changed rule pack is noticed, loaded whole and tried out beside the one in force.

A pack that is broken in any way changes nothing but a log line and a metric.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import structlog

from lifeline.errors import PackError
from lifeline.rules.pack import BrokenPackError, Pack, load, locate
from lifeline.rules.pack_files import signature
from lifeline.rules.trials.examples import check_examples
from streams import metrics

log = structlog.get_logger()

_MOST_SHOWN: Final = 50  # problems in one log line


def load_checked(folder: Path) -> Pack:
    """The pack in ``folder``, its examples run.

    Raises :class:`PackError` where anything is wrong: nobody may read by a broken pack.
    """
    pack = load(locate(folder))
    problems = check_examples(pack)
    if problems:
        raise BrokenPackError(problems, str(folder), pack.hash)
    return pack


class RulesWatcher:
    """Looks at the folder of the rules, in a thread of its own, and offers each new good pack.

    ``seen`` is the folder's signature from just before ``in_force`` was loaded. ``refused`` is the
    short hash of the broken pack that the folder holds, empty while there is none.
    """

    def __init__(self, folder: Path, in_force: Pack, seen: str, every_s: float) -> None:
        self.refused = ""
        self._folder = folder
        self._every = every_s
        self._hash = in_force.hash  # of the last good pack, offered or in force
        self._judged = self._last = seen
        self._offered: Pack | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Look every so often until :meth:`stop`; never, if that was set to 0."""
        if self._every:
            threading.Thread(target=self._watch, name="rules", daemon=True).start()

    def stop(self) -> None:
        """Look no more. A load under way comes to nothing."""
        self._stopping.set()

    def take(self) -> Pack | None:
        """The newest good pack that was not taken yet, if there is one."""
        with self._lock:
            pack, self._offered = self._offered, None
        return pack

    def look(self) -> None:
        """Look once. A change is judged when the next look finds it as it was.

        So a file half saved, or a folder gone while a new one takes its place, is not judged.
        """
        found = signature(self._folder)
        if found == self._last != self._judged:
            self._judge(found)
        self._last = found

    def _watch(self) -> None:
        while not self._stopping.wait(self._every):
            self.look()

    def _judge(self, found: str) -> None:
        try:
            pack = load_checked(self._folder)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the watch
            if self._stayed(found):
                self._refuse(error, found)
        else:
            if self._stayed(found):
                self._accept(pack)

    def _stayed(self, found: str) -> bool:
        """Whether the files are still those that were judged; else it may be half of each."""
        if signature(self._folder) != found:
            return False
        self._judged = found
        return True

    def _accept(self, pack: Pack) -> None:
        if self.refused:
            log.info("rules_mended", hash=pack.hash)
        self.refused = ""
        metrics.RELOAD_FAILED.set(0)
        if pack.hash == self._hash:
            metrics.RELOADS.labels("unchanged").inc()
            return
        self._hash = pack.hash
        metrics.RELOADS.labels("loaded").inc()
        with self._lock:
            self._offered = pack

    def _refuse(self, error: Exception, found: str) -> None:
        self.refused = (getattr(error, "hash", "") or found)[:12]
        metrics.RELOAD_FAILED.set(1)
        metrics.RELOADS.labels("refused").inc()
        # What the authors wrote is theirs, not customers' words.
        problems = [problem.render() for problem in getattr(error, "problems", [])]
        ours = not isinstance(error, PackError)
        log.error(
            "rules_refused",
            error=type(error).__name__ if ours else str(error),
            in_force=self._hash,
            count=len(problems),
            problems=problems[:_MOST_SHOWN],
            help="the last good pack stays in force; mend the files and save them",
            exc_info=error if ours else None,
        )
