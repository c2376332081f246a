"""How the fake Slack takes files: announced, sent as long as they were said to be, completed, and shown only then."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import ALL_SCOPES, SlackServer
from tests.contract.slack_clients import error_of, web_client
from tests.contract.slack_stage import staged

PNG = b"\x89PNG and so on"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with staged() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return web_client(slack)


async def announced(client: AsyncWebClient, name: str = "x.png", length: int = len(PNG)) -> tuple[str, str]:
    answer = await client.api_call("files.getUploadURLExternal", params={"filename": name, "length": length})
    return answer["file_id"], answer["upload_url"]


async def sent(address: str, content: bytes = PNG, **headers: str) -> int:
    async with ClientSession() as session, session.post(address, data=content, headers=headers) as answer:
        return answer.status


def files(*ids: str) -> dict[str, str]:
    return {"files": json.dumps([{"id": one} for one in ids])}


async def shown(
    slack: SlackServer, client: AsyncWebClient, file: str, method: str = "chat.postMessage", **more: str
) -> str:
    block = {"type": "image", "alt_text": "x", "slack_file": {"id": file}}
    return await error_of(client, method, True, channel=slack.channel("#ours").id, text="x", blocks=[block], **more)


async def test_a_file_that_is_sent_and_completed_is_shown(slack, client):
    file, address = await announced(client)
    assert await sent(address) == 200
    await client.api_call("files.completeUploadExternal", params=files(file))
    assert await shown(slack, client, file) == ""
    assert slack.files[file].content == PNG


async def test_what_is_not_complete_is_not_shown(slack, client):
    file, address = await announced(client)
    assert await shown(slack, client, file) == "invalid_blocks"
    await sent(address)
    assert await shown(slack, client, file) == "invalid_blocks"
    assert await shown(slack, client, "F0NOBODY") == "invalid_blocks"
    await client.api_call("files.completeUploadExternal", params=files(file))
    slack.files[file].deleted = True
    assert await shown(slack, client, file) == "invalid_blocks"
    user = slack.people["ana"].id
    assert await shown(slack, client, file, "chat.postEphemeral", user=user) == "invalid_blocks"


async def test_what_is_no_picture_is_not_shown(slack, client):
    file, address = await announced(client, "x.svg")
    await sent(address)
    await client.api_call("files.completeUploadExternal", params=files(file))
    assert await shown(slack, client, file) == "invalid_blocks"


async def test_a_new_file_takes_its_time(slack, client):
    slack.uploads.settling = 1
    file, address = await announced(client)
    await sent(address)
    await client.api_call("files.completeUploadExternal", params=files(file))
    assert [await shown(slack, client, file) for _ in range(2)] == ["invalid_blocks", ""]


async def test_a_file_is_taken_once_and_as_long_as_it_was_said_to_be(slack, client):
    _, address = await announced(client)
    assert await sent(address, PNG + b"x") == 400
    assert await sent(address, PNG[1:]) == 400
    assert await sent(address, Authorization=f"Bearer {slack.bot_token}") == 400
    assert await sent(f"{address}x") == 404
    assert await sent(address) == 200
    assert await sent(address) == 400


async def test_what_was_not_sent_or_is_complete_is_not_completed(client):
    file, address = await announced(client)
    assert await error_of(client, "files.completeUploadExternal", **files(file)) == "file_not_found"
    await sent(address)
    assert await error_of(client, "files.completeUploadExternal", **files(file)) == ""
    assert await error_of(client, "files.completeUploadExternal", **files(file)) == "file_not_found"
    assert await error_of(client, "files.completeUploadExternal", **files("F0NOBODY")) == "file_not_found"
    assert await error_of(client, "files.completeUploadExternal", files="[]") == "invalid_arguments"
    assert await error_of(client, "files.completeUploadExternal") == "missing_argument"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"filename": "x.png"}, "missing_argument"),
        ({"length": "5"}, "missing_argument"),
        ({"filename": "x.png", "length": "0"}, "missing_argument"),
        ({"filename": "x.png", "length": "many"}, "invalid_arguments"),
        ({"filename": "x.png", "length": "2000000000"}, "file_upload_size_restricted"),
        ({"filename": "x.png", "length": "5", "alt_txt": "x" * 1001}, "alt_txt_too_large"),
    ],
)
async def test_what_cannot_be_announced_is_refused(client, args, code):
    assert await error_of(client, "files.getUploadURLExternal", **args) == code


async def test_files_are_uploaded_by_whoever_may(slack, client):
    slack.scopes = ALL_SCOPES - {"files:write"}
    for method, args in (("getUploadURL", {"filename": "x.png", "length": "5"}), ("completeUpload", files("F1"))):
        assert await error_of(client, f"files.{method}External", **args) == "missing_scope"
