"""What editors add to the SDK's options by hand: what is refused, and what is left of it."""

from __future__ import annotations

import json

import pytest

from coze_widget.extra_options import (
    GROUPS,
    MAX_CHARACTERS,
    MAX_LEVELS,
    RESERVED,
    WITH_FIELD,
    Fault,
    find_faults,
    is_too_large,
    merge_extra,
)

PAT = "pat_" + "a" * 40
JWT = "eyJ" + "hbGciOiJSUzI1NiJ9" + ".eyJpc3MiOiIxIn0"


def tree_of(path, value):
    for name in reversed(path):
        value = {name: value}
    return value


def merged(extra):
    options = {"config": {"type": "bot"}, "ui": {"chatBot": {"title": "Ask"}}}
    merge_extra(options, extra)
    return options


UNTOUCHED = merged({})

REFUSED = [
    # Who talks to whom.
    ({"auth": {"type": "unauth"}}, "auth", "reserved"),
    ({"userInfo": {"id": "1"}}, "userInfo", "reserved"),
    ({"config": {"type": "app"}}, "config.type", "reserved"),
    ({"config": {"botInfo": {"botId": "1"}}}, "config.botInfo.botId", "reserved"),
    # How it is put into the page.
    ({"el": "#chat"}, "el", "reserved"),
    ({"ui": {"chatBot": {"el": None}}}, "ui.chatBot.el", "reserved"),
    ({"ui": {"rail": {"el": "#a"}}}, "ui.rail.el", "reserved"),
    ({"ui": {"asstBtn": {"isNeed": True}}}, "ui.asstBtn.isNeed", "reserved"),
    ({"ui": {"chatBot": {"onShow": "x"}}}, "ui.chatBot.onShow", "reserved"),
    # A field checks what this would smuggle in.
    (
        {"ui": {"footer": {"linkvars": {"a": {"link": "javascript:1"}}}}},
        "ui.footer.linkvars",
        "has_field",
    ),
    # All that is below would be gone.
    ({"config": None}, "config", "no_object"),
    ({"ui": {"chatBot": []}}, "ui.chatBot", "no_object"),
    ({"config": {"botInfo": "7400"}}, "config.botInfo", "no_object"),
    ({"ui": {"asstBtn": False}}, "ui.asstBtn", "no_object"),
    # What every JavaScript object inherits from.
    ({"__proto__": {"a": 1}}, "__proto__", "bad_name"),
    ({"ui": {"rail": {"constructor": 1}}}, "ui.rail.constructor", "bad_name"),
    ({"ui": {"rail": [{"prototype": 1}]}}, "ui.rail[0].prototype", "bad_name"),
    ({"ui": {" ": 1}}, "ui. ", "bad_name"),
    ({"a\nb": 1}, "a\nb", "bad_name"),
    # Credentials.
    ({"ui": {"rail": PAT}}, "ui.rail", "credential"),
    ({"ui": {PAT: 1}}, f"ui.{PAT}", "credential"),
    ({"ui": {"rail": ["a", JWT]}}, "ui.rail[1]", "credential"),
    ({"header": "Bearer abc"}, "header", "credential"),
    ({"apiKey": "abc"}, "apiKey", "credential"),
    ({"ui": {"accessToken": "abc"}}, "ui.accessToken", "credential"),
    # Addresses that run.
    ({"ui": {"rail": {"link": " java\tscript:1"}}}, "ui.rail.link", "script"),
    ({"a": [["DATA:text/html,x"]]}, "a[0][0]", "script"),
]


@pytest.mark.parametrize(("extra", "path", "code"), REFUSED, ids=lambda part: str(part))
def test_what_is_refused_has_its_path_and_is_never_merged(extra, path, code):
    assert list(find_faults(extra)) == [Fault(path, code)]
    text = json.dumps(merged(extra))
    assert json.loads(text)["config"] == UNTOUCHED["config"]
    assert json.loads(text)["ui"]["chatBot"] == UNTOUCHED["ui"]["chatBot"]
    for secret in (PAT, JWT, "abc", "script", "__proto__", "constructor", "isNeed"):
        assert secret not in text


@pytest.mark.parametrize("path", sorted(RESERVED | WITH_FIELD), ids=".".join)
@pytest.mark.parametrize("value", [None, "x", 1, [], {}, {"a": 1}], ids=repr)
def test_whatever_the_value_these_stay_ours(path, value):
    extra = tree_of(path, value)

    [fault] = find_faults(extra)

    assert fault.path == ".".join(path)
    assert merged(extra) == UNTOUCHED


def paths_of(tree, above=()):
    paths = set()
    for name, value in tree.items():
        paths.add((*above, name))
        if isinstance(value, dict):
            paths |= paths_of(value, (*above, name))
    return paths


@pytest.mark.parametrize("path", sorted(GROUPS), ids=".".join)
@pytest.mark.parametrize("value", [None, "x", 1, [], [{}]], ids=repr)
def test_a_group_stays_a_group(path, value):
    extra = tree_of(path, value)

    assert list(find_faults(extra)) == [Fault(".".join(path), "no_object")]
    assert merged(extra)["config"] == UNTOUCHED["config"]
    assert merged(extra)["ui"]["chatBot"] == UNTOUCHED["ui"]["chatBot"]


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"ui": {"chatBot": {"isNew": True, "maxTokens": 100, "onset": 1, "els": 2}}},
        {"config": {"botInfo": {"mood": "calm"}}, "a.b": None},
        {"ui": {"rail": [{"icon": "data:image/png;base64,AA"}, "https://a.example/"]}},
        {"名称": "javascript is fine", "token": ""},
    ],
    ids=repr,
)
def test_all_else_passes_whole(extra):
    assert list(find_faults(extra)) == []
    assert paths_of(extra) <= paths_of(merged(extra))


def test_all_faults_are_named_and_the_rest_stays():
    extra = {"auth": 1, "ui": {"el": 2, "chatBot": {"isNew": 3, "title": 4}}, "a": 5}

    assert [fault.path for fault in find_faults(extra)] == [
        "auth",
        "ui.el",
        "ui.chatBot.title",
    ]
    assert merged(extra) == {
        "config": {"type": "bot"},
        "ui": {"chatBot": {"title": "Ask", "isNew": 3}},
        "a": 5,
    }


def test_a_list_with_a_fault_goes_as_a_whole():
    assert merged({"a": [1, {"onClick": 2}], "b": [1, {"c": 2}]}) == {
        **UNTOUCHED,
        "b": [1, {"c": 2}],
    }


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [MAX_LEVELS - 1, MAX_LEVELS, 5000])
def test_levels_are_bounded(levels):
    is_within = levels < MAX_LEVELS

    assert is_too_large(nested(levels)) is not is_within
    assert ("a" in merged(nested(levels))) is is_within


@pytest.mark.parametrize("excess", [0, 1])
def test_characters_are_bounded(excess):
    extra = {"a": "字" * (MAX_CHARACTERS - len('{"a": ""}') + excess)}

    assert is_too_large(extra) is bool(excess)
    assert ("a" in merged(extra)) is not bool(excess)
