"""What stands behind `klatsch`: where the line of `say` begins, what was meant without it, which configuration."""

from __future__ import annotations

import pytest

from bot.terminal.arguments import config_file, instead, line_of, parted

PARTED = [
    ("", [], []),
    ("list", [], ["list"]),
    ("note ceph osd set noout --force", [], ["note", "ceph", "osd", "set", "noout", "--force"]),
    ("decide run ceph -s", [], ["decide", "run", "ceph", "-s"]),
    ("note failed over mon2 -10m", [], ["note", "failed", "over", "mon2", "-10m"]),
    ("note grep -c x --as ana", [], ["note", "grep", "-c", "x", "--as", "ana"]),
    ("-c f --as ana note run -c x", ["-c", "f", "--as", "ana"], ["note", "run", "-c", "x"]),
    ("--config=f --as=ana note x", ["--config=f", "--as=ana"], ["note", "x"]),
    # Behind a line that is one argument.
    ("list -c f --as ana", ["-c", "f", "--as", "ana"], ["list"]),
    ("list --config=f", ["--config=f"], ["list"]),
    ("list -c", ["-c"], ["list"]),
    ("-c f list --as ana", ["-c", "f", "--as", "ana"], ["list"]),
    # What is no option of ours, or comes before a word, is the line.
    ("status --force", [], ["status", "--force"]),
    ("note -ceph", [], ["note", "-ceph"]),
    ("note -c f x", [], ["note", "-c", "f", "x"]),
    ("note --force -c f", [], ["note", "--force", "-c", "f"]),
    # Told so, or left to argparse to complain about.
    ("-- -10m", [], ["-10m"]),
    ("-c f -- list -c g", ["-c", "f"], ["list", "-c", "g"]),
    ("note -- x", [], ["note", "--", "x"]),
    ("--froce list", ["--froce"], ["list"]),
    ("-h", ["-h"], []),
]


@pytest.mark.parametrize(("typed", "options", "words"), PARTED, ids=[typed for typed, *_ in PARTED])
def test_options_of_say_stand_before_its_line_or_behind_one_that_is_a_single_argument(
    typed: str, options: list[str], words: list[str]
) -> None:
    assert parted(typed.split()) == (options, words)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["note", "x", "at=04:30 Uhr"], 'note x at="04:30 Uhr"'),
        (["note", "one  two", "three"], "note one  two three"),
        (["note", "x=a b"], "note x=a b"),
        (["note", "at=-10m", "x"], "note at=-10m x"),
        (["note", 'at="04:30 Uhr"'], 'note at="04:30 Uhr"'),
        (["at=-10m note two words"], "at=-10m note two words"),
        ([], ""),
    ],
)
def test_a_value_keeps_the_quotes_that_the_shell_took(words: list[str], line: str) -> None:
    assert line_of(words, {"at"}) == line


def test_a_line_in_quotes_is_one_argument() -> None:
    assert parted(["note run ceph -s", "-c", "f"]) == (["-c", "f"], ["note run ceph -s"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ack", "klatsch say ack"),
        ("Acknowledge", "klatsch say Acknowledge"),
        ("INC-3 status", "klatsch say INC-3 status"),
        ("open sev1 it's down", "klatsch say open sev1 'it'\"'\"'s' down"),
        ("--log-level debug ack", "klatsch say ack"),
        ("pm redact x", ""),
        ("pm lint x", ""),
        ("say ack", ""),
        ("serve", ""),
        ("nonsense", ""),
        ("--log-level", ""),
        ("", ""),
    ],
)
def test_a_line_without_say_is_told_apart_from_what_is_no_command(typed: str, meant: str) -> None:
    assert instead(typed.split()) == meant


@pytest.mark.parametrize(
    ("given", "environ", "there", "file"),
    [
        ("f.yaml", {"KLATSCH_CONFIG": "e.yaml"}, ["config.yaml", "e.yaml"], "f.yaml"),
        (None, {"KLATSCH_CONFIG": "e.yaml"}, ["config.yaml", "e.yaml"], "config.yaml"),
        (None, {"KLATSCH_CONFIG": "e.yaml"}, ["/etc/klatsch/config.yaml"], "e.yaml"),
        (None, {"KLATSCH_CONFIG": ""}, ["/etc/klatsch/config.yaml"], "/etc/klatsch/config.yaml"),
        (None, {}, ["/etc/klatsch/config.yaml"], "/etc/klatsch/config.yaml"),
        (None, {}, [], "config.yaml"),
    ],
)
def test_the_configuration_is_the_one_here_then_the_one_of_the_environment_then_the_one_of_the_machine(
    given: str | None, environ: dict[str, str], there: list[str], file: str
) -> None:
    assert config_file(given, environ, there.__contains__) == file
