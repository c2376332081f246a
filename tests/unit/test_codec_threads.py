"""Reading rows in several threads at once, in a process that has read none before."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

FIRST_READERS = """
import os, sys, threading
from datetime import datetime, timezone
from bot.incident.model import Incident, Paging, Room, Stamp, Moment
from storage import codec

now = datetime(2026, 11, 22, tzinfo=timezone.utc)
paging = Paging("platform", 0, 0, ("ana",), now)
row = codec.dump(Incident(1, now, moments={Moment.DECLARED: Stamp(now, "x")}, rooms={"c": Room("r")}, paging=paging))
sys.setswitchinterval(1e-6)

def read(together):
    together.wait()
    codec.load_incident(1, row)

for _ in range(60):
    child = os.fork()
    if child == 0:
        together = threading.Barrier(3)
        readers = [threading.Thread(target=read, args=(together,)) for _ in range(3)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
"""Each child is a new process as far as msgspec is concerned. Without a lock more than a third of them die of SIGSEGV."""


def test_several_threads_may_be_the_first_to_read():
    ended = subprocess.run(
        [sys.executable, "-c", FIRST_READERS], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.split() == ["0"] * 60
