"""The HTML we serve ourselves, from the templates beside this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Imported with the first page that somebody asks for.
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders templates by their name; every value is escaped, and none may be missing. `facts` are the values that all
    of them may use."""

    def __init__(
        self,
        *,
        filters: Mapping[str, Callable[..., object]] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self._filters = filters or {}
        self._facts = facts or {}

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(self._filters)
        environment.globals.update(self._facts)
        return environment

    def render(self, template: str, values: Mapping[str, object]) -> bytes:
        return self._templates.get_template(template).render(values).encode()
