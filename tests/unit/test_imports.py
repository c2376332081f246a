"""What a bot does not import whose configuration asks for none of it: each is memory and time of every start."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.until import PATIENCE

BASIC = {
    "storage": {"url": "sqlite:///:memory:"},
    "people": {"ana": {"email": "ana@example.org", "page": ["email"]}},
    "paging": {"email": {"type": "smtp", "host": "localhost", "from": "klatsch@example.org"}},
    "oncall": {"schedules": {"platform": {"rotation": {"people": ["ana"], "start": "2026-11-02T09:00"}}}},
}
ANSWERED = {"paging": {"email": {**BASIC["paging"]["email"], "answers": {"listen": "127.0.0.1:0"}}}}
LEARNING = {"digest": {"cron": "mon 09:00", "to": ["ops@example.org"]}, "coffee": {"cron": "thu 14:00"}}
HEAVY = (
    "icalendar",
    "recurring_ical_events",
    "x_wr_timezone",
    "dateutil",
    "aiosmtpd",
    "httpx",
    "nio",
    "slack_sdk",
    "aiohttp",
    "PIL",
    "apscheduler",
    "holidays",
    "websockets",
    "difflib",
    # What shows a status page of our own.
    "feedgenerator",
    "adapters.status.builtin",
    "adapters.web.public",
    "adapters.holidays",
    # What makes a digest, whose words and pictures nobody needs before one is due.
    "bot.chat.drawing",
    "bot.coffee.weekly.digest",
    "bot.coffee.weekly.render",
    "bot.coffee.weekly.pictures",
)

SCRIPT = f"""
import asyncio, sys
from pathlib import Path
import bot.cli, bot.terminal.serve
from bot.main import Klatsch
from bot.providers import configured

async def built():
    klatsch = Klatsch(configured(Path(sys.argv[1]), {{}}))
    async with klatsch.running(), asyncio.timeout({PATIENCE}):
        while not set(sys.argv[2:]) <= set(sys.modules):
            await asyncio.sleep(0.01)

asyncio.run(built())
print(sorted(name for name in {HEAVY!r} if name in sys.modules))
"""


def imported(folder: Path, config: dict[str, object], expected: list[str]) -> str:
    """Which of the heavy ones a bot with this configuration has imported when it serves, from when the `expected` ones are."""
    file = folder / "config.yaml"
    places = {"storage": {"url": f"sqlite:///{folder}/klatsch.db"}, "http": {"listen": "127.0.0.1:0"}}
    file.write_text(yaml.safe_dump({**config, **places, "postmortem": {"folder": str(folder)}}))
    command, root = [sys.executable, "-c", SCRIPT, str(file), *expected], Path(__file__).parents[2]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, timeout=4 * PATIENCE)
    return ended.stdout.strip()


@pytest.mark.parametrize(
    ("config", "found"), [(BASIC, []), (BASIC | ANSWERED, ["aiosmtpd"]), (BASIC | LEARNING, ["apscheduler"])]
)
def test_what_is_not_configured_is_not_imported_to_serve(
    tmp_path: Path, config: dict[str, object], found: list[str]
) -> None:
    assert imported(tmp_path, config, found) == str(found)
