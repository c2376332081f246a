"""From the file to plain values: YAML without surprises, `${NAME}` from the environment, `*_file` from files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.config.problems import Findings, quote, under

MAX_BYTES = 1_000_000
"""A configuration is at most 1 MB, and a secret's file at most 64 kB."""
MAX_SECRET_BYTES = 64_000
_MAX_NODES = 100_000
_MAX_DEPTH = 40

_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[^}]*)(?P<end>\}?))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"


class _Loader(yaml.SafeLoader):
    """The safe loader, with dates left as the text they are: a rotation's start is a local time."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(path: Path, findings: Findings) -> dict[str, Any]:
    """The file's mapping; empty when it cannot be read, which `findings` then says."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            findings.error("", "it is larger than 1 MB", "A configuration is some kilobytes: is it the right file?")
            return {}
        return _parse(raw.decode("utf-8-sig"), findings)
    except FileNotFoundError:
        findings.error("", "there is no such file", "Copy config.example.yaml, or name yours with -c.")
    except UnicodeDecodeError:
        findings.error("", "it is not UTF-8 text", "Save it as UTF-8.")
    except OSError as error:
        findings.error("", f"it cannot be read ({error.strerror})", "Check its owner and mode.")
    return {}


def _parse(text: str, findings: Findings) -> dict[str, Any]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            findings.error("", "it is not a block of `key: value` lines", "Begin from config.example.yaml.")
            return {}
        _check_keys(node, findings)
        tree: dict[str, Any] = loader.construct_document(node)
        return tree
    except yaml.YAMLError as error:
        findings.error("", *_complaint(error))
    except RecursionError:
        findings.error("", "it is nested too deeply", "Forty levels are the most.")
    finally:
        loader.dispose()
    return {}


def _complaint(error: yaml.YAMLError) -> tuple[str, str]:
    """Where the syntax is wrong. PyYAML quotes the text there, which may be a password: only signs of YAML itself and
    its own names for things, like `<block end>`, are repeated."""
    mark = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", None) or "it holds a character YAML does not allow")
    if said.startswith("but "):
        said = f"{getattr(error, 'context', None) or ''}, {said}"
    said = re.split(r"['\"]", re.sub(r"'[^'\"]*'|\"[^\"]*\"", lambda found: _sign(found[0][1:-1]), said))[0]
    said = re.sub(r"(but (?:found|got)) *$", r"\1 something else", re.sub(r" {2,}", " ", said))
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return (
        f"{where}this is not YAML: {said.strip(' ,;:(')}",
        "Indent with spaces, and put a value in quotes that begins with one of * & ! % @ ` { [ or holds a colon.",
    )


def _sign(quoted: str) -> str:
    """A sign of YAML or a name of its parts, as people know them; empty for anything somebody may have written."""
    known = {"<stream end>": "the end of the file", "<scalar>": "a value", "\\t": "(a tab)"}
    if quoted in known:
        return known[quoted]
    return quote(quoted) if re.fullmatch(r"[-?:,\[\]{}]|<[a-z ]+>", quoted) else ""


def _check_keys(root: yaml.Node, findings: Findings) -> None:
    """Keys that stand twice, keys that are not text, and aliases that blow up."""
    left: list[tuple[yaml.Node, str, int]] = [(root, "", 0)]
    seen = 0
    while left:
        node, path, depth = left.pop()
        seen += 1
        if seen > _MAX_NODES or depth > _MAX_DEPTH:
            raise RecursionError
        if isinstance(node, yaml.SequenceNode):
            left += [(item, under(path, n), depth + 1) for n, item in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                if key.tag == _MERGE:
                    continue
                line = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode) or key.tag != _TEXT:
                    findings.error(
                        path, f"line {line}: a key is not text", "Put it in quotes (also yes, no, on, off and numbers)."
                    )
                    continue
                inner = under(path, key.value)
                if key.value in lines:
                    findings.error(
                        inner, f"it stands twice, in line {lines[key.value]} and in line {line}", "Keep one."
                    )
                lines[key.value] = line
                left.append((value, inner, depth + 1))


class Resolver:
    """Puts in what the environment and files hold, and remembers what must not be shown."""

    def __init__(self, environ: Mapping[str, str], folder: Path, findings: Findings) -> None:
        self._environ = environ
        self._folder = folder
        self._findings = findings
        self.hidden: dict[str, str] = {}

    def resolve(self, value: Any, path: str = "") -> Any:
        """A copy of `value` with all of it put in; what could not be read stays as it was written."""
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, list):
            return [self.resolve(item, under(path, n)) for n, item in enumerate(value)]
        if isinstance(value, dict):
            return self._block(value, path)
        return value

    def _block(self, block: dict[object, Any], path: str) -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        for key, value in block.items():
            if not isinstance(key, str):
                continue  # said by `read`
            where = under(path, key)
            # The labels of a route are the sender's words; none of them is a setting of ours.
            if key.endswith("_file") and isinstance(value, str) and not path.startswith("routes"):
                plain = key.removesuffix("_file")
                if plain in block:
                    self._findings.error(where, f"{quote(plain)} is there too", "Keep one of the two.")
                    continue
                resolved[plain] = self._file(self._text(value, where), where, under(path, plain))
            else:
                resolved[key] = self.resolve(value, where)
        return resolved

    def _text(self, text: str, path: str) -> str:
        def put_in(match: re.Match[str]) -> str:
            if match["dollar"]:
                return "$"
            name = match["name"]
            if not match["end"]:
                # What stands there instead of a name may be secret.
                self._broken(path, "a `${` has no `}` behind it", "Write `${NAME}`, and `$$` for a dollar sign.")
            elif not _NAME.fullmatch(name):
                self._broken(
                    path, f"{quote(match[0])} names no variable", "Write `${NAME}`, and `$$` for a dollar sign."
                )
            elif name not in self._environ:
                self._broken(
                    path,
                    f"the environment variable {quote(name)} is not set",
                    "Set it, or put the value into a file and its path here with `_file` at the key.",
                )
            else:
                value = self._environ[name]
                if value:
                    self.hidden[value] = match[0]
                return value
            return match[0]

        return _VARIABLE.sub(put_in, text)

    def _file(self, name: str, path: str, plain: str) -> str:
        """What a secret's file holds; a relative path counts from the folder of the configuration."""
        file = self._folder / name
        reason = ""
        text = ""
        try:
            with file.open("rb") as opened:
                raw = opened.read(MAX_SECRET_BYTES + 1)
            text = raw.decode().rstrip("\r\n")
            reason = "is empty" if not text else "is larger than 64 kB" if len(raw) > MAX_SECRET_BYTES else ""
        except FileNotFoundError:
            reason = "does not exist"
        except UnicodeDecodeError:
            reason = "is not UTF-8 text"
        except (OSError, ValueError) as error:
            reason = f"cannot be read ({getattr(error, 'strerror', None) or 'no valid path'})"
        if reason:
            beside = "" if Path(name).is_absolute() else f" in {self._folder}"
            self._findings.error(
                path,
                f"the file {quote(name)}{beside} {reason}",
                "It holds the secret and nothing else; the bot must be allowed to read it.",
            )
            self._findings.unreadable(path, plain)
            return "unreadable"
        self.hidden[text] = "…"
        return text

    def _broken(self, path: str, message: str, remedy: str) -> None:
        self._findings.error(path, message, remedy)
        self._findings.unreadable(path)
