"""An exported page with files beside it, in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from bot.export import to_html
from bot.export.files import path_of
from tests.builders import PEOPLE
from tests.integration.test_matrix_files import PAGE, png
from tests.integration.test_public_browser import browser
from tests.unit.test_export_files import exported, lying, shown

__all__ = ["browser"]


def test_the_picture_is_seen_and_what_says_it_is_one_does_nothing(browser: Browser, tmp_path: Path):
    files = {"n0": ("graph.png", png()), "n1": ("evil.png", PAGE), "n2": ("evil.html", PAGE)}
    paths = {key: path_of(lying(name, int(key[1:])), content) for key, (name, content) in files.items()}
    (tmp_path / "files").mkdir()
    for key, (_, content) in files.items():
        (tmp_path / paths[key]).write_bytes(content)
    copy = exported(shown(*(name for name, _ in files.values())), **paths)
    (tmp_path / "INC-7.html").write_text(to_html(copy, people=PEOPLE), encoding="utf-8")
    page = browser.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto((tmp_path / "INC-7.html").as_uri())
    assert page.evaluate("[...document.images].map(image => image.naturalWidth)") == [64]
    for name in ("evil.png", "evil.html"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(".bin")
    assert dialogs == []
