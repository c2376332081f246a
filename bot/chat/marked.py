"""Our own sentences, in which code stands between backticks, as inline text. Everything else in them is literal."""

from __future__ import annotations

from bot.chat.document import Line, Text, clean, line


def marked(text: str) -> Line:
    """`text` with what is between backticks as code; one backtick too many, and all of it is literal."""
    parts = clean(text).split("`")
    if len(parts) % 2 == 0:
        return line(text)
    return tuple(Text(part, code=number % 2 == 1) for number, part in enumerate(parts) if part)
