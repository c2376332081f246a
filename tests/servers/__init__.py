"""Real servers for the tests: started on loopback, in a temporary folder, for as long as they are needed."""

import os
from typing import NoReturn

import pytest


def absent(what: str) -> NoReturn:
    """Skip what this machine cannot run; on a machine that promised to run everything, fail."""
    if os.environ.get("KLATSCH_REQUIRE_ALL") == "1":
        pytest.fail(f"{what}, and KLATSCH_REQUIRE_ALL=1 allows no test to be skipped.")
    pytest.skip(what)
