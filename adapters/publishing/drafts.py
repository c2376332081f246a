"""What all publishers do alike: how a text's files are called, and how it is seen whether people changed one.

A text ends in a comment with a digest of what stands above it. A file nobody touched is replaced by a newer text; beside an edited one
it becomes `INC-7.draft-2.md`, then `INC-7.draft-3.md`.
"""

from __future__ import annotations

import hashlib
import re

from bot.ports import Rejected

MOST_DRAFTS = 100
"""After so many edited drafts of one text somebody should tidy up."""

FILE_BYTES = 10_000_000
"""A larger file is not one of ours, and is left alone unread; a text that would make one is cut."""

CUT = b"**Here it is cut off:** a file of Klatsch holds 10 MB. `klatsch export` has the whole timeline of an incident."

_REF = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,98}[A-Za-z0-9])?", re.ASCII)
_OURS = re.compile(r".*\.(md|draft-[0-9]+)", re.ASCII)
_SEAL = re.compile(rb"<!-- klatsch: draft ([0-9a-f]{64}); edit freely, a newer draft goes into another file -->")


def files(name: str, ref: str) -> tuple[str, ...]:
    """What the files of `ref` may be called, the first choice first; `name` is the publisher's.

    Raises Rejected when `ref` is no name like `INC-7` or `coffee-2026-12-03` (letters, digits, dots and dashes, 100 at most), or when
    a file of another one could be called the same."""
    if not _REF.fullmatch(ref) or _OURS.fullmatch(ref):
        raise Rejected(f"{name}: a text has a name that looks like INC-7 or coffee-2026-12-03")
    return (f"{ref}.md", *(f"{ref}.draft-{number}.md" for number in range(2, MOST_DRAFTS + 1)))


def too_many(name: str, ref: str, where: str) -> Rejected:
    """Every file of `ref` that lies in `where` was edited."""
    return Rejected(f"{name}: {MOST_DRAFTS} edited drafts of {ref} lie in {where}; move some away")


def sealed(text: str) -> tuple[bytes, bytes]:
    """The file that holds `text`, and the digest it carries. What is longer than a file of ours is cut at the end of a line, and says so."""
    above = _fitting(text.strip("\n").encode(errors="replace")) + b"\n\n"
    digest = hashlib.sha256(above).hexdigest().encode()
    return above + _seal(digest), digest


def _seal(digest: bytes) -> bytes:
    return b"<!-- klatsch: draft " + digest + b"; edit freely, a newer draft goes into another file -->\n"


def _fitting(text: bytes) -> bytes:
    room = FILE_BYTES - len(_seal(b"0" * 64)) - len(b"\n\n")
    if len(text) <= room:
        return text
    head = text[: room - len(b"\n\n" + CUT)]
    lines, _, _ = head.rpartition(b"\n")
    # One line may be all there is.
    kept = lines or head.decode(errors="ignore").encode()
    return kept.rstrip(b"\n") + b"\n\n" + CUT


def judged(data: bytes) -> tuple[bytes, bool]:
    """The digest of the text the file was written with (empty: none), and whether people changed it since."""
    above, _, last = data.rstrip().rpartition(b"\n")
    seal = _SEAL.fullmatch(last)
    if seal is None:
        return b"", True
    return seal[1], hashlib.sha256(above + b"\n").hexdigest().encode() != seal[1]
