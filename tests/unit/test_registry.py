"""The list of providers: complete, lazy, and helpful about a type it does not know."""

import subprocess
import sys

import pytest
from pydantic import BaseModel

from adapters.registry import PAGERS, SECTIONS, UnknownType, provider

ENTRIES = [(section, type) for section, types in SECTIONS.items() for type in types]
PAGING = ", ".join(sorted(PAGERS))


@pytest.mark.parametrize(("section", "type"), ENTRIES)
def test_every_provider_has_a_config_and_a_build(section: str, type: str) -> None:
    found = provider(section, type)
    assert issubclass(found.config(), BaseModel)
    assert callable(found.build())


@pytest.mark.parametrize(("section", "type"), ENTRIES)
def test_every_provider_refuses_keys_it_does_not_know(section: str, type: str) -> None:
    assert provider(section, type).config().model_config.get("extra") == "forbid"


def test_nothing_is_imported_before_it_is_configured() -> None:
    script = """
import sys
from adapters.registry import provider
provider("paging", "ntfy")
print(sorted(name for name in sys.modules if name.startswith(("adapters.", "httpx", "aiosmtplib"))))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "['adapters.registry']"


@pytest.mark.parametrize(
    ("section", "type", "message"),
    [
        ("paging", "nfty", f"paging: no provider has the type `nfty`; did you mean `ntfy`? Known: {PAGING}."),
        ("paging", "SMTP", f"paging: no provider has the type `SMTP`; did you mean `smtp`? Known: {PAGING}."),
        ("paging", "carrier pigeon", f"paging: no provider has the type `carrier pigeon`. Known: {PAGING}."),
        ("paging", "\x1b[31m" + "x" * 99, f"paging: no provider has the type `[31m{'x' * 56}`. Known: {PAGING}."),
        ("pagers", "ntfy", "pagers: no provider has the type `ntfy`. Known: none."),
    ],
)
def test_an_unknown_type_is_told_with_the_nearest_known_one(section: str, type: str, message: str) -> None:
    with pytest.raises(UnknownType) as caught:
        provider(section, type)
    assert str(caught.value) == message
