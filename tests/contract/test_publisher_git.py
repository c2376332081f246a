"""Texts in a git repository: by the real git, over a path and over git's own HTTP server."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop
from pydantic import ValidationError

import adapters.publishing.git
from adapters.http import Http
from adapters.publishing.git import TRIES, Config, Git, build, process
from bot.ports import Attempt, Rejected, Unavailable, Written
from tests.contract.servers.git import GitServer, Origin
from tests.contract.servers.http import Answer, Trouble
from tests.contract.test_publishers_long import larger_than_ours
from tests.servers.processes import free_port

TOKEN = "glpat-not-for-anybody"
FIRST = Attempt("7.40.0")
LATER = Attempt("7.55.0")
DRAFT = "# INC-7: nova API was down\n\nZwei Server — föö.\n"
NEWER = "# INC-7: nova API was down\n\nMehr wissen wir jetzt.\n"
FILE = "docs/post mortems/INC-7.md"


@dataclass
class Place:
    """A repository and the address it is reached by."""

    origin: Origin
    url: str
    token: str = ""
    server: GitServer | None = None

    def publisher(self, **block: str) -> Git:
        given = {"url": self.url, "folder": "docs/post mortems", "author": "Klatsch <klatsch@example.org>"}
        secret = {"token": self.token} if self.token else {}
        return Git("minutes", Config.model_validate(given | secret | block))


@pytest.fixture(autouse=True)
def nobodys_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made, and nobody else's."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path)


@pytest.fixture
async def web(origin: Origin) -> AsyncIterator[Place]:
    async with GitServer(origin, TOKEN) as server:
        yield Place(origin, server.repository, TOKEN, server)


@pytest.fixture(params=["path", "http"])
async def place(request: pytest.FixtureRequest, origin: Origin) -> AsyncIterator[Place]:
    if request.param == "path":
        yield Place(origin, origin.url)
        return
    async with GitServer(origin, TOKEN) as server:
        yield Place(origin, server.repository, TOKEN, server)


async def test_a_draft_is_a_commit_on_top_of_what_is_there(place: Place) -> None:
    earlier = place.origin.put("README.md", b"Read me.\n")
    written = await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert written == Written(f"{FILE} in {place.url}")
    assert place.origin.read(FILE).startswith(DRAFT)
    assert place.origin.read(FILE).splitlines()[-1].startswith("<!-- klatsch: draft ")
    assert place.origin.files() == ["README.md", FILE]
    assert place.origin.git("ls-tree", "main", FILE).startswith("100644 blob ")
    assert place.origin.log() == ["Write INC-7.md", "Ana wrote"]
    assert place.origin.git("rev-parse", "main^") == earlier
    who = "Klatsch <klatsch@example.org>"
    assert place.origin.log("%an <%ae>|%cn <%ce>")[0] == f"{who}|{who}"


async def test_the_first_text_makes_the_branch_of_an_empty_repository(place: Place) -> None:
    publisher = place.publisher(folder="")
    await publisher.write(FIRST, ref="coffee-2026-12-03", text="# Coffee\n")
    assert place.origin.files() == ["coffee-2026-12-03.md"]


async def test_the_same_text_again_makes_no_commit(place: Place) -> None:
    publisher = place.publisher()
    written = await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    assert await publisher.write(Attempt(FIRST.key, 2), ref="INC-7", text=DRAFT) == written
    # Another bot, or this one after a restart.
    assert await place.publisher().write(LATER, ref="INC-7", text=DRAFT) == written
    assert len(place.origin.log()) == 1


async def test_a_newer_draft_replaces_one_that_nobody_touched(place: Place) -> None:
    publisher = place.publisher()
    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    await publisher.write(LATER, ref="INC-7", text=NEWER)
    assert place.origin.read(FILE).startswith(NEWER)
    assert (place.origin.files(), len(place.origin.log())) == ([FILE], 2)


async def test_what_people_wrote_is_never_overwritten(place: Place) -> None:
    publisher = place.publisher()
    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    edited = place.origin.read(FILE).replace("föö", "bar").encode()
    place.origin.put(FILE, edited)
    # The answer of the first try was lost, and somebody was quick: it lies there.
    assert await publisher.write(Attempt(FIRST.key, 2), ref="INC-7", text=DRAFT) == Written(f"{FILE} in {place.url}")
    written = await publisher.write(LATER, ref="INC-7", text=NEWER)
    beside = FILE.replace(".md", ".draft-2.md")
    assert written == Written(f"{beside} in {place.url}", edited=f"{FILE} in {place.url}")
    assert place.origin.read(FILE).encode() == edited.rstrip(b"\n")
    assert place.origin.read(beside).startswith(NEWER)


@pytest.mark.parametrize(
    ("path", "data"),
    [(FILE, larger_than_ours()), (f"{FILE}/notes.md", b"Ours is a folder.")],
    ids=["huge", "folder"],
)
async def test_a_huge_file_and_a_folder_of_that_name_are_left_alone(origin: Origin, path: str, data: bytes) -> None:
    origin.put(path, data)
    written = await Place(origin, origin.url).publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert written.edited == f"{FILE} in {origin.url}"
    assert len(origin.read(path)) == len(data.rstrip(b"\n"))


def meanwhile(place: Place, times: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody pushes between our look and our push, so often; their commits."""
    came: list[str] = []
    commit = adapters.publishing.git.Clone.commit

    async def committed(self, *arguments: object) -> str:
        made = await commit(self, *arguments)
        if len(came) < times:
            came.append(place.origin.put(f"notes-{len(came)}.md", b"Ben was here.\n"))
        return made

    monkeypatch.setattr(adapters.publishing.git.Clone, "commit", committed)
    return came


async def test_who_pushed_meanwhile_is_built_upon(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.origin.put("README.md", b"Read me.\n")
    came = meanwhile(place, 2, monkeypatch)
    await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert place.origin.files() == ["README.md", FILE, "notes-0.md", "notes-1.md"]
    assert place.origin.git("rev-parse", "main^") == came[-1]


async def test_who_always_comes_second_tries_again_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    came = meanwhile(place, 99, monkeypatch)
    with pytest.raises(Unavailable, match=f"pushed each of the {TRIES} times"):
        await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert len(came) == TRIES


async def test_who_makes_the_branch_while_we_look_for_it_is_built_upon(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, came = adapters.publishing.git.Clone._said, []

    async def asked(self, *arguments: str, given: bytes = b"") -> str:
        if arguments[0] == "ls-remote":
            came.append(place.origin.put("notes.md", b"Ben was here.\n"))
        return await said(self, *arguments, given=given)

    monkeypatch.setattr(adapters.publishing.git.Clone, "_said", asked)
    await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert place.origin.files() == [FILE, "notes.md"]
    assert [place.origin.git("rev-parse", "main^")] == came


async def test_two_bots_at_once_both_come_through(place: Place) -> None:
    texts = {f"INC-{number}": f"# INC-{number}\n" for number in range(1, 5)}
    publishers = [place.publisher(), place.publisher()]
    await asyncio.gather(
        *(publishers[place_ % 2].write(FIRST, ref=ref, text=text) for place_, (ref, text) in enumerate(texts.items()))
    )
    assert len(place.origin.files()) == len(place.origin.log()) == len(texts)


async def test_a_push_whose_answer_was_lost_is_not_made_twice(web: Place) -> None:
    assert web.server is not None
    publisher = web.publisher()
    served = web.server._handle
    web.server._handle = lambda request: (
        Answer(502, served(request).body[:0]) if request.target.endswith("/git-receive-pack") else served(request)
    )
    with pytest.raises(Unavailable, match="502"):
        await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    web.server._handle = served
    await publisher.write(Attempt(FIRST.key, 2), ref="INC-7", text=DRAFT)
    assert web.origin.log() == ["Write INC-7.md"]


async def test_what_is_private_is_never_pushed(place: Place) -> None:
    with pytest.raises(Rejected, match="INC-7 is private, and a repository is read by many"):
        await place.publisher().write(FIRST, ref="INC-7", text=DRAFT, private=True)
    assert place.origin.head() == ""


@pytest.mark.parametrize("ref", ["", "../INC-7", "INC-7.md", "a/b", "-f", "INC-7\n"])
async def test_only_a_plain_name_becomes_the_name_of_a_file(ref: str, origin: Origin) -> None:
    with pytest.raises(Rejected, match="looks like INC-7"):
        await Place(origin, origin.url).publisher().write(FIRST, ref=ref, text=DRAFT)
    assert origin.head() == ""


async def test_a_hundred_edited_drafts_are_enough(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.publishing.drafts.MOST_DRAFTS", 3)
    for name in ("INC-7.md", "INC-7.draft-2.md", "INC-7.draft-3.md"):
        origin.put(f"docs/post mortems/{name}", b"mine")
    with pytest.raises(Rejected, match="3 edited drafts of INC-7 lie in docs/post mortems; move some away"):
        await Place(origin, origin.url).publisher().write(FIRST, ref="INC-7", text=DRAFT)
    monkeypatch.setattr("adapters.publishing.drafts.MOST_DRAFTS", 1)
    origin.put("INC-7.md", b"mine")
    with pytest.raises(Rejected, match="1 edited drafts of INC-7 lie in the repository; move some away"):
        await Place(origin, origin.url).publisher(folder="").write(FIRST, ref="INC-7", text=DRAFT)


@pytest.mark.parametrize(("filters", "most"), [("true", 20_000), ("false", 400_000)])
async def test_of_a_large_repository_only_the_newest_is_fetched_and_of_files_what_is_looked_at(
    web: Place, filters: str, most: int
) -> None:
    """As far as the server can do that."""
    web.origin.git("config", "uploadpack.allowFilter", filters)
    for _ in range(2):
        web.origin.put("video.bin", os.urandom(300_000))
    assert web.server is not None
    sizes: list[int] = []
    served = web.server._handle

    def measured(request):
        answer = served(request)
        sizes.append(len(answer.body))
        return answer

    web.server._handle = measured
    await web.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert web.origin.read(FILE).startswith(DRAFT)
    assert sum(sizes) < most


async def test_a_branch_that_is_not_there_is_named_with_those_that_are(place: Place) -> None:
    place.origin.put("README.md", b"Read me.\n")
    with pytest.raises(Rejected, match=r"^minutes: there is no branch `trunk`, but `main`; check `branch`$"):
        await place.publisher(branch="trunk").write(FIRST, ref="INC-7", text=DRAFT)
    with pytest.raises(Rejected, match="there is no branch `trunk`"):
        await place.publisher(branch="trunk").probe()
    assert place.origin.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


async def test_a_file_where_the_folder_should_be_is_named(place: Place) -> None:
    place.origin.put("docs", b"a file")
    with pytest.raises(Rejected, match="check `folder`: a file has this name"):
        await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)


async def test_a_rule_of_the_repository_is_told_in_its_own_words(place: Place) -> None:
    place.origin.hook("pre-receive", "echo 'main takes merge requests only' >&2", "exit 1")
    with pytest.raises(Rejected, match=r"main takes merge requests only.*its protected branches and hooks"):
        await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert place.origin.head() == ""


async def test_what_git_adds_to_every_refusal_takes_no_place_from_the_reason(place: Place) -> None:
    place.origin.hook("pre-receive", "echo 'first line' >&2", "echo 'second line' >&2", "exit 1")
    with pytest.raises(Rejected, match=r"first line.*second line") as refused:
        await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert "failed to push" not in str(refused.value)


TROUBLE: dict[str, tuple[Answer | Trouble, type[Exception], str]] = {
    "down": (Answer(503, b"later"), Unavailable, "503"),
    "too often": (Answer(429, b"slowly"), Unavailable, "429"),
    "hangs up": (Trouble.DROP, Unavailable, "git says"),
    "moved": (
        Answer(301, b"", {"Location": "http://127.0.0.1:1/elsewhere"}),
        Rejected,
        "write the new address into `url`",
    ),
    "no git at all": (Answer(200, b"<html>hello", {"Content-Type": "text/html"}), Rejected, "check `url`"),
    "gone": (Answer(404, b""), Rejected, "check `url`"),
}


@pytest.mark.parametrize(("order", "kind", "said"), TROUBLE.values(), ids=TROUBLE)
async def test_what_a_person_must_repair_is_rejected_and_the_rest_may_pass(
    web: Place, order: Answer | Trouble, kind: type[Exception], said: str
) -> None:
    assert web.server is not None
    web.server.orders.extend([order] * 20)
    with pytest.raises(kind, match=said) as raised:
        await web.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert str(raised.value).startswith("minutes: ")


async def test_nobody_there_may_pass(origin: Origin) -> None:
    with pytest.raises(Unavailable, match="git says"):
        await Place(origin, f"http://127.0.0.1:{free_port()}/x.git", TOKEN).publisher().probe()


async def test_a_wrong_token_is_refused_and_nothing_of_it_is_told(web: Place, caplog: pytest.LogCaptureFixture) -> None:
    wrong = Place(web.origin, web.url, "wrong-token-of-ours", web.server)
    with pytest.raises(Rejected, match="check `token`") as raised:
        await wrong.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert "wrong-token" not in str(raised.value) + caplog.text + repr(wrong.publisher()._config)


async def test_who_may_only_read_is_told_by_check_and_by_the_text(web: Place) -> None:
    web.origin.put("README.md", b"Read me.\n")
    await web.publisher().probe()
    assert web.server is not None
    web.server.read_only = True
    with pytest.raises(Rejected, match="check that `token` may write there"):
        await web.publisher().probe()
    with pytest.raises(Rejected, match="check that `token` may write there"):
        await web.publisher().write(FIRST, ref="INC-7", text=DRAFT)


@pytest.mark.parametrize("filled", [True, False])
async def test_check_tries_everything_and_changes_nothing(place: Place, filled: bool) -> None:
    if filled:
        place.origin.put("README.md", b"Read me.\n")
    before = place.origin.log("%H")
    await place.publisher().probe()
    assert place.origin.log("%H") == before


async def test_check_is_told_that_there_is_no_repository(tmp_path: Path) -> None:
    publisher = Git("minutes", Config.model_validate({"url": f"file://{tmp_path}/nothing.git"}))
    with pytest.raises(Rejected, match=r"nothing.git' does not appear to be a git repository.*; check `url`"):
        await publisher.probe()


async def test_a_server_that_hangs_is_left_and_what_was_begun_is_ended(
    web: Place, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    monkeypatch.setattr(process, "WITHIN", 0.5)
    assert web.server is not None
    web.server.orders.append(Trouble.HANG)
    with pytest.raises(Unavailable, match="did not come to an end within"):
        await web.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert not running(scratch)
    assert not list(scratch.iterdir())


def test_it_does_its_work_on_the_event_loop_that_serves(tmp_path: Path, scratch: Path) -> None:
    async def told() -> list[str]:
        origin = Origin(tmp_path)
        async with GitServer(origin, TOKEN) as server:
            publisher = Place(origin, server.repository, TOKEN).publisher()
            await publisher.probe()
            await publisher.write(FIRST, ref="INC-7", text=DRAFT)
            server.orders.append(Trouble.HANG)
            with pytest.raises(TimeoutError):
                # As `klatsch check` does.
                async with asyncio.timeout(0.3):
                    await publisher.probe()
        return origin.files()

    assert uvloop.run(told()) == [FILE]
    assert not running(scratch)


@pytest.mark.parametrize("steps", range(8))
def test_whoever_is_given_up_while_git_starts_leaves_no_process(scratch: Path, steps: int) -> None:
    async def given_up() -> None:
        asking = asyncio.create_task(process.Process("git", scratch, {}, "", ()).run("cat-file", "--batch"))
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    uvloop.run(given_up())
    gc.collect()
    assert not running(scratch)


def running(folder: Path) -> list[str]:
    """The processes whose environment names `folder`."""
    found = []
    for one in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in one.read_bytes():
                found.append((one.parent / "cmdline").read_text())
        except OSError:
            continue
    return [command for command in found if command]


async def test_secrets_are_in_no_argument_and_in_no_file(web: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at after each command, when its files are there."""
    seen: list[str] = []
    run = process.Process.run

    async def watched(self, *arguments: str, given: bytes = b"") -> bytes:
        answer = await run(self, *arguments, given=given)
        files = [file.read_bytes().decode("latin-1") for file in self._home.rglob("*") if file.is_file()]
        seen.append(" ".join([*arguments, *files]))
        return answer

    monkeypatch.setattr(process.Process, "run", watched)
    publisher = web.publisher()
    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    assert len(seen) > 5
    for secret in (TOKEN, publisher._basic()):
        assert secret not in "".join(seen)


async def test_nobodys_own_configuration_counts(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for value in ("[user]\nname = Somebody\n[commit]\ngpgSign = true\n", "[core]\nhooksPath = /nowhere\n"):
        with (home / ".gitconfig").open("a") as file:
            file.write(value)
    (home / ".netrc").write_text(f"machine 127.0.0.1 login klatsch password {TOKEN}\n")
    for name, value in {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_AUTHOR_NAME": "Somebody",
        "GIT_DIR": str(home),
        "GIT_TRACE_CURL": str(home / "trace"),
    }.items():
        monkeypatch.setenv(name, value)
    await place.publisher().write(FIRST, ref="INC-7", text=DRAFT)
    assert place.origin.log("%an") == ["Klatsch"]
    assert not (home / "trace").exists()
    if place.token:
        with pytest.raises(Rejected, match="check `token`"):
            await Place(place.origin, place.url).publisher().probe()


SSH = """#!/bin/sh
# As https://man.openbsd.org/ssh is called, and no other way: options, the host, the command.
while [ "$1" != "git@git.example.org" ]; do
    case "$1" in
        -F) [ "$2" = none ] || exit 9 ;;
        -o) echo "$2" >> "$SEEN/options"
            case "$2" in
                IdentityFile=*|UserKnownHostsFile=*)
                    file=${2#*=}
                    [ "$(stat -c %a "$file")" = 600 ] || exit 9
                    cat "$file" >> "$SEEN/${2%%=*}" ;;
            esac ;;
        *) exit 9 ;;
    esac
    shift 2
done
shift
exec sh -c "$1"
"""


async def test_over_ssh_the_key_is_a_file_of_ours_and_an_unknown_server_is_refused(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(SSH.replace("$SEEN", str(tmp_path)))
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    block = {
        "url": f"git@git.example.org:{origin.folder}",
        "key": "PRIVATE KEY",
        "known_hosts": "git.example.org ssh-ed25519 AAAA",
    }
    publisher = Git("minutes", Config.model_validate(block))
    await publisher.probe()
    await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    assert origin.files() == ["INC-7.md"]
    assert set((tmp_path / "IdentityFile").read_text().splitlines()) == {"PRIVATE KEY"}
    assert set((tmp_path / "UserKnownHostsFile").read_text().splitlines()) == {"git.example.org ssh-ed25519 AAAA"}
    options = (tmp_path / "options").read_text().splitlines()
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"} <= set(options)


REFUSALS = {
    "Permission denied (publickey).": "check `key_file`",
    "Host key verification failed.": "`known_hosts_file`",
}


@pytest.mark.parametrize(("said", "remedy"), REFUSALS.items())
def test_what_ssh_says_is_said_with_what_to_do(said: str, remedy: str, tmp_path: Path) -> None:
    git = process.Process("minutes", tmp_path, {}, "", ["s3cret"])
    failed = process.Failed(f"git@git.example.org: {said} s3cret\nfatal: Could not read from remote repository.")
    trouble = git.trouble(failed)
    assert isinstance(trouble, Rejected)
    assert remedy in trouble.reason
    assert "s3cret" not in trouble.reason


async def test_where_git_is_missing_it_is_said(origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    publisher = Place(origin, origin.url).publisher()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Rejected, match="there is no `git` on this machine; install it"):
        await publisher.write(FIRST, ref="INC-7", text=DRAFT)


async def test_where_no_temporary_folder_can_be_made_it_is_tried_again(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(Unavailable, match=r"^minutes: the folder for temporary files cannot be used \(No such file"):
        await Place(origin, origin.url).publisher().write(FIRST, ref="INC-7", text=DRAFT)


async def test_people_are_sent_to_where_it_can_be_read(place: Place) -> None:
    publisher = place.publisher(web="https://git.example.org/ops/learning/src/branch/main/")
    written = await publisher.write(FIRST, ref="INC-7", text=DRAFT)
    assert written.place == "https://git.example.org/ops/learning/src/branch/main/docs/post%20mortems/INC-7.md"


GOOD = [
    {"url": "https://git.example.org/ops/learning.git", "token": "t"},
    {"url": "ssh://git@git.example.org:2222/ops/learning.git", "key": "k"},
    {"url": "git@git.example.org:ops/learning.git", "known_hosts": "h"},
    {"url": "file:///srv/learning.git", "branch": "team/minutes-1.2", "folder": "docs/post mortems/2026"},
]
BAD = [
    {},
    {"url": ""},
    {"url": "https://git.example.org"},
    {"url": "https://ana:secret@git.example.org/x.git"},
    {"url": "https:///x.git"},
    {"url": "https://[::1/x.git"},
    {"url": "https://git.example.org/x.git?a=b"},
    {"url": "https://git.example.org/x.git#main"},
    {"url": "https://git.example.org/two words.git"},
    {"url": "https://git.example.org/x.git\n"},
    {"url": "ftp://git.example.org/x.git"},
    {"url": "ext::sh -c whoami"},
    {"url": "ssh://-oProxyCommand=whoami/x"},
    {"url": "ssh://git.example.org/"},
    {"url": "ssh:///x.git"},
    {"url": "ssh://git:secret@git.example.org/x.git"},
    {"url": "-oProxyCommand=x@host:y"},
    {"url": "-o@host:y"},
    {"url": "git@git.example.org://x"},
    {"url": "--upload-pack=whoami"},
    {"url": "/srv/learning.git"},
    {"url": "file://elsewhere/srv"},
    {"url": "file:srv/x.git"},
    {"url": "file:///srv/x.git", "token": "t"},
    {"url": "ssh://git.example.org/x.git", "token": "t"},
    {"url": "https://git.example.org/x.git", "known_hosts": "h"},
    {"url": "https://git.example.org/x.git", "key": "k"},
    {"url": "https://git.example.org/x.git", "token": "two\nlines"},
    {"url": "https://git.example.org/x.git", "user": "a:b"},
    {"url": "https://git.example.org/x.git", "user": "a b"},
    {"url": "https://git.example.org/x.git", "user": ""},
    {"url": "file:///srv/x.git", "branch": "-f"},
    {"url": "file:///srv/x.git", "branch": "a..b"},
    {"url": "file:///srv/x.git", "branch": "a b"},
    {"url": "file:///srv/x.git", "branch": "a//b"},
    {"url": "file:///srv/x.git", "branch": "a/.b"},
    {"url": "file:///srv/x.git", "branch": "a/"},
    {"url": "file:///srv/x.git", "branch": "a."},
    {"url": "file:///srv/x.git", "branch": "x.lock"},
    {"url": "file:///srv/x.git", "branch": "x.lock/y"},
    {"url": "file:///srv/x.git", "branch": ""},
    {"url": "file:///srv/x.git", "folder": "../up"},
    {"url": "file:///srv/x.git", "folder": "/etc"},
    {"url": "file:///srv/x.git", "folder": "/"},
    {"url": "file:///srv/x.git", "folder": "a/./b"},
    {"url": "file:///srv/x.git", "folder": "a//b"},
    {"url": "file:///srv/x.git", "folder": "a/.GIT"},
    {"url": "file:///srv/x.git", "author": "Klatsch"},
    {"url": "file:///srv/x.git", "author": "Klatsch <klatsch>"},
    {"url": "file:///srv/x.git", "web": "no address"},
    {"url": "file:///srv/x.git", "path": "x"},
]


def test_slashes_around_a_folder_are_no_part_of_it() -> None:
    assert Config(url="file:///srv/learning.git", folder="docs/minutes/").folder == "docs/minutes"


@pytest.mark.parametrize("block", GOOD, ids=str)
async def test_a_block_like_these_is_taken(block: dict[str, str]) -> None:
    async with Http() as http:
        assert isinstance(build("minutes", Config.model_validate(block), http), Git)


@pytest.mark.parametrize("block", BAD, ids=str)
def test_a_wrong_block_is_refused_and_no_secret_is_repeated(block: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        Config.model_validate(block)
    assert "secret" not in str(raised.value)
