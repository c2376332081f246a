"""A local ntfy in a process of its own: `python -m tests.bench.phone`. It says where it listens, and for each line that it is sent
what came so far."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.effects import Phone
from tests.bench.places import Served, child
from tests.contract.servers.http import Answer, Request

_REF = re.compile(rb"INC-([0-9]+)")


class Booked(Phone):
    """`came`: which incident each page was about, and when it came (`time.monotonic`, which all processes share)."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[tuple[int, float]] = []

    def _publish(self, request: Request) -> Answer:
        at = time.monotonic()
        if found := _REF.search(request.body):
            self.came.append((int(found[1]), at))
        # What is kept for tests would grow with every page.
        self.requests.clear()
        self.published.clear()
        return super()._publish(request)


@dataclass(frozen=True, slots=True)
class Ringing:
    """The phone, from outside."""

    url: str
    served: Served

    def came(self) -> list[tuple[int, float]]:
        """Of every page that came so far: the incident's number, and when."""
        assert self.served.process.stdin is not None
        self.served.process.stdin.write("\n")
        self.served.process.stdin.flush()
        (line,) = self.served.told()
        return [(number, at) for number, at in json.loads(line)]


@contextmanager
def ringing() -> Iterator[Ringing]:
    with child([sys.executable, "-m", "tests.bench.phone"]) as process:
        served = Served(process, 0)
        (url,) = served.told()
        yield Ringing(url, served)


async def _main() -> None:
    async with Booked() as phone:
        print(phone.url, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(phone.came, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
