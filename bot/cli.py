"""The `klatsch` command: reads the arguments, says what happened, answers with an exit code. The work is elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.chat.document import clean
from bot.config import Config, ConfigError
from bot.incident.model import Refused
from bot.ports import DeliveryError
from bot.store import StoreUnavailable
from bot.terminal.arguments import HERE, OF_THE_MACHINE, command_at, config_file, instead, line_of, parted

DONE, FAILED, MISTYPED = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0: done; 1: it could not be done, and standard error says why; 2: not a command, or
    no text for `pm lint`."""
    argv = sys.argv[1:] if argv is None else argv
    if meant := instead(argv):
        print(f"klatsch: there is no command {argv[command_at(argv)]}. Did you mean: {clean(meant)}", file=sys.stderr)
        return MISTYPED
    arguments = _arguments(argv)
    logging.basicConfig(
        level=arguments.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    # Alembic tells every start what it found; only its warnings matter to whoever runs this. httpx tells of every request, with the
    # address in full, which may be a secret.
    for name in ("alembic", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        result = run(arguments)
        # Here, and not on the way out, where nobody could say that it failed.
        sys.stdout.flush()
        return result
    except ConfigError as error:
        return _fail(*(str(problem) for problem in error.problems))
    except Refused as refused:
        return _fail(" ".join(part for part in (refused.reason, refused.hint) if part))
    except StoreUnavailable as error:
        return _fail(f"The database does not answer: {error}.", "Nothing was changed. Look at `storage.url`.")
    except DeliveryError as error:
        return _fail(error.reason)
    except BrokenPipeError:
        # Whoever read the output has enough (`| head`): https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except UnicodeDecodeError:
        return _fail("The file is not UTF-8 text.")
    except OSError as error:
        if error.filename is None:
            raise
        return _fail(f"{error.filename}: {error.strerror}.")
    except KeyboardInterrupt:
        return FAILED


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Leaves with a sentence about what is wrong, as argparse does."""
    begin = command_at(argv) + 1
    if list(argv[begin - 1 : begin]) != ["say"]:
        return _parser().parse_args(argv)
    options, words = parted(argv[begin:])
    arguments = _parser().parse_args([*argv[:begin], *options])
    arguments.words = words
    return arguments


def _fail(*lines: str) -> int:
    for line in lines:
        print(f"klatsch: {clean(line)}", file=sys.stderr)
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="klatsch",
        description="Run incidents in the open: rooms, pages, a status page, the postmortem drafted at close.",
    )
    parser.add_argument(
        "--log-level",
        default="warning",
        choices=("debug", "info", "warning", "error"),
        help="how much the log on standard error tells; default: warning",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    demo = command(
        "demo", _demo, "See one incident from alert to postmortem, in a temporary folder: no account, no network."
    )
    demo.add_argument(
        "--once",
        action="store_true",
        help="end by itself, without pauses, instead of leaving the status page up until Enter",
    )
    demo.add_argument("--plain", action="store_true", help="print lines instead of a live screen")
    demo.add_argument("--fast", action="store_true", help="leave out the pauses for reading")

    serve = command("serve", _serve, "Run the bot: take alerts, talk, page, show the status page.")
    _with_config(serve)

    check = command(
        "check", _check, "Look for what is wrong with the configuration and what it reaches, and say what to do."
    )
    _with_config(check)

    say = command("say", _say, "Do from a terminal what people type in chat, for when chat is down.")
    _with_config(say)
    say.add_argument(
        "--as", dest="person", help="who you are: a key under `people:`; default: $KLATSCH_AS, else your login"
    )
    say.add_argument(
        "words", nargs="*", metavar="WORDS", help="for example open sev2 Volumes slow in az2; none: read lines"
    )

    replay = command(
        "replay", _replay, "Try alert messages: what would be opened, and who would be paged. Nothing is done."
    )
    _with_config(replay)
    replay.add_argument(
        "--source",
        default="",
        help="the entry under `alerts:` that reads them; default: the first of type alertmanager",
    )
    replay.add_argument("file", metavar="FILE.jsonl", help="one webhook body a line; - reads standard input")

    export = command("export", _export, "Print an incident with its timeline and postmortem.")
    _with_config(export)
    export.add_argument("--format", default="md", choices=("md", "json", "html"))
    export.add_argument(
        "--public", action="store_true", help="the copy that may be published: people, addresses and hosts are masked"
    )
    export.add_argument("--to", default="", metavar="FOLDER", help="write it there, with the files that were kept")
    export.add_argument("ref", metavar="INC-7", help="the reference of the incident")

    digest = command(
        "digest", _digest, "Print the weekly digest of the last seven days or of a week, and post it where it belongs."
    )
    _with_config(digest)
    digest.add_argument("--dry-run", action="store_true", help="only print it")
    digest.add_argument("--team", default="", help="a key under `digest.teams`; default: the one of everybody")
    digest.add_argument("--week", default="", metavar="2026-W47", help="default: the seven days until now")
    digest.add_argument("--lang", choices=("en", "de"), default="", help="with --dry-run: not in its own language")

    invite = command(
        "invite", _invite, "Print the invitation to the lean coffee as a calendar: `klatsch invite > coffee.ics`."
    )
    _with_config(invite)
    invite.add_argument(
        "--link", action="store_true", help="print the address of the calendar instead, to subscribe to"
    )

    postmortem = command(
        "pm",
        _redact,
        "Print the public form of a text (`redact`), or where it judges people and what to ask instead (`lint`).",
    )
    steps = postmortem.add_subparsers(title="steps", required=True, metavar="redact|lint")
    text = "Print the public form of a text: what is nobody else's business is masked."
    _with_file(steps.add_parser("redact", help=text, description=text), _redact)
    text = "Print where a text judges people, with a question to ask instead. It advises: findings are no failure."
    lint = steps.add_parser(
        "lint", help=text, description=f"{text} The exit code is 0 with findings too, and 2 when FILE cannot be read."
    )
    lint.add_argument(
        "--lang", choices=("en", "de"), default="", help="the language of the text; default: each sentence's own"
    )
    lint.add_argument("--json", action="store_true", help="print a list of objects")
    _with_file(lint, _lint)

    slack = command(
        "slack-manifest", _slack_manifest, "Print what Klatsch is in Slack, as JSON: paste it where Slack makes an app."
    )
    _with_config(slack)

    database = command(
        "db", _db, "Show the version of the database's schema (`current`) or bring it to the newest (`upgrade`)."
    )
    database.add_argument("what", choices=("upgrade", "current"))
    _with_config(database)
    return parser


def _with_file(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    _with_config(parser)
    parser.add_argument("file", metavar="FILE", help="a text file; - reads standard input")
    parser.set_defaults(run=run)


def _with_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--config",
        help=f"default: {HERE} in the working directory; where there is none, $KLATSCH_CONFIG, else {OF_THE_MACHINE}",
    )


def _config(arguments: argparse.Namespace) -> Config:
    from bot.providers import configured

    return configured(_config_file(arguments), os.environ)


def _config_if_any(arguments: argparse.Namespace) -> Config | None:
    """None where none is named and none lies about; one that is named has to be there."""
    return _config(arguments) if arguments.config is not None or _config_file(arguments).exists() else None


def _config_file(arguments: argparse.Namespace) -> Path:
    return Path(config_file(arguments.config, os.environ, os.path.exists))


def _demo(arguments: argparse.Namespace) -> int:
    from bot.demo.run import demo

    return asyncio.run(demo(once=arguments.once, plain=arguments.plain, fast=arguments.fast or arguments.once))


def _serve(arguments: argparse.Namespace) -> int:
    # What is made while we start stays, and looking through it again and again for garbage takes a twentieth of the
    # start; `bot.terminal.serve.steady` begins to look.
    gc.disable()
    from bot.terminal.serve import run

    config = _config(arguments)
    for problem in config.warnings:
        print(f"klatsch: {problem}", file=sys.stderr)
    return run(config)


def _check(arguments: argparse.Namespace) -> int:
    from bot.terminal.check import check

    return asyncio.run(check(_config(arguments)))


def _say(arguments: argparse.Namespace) -> int:
    from bot.chat.verbs import KEYS
    from bot.terminal.say import SAY_WHAT, speaking, talk

    line = line_of(arguments.words, KEYS)
    if arguments.words and not line.strip():
        raise Refused("There is nothing to do in an empty line.", SAY_WHAT)
    config = _config(arguments)
    return asyncio.run(talk(config, line, speaking(arguments.person, os.environ, config.people)))


def _replay(arguments: argparse.Namespace) -> int:
    from bot.terminal.replay import replay

    return replay(_config(arguments), arguments.file, arguments.source)


def _export(arguments: argparse.Namespace) -> int:
    from bot.terminal.say import exported

    text = exported(_config(arguments), arguments.ref, arguments.format, public=arguments.public, to=arguments.to)
    if not arguments.to:
        print(text, end="")
    return DONE


def _digest(arguments: argparse.Namespace) -> int:
    from bot.terminal.digest import digest

    asked = {name: getattr(arguments, name) for name in ("team", "week", "lang")}
    return asyncio.run(digest(_config(arguments), asked, post=not arguments.dry_run))


def _invite(arguments: argparse.Namespace) -> int:
    from bot.terminal.invite import invite

    asyncio.run(invite(_config(arguments), link=arguments.link))
    return DONE


def _redact(arguments: argparse.Namespace) -> int:
    from bot.terminal.say import redacted

    text = sys.stdin.read() if arguments.file == "-" else Path(arguments.file).read_text(encoding="utf-8")
    print(redacted(_config_if_any(arguments), text), end="")
    return DONE


def _lint(arguments: argparse.Namespace) -> int:
    from bot.terminal.lint import lint_file

    named, file, lang = arguments.config is not None, arguments.file, arguments.lang
    readable = lint_file(file, lang, lambda: _config_if_any(arguments), needed=named, as_json=arguments.json)
    return DONE if readable else MISTYPED


def _slack_manifest(arguments: argparse.Namespace) -> int:
    from bot.terminal.slack_manifest import print_manifest

    print_manifest(lambda: _config_if_any(arguments), needed=arguments.config is not None)
    return DONE


def _db(arguments: argparse.Namespace) -> int:
    from bot.terminal.say import schema

    print(schema(_config(arguments), arguments.what))
    return DONE
