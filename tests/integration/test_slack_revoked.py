"""Slack takes the bot's token away in the middle of the night: who has to know hears of it, and everything else goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

import bot.deaf
import bot.health.ready
import bot.listening
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.slack import SlackServer
from tests.integration.served_bot import FIRING, bot_on
from tests.servers.klatsch import paging
from tests.until import PATIENCE, until


async def test_a_revoked_token_is_told_everywhere_but_in_slack_and_nothing_is_lost(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bot.listening, "MOST", 0.5)
    monkeypatch.setattr(bot.deaf, "LOOKS_EVERY", 0.1)
    monkeypatch.setattr(bot.listening, "STEADY", 0.3)
    # Each of many looks at the database may come late on a busy machine.
    monkeypatch.setattr(bot.health.ready, "WITHIN", PATIENCE)
    async with SlackServer() as slack, NtfyServer() as phone:
        await slack.person("ben").creates("incidents")
        chat = {
            "slack": {
                "bot_token": slack.bot_token,
                "app_token": slack.app_token,
                "announce": "#incidents",
                "api_url": slack.api_url,
            },
            "console": {"folder": str(tmp_path / "rooms")},
        }
        async with bot_on(tmp_path, database_url, chat=chat, **paging(phone.url)) as served:
            console = served.klatsch._talking["console"]
            await until(lambda: slack.connected, "the connection")
            slack.revoke()
            slack.cut()

            async def troubles() -> list[str]:
                answer = await served.get("/readyz")
                assert answer.status_code == 200
                found: list[str] = answer.json()["troubles"]
                return found

            async def refused() -> str:
                return next((one for one in await troubles() if "refuses the" in one), "")

            trouble = await until(refused, "the trouble in /readyz")
            assert "slack" in trouble
            assert slack.bot_token not in trouble + caplog.text
            assert slack.app_token not in trouble + caplog.text
            assert "refuses the" in caplog.text
            told = lambda: [said.document.to_plain() for said in console.messages(console.announce_room)]  # noqa: E731
            await until(lambda: any("slack" in line.lower() for line in told()), "the word in the other room")

            assert (await served.post(FIRING)).status_code == 200
            await until(lambda: phone.published, "the page")
            await until(lambda: [room.id for room in console.rooms() if "inc-1" in room.id], "the other room")
            assert not [channel for channel in slack.channels.values() if channel.name.startswith("inc-1")]

            slack.restore()
            await until(lambda: slack.connected, "the connection")
            rooms = await until(
                lambda: [channel for channel in slack.channels.values() if channel.name.startswith("inc-1")], "the room"
            )
            await until(lambda: rooms[0].pins, "its card")
            await until(lambda: any("hears Slack again" in line for line in told()), "the end of it, told")
            assert len(rooms) == 1

            async def well() -> bool:
                return await troubles() == []

            await until(well, "the end of it in /readyz")
