"""Where postmortem drafts go: the folder, and what people wrote there."""

import asyncio
import errno
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.publishing.folder import Config, Folder
from bot.ports import Attempt, DeliveryError, Rejected, Unavailable, Written

FIRST = Attempt("7.40.0")
LATER = Attempt("7.55.0")
DRAFT = "# INC-7: nova API was down\n\nZwei Server — föö.\n"
NEWER = "# INC-7: nova API was down\n\nMehr wissen wir jetzt.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "post" / "mortems"


@pytest.fixture
def publisher(folder: Path) -> Folder:
    return Folder("drafts", folder)


def lies_there(folder: Path, **texts: str) -> None:
    """Files that people put there before."""
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_draft_lies_in_the_folder_and_is_readable_as_it_is(publisher: Folder, folder: Path) -> None:
    written = await publisher.write(FIRST, ref="INC-7", text=DRAFT)

    assert written == Written(str(folder / "INC-7.md"))
    text = (folder / "INC-7.md").read_text()
    assert text.startswith(DRAFT)
    assert text.splitlines()[-1].startswith("<!-- klatsch: draft ")
    assert names(folder) == ["INC-7.md"]


async def test_the_same_draft_again_changes_nothing(publisher: Folder, folder: Path) -> None:
    place = await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    written = (folder / "INC-7.md").stat()

    assert await publisher.write(Attempt(FIRST.key, 2), ref="INC-7", text=DRAFT) == place
    found = (folder / "INC-7.md").stat()
    assert (found.st_ino, found.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


async def test_a_newer_draft_replaces_one_that_nobody_touched(publisher: Folder, folder: Path) -> None:
    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    await publisher.write(LATER, ref="INC-7", text=NEWER)

    assert (folder / "INC-7.md").read_text().startswith(NEWER)
    assert names(folder) == ["INC-7.md"]


EDITS = {
    "a word changed": lambda text: text.replace("föö", "bar"),
    "a line added at the end": lambda text: text + "\nIch war dabei. Ana\n",
    "the last line removed": lambda text: text[: text.rindex("<!--")],
    "everything removed": lambda text: "",
    "another encoding": lambda text: text.replace("ö", "\udcf6"),
    "line ends of another system": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
async def test_what_people_wrote_is_never_overwritten(edit, publisher: Folder, folder: Path) -> None:
    file = folder / "INC-7.md"
    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    file.write_bytes(edited := edit(file.read_bytes().decode()).encode(errors="surrogateescape"))

    written = await publisher.write(LATER, ref="INC-7", text=NEWER)
    assert written == Written(str(folder / "INC-7.draft-2.md"), edited=str(file))
    assert file.read_bytes() == edited
    assert (folder / "INC-7.draft-2.md").read_text().startswith(NEWER)


async def test_every_edited_draft_is_kept_and_the_next_one_gets_the_next_number(
    publisher: Folder, folder: Path
) -> None:
    for number, place in enumerate(["INC-7.md", "INC-7.draft-2.md", "INC-7.draft-3.md"]):
        written = await publisher.write(Attempt(f"7.{number}.0"), ref="INC-7", text=f"draft {number}")
        assert written == Written(str(folder / place), edited=str(folder / "INC-7.md") if number else "")
        with (folder / place).open("a") as file:
            file.write("edited\n")
    assert names(folder) == ["INC-7.draft-2.md", "INC-7.draft-3.md", "INC-7.md"]


async def test_a_draft_that_was_edited_after_the_first_try_is_not_written_again(
    publisher: Folder, folder: Path
) -> None:
    """The answer of the first try was lost; somebody was quick."""
    file = folder / "INC-7.md"
    place = await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    file.write_text(edited := f"Mein Satz.\n{file.read_text()}")

    assert await publisher.write(Attempt(FIRST.key, 2), ref="INC-7", text=DRAFT) == place
    assert file.read_text() == edited
    assert names(folder) == ["INC-7.md"]


async def test_a_file_that_was_never_ours_is_left_alone(publisher: Folder, folder: Path) -> None:
    lies_there(folder, **{"INC-7.md": "my own notes"})
    with (folder / "INC-7.draft-2.md").open("wb") as large:
        large.truncate(20_000_000)

    written = await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    assert written == Written(str(folder / "INC-7.draft-3.md"), edited=str(folder / "INC-7.md"))
    assert (folder / "INC-7.md").read_text() == "my own notes"


async def test_an_untouched_draft_of_another_number_is_the_one_replaced(publisher: Folder, folder: Path) -> None:
    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    (folder / "INC-7.md").write_text("rewritten")
    await publisher.write(LATER, ref="INC-7", text="second")
    await publisher.write(LATER, ref="INC-7", text="third")

    assert (folder / "INC-7.draft-2.md").read_text().startswith("third\n")
    assert names(folder) == ["INC-7.draft-2.md", "INC-7.md"]


async def test_what_a_crash_left_behind_is_in_nobodys_way(publisher: Folder, folder: Path) -> None:
    lies_there(folder, **{".INC-7.md.part": "half of a dra"})

    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    assert names(folder) == ["INC-7.md"]


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "INC-",
        ".INC-7",
        "INC-7.md",
        "INC-7.draft-2",
        "../INC-7",
        "INC-7/../x",
        "INC 7",
        "INC-7\n",
        "INC-٧",
        "INC-" + "7" * 99,
    ],
)
async def test_only_a_plain_name_becomes_the_name_of_a_file(ref: str, publisher: Folder, folder: Path) -> None:
    with pytest.raises(Rejected, match="looks like INC-7"):
        await publisher.write(FIRST, ref=ref, text=DRAFT)
    assert list(folder.parent.parent.iterdir()) == []


@pytest.mark.parametrize("ref", ["INC-7", "coffee-2026-12-03", "drill-2026.11", "7", "a" * 100])
async def test_minutes_and_logs_of_drills_have_names_too(ref: str, publisher: Folder, folder: Path) -> None:
    assert await publisher.write(FIRST, ref=ref, text=DRAFT) == Written(str(folder / f"{ref}.md"))


async def test_a_hundred_edited_drafts_are_enough(publisher: Folder, folder: Path) -> None:
    lies_there(folder, **{"INC-7.md": "mine"}, **{f"INC-7.draft-{number}.md": "mine" for number in range(2, 100)})
    last = await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    assert last.place == str(folder / "INC-7.draft-100.md")
    Path(last.place).write_text("mine")
    with pytest.raises(Rejected, match=r"100 edited drafts of INC-7 lie in .*; move some away"):
        await publisher.write(FIRST, ref="INC-7", text=DRAFT)


async def test_what_no_file_can_hold_of_a_text_is_left_out(publisher: Folder, folder: Path) -> None:
    await publisher.write(FIRST, ref="INC-7", text="\n# Volumes \ud800 slow\n\n")
    assert (folder / "INC-7.md").read_text().startswith("# Volumes ? slow\n")


async def test_whether_it_could_write_is_tried_without_leaving_anything(publisher: Folder, folder: Path) -> None:
    await publisher.probe()
    assert not folder.exists()
    folder.mkdir(parents=True)
    await publisher.probe()
    assert names(folder) == []
    folder.rmdir()
    folder.write_text("a file")
    with pytest.raises(Rejected, match=r"Not a directory; check publishing\.drafts\.folder$|check postmortem\.folder$"):
        await publisher.probe()


async def test_incidents_do_not_disturb_each_other(publisher: Folder, folder: Path) -> None:
    await asyncio.gather(*(publisher.write(FIRST, ref=f"INC-{number}", text=DRAFT) for number in range(1, 30)))
    assert len(names(folder)) == 29


async def test_a_folder_that_is_a_file_is_rejected_and_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here first")
    with pytest.raises(Rejected, match=r"drafts: cannot write into .*check publishing\.drafts\.folder"):
        await Folder("drafts", tmp_path / "file" / "below").write(FIRST, ref="INC-7", text=DRAFT)
    with pytest.raises(Rejected, match=r"check postmortem\.folder$"):
        await Folder("postmortem", tmp_path / "file" / "below").write(FIRST, ref="INC-7", text=DRAFT)


async def test_a_draft_that_is_a_folder_is_rejected(publisher: Folder, folder: Path) -> None:
    (folder / "INC-7.md").mkdir(parents=True)
    with pytest.raises(Rejected, match="cannot write into"):
        await publisher.write(FIRST, ref="INC-7", text=DRAFT)


def test_when_no_more_fits_the_old_draft_stays_whole_and_it_is_tried_again(folder: Path) -> None:
    """In a process of its own, which may write no file larger than 4,000 bytes."""
    script = """
import asyncio, resource, sys
from pathlib import Path
from adapters.publishing.folder import Folder
from bot.ports import Attempt, Unavailable

publisher = Folder("drafts", Path(sys.argv[1]))
asyncio.run(publisher.write(Attempt("7.1.0"), ref="INC-7", text="old"))
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    asyncio.run(publisher.write(Attempt("7.2.0"), ref="INC-7", text="new" * 5000))
except Unavailable as error:
    print(error.reason)
"""
    ended = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
    assert ended.stdout.startswith(f"drafts: cannot write into {folder}: ")
    assert (folder / "INC-7.md").read_text().startswith("old\n")
    assert names(folder) == ["INC-7.md"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EACCES, Rejected),
        (errno.EPERM, Rejected),
        (errno.EROFS, Rejected),
        (errno.ENOENT, Rejected),
        (errno.ENOSPC, Unavailable),
        (errno.EDQUOT, Unavailable),
        (errno.EIO, Unavailable),
        (errno.ESTALE, Unavailable),
        (errno.EMFILE, Unavailable),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else value.__name__,
)
def test_what_a_person_must_repair_is_rejected_and_the_rest_may_pass(
    number: int, expected: type[DeliveryError], publisher: Folder
) -> None:
    assert type(publisher._failure(OSError(number, "whatever"))) is expected


@pytest.mark.parametrize("block", [{}, {"folder": ""}, {"folder": "a\0b"}, {"folder": "x", "path": "y"}])
def test_a_wrong_block_is_refused(block: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate(block)


async def test_the_draft_of_a_private_incident_is_read_by_nobody_else(publisher: Folder, folder: Path) -> None:
    written = await publisher.write(FIRST, ref="INC-7", text=DRAFT, private=True)
    assert stat.S_IMODE(Path(written.place).stat().st_mode) == 0o600
    # It was public when its first draft was written, and a try died.
    await publisher.write(FIRST, ref="INC-8", text=DRAFT)
    (folder / ".INC-8.md.part").write_text("half")
    written = await publisher.write(LATER, ref="INC-8", text=NEWER, private=True)
    assert stat.S_IMODE(Path(written.place).stat().st_mode) == 0o600
    assert Path(written.place).read_text().startswith(NEWER.strip())
    # It became private when its draft lay there already.
    await publisher.write(FIRST, ref="INC-9", text=DRAFT)
    written = await publisher.write(LATER, ref="INC-9", text=DRAFT, private=True)
    assert stat.S_IMODE(Path(written.place).stat().st_mode) == 0o600
