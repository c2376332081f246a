"""Kept files beside an exported page: what each is called there, and which of them a page may show.

A name and a type are what somebody claimed. What a page shows as a picture is one by its first bytes, and of a kind that runs
nothing; what a browser could run as a page has a name under which it does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from bot.export.rows import Json
from bot.incident import events as e
from bot.incident.files import ShownFile, files_of
from bot.postmortem.told import told
from bot.postmortem.words import clean, escape
from bot.sizes import format_size

FOLDER = "files"
"""Where they lie, beside the page."""

STEM = 60
"""Characters of a name before its ending."""

NAMELESS = "file"
"""What one is called whose name has nothing to read in it."""

HARMLESS = frozenset((
    "7z", "bz2", "gz", "tar", "xz", "zip", "zst", "flac", "m4a", "mkv", "mov", "mp3", "mp4", "ogg", "wav", "webm",
    "conf", "csv", "har", "ini", "json", "log", "md", "ndjson", "pcap", "pcapng", "pdf", "toml", "tsv", "txt", "yaml", "yml",
))  # fmt: skip
"""Endings that a name may keep; after any other comes `.bin`."""

_PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF87a": "gif", b"GIF89a": "gif", b"RIFF": "webp"}
"""Their first bytes, and how their names end."""

Paths = Mapping[tuple[str, int], str]
"""Where a file lies beside the page, by message and number."""


def shown(history: Sequence[e.Recorded]) -> list[ShownFile]:
    """The files on the timeline that people read."""
    return files_of(history, told(history))


def path_of(file: ShownFile, content: bytes) -> str:
    """Where `file` lies beside the page: never two at one place, in letters that every system takes."""
    picture = _picture(content)
    name = PurePosixPath(_plain(file.name))
    ending = name.suffix[1:].lower()
    if picture:
        stem, ending = name.stem, picture
    elif ending in HARMLESS:
        stem = name.stem
    else:
        stem, ending = str(name), "bin"
    place = f"-{file.number + 1}" if file.number else ""
    return f"{FOLDER}/e{file.event}{place}-{stem[:STEM].strip('-.') or NAMELESS}.{ending}"


def row(file: ShownFile, paths: Paths) -> Json:
    return {
        "event": f"e{file.event}",
        "name": " ".join(clean(file.name).split()) or NAMELESS,
        "kept": file.kept,
        "size": file.size,
        "sha256": file.sha256,
        "reason": clean(file.reason),
        "path": paths.get((file.message, file.number), ""),
    }


def listed(ref: str, rows: Sequence[Json]) -> str:
    """The files as a part of the page, each with a link, and pictures shown; empty when there are none."""
    if not rows:
        return ""
    lines = [_line(row) for row in rows]
    left = any(row["kept"] and not row["path"] for row in rows)
    note = [f"`klatsch export {ref} --to FOLDER` writes the files too."] if left else []
    return "\n\n".join(
        ["## Files", "\n".join(lines), *note, *(_image(row) for row in rows if _is_picture(row["path"]))]
    )


def _line(row: Json) -> str:
    name = escape(row["name"])
    if not row["kept"]:
        stands = f"not kept: {escape(row['reason'])}" if row["reason"] else "no copy is kept"
        return f"- {name}, {stands} [{row['event']}]"
    linked = f"[{name}]({row['path']})" if row["path"] else name
    return f"- {linked}, {format_size(row['size'])} [{row['event']}]"


def _image(row: Json) -> str:
    return f"![{escape(row['name'])}]({row['path']})"


def _is_picture(path: str) -> bool:
    """No other file has a name that ends so."""
    return path.rpartition(".")[2] in _PICTURES.values()


def _picture(content: bytes) -> str:
    """The ending of a picture's name; empty: it is none that every browser shows and that can run nothing."""
    found = next((ending for magic, ending in _PICTURES.items() if content.startswith(magic)), "")
    return "" if found == "webp" and content[8:12] != b"WEBP" else found


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._]+", "-", letters)).strip("-._") or NAMELESS
