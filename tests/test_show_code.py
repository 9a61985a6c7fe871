"""The code of a widget, and that our own reader gets the widget back from it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coze_widget.embed_code import (
    list_lines,
    list_lines_elsewhere,
    write_snippet,
    write_value,
)
from coze_widget.embedding import read_asset
from coze_widget.models import Widget
from coze_widget.options import title_of
from coze_widget.redaction import holds_credential
from coze_widget.snippets.paste import read_snippet
from coze_widget.snippets.trees import Deadline
from coze_widget.snippets.values import Reason
from coze_widget.validators import FOOTER_NAME

BOT_ID = "7400000000000000001"


def row(**fields):
    return Widget(**{"slug": "support", "name": "Support", "bot_id": BOT_ID, **fields})


def test_the_snippet_is_that_of_cozes_publish_page(oauth_app):
    oauth_app["base_url"] = "https://api.coze.cn"

    assert write_snippet(row()) == (
        '<script src="https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/'
        '1.2.0-beta.20/libs/cn/index.js"></script>\n'
        """<script>
  const cozeWebSDK = new CozeWebSDK.WebChatClient({
    config: {
      type: "bot",
      isIframe: false,
      bot_id: "7400000000000000001",
    },
    auth: {
      type: "token",
      token: "YOUR_ACCESS_TOKEN",
      onRefreshToken: async () => {
        // Asks a server of yours: it mints a token for this person.
        const response = await fetch("/YOUR_TOKEN_URL/", { method: "POST" });
        return response.text();
      },
    },
    userInfo: {
      id: "ID_OF_THE_PERSON",
      nickname: "",
      url: "",
    },
    ui: {
      base: {
        zIndex: 1000,
      },
      header: {
        isShow: true,
        isNeedClose: true,
      },
      footer: {
        isShow: true,
      },
      conversations: {
        isNeed: false,
      },
      chatBot: {
        width: 460,
        uploadable: true,
        isNeedAudio: false,
        isNeedFunctionCallMessage: true,
        isNeedAddNewConversation: true,
        isNeedClearContext: true,
        isNeedQuote: false,
        feedback: {
          isNeedFeedback: false,
        },
        title: "Support",
      },
      asstBtn: {
        isNeed: false,
      },
    },
  });
</script>"""
    )


def test_without_a_credential_the_region_is_that_of_the_settings(settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_BASE_URL = "https://api.coze.com"

    assert "https://sf-cdn.coze.com/" in write_snippet(row())


def test_a_hash_comes_with_its_attribute():
    hash_ = "sha384-" + "a" * 64

    assert (
        f'index.js?a=1&amp;b=&quot;" integrity="{hash_}" crossorigin="anonymous"></script>'
        in write_snippet(
            row(sdk_integrity=hash_, sdk_url='https://x.test/index.js?a=1&b="')
        )
    )


def test_the_lines_name_the_widget():
    lines = {line.code for line in list_lines(row())}

    assert lines == {
        '{% load coze_widget %}{% coze_widget "support" %}',
        '{% load coze_widget %}{% coze_panel "support" %}',
        '{% load coze_widget %}{% coze_launcher "support" %}Chat with us'
        "{% endcoze_launcher %}",
        'data-coze-open="support"',
        'CozeWidget.get("support").showChatBot();',
    }


SITE = "https://site.example"


def elsewhere(**fields):
    lines = list_lines_elsewhere(row(**fields), site_origin=SITE)
    return [line.code for line in lines]


def test_other_sites_get_the_newest_loader_or_this_very_one():
    loader = read_asset("loader.js")

    assert elsewhere(allowed_origins="https://shop.example") == [
        f'<script src="{SITE}/chat/loader.js" async data-coze-widget="support"></script>',
        f'<script src="{SITE}/chat/{loader.name}" integrity="{loader.integrity}" '
        'crossorigin="anonymous" async data-coze-widget="support"></script>',
    ]


@pytest.mark.parametrize("origins", ["", "null\n*"])
def test_where_no_other_site_may_hold_it_there_is_no_line_for_one(origins):
    assert elsewhere(allowed_origins=origins) == []


def test_what_is_not_mounted_has_no_address(settings):
    settings.ROOT_URLCONF = "tests.empty_urls"

    assert elsewhere(allowed_origins="https://shop.example") == []


def test_no_slug_and_no_host_gets_out_of_the_attribute():
    [line, _hashed] = list_lines_elsewhere(
        row(slug='"><script>', allowed_origins="https://shop.example"),
        site_origin='https://"onload="',
    )

    assert line.code.count('"') == 4
    assert line.code.count("<") == 2


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"a": [1, None, 0.5, True]}, None),
        ("</script><!--", r'"\u003c/script>\u003c!--"'),
        ('"\\', r'"\"\\"'),
        ("\u2028\u2029\u202e\x7f\ufeff", r'"\u2028\u2029\u202e\u007f\ufeff"'),
        ("\ud800", r'"\ud800"'),
        ("\U000e0001茶\u3000😀", '"\\udb40\\udc01茶\u3000😀"'),
        (9007199254740993, "9007199254740993"),
        ({"a-b": 1, "__proto__": 2, "$c": 3, "class": 4}, None),
    ],
)
def test_values_are_javascript(value, code):
    expected = {
        "a": "{\n  a: [\n    1,\n    null,\n    0.5,\n    true,\n  ],\n}",
        "a-b": '{\n  "a-b": 1,\n  ["__proto__"]: 2,\n  $c: 3,\n  class: 4,\n}',
    }

    assert write_value(value) == (code or expected[next(iter(value))])


# The way back


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """How quickly a paste is read is not the matter here, and machines can be busy."""
    monkeypatch.setattr(Deadline.__init__, "__defaults__", (60,))


texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
).filter(lambda text: not holds_credential(text))
lines = texts.map(lambda text: "".join(filter(str.isprintable, text)).strip())
links = st.dictionaries(
    st.from_regex(r"\A[a-zA-Z_][a-zA-Z0-9_]{0,9}\Z"),
    st.fixed_dictionaries(
        {
            "text": texts.filter(str.strip),
            "link": st.just("https://example.com/?a=1&b=</script>"),
        }
    ),
    max_size=3,
)
tags = st.lists(
    st.fixed_dictionaries({"label": lines.filter(bool), "isNeedDetail": st.booleans()}),
    max_size=3,
    unique_by=lambda tag: tag["label"],
)
inputs = st.dictionaries(
    lines.filter(bool),
    st.recursive(
        st.none() | st.booleans() | texts | st.integers(-(2**70), 2**70),
        lambda children: st.lists(children, max_size=3),
        max_leaves=5,
    ).filter(lambda value: value is not None),
    max_size=3,
)
footers = texts.filter(lambda text: not FOOTER_NAME.search(text))
bot_rows = st.fixed_dictionaries(
    {
        "name": lines.filter(bool),
        "chat_bot_title": texts.filter(str.strip).map(str.strip),
        "user_nickname": texts.map(str.strip),
        "user_url": st.sampled_from(["", "/me.png", "https://example.com/é.png"]),
        "base_icon": st.sampled_from(["", "https://example.com/i.png?a=1&b=2"]),
        "base_lang": st.sampled_from(["", "en", "zh-CN"]),
        "base_layout": st.sampled_from(["", "pc", "mobile"]),
        "base_z_index": st.integers(1, 2_147_483_645),
        "chat_bot_width": st.integers(300, 2000),
        "footer_expression_text": footers.map(str.strip),
        "footer_linkvars": links,
        "parameters": inputs,
        "chat_bot_feedback_is_need": st.just(value=True),
        "chat_bot_feedback_panel_title": texts.map(str.strip),
        "chat_bot_feedback_panel_tags": tags,
        **{
            name: st.booleans()
            for name in (
                "header_is_show",
                "header_is_need_close",
                "footer_is_show",
                "conversations_is_need",
                "chat_bot_uploadable",
                "chat_bot_is_need_audio",
                "chat_bot_is_need_function_call_message",
                "chat_bot_is_need_add_new_conversation",
                "chat_bot_is_need_clear_context",
                "chat_bot_is_need_quote",
            )
        },
    }
)


@settings(max_examples=60)
@given(fields=bot_rows)
def test_a_bots_row_comes_back_from_its_code(fields):
    widget = row(**fields)

    reading = read_snippet(write_snippet(widget))

    assert reading.problem == ""
    assert reading.credentials == []
    # Neither does Coze's snippet have the rest.
    assert {one.reason for one in reading.unmapped} <= {Reason.OURS}
    read = {**{name: getattr(row(), name) for name in fields}, **reading.fields}
    for name in fields:
        if name not in ("name", "chat_bot_title"):
            assert read[name] == getattr(widget, name), name
    assert read["chat_bot_title"] == title_of(widget)
    assert (read["bot_id"], read["mode"]) == (BOT_ID, "bot")
    assert read["sdk_version"] == widget.sdk_version


@given(parameters=inputs, version=lines)
def test_an_apps_row_comes_back_from_its_code(parameters, version):
    widget = row(
        mode="app",
        bot_id="",
        app_id="7400000000000000011",
        workflow_id="7400000000000000012",
        app_version=version,
        parameters=parameters,
    )

    fields = read_snippet(write_snippet(widget)).fields

    for name in ("mode", "app_id", "workflow_id"):
        assert fields[name] == getattr(widget, name)
    assert fields.get("app_version", "") == version
    assert fields.get("parameters", {}) == parameters


@given(text=st.text())
def test_no_text_gets_out_of_the_script(text):
    code = write_snippet(row(chat_bot_title=text, extra_options={"ui": {"rail": text}}))

    body = code.partition("</script>\n<script>")[2]
    assert body.count("<") == 1
    assert body.endswith("\n</script>")
    assert not re.search(r"[\u2028\u2029\u202a-\u202e\u2066-\u2069]", code)


@given(value=st.text())
def test_a_text_is_what_json_reads(value):
    assert json.loads(write_value(value)) == value
