from __future__ import annotations

import decimal
import json

import pytest
from django.test.html import parse_html
from django.utils import translation
from django.utils.functional import lazystr
from hypothesis import given
from hypothesis import strategies as st

from coze_widget.models import Widget
from coze_widget.overrides import (
    MAX_PARAMETERS_BYTES,
    Unfit,
    read_global,
    read_overrides,
)
from tests.pages import get, island, islands, render
from tests.widget_data import CREDENTIALS

pytestmark = pytest.mark.usefixtures("oauth_app")
ALL = {
    "title": "Hi",
    "lang": "zh-CN",
    "parameters": {"a": 1},
    "nickname": "Ann",
}
OPEN_TO_PAGES = Widget(page_sets_nickname=True)


def said(**wanted):
    """What a widget that allows everything makes of it."""
    return read_overrides(OPEN_TO_PAGES, wanted)


def test_a_template_may_say_all_four(make_widget):
    make_widget(page_sets_nickname=True)

    html = render(
        '{% coze_widget "support" title="Hi" lang="zh-CN" parameters=inputs '
        'nickname="Ann" %}',
        inputs={"a": 1},
    )

    found = island(html)
    assert found["overrides"] == ALL
    assert found["panel"]["title"] == "Hi"
    assert (found["lang"], found["texts"]["open"]) == ("zh-CN", "打开聊天")


@pytest.mark.parametrize("name", ALL)
def test_what_the_row_does_not_leave_to_pages_is_left_out(
    make_widget, settings, caplog, name
):
    settings.DEBUG = True
    allowed = {f"page_sets_{other}": other != name for other in ALL}
    make_widget(**allowed)

    html = render(f'{{% coze_widget "support" {name}=value %}}', value=ALL[name])

    sentence = f"support: {name} is left out: this widget does not let pages set it"
    assert island(html)["overrides"] == {}
    assert html.endswith(f"<!-- coze_widget: {sentence} -->")
    assert f"A widget is not as its template says: {sentence}" in caplog.text


def test_visitors_read_nothing_of_it(widget, caplog):
    html = render('{% coze_widget "support" nickname="Ann" lang="xx" %}')

    assert "<!--" not in html
    assert len(caplog.records) == 2


@pytest.mark.parametrize("unset", [None, ""])
def test_what_nobody_set_is_the_rows_own(unset):
    assert said(**dict.fromkeys(ALL, unset)) == ({}, [])


def test_nothing_is_said_by_blanks_and_by_an_empty_dict():
    assert said(title=" ", nickname="\n", parameters={}) == ({}, [])


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", "en"),
        ("en-gb", "en"),
        ("zh-CN", "zh-CN"),
        ("zh-hans", "zh-CN"),
        ("zh_Hans", "zh-CN"),
        ("zh", "zh-CN"),
        (lazystr("EN"), "en"),
    ],
)
def test_the_sdks_languages_and_djangos_names_for_them(lang, expected):
    assert said(lang=lang) == ({"lang": expected}, [])


def test_the_tags_language_wins_over_the_rows_and_the_pages(make_widget):
    make_widget(base_lang="zh-CN", place="inline")

    with translation.override("zh-hans"):
        html = render('{% coze_widget "support" lang="en" %}')

    found = islands(html)
    assert found["coze-widget-support"]["lang"] == "en"
    assert found["coze-widget-support"]["texts"]["open"] == "Open chat"
    assert found["coze-chat-support"]["lang"] == "en"


def circle():
    parameters = {}
    parameters["itself"] = parameters
    return parameters


def deep():
    """Deeper than the stack."""
    nested = []
    for _level in range(100_000):
        nested = [nested]
    return {"deep": nested}


NOT_JSON = "it is not JSON"
UNFIT = {
    "a language of nobody's": ("lang", "de", "the SDK speaks en and zh-CN only"),
    "a language that is no text": ("lang", ["en"], "it is not a text"),
    "a title that is no text": ("title", {"a": 1}, "it is not a text"),
    "a nickname that is no text": ("nickname", object(), "it is not a text"),
    "parameters that are a text": ("parameters", "x", "it is not a dict"),
    "parameters that are a list": ("parameters", [1], "it is not a dict"),
    "an object": ("parameters", {"a": object()}, NOT_JSON),
    "a name that is none": ("parameters", {(1, 2): 1}, NOT_JSON),
    "not a number": ("parameters", {"a": float("nan")}, NOT_JSON),
    "a circle": ("parameters", circle(), NOT_JSON),
    "too deep": ("parameters", deep(), NOT_JSON),
    "too large": (
        "parameters",
        {"a": "x" * MAX_PARAMETERS_BYTES},
        "it has more than 16 KB",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_is_unfit_is_left_out_with_the_reason(case):
    name, value, reason = UNFIT[case]

    assert said(**{name: value}) == ({}, [f"{name} is left out: {reason}"])


def test_the_widget_still_shows(widget, settings):
    settings.DEBUG = True

    html = render('{% coze_widget "support" parameters="x" title="Hi" %}')

    assert island(html)["overrides"] == {"title": "Hi"}
    assert "<!-- coze_widget: support: parameters is left out" in html


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("name", ALL)
def test_a_credential_is_never_rendered_nor_logged(
    make_widget, settings, caplog, name, credential
):
    settings.DEBUG = True
    make_widget(page_sets_nickname=True)
    value = {"a": [credential]} if name == "parameters" else credential

    html = render(
        f'{{% coze_widget "support" {name}=value js_global=secret %}}',
        value=value,
        secret=credential,
    )

    assert "coze-widget-support" in html
    for line in credential.splitlines():
        assert line not in html
        assert line not in caplog.text
    assert f"{name} is left out" in caplog.text


def test_a_credential_behind_the_end_of_a_title_is_none_in_the_page():
    overrides, faults = said(title="x" * 90 + " " + CREDENTIALS[0])

    assert overrides == {}
    assert faults == ["title is left out: it looks like a credential"]


def test_long_texts_are_cut():
    overrides, faults = said(title="x" * 101, nickname="y" * 51)

    assert overrides == {"title": "x" * 100, "nickname": "y" * 50}
    assert faults == []


def test_numbers_and_lazy_texts_are_texts():
    assert said(title=7, nickname=lazystr("Ann")) == (
        {"title": "7", "nickname": "Ann"},
        [],
    )


def test_parameters_are_what_json_makes_of_them():
    overrides, _faults = said(
        parameters={
            1: decimal.Decimal("1.5"),
            "name": lazystr("Tea"),
            "list": (1, None),
        }
    )

    assert overrides == {"parameters": {"1": "1.5", "name": "Tea", "list": [1, None]}}


def test_16_kb_are_counted_in_bytes():
    fits = {"a": "x" * (MAX_PARAMETERS_BYTES - len('{"a": ""}'))}
    chinese = {"a": "茶" * (MAX_PARAMETERS_BYTES // 3)}

    assert said(parameters=fits)[1] == []
    assert said(parameters=chinese)[1] == [
        "parameters is left out: it has more than 16 KB"
    ]


HALF_A_CHARACTER = "\ud800"


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_no_text_breaks_out_of_the_page(title, nickname, parameters):
    overrides, _faults = said(
        title=title + HALF_A_CHARACTER, nickname=nickname, parameters=parameters
    )

    assert json.loads(json.dumps(overrides)) == overrides
    assert overrides["title"] == (title + HALF_A_CHARACTER).strip()[:100]


HOSTILE = "\"'></script><script>alert(1)</script>\u2028<!--"


def test_hostile_words_stay_words(make_widget):
    make_widget(page_sets_nickname=True)

    html = render(
        '{% coze_widget "support" inline=True title=t nickname=t parameters=p %}',
        t=HOSTILE,
        p={HOSTILE: HOSTILE},
    )

    parse_html(html)
    assert "<script>" not in html
    assert "<!--" not in html
    assert "\u2028" not in html
    assert island(html)["overrides"] == {
        "title": HOSTILE,
        "nickname": HOSTILE[:50],
        "parameters": {HOSTILE: HOSTILE},
    }


# A global of the page's own


def test_a_global_is_named_at_the_script(widget):
    html = render('{% coze_widget "support" js_global="cozeWebSDK" %}')

    assert 'data-coze-global="cozeWebSDK" data-coze-widget="support">' in html


def test_without_a_global_nothing_is_said_of_one(widget):
    assert "data-coze-global" not in render()


@pytest.mark.parametrize("name", ["chat", "$", "_chat2", "_", "Chat$"])
def test_names_of_variables(name):
    assert read_global(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "__proto__",
        "__defineGetter__",
        "constructor",
        "hasOwnProperty",
        "class",
        "CozeWidget",
        "CozeWebSDK",
        "1chat",
        "a-b",
        "a b",
        "a.b",
        "a\n",
        "名字",
        'x" onload="alert(1)',
        "x" * 51,
        7,
    ],
)
def test_what_is_no_name_of_a_variable(name):
    with pytest.raises(Unfit, match="it is no name for a JavaScript variable"):
        read_global(name)


def test_a_global_that_is_none_is_left_out(widget, settings):
    settings.DEBUG = True

    html = render('{% coze_widget "support" js_global="__proto__" %}')

    assert "data-coze-global" not in html
    assert html.endswith(
        "<!-- coze_widget: support: js_global is left out: "
        "it is no name for a JavaScript variable -->"
    )


def test_each_global_is_kept_apart(widget, settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    pages = [
        render(f'{{% coze_widget "support" js_global="{name}" %}}', get())
        for name in ("a", "b")
    ]

    assert pages[0] != pages[1]
