"""files.*External: a file is announced, sent, and completed (https://docs.slack.dev/messaging/working-with-files#uploading_files)."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.slack.model import BOT_USER, File
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.trouble import Troubles, suffer

if TYPE_CHECKING:
    from tests.contract.servers.slack.api import Args, Asked
    from tests.contract.servers.slack.server import SlackServer

LONGEST_ALT = 1_000
LARGEST = 1_000_000_000
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif"})
"""What a block shows (https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object)."""

UPLOAD = "upload"
"""The name by which trouble with the sending of a file is ordered."""


@dataclass
class Ticket:
    """A file that was announced; `content` None: it did not come yet."""

    file: File
    length: int
    content: bytes | None = None


@dataclass
class Uploads:
    """`tickets` by their secret. `settling`: so many times a new file is not ready yet when a block shows it."""

    settling: int = 0
    tickets: dict[str, Ticket] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def announce(self, asked: Asked, name: str, length: int) -> tuple[str, str]:
        """The id of the file, and the secret in the address that takes it."""
        id_ = asked.workspace.new_id("F")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        secret = f"secret-of-{id_}"
        here = asked.workspace.here
        file = File(id_, name, b"", kind, BOT_USER, f"{here}/files-pri/{id_}/{name}")
        self.tickets[secret] = Ticket(file, length)
        return id_, f"{here}/upload/v1/{secret}"

    def complete(self, asked: Asked, id_: str) -> File:
        """Raises Refused for a file that was not sent, or is complete."""
        found = next((one for one in self.tickets.values() if one.file.id == id_), None)
        if found is None or found.content is None or id_ in asked.workspace.files:
            raise Refused("file_not_found")
        found.file.content = found.content
        asked.workspace.files[id_] = found.file
        return found.file

    def check(self, files: dict[str, File], blocks: list[dict[str, Any]]) -> None:
        """That blocks show files that are there and ready. Raises Refused as Slack does, which says no more than where."""
        for number, block in enumerate(blocks):
            if "slack_file" not in block:
                continue
            file = files.get(str(block["slack_file"].get("id")))
            self.asked[file.id if file else ""] = seen = self.asked.get(file.id if file else "", 0) + 1
            if file is None or file.deleted or file.mimetype not in SHOWN or seen <= self.settling:
                said = f"[ERROR] invalid slack file [json-pointer:/blocks/{number}/slack_file]"
                raise Refused("invalid_blocks", response_metadata={"messages": [said]})


def get_url(asked: Asked, args: Args) -> dict[str, Any]:
    if not 0 < args["length"] <= LARGEST:
        raise Refused("missing_argument" if not args["length"] else "file_upload_size_restricted")
    if len(args.get("alt_txt", "")) > LONGEST_ALT:
        raise Refused("alt_txt_too_large")
    id_, url = asked.workspace.uploads.announce(asked, args["filename"], args["length"])
    return {"upload_url": url, "file_id": id_}


def complete(asked: Asked, args: Args) -> dict[str, Any]:
    """Without a channel a file is its owner's alone, until a message shows it."""
    if args.keys() & {"channel_id", "channels", "thread_ts", "initial_comment", "blocks"}:
        raise AssertionError("that files are shared by themselves is not faked")
    files = args["files"]
    if not isinstance(files, list) or not files or any(not isinstance(one, dict) or "id" not in one for one in files):
        raise Refused("invalid_arguments")
    done = [asked.workspace.uploads.complete(asked, str(one["id"])) for one in files]
    return {"files": [{"id": one.id, "title": one.name, "created": 1764244800, "user": one.user} for one in done]}


async def take(slack: SlackServer, troubles: Troubles, request: web.Request) -> web.StreamResponse:
    """The file itself, as long as was said; nobody may send our token along."""
    trouble = troubles.take(UPLOAD)
    if isinstance(trouble, Answer):
        return web.Response(status=trouble.status, body=trouble.body, headers=trouble.headers)
    if trouble not in (None, Trouble.DROP_AFTER_DOING):
        return await suffer(request, trouble, slack.web_api.over)
    content = await request.read()
    ticket = slack.uploads.tickets.get(request.match_info["secret"])
    if "Authorization" in request.headers:
        return web.Response(status=400, text="400 - no token belongs here")
    if ticket is None:
        return web.Response(status=404, text="404 - not found")
    if ticket.content is not None or len(content) != ticket.length:
        return web.Response(status=400, text="400 - the length is another one")
    ticket.content = content
    return await suffer(request, trouble, slack.web_api.over) if trouble else web.Response(text=f"OK - {len(content)}")


METHODS = {"files.getUploadURLExternal": get_url, "files.completeUploadExternal": complete}
