"""The language check: where a text about an incident judges people, and what to ask or write instead. Pure.

It advises and never blocks. It looks only at what somebody wrote as prose: no code, no quotation, no log. And it asks who
did it: `osd.12 failed to start` blames nobody, `the on-call engineer failed to look` does.
"""

from __future__ import annotations

from bot.postmortem.lint.check import lint
from bot.postmortem.lint.finding import LANGUAGES, Class, Finding

__all__ = ["LANGUAGES", "Class", "Finding", "lint"]
