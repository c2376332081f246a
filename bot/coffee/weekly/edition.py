"""A weekly digest in words: one message, and what stands in its thread."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.document import Document
from bot.coffee.weekly.blocks import DigestBlock


@dataclass(frozen=True, slots=True)
class Edition:
    """`main` is short enough for a phone; each of `details` is a message of its thread, in the order of the blocks.
    `typed` says where the lines in it are typed, to whoever reads it elsewhere than in chat."""

    main: Document
    details: tuple[tuple[DigestBlock, Document], ...] = ()
    typed: Document | None = None
