"""docs/paging.md: what it shows as configuration is one."""

import re
from pathlib import Path

import pytest

from adapters.registry import PAGERS
from adapters.settings import examine
from bot.config import load

DOCS = (Path(__file__).parents[2] / "docs" / "paging.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
SECRET = "a-secret-of-more-than-thirty-two-characters"
SHAPED = {"TWILIO_ACCOUNT_SID": f"AC{'0' * 32}"}
"""What has a shape of its own."""


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block {n}" for n in range(1, len(BLOCKS) + 1)])
def test_every_block_is_a_configuration_without_errors(block: str, tmp_path: Path) -> None:
    for name in re.findall(r"\w+_file: ([\w-]+)", block):
        (tmp_path / name).write_text(f"{SECRET}\n")
    file = tmp_path / "config.yaml"
    file.write_text(f'{block}\nhttp: {{public_url: "https://klatsch.example.org"}}\n', encoding="utf-8")
    config = load(file, dict.fromkeys(re.findall(r"\$\{(\w+)\}", block), SECRET) | SHAPED, examine)
    assert config.blocks["paging"]


@pytest.mark.parametrize("type", sorted(PAGERS))
def test_every_way_is_in_the_table(type: str) -> None:
    assert re.search(
        rf"^\| \[`{type}`\]\(#[a-z-]+\)(, `channel: \w+`)? \| {PAGERS[type].medium} \|", DOCS, re.MULTILINE
    )


def test_every_way_in_the_table_has_its_section() -> None:
    titles = re.findall(r"^###? (.+)$", DOCS, re.MULTILINE)
    anchors = {title.lower().replace(" ", "-") for title in titles}
    assert [link for link in re.findall(r"\]\(#([a-z-]+)\)", DOCS) if link not in anchors] == []
