"""`klatsch digest` says what to do in the options of a terminal, and not as a line in chat has it."""

from __future__ import annotations

import pytest

from bot.terminal.digest import as_options


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (
            "Write it like `week=2026-W47`, or leave it out for the last seven days.",
            "Write it like `--week=2026-W47`, or leave it out for the last seven days.",
        ),
        ("Did you mean `team=storage`?", "Did you mean `--team=storage`?"),
        ("`teams` in the configuration; without `team=` it is", "`teams` in the configuration; without `--team` it is"),
        ("`klatsch serve` makes it", "`klatsch serve` makes it"),
        ("", ""),
    ],
)
def test_keys_of_a_line_are_options_there(hint: str, said: str) -> None:
    assert as_options(hint) == said
