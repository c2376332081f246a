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
"""A larger file is not one of ours, and is left alone unread."""

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
    """The file that holds `text`, and the digest it carries."""
    above = text.strip("\n").encode(errors="replace") + b"\n\n"
    digest = hashlib.sha256(above).hexdigest().encode()
    seal = b"<!-- klatsch: draft " + digest + b"; edit freely, a newer draft goes into another file -->\n"
    return above + seal, digest


def judged(data: bytes) -> tuple[bytes, bool]:
    """The digest of the text the file was written with (empty: none), and whether people changed it since."""
    above, _, last = data.rstrip().rpartition(b"\n")
    seal = _SEAL.fullmatch(last)
    if seal is None:
        return b"", True
    return seal[1], hashlib.sha256(above + b"\n").hexdigest().encode() != seal[1]
