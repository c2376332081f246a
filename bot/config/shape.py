"""From plain values to sections: what pydantic finds wrong becomes problems in our words, without the values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from types import NoneType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.config.problems import Findings, quote, suggestion, under
from bot.nearest import nearest

M = TypeVar("M", bound=BaseModel)

_SCALARS = (bool, int, float)
_WORD = re.compile(r"'([^']*)'")
_SAID = {
    "model_type": "it is not a block of `key: value` lines",
    "dict_type": "it is not a block of `key: value` lines",
    "tuple_type": "it is not a list",
    "bool_type": "it is neither true nor false",
    "bool_parsing": "it is neither true nor false",
    "int_type": "it is not a whole number",
    "int_parsing": "it is not a whole number",
}


def section(model: type[M], value: object, path: str, findings: Findings, context: object = None) -> M | None:
    """`value` as a `model`, with all that is wrong with it in `findings` and left out; None: nothing is left then.
    `context` is what the model's validators are given."""
    written = {} if value is None else value
    try:
        return model.model_validate(written, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        _tell(model, detail, path, findings)
    try:
        left = _without(written, [detail["loc"] for detail in details])
        return model.model_validate(left, context=context)
    except ValidationError:
        return None


def _without(value: object, places: list[tuple[int | str, ...]]) -> object:
    """A copy without what is wrong, so that the rest can be checked on. No list gets shorter: it would count wrong."""
    left = deepcopy(value)
    for place in places:
        keys = [key for key in place if key != "[key]"]
        while keys and isinstance(keys[-1], int):
            keys.pop()
        holder: Any = left
        for key in keys[:-1]:
            try:
                holder = holder[key]
            except (TypeError, LookupError):
                break  # pydantic names what is missing in a place that is not there
        else:
            if keys and isinstance(holder, dict):
                holder.pop(keys[-1], None)
    return left


def entries(model: type[M], block: object, path: str, findings: Findings) -> dict[str, M]:
    """The entries of a block that are a `model`, by name."""
    if not isinstance(block, dict):
        if block is not None:
            findings.error(path, _SAID["dict_type"])
        return {}
    found = ((name, section(model, value, under(path, name), findings)) for name, value in block.items())
    return {name: entry for name, entry in found if entry is not None}


def _tell(model: type[BaseModel], detail: ErrorDetails, path: str, findings: Findings) -> None:
    where = path
    for part in detail["loc"]:
        # The mark pydantic puts behind a key of a mapping is no place in the file.
        if part != "[key]":
            where = under(where, part)
    match detail["type"]:
        case "klatsch":
            findings.error(where, detail["ctx"]["message"], detail["ctx"]["remedy"])
        case "extra_forbidden":
            known = known_keys(model, detail["loc"][:-1])
            findings.error(where, f"unknown key {quote(detail['loc'][-1])}", suggestion(detail["loc"][-1], known))
        case "value_error":
            findings.error(where, str(detail["ctx"]["error"]).rstrip("."))
        case "missing":
            findings.error(where, "it is missing", f"Add {quote(str(detail['loc'][-1]) + ': …')}.")
        case "string_type" if isinstance(detail["input"], _SCALARS):
            findings.error(where, "it is not text but a number, true or false", "Put it in quotes.")
        case "string_type":
            findings.error(where, "it is not text")
        case "literal_error" | "enum":
            expected = str(detail["ctx"]["expected"])
            remedy = _meant(str(detail["input"]), _WORD.findall(expected))
            findings.error(where, f"it is none of {expected.replace(chr(39), '`')}", remedy)
        case kind:
            findings.error(where, _SAID.get(kind) or detail["msg"].replace("Input", "it", 1))


def _meant(word: str, known: list[str]) -> str:
    """A remedy; empty where several are as near: `sev5` may be any of four."""
    near = nearest(word, known)
    if not near or nearest(word, [name for name in known if name != near]):
        return ""
    return f"Did you mean {quote(near)}?"


def _needed(annotation: Any) -> Any:
    """What may be left out, as what it is when it is there."""
    kinds = get_args(annotation)
    return next(kind for kind in kinds if kind is not NoneType) if NoneType in kinds else annotation


def known_keys(model: type[BaseModel], loc: Iterable[int | str]) -> list[str]:
    """The keys that may stand at `loc` inside `model`."""
    current: Any = model
    for part in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = _needed(field.annotation) if field else None
        else:
            current = next((arg for arg in get_args(current) if arg is not Ellipsis and arg is not str), None)
    if not isinstance(current, type) or not issubclass(current, BaseModel):
        return []
    return [field.alias or name for name, field in current.model_fields.items()]
