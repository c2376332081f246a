"""The `klatsch` command as somebody at a terminal meets it: the demo, lines from a pipe, files that are not there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.servers.klatsch import COMMAND, environment, klatsch, paging, serving, write_config
from tests.servers.processes import free_port

PATIENCE = 120


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db")
    return tmp_path


def draft_of(output: str) -> Path:
    # On a line of its own, so that no terminal breaks it.
    (place,) = re.findall(r"^  postmortem\n +(\S+/INC-1\.md)$", output, re.MULTILINE)
    return Path(place)


def put_away(draft: Path) -> None:
    """The demo leaves its folder to whoever ran it."""
    assert draft.parents[1].name.startswith("klatsch-demo-")
    shutil.rmtree(draft.parents[1])


def test_the_demo_goes_from_the_alert_to_the_draft_without_a_complaint(tmp_path: Path) -> None:
    ended = klatsch(tmp_path, "demo", "--once", timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (0, "")
    draft = draft_of(ended.stdout)
    assert draft.read_text(encoding="utf-8").startswith("# Postmortem of INC-1: Nova API on ctl01 does not answer\n")
    put_away(draft)
    steps = re.findall(r"^▸ (\d+)\. ", ended.stdout, re.MULTILINE)
    assert steps == [str(number) for number in range(1, 20)]
    for seen in (
        "Ana's phone: SEV1 INC-1",
        "Preview only: customers have not read this",
        "archived, nobody writes here",
    ):
        assert seen in ended.stdout
    digest, _, ending = ended.stdout.split("archived, nobody writes here any more")[1].partition(
        "first: Nearly took ctl02 out of the pool as well\n"
    )
    assert "📖 Worth reading: INC-1 Nova API on ctl01 does not answer" in digest
    assert "Lucky: “ctl02 and ctl03 happened to have the new certificate”" in digest
    assert "🍀 Near misses: INC-2 Nearly took ctl02" in digest
    assert "http://" not in ending
    assert max(map(len, ending.splitlines())) <= 60
    assert ":0/" not in ended.stdout


@pytest.mark.parametrize("how", ["Enter", "Ctrl-C"])
def test_the_demo_keeps_its_page_up_until_somebody_ends_it(how: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "demo", "--fast"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    output = b""
    try:
        while not output.endswith(b"Press Enter to end. "):
            byte = process.stdout.read(1)
            assert byte, output
            output += byte
        if how == "Ctrl-C":
            process.send_signal(signal.SIGINT)
        else:
            process.stdin.write(b"\n")
            process.stdin.flush()
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, b"")
    assert re.search(rb"weekly digest\n    http://127\.0\.0\.1:\d+/digests/\S+\n", output)
    put_away(draft_of(output.decode()))


def test_lines_from_a_pipe_are_said_one_after_the_other(folder: Path) -> None:
    assert klatsch(folder, "db", "upgrade").returncode == 0
    said = klatsch(folder, "say", "--as", "ana", input="open sev1 Volumes slow page=none\n\nstatus\ntake lead")
    assert (said.returncode, said.stderr) == (0, "")
    assert "Ana Ruiz is lead" in said.stdout


def test_an_update_without_chat_says_that_nobody_hears_of_it(folder: Path) -> None:
    said = klatsch(folder, "say", input="open sev1 Volumes slow page=none\nupdate We look into it next=30m")
    assert said.returncode == 0
    assert "INC-1 · Update on the timeline; the next one is due by" in said.stdout
    assert "On the timeline only: no chat is connected. Nobody is reminded" in said.stdout


def at_a_terminal(folder: Path, typed: str, *arguments: str) -> tuple[int, str, str]:
    """`klatsch say` with a terminal to type at: its exit code, its answers, and what it prompts with."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*COMMAND, "say", *arguments],
        cwd=folder,
        env=environment(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            os.close(theirs)
            os.write(ours, typed.encode())
            answers, prompts = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
            os.close(ours)
    return process.returncode, answers, prompts


def test_at_a_terminal_a_reference_alone_stays_on_its_incident(folder: Path) -> None:
    lines = "open sev1 Region down page=none", "open sev3 One disk", "INC-1", "note on it", "INC-2 sev 4", "merge INC-9"
    back = "leave", "note x", "INC-9", "INC-2", "take", "INC-0", "note y", "quit", "status"
    _, answers, prompts = at_a_terminal(folder, "\n".join((*lines, *back, "")), "--as", "ana")
    assert re.findall(r"\S+(?=> )", prompts) == [
        *["klatsch"] * 3,
        *["INC-1"] * 4,
        *["klatsch"] * 3,
        *["INC-2"] * 2,
        *["klatsch"] * 2,
    ]
    for answer in ("INC-1 · Note on the timeline", "INC-2 · Severity", "There is no INC-9", "INC-2 · Ana Ruiz is lead"):
        assert answer in answers
    assert answers.count("Several incidents are open") == 2


@pytest.mark.parametrize("end", ["quit\n", "EXIT\n", "\x04"])
def test_at_a_terminal_there_are_three_ways_out(end: str, folder: Path) -> None:
    assert klatsch(folder, "db", "upgrade").returncode == 0
    ended = at_a_terminal(folder, end)
    assert (ended[0], ended[1], ended[2].count("> ")) == (0, "", 1)
    assert "`quit`" in ended[2]
    assert ended[2].endswith("> \n" if end == "\x04" else "> ")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("anna", "klatsch: There is no `anna` under `people:`. Did you mean `--as ana`?\n"),
        ("Ana", "klatsch: There is no `Ana` under `people:`. Did you mean `--as ana`?\n"),
        ("zoe", "klatsch: There is no `zoe` under `people:`. Leave `--as` out to speak as your login.\n"),
        ("", "klatsch: There is no `` under `people:`. Leave `--as` out to speak as your login.\n"),
    ],
)
def test_nobody_speaks_in_a_name_that_nobody_has(name: str, complaint: str, folder: Path) -> None:
    assert klatsch(folder, "say", "--as", "ana", "open sev1 Volumes slow page=none").returncode == 0
    refused = klatsch(folder, "say", "--as", name, "INC-1 ack")
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", complaint)
    assert "acknowledged" not in klatsch(folder, "say", "INC-1 timeline").stdout
    mine = klatsch(folder, "say", "INC-1 ack")
    assert mine.returncode == 0
    assert "(terminal) has it" in mine.stdout


def test_whatever_begins_with_a_dash_is_part_of_the_line(folder: Path) -> None:
    assert klatsch(folder, "say", "open sev3 Volumes slow -c nonsense.yaml", "--as", "ana").returncode == 0
    for line in ("note ceph osd set noout --force", "decide run ceph -s", "note -c gone.yaml and --as zoe are words"):
        said = klatsch(folder, "say", "--as", "ana", *line.split())
        assert (said.returncode, said.stderr) == (0, "")
        assert line.partition(" ")[2] in said.stdout
    assert "zoe" not in klatsch(folder, "say", "role", "-c", "config.yaml").stdout


def test_a_line_without_say_is_answered_with_the_command_that_says_it(folder: Path) -> None:
    ended = klatsch(folder, "ack", "INC-1")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "klatsch: there is no command ack. Did you mean: klatsch say ack INC-1\n"


def test_the_environment_says_where_the_configuration_is_and_who_speaks(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = {"KLATSCH_CONFIG": str(folder / "config.yaml"), "KLATSCH_AS": "ana"}
    assert klatsch(elsewhere, "say", "open sev3 Volumes slow page=none", environ=named).returncode == 0
    taken = klatsch(elsewhere, "say", "take", environ=named)
    assert (taken.stderr, "Ana Ruiz is lead" in taken.stdout) == ("", True)
    zoe = klatsch(elsewhere, "say", "--as", "ana", "status", environ={**named, "KLATSCH_AS": "zoe"})
    assert zoe.returncode == 0
    refused = klatsch(elsewhere, "say", "status", environ={**named, "KLATSCH_AS": "zoe"})
    assert refused.stderr == (
        "klatsch: There is no `zoe` under `people:`. Leave `KLATSCH_AS` out to speak as your login.\n"
    )


def test_who_takes_something_on_without_being_known_is_told_how_to_be(folder: Path) -> None:
    assert klatsch(folder, "say", "open sev3 Volumes slow page=none").stderr.count("\n") == 1
    said = klatsch(folder, "say", input="ack\nstatus\ntake")
    assert re.fullmatch(
        r"klatsch: you speak as terminal:\w+, whom nobody can page; --as NAME speaks as one of: ana\n", said.stderr
    )
    assert klatsch(folder, "say", "note looks better").stderr == ""
    assert klatsch(folder, "say", "--as", "ana", "take").stderr == ""


def test_a_login_that_is_somebody_speaks_as_that_person(folder: Path) -> None:
    said = klatsch(folder, "say", input="open sev3 Volumes slow page=none\ntake", environ={"LOGNAME": "ana"})
    assert "Ana Ruiz is lead" in said.stdout
    assert "you speak as" not in said.stderr


def test_a_near_miss_that_nobody_told_is_taken_back_by_the_line_it_came_with(folder: Path) -> None:
    told = klatsch(folder, "say", "--as", "ana", "nearmiss anonymous The backup disk was nearly full")
    assert "undo: `INC-1 undo e1`" in told.stdout
    assert klatsch(folder, "say", "--as", "ana", "INC-1 undo").returncode == 1
    taken = klatsch(folder, "say", "--as", "ana", "INC-1 undo e1")
    assert (taken.returncode, "it is cancelled" in taken.stdout) == (0, True)


def test_a_card_of_the_worst_severity_is_no_failure_and_a_refusal_is(folder: Path) -> None:
    assert klatsch(folder, "say", "open sev1 Volumes slow page=none").returncode == 0
    assert klatsch(folder, "say", "status").returncode == 0
    refused = klatsch(folder, "say", "stauts")
    assert refused.returncode == 1
    assert "Did you mean" in refused.stdout


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("replay", "gone.jsonl"), "klatsch: gone.jsonl: No such file or directory.\n"),
        (("pm", "redact", "gone.md"), "klatsch: gone.md: No such file or directory.\n"),
        (("pm", "redact", "bytes"), "klatsch: The file is not UTF-8 text.\n"),
        (("export", "INC-9"), "klatsch: There is no database yet: "),
        (("say", "-c", "gone.yaml", "list"), "klatsch: gone.yaml: there is no such file."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_said_in_a_line(words: tuple[str, ...], complaint: str, folder: Path) -> None:
    (folder / "bytes").write_bytes(b"\xff\xfe\x00")
    ended = klatsch(folder, *words)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(complaint)
    assert ended.stderr.count("\n") == 1


def test_pm_lint_advises_line_by_line_and_knows_the_configured_names(folder: Path) -> None:
    (folder / "pm.md").write_text("# Postmortem\n\nAna forgot the flag.\nEs war eine Katastrophe.\n", encoding="utf-8")
    ended = klatsch(folder, "pm", "lint", "pm.md")
    assert (ended.returncode, ended.stderr) == (0, "")
    first, second = ended.stdout.splitlines()
    assert first.startswith('pm.md:3:1  naming  "Ana forgot"  Could a role stand here')
    assert second.startswith('pm.md:4:13  animated  "Katastrophe"  Welche Zahl')
    objects = json.loads(klatsch(folder, "pm", "lint", "--lang", "de", "--json", "pm.md").stdout)
    assert [{**one, "ask": ""} for one in objects] == [
        {"file": "pm.md", "line": 4, "column": 13, "class": "animated", "words": "Katastrophe", "ask": ""}
    ]


def test_pm_lint_works_without_a_configuration_and_with_one_it_cannot_use(tmp_path: Path) -> None:
    text = "Ana forgot it, and the engineer forgot it too. \x1b[31m"
    ended = klatsch(tmp_path, "pm", "lint", "-", input=text)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith('-:1:20  human_cause  "the engineer forgot"  Which conditions')
    assert klatsch(tmp_path, "pm", "lint", "--json", "-", input="All is well.").stdout == "[]\n"
    assert klatsch(tmp_path, "pm", "lint", "-").stderr == "klatsch: nothing to reword in standard input.\n"
    (tmp_path / "config.yaml").write_text("people: {ana: {name: '${NOWHERE}'}}\n", encoding="utf-8")
    ended = klatsch(tmp_path, "pm", "lint", "-", input=text)
    assert (ended.returncode, ended.stdout.count("\n")) == (0, 1)
    assert "nobody is known by name" in ended.stderr
    ended = klatsch(tmp_path, "pm", "lint", "-c", "config.yaml", "-", input=text)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "NOWHERE" in ended.stderr


def test_pm_lint_names_the_file_that_it_cannot_read(folder: Path) -> None:
    (folder / "bytes").write_bytes(b"\xff\xfe\x00")
    (folder / "long").write_bytes(b"word " * 200_001)
    for file, why in (
        ("gone.md", "gone.md: No such file or directory."),
        (".", ".: Is a directory."),
        ("bytes", "bytes: this is not UTF-8 text."),
        ("long", "long: more than 1,000,000 bytes are too much for a text; check it in parts."),
    ):
        ended = klatsch(folder, "pm", "lint", file)
        assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"klatsch: {why}\n")


@pytest.mark.parametrize("step", ["lint", "redact"])
def test_a_configuration_that_is_named_has_to_be_there(step: str, tmp_path: Path) -> None:
    ended = klatsch(tmp_path, "pm", step, "-c", "gone.yaml", "-", input="Ana did it.")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("klatsch: gone.yaml: there is no such file.")


def test_an_incident_that_never_was_is_said_in_a_line(folder: Path) -> None:
    assert klatsch(folder, "say", "list").returncode == 0
    ended = klatsch(folder, "export", "INC-9")
    assert (ended.returncode, ended.stderr) == (
        1,
        "klatsch: There is no INC-9. `klatsch say list` shows what is open.\n",
    )


@pytest.mark.parametrize("words", ["say help", "export INC-1 --format json"])
def test_who_has_read_enough_may_leave(words: str, folder: Path) -> None:
    klatsch(folder, "say", "open sev3 Volumes slow")
    read, write = os.pipe()
    # Gone before the first word, however long the command takes to begin.
    os.close(read)
    ended = subprocess.run(
        [*COMMAND, *shlex.split(words)],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    os.close(write)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_a_bot_that_may_not_begin_says_why_and_nothing_else(folder: Path) -> None:
    first = subprocess.Popen(
        [*COMMAND, "serve"], cwd=folder, env=environment(), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        assert first.stdout is not None
        assert b"klatsch serves http://127.0.0.1:" in first.stdout.readline()
        second = klatsch(folder, "serve")
        assert second.returncode == 1
        assert re.fullmatch(r".* cannot begin: Another klatsch \(process \d+\) already serves .*\n", second.stderr)
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 0
    finally:
        first.kill()
        first.communicate()


# From another directory


def test_say_reaches_the_database_of_the_bot_from_another_directory(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = write_config(home, "sqlite:///data/klatsch.db")
    with serving(home):
        opened = klatsch(elsewhere, "say", "-c", str(config), "open sev3 Volumes slow page=none")
        assert (opened.returncode, opened.stderr) == (0, "")
        assert "Volumes slow" in klatsch(elsewhere, "say", "-c", "../home/config.yaml", "list").stdout
    assert "Volumes slow" in klatsch(home, "export", "INC-1").stdout
    assert list(elsewhere.iterdir()) == []
    assert (home / "data" / "klatsch.db").exists()


def test_say_tells_when_it_makes_a_new_database_and_where(folder: Path) -> None:
    first = klatsch(folder, "say", "open sev3 Volumes slow page=none")
    assert first.returncode == 0
    assert first.stderr == (
        f"klatsch: made a new database, {folder}/klatsch.db. If a bot runs already, it has another one: "
        "look at `storage.url`.\n"
    )
    assert klatsch(folder, "say", "list").stderr == ""


@pytest.mark.parametrize("words", ["export INC-1", "db current"])
def test_looking_makes_no_database(words: str, folder: Path) -> None:
    klatsch(folder, *words.split())
    assert not (folder / "klatsch.db").exists()


@pytest.mark.parametrize(("line", "input"), [([""], "list"), ([" ", ""], "list"), ([], ""), ([], "\n\n")])
def test_nothing_said_is_told_what_to_type(line: list[str], input: str, folder: Path) -> None:
    said = klatsch(folder, "say", *line, input=input)
    assert (said.returncode, said.stdout) == (1, "")
    assert "`klatsch say list`" in said.stderr.splitlines()[-1]


def test_a_wrong_key_of_ours_and_of_a_provider_are_said_at_once(folder: Path) -> None:
    write_config(
        folder, "sqlite:///klatsch.db", alrts={}, alerts={"p": {"type": "alertmanager", "token": "t", "tokne": "u"}}
    )
    for command in ("check", "serve", "say"):
        said = klatsch(folder, command)
        assert said.returncode == 1
        assert [line.split(": ")[2] for line in said.stderr.splitlines()] == ["alrts", "alerts.p.tokne"], command


def test_a_database_that_cannot_be_made_is_named(folder: Path) -> None:
    nowhere = "/proc/1/task/klatsch.db"  # nobody makes files there, not even root
    write_config(folder, f"sqlite:///{nowhere}")
    for command in ("serve", "say"):
        ended = klatsch(folder, command, input="list")
        assert ended.returncode == 1
        assert f"{nowhere} cannot be made (unable to open database file)" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_nobody_else_on_the_machine_reads_the_database(folder: Path) -> None:
    assert klatsch(folder, "say", "open", "sev3", "private", "Keys leaked", "page=none").returncode == 0
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("klatsch.db*")}
    assert modes["klatsch.db"] == 0o600
    assert "klatsch.db.serving" in modes
    assert set(modes.values()) == {0o600}


def test_a_database_that_is_there_keeps_who_may_read_it(folder: Path) -> None:
    assert klatsch(folder, "say", "list").returncode == 0
    (folder / "klatsch.db").chmod(0o640)
    assert klatsch(folder, "say", "list").returncode == 0
    assert stat.S_IMODE((folder / "klatsch.db").stat().st_mode) == 0o640


def test_break_glass_tells_what_did_not_go_out_and_that_nobody_comes_next(tmp_path: Path) -> None:
    nobody_listens = free_port()
    sections = paging(f"http://127.0.0.1:{nobody_listens}")
    sections["people"]["ben"] |= {"ntfy": "ben-pages", "page": ["ntfy"]}
    sections["oncall"]["policies"]["platform"]["steps"].append({"page": "person:ben"})
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **sections)
    said = klatsch(tmp_path, "say", "open", "sev1", "Region is down")
    assert said.returncode == 0
    told = said.stdout.replace("\n│ ", " ").replace("`", "")
    assert "1 page has not gone out yet: klatsch check says what is wrong" in told
    assert "No bot runs here, so nobody else is paged for INC-1 until klatsch serve does." in told
    assert "No bot runs" not in klatsch(tmp_path, "say", "ack").stdout


def slack_app(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The manifest that is printed, and what is said besides."""
    printed = klatsch(folder, "slack-manifest", *arguments)
    assert printed.returncode == 0, printed.stderr
    return json.loads(printed.stdout), printed.stderr


def test_the_slack_app_is_printed_before_there_is_a_configuration(tmp_path: Path) -> None:
    app, said = slack_app(tmp_path)
    assert [slash["command"] for slash in app["features"]["slash_commands"]] == ["/incident", "/inc"]
    assert app["settings"]["socket_mode_enabled"] is True
    assert said == ""


def test_the_slack_app_has_the_command_and_the_status_page_of_the_configuration(tmp_path: Path) -> None:
    page = {"type": "builtin", "listen": "127.0.0.1:0", "public_url": "https://status.example.org"}
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", chat={"command": "outage"}, status={"page": page})
    app, said = slack_app(tmp_path, "-c", "config.yaml")
    assert [slash["command"] for slash in app["features"]["slash_commands"]] == ["/outage", "/inc"]
    assert app["features"]["unfurl_domains"] == ["status.example.org"]
    assert said == ""


def test_a_configuration_with_mistakes_keeps_nobody_from_the_usual_slack_app(tmp_path: Path) -> None:
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", chat={"command": "Not a word"})
    app, said = slack_app(tmp_path)
    assert app["features"]["slash_commands"][0]["command"] == "/incident"
    assert said.startswith("klatsch: the configuration has mistakes")
    named = klatsch(tmp_path, "slack-manifest", "-c", "config.yaml")
    assert (named.returncode, named.stdout) == (1, "")
    assert "chat.command" in named.stderr


def test_a_digest_that_could_not_be_mailed_is_told_of(tmp_path: Path) -> None:
    mail = {"type": "smtp", "host": "127.0.0.1", "port": free_port(), "from": "klatsch@example.org"}
    sections = {"paging": {"email": mail}, "digest": {"to": ["ops@example.org"]}}
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **sections)
    klatsch(tmp_path, "say", "open sev3 Volumes slow page=none")
    posted = klatsch(tmp_path, "digest")
    told = " ".join(posted.stdout.replace("│", "").split())
    assert "is on its way to ops@example.org by mail" in told
    assert "1 digest has not gone out yet: klatsch check says what is wrong" in told.replace("`", "")


def test_the_digest_is_printed_and_posted_and_within_a_minute_once(folder: Path) -> None:
    write_config(folder, f"sqlite:///{folder}/klatsch.db", chat={"console": {"folder": str(folder / "rooms")}})
    refused = klatsch(folder, "digest", "--dry-run")
    assert refused.returncode == 1
    assert "There is no database yet" in refused.stderr
    assert (
        klatsch(
            folder, "say", "--as", "ana", input="open sev3 Volumes slow page=none\nopen private sev3 Payroll page=none"
        ).returncode
        == 0
    )
    looked = klatsch(folder, "digest", "--dry-run")
    assert (looked.returncode, looked.stderr) == (0, "")
    assert "1 incident" in looked.stdout
    assert "behind `klatsch say` on the" in looked.stdout
    assert looked.stdout.count("Volumes slow") == 1
    assert "Payroll" not in looked.stdout
    assert "1 Störung" in klatsch(folder, "digest", "--dry-run", "--lang", "de").stdout
    for wrong, said in (
        (("--team", "web"), "There is no team `web`."),
        (("--week", "2026-W60", "--dry-run"), "2026 has no week 60. Write it like `--week=2026-W47`"),
        (("--lang", "de"), "Add --dry-run to read it in another one."),
    ):
        refused = klatsch(folder, "digest", *wrong)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert said in refused.stderr
    posted = klatsch(folder, "digest")
    assert posted.returncode == 0
    assert "is on its way to the announcement room of console" in " ".join(posted.stdout.replace("│", "").split())
    klatsch(folder, "digest")
    with sqlite3.connect(folder / "klatsch.db") as database:
        rows = database.execute("SELECT state, key FROM outbox WHERE kind = 'say_weekly_digest'").fetchall()
    assert {state for state, _ in rows} == {"done"}
    # Unless a minute began in between.
    assert 1 <= len(rows) == len({key for _, key in rows}) <= 2
    matrix = {"homeserver": "http://127.0.0.1:9", "user_id": "@bot:example.org", "access_token": "t", "device_id": "K"}
    write_config(folder, f"sqlite:///{folder}/klatsch.db", chat={"command": "stoerung", "matrix": matrix})
    looked = klatsch(folder, "digest", "--dry-run")
    assert "go behind `!stoerung` in Matrix, or behind `klatsch say`" in " ".join(
        looked.stdout.replace("│", "").split()
    )
