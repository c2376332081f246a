"""What git is given to know, and what becomes of what it says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.publishing.git import Config, Git
from adapters.publishing.git.clone import Clone
from adapters.publishing.git.process import Failed, Process
from bot.ports import Attempt, Rejected, Unavailable
from tests.contract.servers.git import Origin

SAID = {
    "fatal: could not read Username for 'https://git.example.org': terminal prompts disabled": "check `token`",
    "fatal: could not read Password for 'https://klatsch@git.example.org': No such device or address": "check `token`",
    "fatal: Authentication failed for 'https://git.example.org/x.git/'": "check `token`",
    "fatal: unable to access 'https://git.example.org/x.git/': The requested URL returned error: 401": "check `token`",
    "fatal: unable to access 'https://git.example.org/x.git/': The requested URL returned error: 403": (
        "check that `token` may write there"
    ),
    "fatal: repository 'https://git.example.org/x.git/' not found": "check `url`",
    "fatal: http://git.example.org/x.git/info/refs not valid: no DAV locking support": (
        "check `url`: no git answers there"
    ),
    "fatal: '/srv/x.git' does not appear to be a git repository": "check `url`",
    "fatal: repository '/srv/x.git' does not exist": "check `url`",
    "fatal: Unable to find remote helper for 'https'": "check `url`",
    "git@git.example.org: Permission denied (publickey,password).": (
        "check `key_file`, and that its public half may write there"
    ),
    'Load key "key": invalid format': "check `key_file`",
    "Host key verification failed.": (
        "put the server's line of `ssh-keyscan` into `known_hosts_file`, after comparing it"
    ),
    "fatal: unable to access 'https://git.example.org/x.git/': The requested URL returned error: 301": (
        "the repository has moved: write the new address into `url`"
    ),
    "fatal: unable to access 'https://git.example.org/': server certificate verification failed. CAfile: none": (
        "name its authority in SSL_CERT_FILE"
    ),
    "fatal: unable to access 'https://git.example.org/': SSL certificate problem: self-signed certificate": (
        "name its authority in SSL_CERT_FILE"
    ),
    "fatal: detected dubious ownership in repository at '/srv/x.git'": "the repository belongs to another user",
    "!\trefs/heads/main:refs/heads/main\t[remote rejected] (pre-receive hook declined)": (
        "the repository's own rules do not let us write: check its protected branches and hooks"
    ),
    "error: 'docs' appears as both a file and as a directory": "check `folder`: a file has this name",
}


@pytest.fixture
def git(tmp_path: Path) -> Process:
    return Process("minutes", tmp_path, {}, "", ())


@pytest.mark.parametrize(("said", "remedy"), SAID.items())
def test_what_a_person_must_repair_is_told_with_what_to_do(git: Process, said: str, remedy: str) -> None:
    trouble = git.trouble(Failed(said))
    assert isinstance(trouble, Rejected)
    assert trouble.reason == f"minutes: git says: {said.replace(chr(9), ' ')}; {remedy}"


def test_what_may_pass_is_tried_again_and_told_in_its_last_three_lines(git: Process) -> None:
    lines = [
        "To https://git.example.org/x.git",
        "remote: one",
        "",
        "remote: two",
        "Done",
        "remote: three",
        "hint: Try it otherwise.",
        "remote: four",
        "Please make sure you have the correct access rights",
        "and the repository exists.",
        "error: failed to push some refs to 'https://git.example.org/x.git'",
    ]
    trouble = git.trouble(Failed("\n".join(lines)))
    assert isinstance(trouble, Unavailable)
    assert trouble.reason == "minutes: git says: remote: two; remote: three; remote: four"
    assert git.trouble(Failed("\n".join(lines[-3:]))).reason == "minutes: git says: no reason was given"


async def test_of_our_environment_git_knows_its_way_and_whom_to_believe_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what git starts finds it."""
    passed = {"https_proxy": "http://proxy.example.org", "NO_PROXY": "git.example.org", "TMPDIR": str(tmp_path)}
    ours = {"SSL_CERT_FILE": "/etc/ours.pem", "SSL_CERT_DIR": "/etc/ours", "KLATSCH_TOKEN": "s3cret", "GIT_PAGER": "x"}
    for name, value in (passed | ours).items():
        monkeypatch.setenv(name, value)
    git = Process("minutes", tmp_path, {"user.name": "Klatsch", "user.email": "klatsch@example.org"}, "ssh -x", ())
    shown = (await git.run("-c", "alias.shown=!env", "shown")).decode().splitlines()
    known = dict(line.partition("=")[::2] for line in shown)
    expected = passed | {
        "GIT_SSL_CAINFO": "/etc/ours.pem",
        "GIT_SSL_CAPATH": "/etc/ours",
        "GIT_SSH_COMMAND": "ssh -x",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_ALLOW_PROTOCOL": "http:https:ssh:file",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
    }
    assert {name: known.get(name) for name in expected} == expected
    assert not known.keys() & ours.keys()
    assert (await git.run("config", "user.email")).decode() == "klatsch@example.org\n"


async def test_a_git_that_cannot_be_started_may_pass(
    git: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("no program")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"^minutes: git could not be started \(Permission denied\)$"):
        await Process("minutes", tmp_path, {}, "", ()).run("version")


@pytest.mark.parametrize("steps", range(6))
async def test_whoever_is_given_up_is_given_up_also_where_there_is_no_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    asking = asyncio.create_task(Process("minutes", tmp_path, {}, "", ()).run("version"))
    for _ in range(steps):
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError if asking.cancel() else Rejected):
        await asking


@pytest.mark.parametrize(
    "said",
    [
        "cannot lock ref 'refs/heads/main'",
        "failed to update ref",
        "incorrect old value provided",
        "reference already exists",
    ],
)
async def test_where_two_came_in_the_same_moment_it_is_pushed_again(tmp_path: Path, said: str) -> None:
    """As servers say it who take one push at a time."""
    origin = Origin(tmp_path)
    origin.hook(
        "pre-receive", '[ ! -e "$GIT_DIR/seen" ] || exit 0', 'touch "$GIT_DIR/seen"', f'echo "{said}" >&2', "exit 1"
    )
    publisher = Git("minutes", Config.model_validate({"url": origin.url}))
    await publisher.write(Attempt("7.40.0"), ref="INC-7", text="# INC-7\n")
    assert origin.log() == ["Write INC-7.md"]


async def test_a_clone_reads_files_alone_and_says_who_came_first(tmp_path: Path) -> None:
    origin = Origin(tmp_path)
    origin.put("INC-7.md", b"theirs", mode="100755")
    origin.put("INC-8.md", b"INC-7.md", mode="120000")
    home = tmp_path / "home"
    home.mkdir()
    who = {"user.name": "Klatsch", "user.email": "klatsch@example.org"}
    clone = Clone(Process("minutes", home, {"remote.origin.url": origin.url, **who}, "", ()), "main")
    await clone.begin()
    head = await clone.fetch()
    assert [await clone.read(head, f"INC-{number}.md") for number in (7, 8, 9)] == [b"theirs", b"", None]
    ours = [await clone.commit(head, "INC-9.md", data, "Ours\n") for data in (b"ours", b"again")]
    assert [await clone.push(commit) for commit in ours] == [True, False]
    assert origin.read("INC-9.md") == "ours"


def test_ssh_reads_what_the_block_has_and_nothing_else(tmp_path: Path) -> None:
    def command(**block: str) -> str:
        return Git("minutes", Config.model_validate(block))._ssh(tmp_path)

    own = "ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15"
    assert command(url="git@git.example.org:ops/x.git") == own
    assert not list(tmp_path.iterdir())
    known = command(url="git@git.example.org:ops/x.git", known_hosts="git.example.org ssh-ed25519 AAAA")
    assert known == f"{own} -o UserKnownHostsFile={tmp_path}/known_hosts"
    assert command(url="https://git.example.org/ops/x.git") == ""


def test_a_server_is_shown_a_token_where_there_is_one() -> None:
    def settings(**block: str) -> dict[str, str]:
        return Git("minutes", Config.model_validate({"url": "https://git.example.org/ops/x.git"} | block))._settings()

    shown = settings(token="t", user="ana")
    assert shown["http.extraHeader"] == "Authorization: Basic YW5hOnQ="
    assert settings() == {name: value for name, value in shown.items() if name != "http.extraHeader"}
