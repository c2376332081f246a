"""What a stranger reads is true: README, CONTRIBUTING, the decisions, the example configuration, and what is committed."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from adapters.registry import SECTIONS
from adapters.settings import examine
from bot.chat.context import Context, Do, Question
from bot.chat.manual import manual
from bot.chat.parse import parse
from bot.chat.reactions import REACTIONS
from bot.cli import _arguments, _parser
from bot.config import Config, load
from bot.findings import policies, schedules
from bot.for_commands import settings
from bot.oncall.coverage import AHEAD, gaps
from bot.oncall.escalation import rung
from bot.terminal.arguments import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
ONCALL = ROOT / "docs" / "oncall.md"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "docs" / "commands.md",
    ROOT / "docs" / "coffee.md",
    ROOT / "docs" / "digest.md",
    ONCALL,
    *DECISIONS,
]
PROVIDERS = [(section, type) for section, types in SECTIONS.items() for type in types]


def block(name: str) -> str:
    """A fenced block of the README, marked with the name of the file it is."""
    found = re.findall(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"README has {len(found)} blocks marked {name}"
    return str(found[0])


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The configuration in the README."""
    file = tmp_path / "config.yaml"
    file.write_text(block("config.yaml"), encoding="utf-8")
    (tmp_path / "alert-token").write_text("0123456789abcdef\n")
    return load(file, {}, examine)


def test_the_configuration_in_the_readme_is_whole_and_nothing_about_it_is_odd(config: Config) -> None:
    assert list(config.warnings) == []
    assert list(settings(config).pages) == ["page"]


def test_what_the_readme_says_of_on_call_may_stand_in_its_configuration(tmp_path: Path) -> None:
    whole, night = yaml.safe_load(block("config.yaml")), yaml.safe_load(block("on call"))
    assert night.keys() < whole.keys()
    assert night["oncall"]["schedules"].keys() == whole["oncall"]["schedules"].keys()
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(whole | night), encoding="utf-8")
    (tmp_path / "alert-token").write_text("0123456789abcdef\n")
    config = load(file, {}, examine)
    assert list(config.warnings) == []
    now = datetime(2026, 11, 4, 2, 30, tzinfo=UTC)
    (said,) = policies(config, now)
    assert str(said) == "ok       oncall.policies.platform: asks Ana Ruiz, after 5m Ana Ruiz and Ben Weiss"
    assert [str(found) for found in schedules(config, config.roster, now)] == [
        "ok       oncall.schedules.platform: Ana Ruiz is on call now"
    ]


def test_the_receiver_in_the_readme_posts_to_an_entry_of_its_configuration() -> None:
    config = yaml.safe_load(block("config.yaml"))
    (receiver,) = yaml.safe_load(block("alertmanager.yml"))["receivers"]
    (webhook,) = receiver["webhook_configs"]
    (name,) = config["alerts"]
    assert webhook["url"] == f"http://{config['http']['listen']}/alerts/{name}"
    assert webhook["send_resolved"] is True
    assert webhook["http_config"]["authorization"]["type"] == "Bearer"


def test_the_unit_in_the_readme_runs_where_the_readme_installs() -> None:
    unit = block("klatsch.service")
    (installed,) = re.findall(r"git .* archive HEAD \| tar -x -C (\S+)", README)
    assert f"ExecStart={installed}/.venv/bin/klatsch serve -c " in unit
    assert f"make -C {installed} setup PYTHON=/usr/bin/python3" in README


def test_each_step_of_the_readme_s_policy_reaches_somebody_whom_the_one_before_did_not(config: Config) -> None:
    roster = config.roster
    for week in range(4):
        at = datetime(2026, 11, 4, tzinfo=UTC) + week * timedelta(weeks=1)
        first, second = (rung(roster, "platform", step=step, round=0, at=at).people for step in (0, 1))
        assert set(second) - set(first)


def test_whoever_says_something_in_the_readme_s_installation_says_who(config: Config) -> None:
    (part,) = re.findall(r"^\*\*5\. (.*?)^In a container ", README, re.MULTILINE | re.DOTALL)
    said = [command for command in typed_commands(part) if command.startswith("klatsch say ")]
    assert len(said) > 3
    assert all(f"--as {name}" in command for command in said for name in list(config.people)[:1])


def test_make_setup_keeps_what_is_there_when_the_python_that_is_named_is_none(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "klatsch").touch()
    (tmp_path / "requirements").mkdir()
    for name in ("Makefile", "requirements/run.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    made = subprocess.run(
        ["make", "setup", "PYTHON=/nowhere/python3"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert made.returncode != 0
    assert "None of these is: /nowhere/python3\n" in made.stderr
    assert (tmp_path / ".venv" / "bin" / "klatsch").exists()


def test_what_the_readme_adds_for_a_service_keeps_all_state_in_the_unit_s_folder(tmp_path: Path) -> None:
    (added,) = re.findall(
        r"^    cat >> /etc/klatsch/config.yaml <<'END'\n(.*?)^    END$", README, re.MULTILINE | re.DOTALL
    )
    file = tmp_path / "config.yaml"
    file.write_text(block("config.yaml") + added.replace("    ", ""), encoding="utf-8")
    (tmp_path / "alert-token").write_text("0123456789abcdef\n")
    config = load(file, {}, examine)
    (name,) = re.findall(r"^StateDirectory=(.+)$", block("klatsch.service"), re.MULTILINE)
    assert config.storage.url.get_secret_value().startswith(f"sqlite:////var/lib/{name}/")
    assert config.postmortem.folder.startswith(f"/var/lib/{name}/")


def test_the_schedules_in_the_page_about_on_call_have_somebody_at_each_instant(tmp_path: Path) -> None:
    file, now = tmp_path / "config.yaml", datetime(2026, 11, 27, tzinfo=UTC)
    blocks = re.findall(r"^```yaml\n(.*?)^```$", ONCALL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shown = [block for block in blocks if "  schedules:\n" in block]
    assert len(shown) > 1
    for block in shown:
        file.write_text(f"people: {{ana: , ben: , cem: , dan: , eve: , fay: }}\n{block}", encoding="utf-8")
        for name, schedule in load(file, {}, examine).roster.schedules.items():
            assert not schedule.stack or gaps(schedule, now, now + AHEAD) == [], name


def typed_commands(text: str) -> Iterator[str]:
    """Every `klatsch …` in a text, in its blocks (also behind a pipe or another command's `--`) and in its sentences,
    without a comment behind it."""
    for line in re.findall(r"^    (?:.*(?:\||--) )?(klatsch .*)$", text, re.MULTILINE):
        yield line.split("  #")[0].strip()
    yield from re.findall(r"`(klatsch [^`]*)`", text)


def lines_for_people(text: str) -> list[str]:
    """The first column of the README's table of lines."""
    (table,) = re.findall(r"^\| Line \| What it does \|\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


@pytest.mark.parametrize("command", sorted({*typed_commands(README), *typed_commands(CONTRIBUTING)}))
def test_every_command_that_is_named_is_one(command: str) -> None:
    words = shlex.split(command.replace("md|json|html", "md"))[1:]
    if words in (["say"], ["replay"]):
        words.append("something")
    parsed = _arguments(words)
    assert callable(parsed.run)


def said_lines(text: str) -> list[str]:
    """What the text says in a terminal, and what it says may be typed."""
    said = [_arguments(words[1:]) for words in map(shlex.split, typed_commands(text)) if words[1] == "say"]
    return [" ".join(parsed.words) for parsed in said if parsed.words] + lines_for_people(text)


@pytest.mark.parametrize("line", sorted(set(said_lines(README))))
def test_every_line_in_the_readme_is_understood_with_its_configuration(line: str, config: Config) -> None:
    context = Context(
        by="ana",
        at=datetime(2026, 11, 4, 13, 30, tzinfo=UTC),
        room=7,
        people=config.people,
        components={component.id: component.name for component in config.components},
        targets=(*(f"policy:{name}" for name in config.roster.ladders), "schedule:platform"),
        zone=str(config.zone),
        default_ladder=config.default_ladder,
        redact=lambda text: (text, ()),
    )
    assert isinstance(parse(line, context), Do | Question)


COMPONENT = re.compile(r"comp=([\w,:-]+)")


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md"])
def test_every_component_that_is_named_is_in_the_readme_and_in_the_example_configuration(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {part.partition(":")[0] for value in COMPONENT.findall(text) for part in value.split(",")}
    named -= {"ID", "A", "B", ""}
    example = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    for written in (block("config.yaml"), example):
        known = {component["id"] for component in yaml.safe_load(written)["status"]["page"]["components"]}
        assert named <= known


def test_every_reaction_is_in_the_readme_and_in_the_list_of_commands() -> None:
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    emoji = {meaning.emoji for meaning in REACTIONS.values()}
    assert {one for one in emoji if one not in README or one not in commands} == set()


def test_the_list_of_commands_is_current() -> None:
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == manual()


def subcommands() -> set[str]:
    found = [action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert len(found) == 1
    return set(found[0].choices)


def test_every_command_is_told_from_a_line() -> None:
    assert subcommands() == COMMANDS


def test_every_command_is_in_the_readme() -> None:
    named = {command.split()[1] for command in typed_commands(README)} | set(re.findall(r"make (\w+)", README))
    assert subcommands() - named == set()


def targets(text: str) -> set[str]:
    """What follows `make` in code."""
    return set(re.findall(r"(?:`|^ +)make (?:-C \S+ )?([a-z-]+)", text, re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(page: str) -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = targets((ROOT / page).read_text(encoding="utf-8"))
    assert named
    assert named - made == set()


def links(page: Path) -> set[str]:
    """What a page points to in this repository."""
    text = page.read_text(encoding="utf-8")
    found = {*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'src="([^"]+)"', text)}
    return {link.split("#")[0] for link in found if not link.startswith(("http://", "https://", "#"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    assert [link for link in sorted(links(page)) if not (page.parent / link).exists()] == []


PATH = re.compile(r"`((?:bot|adapters|storage|tests|docs|requirements)/[\w./-]*[\w/])`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    """Those with NAME or 000N in them are for the reader to make."""
    named = {path for path in PATH.findall(page.read_text(encoding="utf-8")) if not re.search(r"NAME|000N", path)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def the_house() -> set[str]:
    """The paths in the tree of CONTRIBUTING: a folder stands alone, what is in it is indented below."""
    (tree,) = re.findall(r"## The house\n\n(.*?)\n\n## ", CONTRIBUTING, re.DOTALL)
    paths: set[str] = set()
    top = ""
    for line in filter(str.strip, tree.splitlines()):
        names = re.split(" {2,}", line.strip())[0].split()
        match len(line) - len(line.lstrip()):
            case 4:
                (top,) = names
                paths.add(top)
            case 6:
                paths |= {top + name for name in names}
    return paths


def test_the_tree_in_contributing_is_the_tree() -> None:
    assert [path for path in sorted(the_house()) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("folder", ["bot/", "adapters/"])
def test_nothing_is_missing_in_the_tree(folder: str) -> None:
    here = {
        f"{folder}{path.name}{'/' if path.is_dir() else ''}"
        for path in (ROOT / folder).iterdir()
        if not path.name.startswith("_")
    }
    assert sorted(here - the_house()) == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_every_decision_is_linked_and_says_why_and_what_follows(page: Path) -> None:
    assert f"docs/decisions/{page.name}" in links(ROOT / "CONTRIBUTING.md")
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert [part for part in ("## Context", "## Decision", "## Consequences") if part not in text] == []


@pytest.mark.parametrize(("section", "type"), PROVIDERS)
def test_every_provider_is_in_the_example_configuration(section: str, type: str) -> None:
    """As a block, or commented out under its section."""
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    whole: dict[str, Any] = yaml.safe_load(text)
    written: dict[str, Any] = whole.get(section) or {}
    if section == "calendars":
        # Each stands in its schedule.
        written = {name: schedule.get("calendar") for name, schedule in whole["oncall"]["schedules"].items()}
    types = {str(block.get("type", name)) for name, block in written.items() if isinstance(block, dict)}
    key = "oncall" if section == "calendars" else section
    rest = "".join(re.findall(rf"^{key}:(.*\n(?:[ #].*\n|\n)*)", text, re.MULTILINE))
    types |= set(re.findall(r"^ *#.*\btype: ([a-z]+)", rest, re.MULTILINE))
    types |= set(re.findall(r"^ *# *([a-z]+):(?: *$| *\{)", rest, re.MULTILINE))
    assert type in types


@pytest.mark.parametrize(("section", "type"), PROVIDERS)
def test_every_provider_is_tested_against_its_contract(section: str, type: str) -> None:
    module = SECTIONS[section][type].module
    parent, _, name = module.rpartition(".")
    named = re.compile(rf"{re.escape(module)}\b|from {re.escape(parent)} import [^\n]*\b{name}\b")
    tests = [*(ROOT / "tests" / "contract").glob("*.py"), *(ROOT / "tests" / "unit").glob("*.py")]
    assert [test.name for test in tests if named.search(test.read_text(encoding="utf-8"))]


def committed() -> list[Path]:
    """The files of the project: what git has, and what is new and not ignored. Git reads no clone of another user unless told to."""
    asked = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", *asked],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


# Put together here, so that this file holds none of them.
FORBIDDEN = re.compile(
    "|".join(
        (
            r"files\.python" + r"hosted\.org",
            r"pypi\." + r"org",
            r"registry\.npm" + r"js",
            r"--(?:extra-)?index-" + r"url",
            r"(?<![\w.])/(?:work|ro" + r"ot)/",
            r"/tmp/" + r"venv",
        )
    )
)


def test_no_file_holds_the_address_of_a_registry_or_a_path_of_somebodys_machine() -> None:
    found = []
    for path in committed():
        if path.suffix != ".png":
            text = path.read_text(encoding="utf-8")
            found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in FORBIDDEN.finditer(text)]
    assert found == []


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "pictures").iterdir()), ids=lambda picture: picture.name)
def test_a_picture_is_small_shown_somewhere_and_loads_nothing(picture: Path) -> None:
    assert picture.stat().st_size < 200_000
    assert any(f"docs/pictures/{picture.name}" in links(page) for page in PAGES[:2])
    if picture.suffix == ".svg":
        addresses = set(re.findall(r"https?://[^\s\"')<]+", picture.read_text(encoding="utf-8")))
        # What stands there as text may be one that leads nowhere (https://www.rfc-editor.org/rfc/rfc2606#section-3).
        loaded = {one for one in addresses if not (urlsplit(one).hostname or "").endswith(".example.org")}
        assert loaded == {"http://www.w3.org/2000/svg"}
