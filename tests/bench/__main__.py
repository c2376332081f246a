"""`python -m tests.bench [names…]`: measure, print one table. Exit code 0 however it went: numbers are for reading."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.bench.places import Place, again_on_a_slow_disk, place, slow_disk
from tests.bench.report import Row, table

BENCHES = (
    "ingest",
    "storm_post",
    "effects",
    "outbox",
    "replicas",
    "footprint",
    "verbs",
    "paging",
    "tick",
    "oncall",
    "digest",
    "matrix",
    "slack",
)
ENGINES = ("sqlite", "postgresql")


def main() -> int:
    arguments = _arguments()
    # Told to end, it ends what it started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if arguments.slow_fsync and "SLOW_FSYNC_US" not in os.environ:
        library = slow_disk()
        if library is None:
            print("--slow-fsync needs Linux and a C compiler; left out.")
            return 0
        again_on_a_slow_disk(library, arguments.slow_fsync)
    rows: list[Row] = []
    for engine in [arguments.database] if arguments.database else ENGINES:
        with place(engine, arguments.rounds, arguments.past) as where:
            for name in arguments.names or BENCHES:
                rows += _run(name, where)
    title = f"{arguments.rounds} rounds, medians"
    if arguments.slow_fsync:
        title += f"; every fsync takes {arguments.slow_fsync:g} ms longer"
    print(f"{title}\n\n{table(rows)}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([row.as_dict() for row in rows], indent=2), encoding="utf-8")
    return 0


def _run(name: str, where: Place) -> list[Row]:
    begun = time.perf_counter()
    rows: list[Row] = importlib.import_module(f"tests.bench.{name}").run(where)
    print(f"{where.engine} {name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--database", choices=ENGINES, help="default: both, one after the other")
    parser.add_argument("--slow-fsync", type=float, default=0.0, metavar="MS", help="added to every fsync")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved; the median counts (default: 3)")
    parser.add_argument("--past", type=int, default=100_000, metavar="N", help="incidents behind `verbs` (100,000)")
    parser.add_argument("--json", metavar="FILE", help="the same numbers for a program")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in BENCHES]:
        parser.error(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
