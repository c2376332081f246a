"""Pictures in a Matrix room, from a person's client to the folder that is exported, through a real homeserver."""

from __future__ import annotations

import asyncio
import html
import re
import struct
import zlib
from pathlib import Path
from typing import Any

from tests.integration.test_matrix_story import Town, fired, founded, town
from tests.servers.klatsch import incidents, klatsch, served_at
from tests.servers.synapse import purge, synapse
from tests.until import PATIENCE, until

__all__ = ["town"]


def png(width: int = 64) -> bytes:
    """A real one, grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(width) for _ in range(width))
    head = struct.pack(">IIBBBBB", width, width, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PAGE = b"<!doctype html><script>alert(1)</script>"


async def _stands(town: Town, count: int, within: float = PATIENCE) -> list[dict[str, Any]]:
    """The files, once it is known what became of `count` of them."""

    async def known() -> list[dict[str, Any]]:
        files = (await asyncio.to_thread(incidents, town.folder))[0]["files"]
        return files if sum(file["kept"] or bool(file["reason"]) for file in files) >= count else []

    return await until(known, "what became of the files", within=within)


async def test_a_picture_is_kept_and_exported_and_goes_with_its_message(town: Town, database_url: str):
    town.configure(database_url, files={"largest": "100kB"})
    ana, ben, graph = town.ana, town.ben, png()
    async with served_at(town.folder) as served:
        fired(served)
        room = await town.room()
        await ben.join(room)
        await until(lambda: town.card(room), "the card")
        shown = [
            await ana.show(room, "graph.png", graph),
            await ana.show(room, "../../etc/<img src=x onerror=alert(1)>.png", PAGE),
            await ana.show(room, "large.png", bytes(100_001), info={}),
            await ana.show(room, "secret.png", b"hunter2", filename="secret.png"),
        ]
        gone = await ana.upload(b"purged")
        await purge(town.homeserver, gone)
        shown.append(await ana.send(room, "m.room.message", {"msgtype": "m.file", "body": "gone.log", "url": gone}))
        for message in shown:
            await ben.react(room, message, "📌")
        files = await _stands(town, 5)
        assert [(file["name"].rpartition("/")[2], file["kept"]) for file in files] == [
            ("graph.png", True),
            ("<img src=x onerror=alert(1)>.png", True),
            ("large.png", False),
            ("secret.png", True),
            ("gone.log", False),
        ]
        assert [file["reason"] for file in files if not file["kept"]] == [
            "it is larger than 100 kB",
            "it is not on the homeserver any more",
        ]
        assert "graph.png (kept)" in await town.types(ana, room, "timeline")
        await ana.redact(room, shown[3])
        await until(lambda: _without(town, "secret.png"), "the end of the secret")

    folder = town.folder / "out"
    done = await asyncio.to_thread(klatsch, town.folder, "export", "inc-1", "--format", "html", "--to", str(folder))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    page = (folder / "INC-1.html").read_text(encoding="utf-8")
    pictures = re.findall(r'<img src="([^"]+)"', page)
    assert [(folder / place).read_bytes() for place in pictures] == [graph]
    links = re.findall(r'href="(files/[^"]+)"', page)
    assert {(folder / place).read_bytes() for place in links} == {graph, PAGE}
    assert sorted(folder.rglob("*.*")) == sorted([folder / "INC-1.html", *(folder / html.unescape(p) for p in links)])
    assert not [name for name in links if name.endswith(("html", "PAGE"))]
    assert "<script" not in page
    assert "onerror=alert(1)>" not in page
    again = await asyncio.to_thread(klatsch, town.folder, "export", "INC-1", "--to", str(folder))
    assert again.returncode != 0
    assert "is not empty" in again.stderr
    public = town.folder / "public"
    await asyncio.to_thread(klatsch, town.folder, "export", "INC-1", "--public", "--to", str(public))
    assert [file.name for file in public.rglob("*")] == ["INC-1.md"]
    assert "graph" not in (public / "INC-1.md").read_text(encoding="utf-8")


async def test_a_homeserver_that_is_away_and_a_bot_that_is_killed_lose_no_picture(tmp_path: Path):
    with synapse() as homeserver:
        town = await founded(homeserver, tmp_path)
        town.configure(f"sqlite:///{tmp_path}/klatsch.db")
        async with served_at(tmp_path) as served:
            fired(served)
            room = await town.room()
            await until(lambda: town.card(room), "the card")
            served.process.kill()
            await asyncio.to_thread(served.process.wait, PATIENCE)
        # All of it comes at once when the bot is back, and the homeserver goes in the middle of it.
        for number in range(20):
            message = await town.ana.show(room, f"{number}.png", png(64 + number))
            await town.ana.react(room, message, "📌")
        async with served_at(tmp_path, "again") as served:
            await _stands(town, 1)
            await asyncio.to_thread(homeserver.stop)
            served.process.kill()
            await asyncio.to_thread(served.process.wait, PATIENCE)
        async with served_at(tmp_path, "once more"):
            await asyncio.to_thread(homeserver.start)
            # Whoever is away for long is asked again after as long.
            files = await _stands(town, 20, within=4 * PATIENCE)
        assert [(file["name"], file["kept"]) for file in files] == [(f"{n}.png", True) for n in range(20)]
        assert [file["size"] for file in files] == [len(png(64 + number)) for number in range(20)]


async def _without(town: Town, name: str) -> bool:
    return name not in [file["name"] for file in (await asyncio.to_thread(incidents, town.folder))[0]["files"]]
