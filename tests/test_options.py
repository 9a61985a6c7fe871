from __future__ import annotations

import json

import pytest

from coze_widget.extra_options import WITH_FIELD
from coze_widget.models import Widget
from coze_widget.options import OPTIONS, build_options


def unsaved(**fields):
    return Widget(**{"slug": "s", "name": "Support", "bot_id": "7400", **fields})


def at(tree, path):
    for key in path.split("."):
        tree = tree[key]
    return tree


def test_a_plain_bot_in_a_frame():
    options = build_options(unsaved(), place="frame")

    assert options == {
        "config": {"type": "bot", "bot_id": "7400", "isIframe": False},
        "ui": {
            "header": {"isShow": True, "isNeedClose": True},
            "footer": {"isShow": True},
            "conversations": {"isNeed": False},
            "chatBot": {
                "title": "Support",
                "uploadable": True,
                "isNeedAudio": False,
                "isNeedFunctionCallMessage": True,
                "isNeedAddNewConversation": True,
                "isNeedClearContext": True,
                "isNeedQuote": False,
                "feedback": {"isNeedFeedback": False},
            },
            "asstBtn": {"isNeed": False},
        },
    }


def test_inline_the_sdk_places_itself():
    options = build_options(unsaved(base_z_index=77), place="inline")

    assert options["ui"]["base"] == {"zIndex": 77}
    assert options["ui"]["chatBot"]["width"] == 460


def test_an_app_is_named_by_its_two_ids():
    widget = unsaved(mode="app", app_id="1", workflow_id="2", parameters={"a": 1})

    config = build_options(widget, place="frame")["config"]

    assert config == {
        "type": "app",
        "isIframe": False,
        "appInfo": {"appId": "1", "workflowId": "2", "parameters": {"a": 1}},
    }


def test_a_bots_parameters_stand_beside_its_id():
    config = build_options(unsaved(parameters={"a": 1}), place="frame")["config"]

    assert config["bot_id"] == "7400"
    assert config["botInfo"] == {"parameters": {"a": 1}}


def test_a_page_overrides_title_and_single_parameters():
    widget = unsaved(parameters={"a": 1, "b": 2})

    options = build_options(
        widget, place="inline", overrides={"title": "Hi", "parameters": {"b": 3}}
    )

    assert options["ui"]["chatBot"]["title"] == "Hi"
    assert options["config"]["botInfo"]["parameters"] == {"a": 1, "b": 3}


def test_the_rows_own_title_wins_over_its_name():
    options = build_options(unsaved(chat_bot_title="Ask us"), place="frame")

    assert options["ui"]["chatBot"]["title"] == "Ask us"


@pytest.mark.parametrize(
    ("place", "launcher", "is_need"),
    [
        ("frame", "own", False),
        ("inline", "own", False),
        ("inline", "sdk", True),
        ("inline", "none", False),
        # `inline=False` in a template, for a row that is meant for the page itself.
        ("frame", "sdk", False),
    ],
)
def test_the_sdks_launcher_shows_inline_only(place, launcher, is_need):
    options = build_options(unsaved(launcher=launcher), place=place)

    assert options["ui"]["asstBtn"]["isNeed"] is is_need


VALUES = {
    "base_icon": "/icon.png",
    "base_layout": "mobile",
    "base_lang": "zh-CN",
    "base_z_index": 5,
    "header_is_show": False,
    "header_is_need_close": False,
    "footer_is_show": False,
    "footer_expression_text": "See {{help}}",
    "footer_linkvars": {"help": {"text": "Help", "link": "https://a.example/"}},
    "conversations_is_need": True,
    "chat_bot_title": "Ask",
    "chat_bot_width": 333,
    "chat_bot_uploadable": False,
    "chat_bot_is_need_audio": True,
    "chat_bot_is_need_function_call_message": False,
    "chat_bot_is_need_add_new_conversation": False,
    "chat_bot_is_need_clear_context": False,
    "chat_bot_is_need_quote": True,
    "chat_bot_feedback_is_need": True,
    "chat_bot_feedback_panel_title": "What was wrong?",
    "chat_bot_feedback_panel_placeholder": "Tell us",
    "chat_bot_feedback_panel_tags": [{"label": "Wrong", "isNeedDetail": True}],
}


def test_every_option_has_its_value_here():
    assert {option.field for option in OPTIONS} == set(VALUES)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.field)
def test_every_option_arrives_where_the_sdk_reads_it(option):
    value = VALUES[option.field]
    switch = {option.only_with: True} if option.only_with else {}

    options = build_options(unsaved(**{**switch, option.field: value}), place="inline")

    assert at(options, option.path) == value


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.field)
def test_options_are_plain_json(option):
    options = build_options(unsaved(**VALUES), place="inline")

    assert json.loads(json.dumps(options)) == options


# --- feedback


def test_without_thumbs_there_is_no_panel():
    values = {**VALUES, "chat_bot_feedback_is_need": False}

    options = build_options(unsaved(**values), place="frame")

    assert options["ui"]["chatBot"]["feedback"] == {"isNeedFeedback": False}


def test_thumbs_need_no_panel():
    options = build_options(unsaved(chat_bot_feedback_is_need=True), place="frame")

    assert options["ui"]["chatBot"]["feedback"] == {"isNeedFeedback": True}


# --- an app's version


def test_an_app_may_have_a_version():
    widget = unsaved(mode="app", app_id="1", workflow_id="2", app_version="v1.0")

    info = build_options(widget, place="frame")["config"]["appInfo"]

    assert info == {"appId": "1", "workflowId": "2", "version": "v1.0"}


def test_an_agent_has_no_version():
    options = build_options(unsaved(app_version="v1.0"), place="frame")

    assert options["config"] == {"type": "bot", "bot_id": "7400", "isIframe": False}


# --- options without a field


def test_every_option_with_a_field_is_set_there_only():
    in_config = {
        ("config", "botInfo", "parameters"),
        ("config", "appInfo", "parameters"),
        ("config", "appInfo", "version"),
    }

    assert {tuple(option.path.split(".")) for option in OPTIONS} == (
        WITH_FIELD - in_config
    )


def test_options_without_a_field_join_the_others():
    extra = {
        "config": {"region": "eu", "appInfo": {"mood": [1, {"a": None}]}},
        "ui": {"chatBot": {"isNew": True}, "rail": {"side": "left"}},
        "next": 7,
    }
    plain = build_options(unsaved(), place="inline")

    options = build_options(unsaved(extra_options=extra), place="inline")

    assert options["config"] == {**plain["config"], **extra["config"]}
    assert options["ui"]["chatBot"] == {**plain["ui"]["chatBot"], "isNew": True}
    assert options["ui"]["rail"] == {"side": "left"}
    assert options["next"] == 7
    assert set(options) == {"config", "ui", "next"}


def test_what_is_kept_in_the_process_is_not_changed():
    extra = {"ui": {"rail": {"side": "left"}}}
    widget = unsaved(extra_options=extra)

    build_options(widget, place="frame")["ui"]["rail"]["side"] = "right"

    assert widget.extra_options == {"ui": {"rail": {"side": "left"}}}


@pytest.mark.parametrize(
    "extra", [None, [1], "x", {"a": "x" * 4000}, {"a": [[[[[[[[1]]]]]]]]}], ids=repr
)
def test_what_a_fixture_stored_there_is_passed_over(extra):
    widget = unsaved(extra_options=extra)

    assert build_options(widget, place="frame") == build_options(
        unsaved(), place="frame"
    )
