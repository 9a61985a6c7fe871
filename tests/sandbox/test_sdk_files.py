from __future__ import annotations

import pytest
import requests

from coze_widget.sandbox.sdk_files import (
    FOLDER,
    PARTS,
    build_bundle,
    build_heavy_bundle,
    split_rules,
)
from coze_widget.sandbox.server import Sandbox

CDN = "/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20/libs/cn"
COM = "/obj/unpkg-va/flow-platform/chat-app-sdk/1.2.0-beta.6/libs/oversea"


@pytest.mark.parametrize("folder", [CDN, COM, COM.replace("-va", "")])
@pytest.mark.parametrize("name", ["index.js", "send.chunk.js"])
def test_the_sdk_lies_where_the_cdn_has_it(sandbox, folder, name):
    response = requests.get(f"{sandbox.url}{folder}/{name}", timeout=10)

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "webpackChunkCozeWebSDK" in response.text


@pytest.mark.parametrize(
    "path",
    [
        f"{CDN}/ui.js",
        f"{CDN}/../index.js",
        CDN.replace("/cn", "/moon") + "/index.js",
        CDN.replace("chat-app-sdk", "other-sdk") + "/index.js",
    ],
)
def test_nothing_else_lies_there(sandbox, path):
    session = requests.Session()
    request = requests.Request("GET", sandbox.url).prepare()
    request.url = sandbox.url + path  # as it is, without tidying the dots

    with session:
        assert session.send(request, timeout=10).status_code == 404


def test_the_bundle_holds_every_part_and_every_rule():
    bundle = build_bundle()

    assert {path.stem for path in FOLDER.glob("*.js")} == {*PARTS, "send.chunk"}
    assert "/* rules of styles.css */" not in bundle
    assert ".coze-chat-sdk-panel" in bundle


def test_there_are_more_than_a_hundred_styles():
    rules = split_rules((FOLDER / "styles.css").read_text())

    assert len(rules) > 100
    assert all(rule.count("{") == rule.count("}") for rule in rules)


def test_a_rule_may_hold_rules():
    css = "/* a { */ b { c: d } @media (x) { e { f: g } h { i: j } }"

    assert split_rules(css) == ["b { c: d }", "@media (x) { e { f: g } h { i: j } }"]


HEAVY = 1_000_000


@pytest.fixture
def heavy():
    with Sandbox(sdk_bytes=HEAVY) as sandbox:
        yield f"{sandbox.url}{CDN}/index.js"


def test_the_script_can_be_as_heavy_as_coze_s(heavy):
    response = requests.get(heavy, timeout=10)

    assert len(response.content) == HEAVY
    assert response.text.endswith(build_bundle())
    assert "max-age" in response.headers["Cache-Control"]


def test_what_is_heavy_goes_compressed_to_those_who_take_it(heavy):
    packed = requests.get(heavy, timeout=10)
    plain = requests.get(heavy, headers={"Accept-Encoding": "identity"}, timeout=10)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < HEAVY / 3
    assert "Content-Encoding" not in plain.headers
    assert plain.content == packed.content


def test_less_than_it_needs_it_cannot_weigh():
    assert build_heavy_bundle(1).endswith(build_bundle().encode())
