from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.template import TemplateSyntaxError
from django.test.html import parse_html

from tests.pages import get, island, islands, render

pytestmark = pytest.mark.usefixtures("oauth_app")

# A panel at a place of the page


def test_a_panel_has_its_place_and_an_island(widget):
    html = render('{% coze_panel "support" %}')

    parse_html(html)
    assert html.startswith(
        '<div id="coze-panel-support" data-coze-panel="support"></div>'
    )
    assert island(html)["panel"]["at"] == "coze-panel-support"
    assert 'loader.js" defer data-coze-widget="support">' in html


def test_a_panel_is_a_frame_whatever_the_row_says(make_widget):
    make_widget(place="inline", load="eager", launcher="sdk")

    html = render('{% coze_panel "support" %}')

    assert list(islands(html)) == ["coze-widget-support"]
    assert island(html)["place"] == "frame"
    assert island(html)["frame_url"] == "/chat/support/frame/"


def test_a_panel_takes_what_the_page_may_say(make_widget):
    make_widget(page_sets_nickname=True)

    html = render(
        '{% coze_panel "support" title="Hi" lang="zh-hans" parameters=p nickname="Ann" '
        'js_global="chat" %}',
        p={"a": 1},
    )

    assert island(html)["overrides"] == {
        "title": "Hi",
        "lang": "zh-CN",
        "parameters": {"a": 1},
        "nickname": "Ann",
    }
    assert 'data-coze-global="chat"' in html


def test_a_widget_and_its_panel_are_kept_apart(widget, settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    render('{% coze_panel "support" %}')

    assert "at" not in island(render('{% coze_widget "support" %}'))["panel"]


@pytest.mark.parametrize(
    "tag", ["{% coze_panel nothing %}", '{% coze_panel "other" %}']
)
def test_a_panel_of_no_widget_is_nothing(widget, settings, caplog, tag):
    assert render(tag) == ""
    assert "No widget is shown" in caplog.text


def test_a_panel_is_for_a_widget_that_is_named(widget):
    with pytest.raises(TemplateSyntaxError):
        render("{% coze_panel %}")


# A button of the page's own

LAUNCHER = '{% coze_launcher "support" %}Ask <b>us</b>{% endcoze_launcher %}'


def test_a_launcher_is_a_button_around_its_content(widget):
    assert render(LAUNCHER) == (
        '<button type="button" data-coze-open="support" aria-haspopup="dialog">'
        "Ask <b>us</b></button>"
    )


def test_what_a_variable_holds_stays_text(widget):
    html = render(
        '{% coze_launcher "support" %}{{ name }}{% endcoze_launcher %}', name="<i>"
    )

    assert ">&lt;i&gt;</button>" in html


def test_a_launcher_may_have_class_and_id(widget):
    html = render(
        '{% coze_launcher "support" class=value id="ask" %}x{% endcoze_launcher %}',
        value='a" onclick="alert(1)',
    )

    assert 'class="a&quot; onclick=&quot;alert(1)"' in html
    assert 'id="ask"' in html


def test_a_launcher_takes_no_other_attribute(widget, settings, caplog):
    settings.DEBUG = True

    html = render(
        '{% coze_launcher "support" onclick="alert(1)" %}x{% endcoze_launcher %}'
    )

    assert html == (
        '<button type="button" data-coze-open="support" aria-haspopup="dialog">'
        "x</button><!-- coze_widget: support: onclick is left out: "
        "a launcher takes class and id only -->"
    )
    assert "onclick is left out" in caplog.text


def test_where_the_widget_is_not_shown_there_is_no_dead_button(make_widget, caplog):
    make_widget(exclude_paths="/basket/")

    assert render(LAUNCHER, get("/basket/")) == ""
    assert "<button" in render(LAUNCHER, get("/"))
    assert caplog.records == []


@pytest.mark.parametrize("fields", [{"enabled": False}, {"oauth_app": "other"}])
def test_a_widget_that_cannot_work_has_no_button(make_widget, caplog, fields):
    make_widget(**fields)

    assert render(LAUNCHER) == ""
    assert "No widget is shown" in caplog.text


def test_a_project_without_our_urls_has_no_button(widget, settings):
    settings.DEBUG = True
    settings.ROOT_URLCONF = "tests.unmounted_urls"

    assert "does not include coze_widget.urls" in render(LAUNCHER)


def test_a_button_that_hides_from_others(make_widget):
    make_widget(staff_only=True, hide_from_others=True)
    request = get()
    request.user = User(pk=1, is_staff=False)

    assert render(LAUNCHER, request) == ""

    # As a view does that logs somebody in and renders the page at once.
    request.user = User(pk=2, is_staff=True)

    assert "<button" in render(LAUNCHER, request)


def test_a_panel_may_not_be_loaded_with_the_page(make_widget):
    """`eager` is nothing that a frame has."""
    with pytest.raises(TemplateSyntaxError):
        render('{% coze_panel "support" eager=True %}')


def test_a_failure_never_reaches_the_page(widget, settings):
    settings.COZE_OAUTH_APPS = 7

    assert render(LAUNCHER) == ""
    assert render('{% coze_panel "support" %}') == ""
