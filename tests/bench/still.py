"""When a bot has nothing left to do: what is measured next has everything for itself."""

from __future__ import annotations

import httpx

from tests.until import until


async def still(http: httpx.AsyncClient, url: str, *, within: float = 40.0) -> None:
    """Nothing waits in the outbox of the bot at `url`. Raises DidNotCome."""

    async def nothing_waits() -> bool:
        metrics = (await http.get(f"{url}/metrics")).text.splitlines()
        waiting = [line for line in metrics if line.startswith(("klatsch_outbox_waiting{", "klatsch_database_up"))]
        return waiting == ["klatsch_database_up 1.0"]

    await until(nothing_waits, "the end of all that waited", within=within, every=0.05)
