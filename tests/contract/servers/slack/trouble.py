"""Trouble on order: a call of a method fails in the ways that servers and networks fail."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from aiohttp import web

from tests.contract.servers.http import Answer, Trouble

What = Trouble | Answer | str
"""A string is the code of an `"ok": false`."""

BROKEN = Answer(500, b"Internal Server Error", {"Content-Type": "text/plain"})
HTML = Answer(200, b"<!DOCTYPE html><title>Down for maintenance</title>", {"Content-Type": "text/html"})
HUGE = Answer(200, b'{"ok":true,"x":"' + b"x" * 2**25 + b'"}', {"Content-Type": "application/json"})


def limited(seconds: int = 1) -> Answer:
    """429, with when to come again."""
    return Answer.of({"ok": False, "error": "ratelimited"}, 429, Retry_After=str(seconds))


def refused(code: str) -> Answer:
    return Answer.of({"ok": False, "error": code})


@dataclass
class Every:
    number: int
    what: What
    method: str
    asked: int = 0


class Troubles:
    """An order for the method "" is for the next call of any."""

    def __init__(self) -> None:
        self._orders: deque[tuple[str, What]] = deque()
        self._every: list[Every] = []

    def order(self, method: str, what: What, times: int) -> None:
        self._orders += [(method, what)] * times

    def every(self, number: int, what: What, method: str) -> None:
        self._every = [Every(number, what, method)] if number else []

    def take(self, method: str) -> Trouble | Answer | None:
        """What is to happen to this call."""
        found = next((order for order in self._orders if order[0] in ("", method)), None)
        if found:
            self._orders.remove(found)
            return _answer(found[1])
        for every in self._every:
            if every.method in ("", method):
                every.asked += 1
                if every.asked % every.number == 0:
                    return _answer(every.what)
        return None


def _answer(what: What) -> Trouble | Answer:
    return refused(what) if isinstance(what, str) else what


async def suffer(request: web.Request, what: Trouble, over: asyncio.Event) -> web.StreamResponse:
    """HANG until it is all over, TRICKLE until the client goes, or close."""
    if what is Trouble.HANG:
        await over.wait()
    if what is Trouble.TRICKLE:
        answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000000"})
        await answer.prepare(request)
        while not over.is_set():
            await answer.write(b" ")
            await asyncio.sleep(0.01)
    if request.transport:
        request.transport.abort()
    return web.Response(status=500)
