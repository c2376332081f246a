"""Who else is on this machine: whether an address is free, and whether it is a Klatsch that has it."""

from __future__ import annotations

import socket

from adapters.http import Http, json_object
from bot.ports import DeliveryError


def taken(host: str, port: int) -> str:
    """Why nobody can listen there now; empty: it is free. Looks without listening, so it takes it from nobody."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            # As a server's socket does it: connections that are only waiting to be forgotten do not count.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


async def is_klatsch(url: str) -> bool:
    """Whether a Klatsch answers at `url`, as it does to machines or to customers."""
    async with Http(seconds=5) as http:
        for path in ("/healthz", "/api/v2/status.json"):
            try:
                answer = json_object(await http.request("GET", url + path, provider=url, ok=(200,)), provider=url)
            except DeliveryError:
                continue
            if answer.get("status") == "ok" or {"page", "status"} <= answer.keys():
                return True
    return False
