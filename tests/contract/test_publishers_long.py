"""Texts that no file of ours holds: they are cut, and what others made so large is left alone."""

import hashlib
from pathlib import Path

import pytest

from adapters.publishing.drafts import FILE_BYTES, judged, sealed
from adapters.publishing.folder import Folder
from bot.ports import Attempt, Written

LINES = "Zwei Server — föö.\n" * (FILE_BYTES // 20)
LINE = LINES.replace("\n", " ")


def larger_than_ours() -> bytes:
    """Otherwise it is as we write it."""
    above = b"x" * FILE_BYTES + b"\n\n"
    digest = hashlib.sha256(above).hexdigest()
    return above + f"<!-- klatsch: draft {digest}; edit freely, a newer draft goes into another file -->\n".encode()


async def test_what_is_longer_than_a_file_of_ours_is_cut_and_known_again(tmp_path: Path) -> None:
    publisher, file = Folder("drafts", tmp_path), tmp_path / "INC-7.md"
    for attempt in (1, 2):
        assert await publisher.write(Attempt("7.40.0", attempt), ref="INC-7", text=LINES) == Written(str(file))
    assert "\nZwei Server — föö.\n\n**Here it is cut off:** a file of Klatsch holds 10 MB." in file.read_text()
    await publisher.write(Attempt("7.55.0"), ref="INC-7", text="# INC-7: nova API was down\n")
    assert file.read_text().startswith("# INC-7: nova API was down\n\n<!-- klatsch")
    assert [path.name for path in tmp_path.iterdir()] == ["INC-7.md"]


@pytest.mark.parametrize("text", [LINES, LINE, f"x{LINE}", f"xy{LINE}"], ids=["lines", "a line", "odd", "odder"])
def test_nothing_is_cut_in_the_middle_of_a_line_or_at_least_of_a_letter(text: str) -> None:
    data = sealed(text)[0]
    assert FILE_BYTES - 30 < len(data) <= FILE_BYTES
    assert text.startswith(data.decode().partition("\n\n**Here")[0])


def test_what_just_fits_is_whole() -> None:
    room = FILE_BYTES - len(sealed("")[0])
    assert [b"cut off" in sealed("x" * more)[0] for more in (room, room + 1)] == [False, True]
    assert len(sealed("x" * room)[0]) == FILE_BYTES


async def test_what_is_larger_than_any_draft_of_ours_is_left_alone(tmp_path: Path) -> None:
    data, file = larger_than_ours(), tmp_path / "INC-7.md"
    assert judged(data)[1] is False
    file.write_bytes(data)
    beside = await Folder("drafts", tmp_path).write(Attempt("7.40.0"), ref="INC-7", text="# Short\n")
    assert beside == Written(str(tmp_path / "INC-7.draft-2.md"), edited=str(file))
    assert file.read_bytes() == data
