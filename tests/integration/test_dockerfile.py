"""The image cannot be built where the tests run, but its builder's steps can: one by one, in a folder of their own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import absent

REPOSITORY = Path(__file__).parents[2]
UNREACHABLE = ("Failed to establish a new connection", "Temporary failure in name resolution", "Connection refused")


def instructions(stage: str) -> list[tuple[str, str]]:
    """The instructions of the stage whose FROM line ends with `stage`."""
    text = (REPOSITORY / "Dockerfile").read_text()
    lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    found: list[tuple[str, str]] = []
    inside = False
    for name, _, rest in (line.partition(" ") for line in lines if line.strip()):
        if name == "FROM":
            inside = rest.endswith(stage)
        elif inside:
            found.append((name, rest))
    return found


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for the image's root after the builder is done."""
    root = tmp_path_factory.mktemp("image")
    source, venv = root / "src", root / "opt" / "klatsch"
    source.mkdir()
    venv.parent.mkdir()
    # Nothing of the environment the tests themselves run in may help the build.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    for name, rest in instructions("AS builder"):
        if name == "COPY":
            *sources, target = shlex.split(rest)
            for item in sources:
                copy(REPOSITORY / item, source / target / ("" if len(sources) == 1 else item))
        elif name == "RUN":
            command = rest.replace("/opt/klatsch", shlex.quote(str(venv)))
            # The image's python stands outside its venv; here it is the one that runs the tests, and it stays outside too.
            command = re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", command)
            done = subprocess.run(
                command,
                shell=True,
                cwd=source,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
                absent("The package index does not answer, so the image's packages cannot be installed")
            assert done.returncode == 0, f"RUN {rest}\n{done.stdout}{done.stderr}"
    return root


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def test_what_is_copied_is_let_through_by_dockerignore() -> None:
    let_through = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = {item for name, rest in instructions("AS builder") if name == "COPY" for item in shlex.split(rest)[:-1]}
    assert copied == let_through


def test_the_command_is_there_and_runs_from_anywhere(image: Path, tmp_path: Path) -> None:
    klatsch = image / "opt" / "klatsch" / "bin" / "klatsch"
    done = subprocess.run(
        [klatsch, "--help"],
        cwd=tmp_path,
        env={"PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "klatsch" in done.stdout


def test_it_can_encrypt(image: Path, tmp_path: Path) -> None:
    python = image / "opt" / "klatsch" / "bin" / "python"
    program = "from adapters.chat.matrix.encryption import exchange; print(exchange.ONE_TIME)"
    done = subprocess.run(
        [python, "-c", program],
        cwd=tmp_path,
        env={"PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "signed_curve25519\n", done.stderr


def test_everything_is_compiled_and_the_data_files_travel(image: Path) -> None:
    (packages,) = (image / "opt" / "klatsch" / "lib").glob("python3*/site-packages")
    for name in ("bot", "adapters", "storage"):
        for source in (REPOSITORY / name).rglob("*"):
            if source.is_dir() or "__pycache__" in source.parts:
                continue
            installed = packages / source.relative_to(REPOSITORY)
            assert installed.is_file(), f"{installed} is missing"
            if installed.suffix == ".py":
                compiled = installed.parent / "__pycache__" / f"{installed.stem}.{sys.implementation.cache_tag}.pyc"
                assert compiled.is_file(), f"{installed} is not compiled"


def test_the_image_runs_as_a_fixed_user_and_stops_politely() -> None:
    final = dict(instructions("slim"))
    assert final["USER"] == "10001:10001"
    assert final["STOPSIGNAL"] == "SIGTERM"
    assert final["CMD"] == '["klatsch", "serve", "-c", "/etc/klatsch/config.yaml"]'
    assert "8080 8081" in final["EXPOSE"]
