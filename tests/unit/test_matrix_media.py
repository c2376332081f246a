"""What a Matrix message says of its file, of which any part may be forged."""

from __future__ import annotations

import json

import pytest

from adapters.chat.matrix.media import attached
from bot.incident.attachment import Attachment

URL = "mxc://example.org/AbC-1_2"
IMAGE = {"msgtype": "m.image", "body": "graph.png", "url": URL, "info": {"mimetype": "image/png", "size": 1234}}
KEY = {"k": "c2VjcmV0", "alg": "A256CTR", "kty": "oct", "key_ops": ["decrypt"], "ext": True}
ENCRYPTED = {"url": URL, "key": KEY, "iv": "aXY", "hashes": {"sha256": "c3Vt"}, "v": "v2"}


@pytest.mark.parametrize("kind", ["m.image", "m.file", "m.video", "m.audio"])
def test_each_kind_of_file_is_one(kind):
    assert attached({**IMAGE, "msgtype": kind}) == (Attachment("graph.png", "image/png", 1234, URL),)


@pytest.mark.parametrize("kind", ["m.text", "m.notice", "m.location", None, 7, ["m.image"]])
def test_what_is_no_file_is_none(kind):
    assert attached({**IMAGE, "msgtype": kind}) == ()


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"filename": "p99.png", "body": "as of 2 am"}, Attachment("p99.png", "image/png", 1234, URL)),
        ({"filename": 7}, Attachment("graph.png", "image/png", 1234, URL)),
        ({"filename": "x" * 900}, Attachment("x" * 300, "image/png", 1234, URL)),
        ({"body": None}, Attachment("", "image/png", 1234, URL)),
        ({"info": None}, Attachment("graph.png", place=URL)),
        ({"info": {"mimetype": "text/html<script>", "size": -1}}, Attachment("graph.png", place=URL)),
        ({"info": {"mimetype": ["image/png"], "size": True}}, Attachment("graph.png", place=URL)),
        ({"info": {"mimetype": "Image/PNG", "size": 1e300}}, Attachment("graph.png", "image/png", place=URL)),
        ({"info": {"size": 2**60}}, Attachment("graph.png", place=URL)),
    ],
)
def test_what_a_message_claims_is_bounded(more, found):
    assert attached({**IMAGE, **more}) == (found,)


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "https://example.org/x",
        "mxc://example.org",
        "mxc://example.org/",
        "mxc://example.org/a/b",
        "mxc://example.org/../x",
        "mxc://../x",
        "mxc://.example.org/x",
        "mxc://example.org/a?b=c",
        "mxc://example.org/a#b",
        "mxc://exa mple.org/a",
        "mxc://example.org/\u00e4",
        f"mxc://example.org/{'a' * 300}",
        f"{URL}\nx",
    ],
)
def test_an_address_that_leads_elsewhere_is_none(url):
    assert attached({**IMAGE, "url": url}) == (Attachment("graph.png", "image/png", 1234),)


def test_an_encrypted_file_lies_at_its_address_with_the_key_to_it():
    (file,) = attached({"msgtype": "m.image", "body": "graph.png", "file": ENCRYPTED})
    assert json.loads(file.place) == {
        "url": URL,
        "iv": "aXY",
        "key": {"k": "c2VjcmV0"},
        "hashes": {"sha256": "c3Vt"},
    }


@pytest.mark.parametrize("file", [{}, {"url": "https://example.org"}, {"url": None, "key": "x", "hashes": []}])
def test_an_encrypted_file_without_an_address_lies_nowhere(file):
    assert attached({"msgtype": "m.file", "body": "x", "file": file}) == (Attachment("x"),)
