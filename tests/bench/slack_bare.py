"""The bare parts of the benches of Slack: the SDK and the framework as one would use them first, without a rule.

`python -m tests.bench.slack_bare rooms|acks` is a process of its own, as the bot is: its order comes as one line of JSON on
standard input, and it says `ready`. `rooms` then opens one for each line, and says when it began.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import uvloop
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import Call, SlackServer

EVERYTHING = re.compile(".*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Order:
    """`calls`: (method, arguments), to do in turn. A room's id and its card's stand there as they were in the first one."""

    url: str
    token: str
    app_token: str = ""
    calls: Sequence[tuple[str, dict[str, Any]]] = ()
    room: str = ""
    card: str = ""

    @classmethod
    def rooms_like(cls, slack: SlackServer, calls: Sequence[Call], room: str, card: str) -> Order:
        """`calls` are those of the first room, up to where it was ready."""
        return cls(slack.api_url, slack.bot_token, "", [(call.method, dict(call.args)) for call in calls], room, card)

    def as_json(self) -> str:
        return json.dumps(asdict(self))


async def rooms(order: Order) -> None:
    """The same calls with the same content; a connection for each, which is what the SDK does by itself."""
    client = AsyncWebClient(token=order.token, base_url=order.url)
    _say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        begun = time.monotonic()
        names = {order.room: "", order.card: ""}
        for method, arguments in order.calls:
            given = {name: names.get(str(value), value) for name, value in arguments.items()}
            if method == "conversations.create":
                given["name"] = line.strip()
            whole = not all(isinstance(value, str) for value in given.values())
            answer = await client.api_call(method, **{"json" if whole else "data": given})
            if method == "conversations.create":
                names[order.room] = answer["channel"]["id"]
            elif method == "chat.postMessage":
                names[order.card] = answer["ts"]
        _say(f"opened {begun}")


async def acks(order: Order) -> None:
    """Acknowledges, and that is all."""
    app = AsyncApp(client=AsyncWebClient(token=order.token, base_url=order.url))

    async def at_once(ack: Any) -> None:
        await ack()

    async def nothing() -> None:
        return

    app.command(EVERYTHING)(at_once)
    app.action(EVERYTHING)(at_once)
    app.event(EVERYTHING)(nothing)
    handler = AsyncSocketModeHandler(
        app, order.app_token, web_client=AsyncWebClient(token=order.app_token, base_url=order.url)
    )
    await handler.connect_async()
    _say("ready")
    await asyncio.Event().wait()


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    order = Order(**json.loads(sys.stdin.readline()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(rooms(order) if sys.argv[1] == "rooms" else acks(order))


if __name__ == "__main__":
    main()
