from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sites.models import Site
from django.db import connection
from django.template import Context, RequestContext, Template
from django.test.html import parse_html
from django.urls import set_script_prefix, set_urlconf
from django.utils import translation

from coze_widget import blocks
from coze_widget.models import Widget
from tests.pages import get, islands, render

pytestmark = pytest.mark.usefixtures("oauth_app")


def test_a_page_gets_an_island_and_one_script(widget):
    html = render()

    parse_html(html)
    assert islands(html) == {
        "coze-widget-support": {
            "slug": "support",
            "place": "frame",
            "frame_url": "/chat/support/frame/",
            "launcher": {"shown": True, "icon": ""},
            "panel": {
                "width": 460,
                "layout": "",
                "z_index": 1000,
                "keeps_launcher": False,
                "title": "Support",
            },
            "lang": "en",
            "overrides": {},
            "stylesheet_url": "/static/coze_widget/launcher.css",
            "panel_url": "/static/coze_widget/panel.js",
            "texts": {
                "open": "Open chat",
                "close": "Close chat",
                "title": "Chat",
                "connecting": "Connecting…",
                "slow": "The connection is slow.",
                "retry": "Try again",
                "failed": "The chat could not be loaded.",
            },
        }
    }
    assert html.endswith(
        '<script src="/static/coze_widget/loader.js" defer data-coze-widget="support">'
        "</script>"
    )
    assert html.count("<script") == 2


@pytest.mark.parametrize("tag", ['{% coze_widget "support" %}', "{% coze_widget %}"])
def test_everybody_gets_the_same_html(widget, tag):
    requests = [get(), get(HTTP_COOKIE="sessionid=x; coze_visitor=y")]
    for request, name in zip(requests, ["alice", "bob"], strict=True):
        request.user = User(username=name, first_name=name)

    assert render(tag, requests[0]) == render(tag, requests[1])


def test_a_nonce_is_passed_on(widget):
    request = get()
    request._csp_nonce = "n0nce"

    html = render(request=request)

    assert 'loader.js" defer data-coze-widget="support" nonce="n0nce">' in html


def test_django_csps_nonce_comes_first(widget):
    request = get()
    request.csp_nonce = "from-django-csp"

    assert 'nonce="from-django-csp"' in render(request=request)


def test_a_page_may_say_title_and_parameters(widget):
    html = render(
        '{% coze_widget "support" title="Hi" parameters=inputs %}', inputs={"a": 1}
    )

    island = islands(html)["coze-widget-support"]
    assert island["overrides"] == {"title": "Hi", "parameters": {"a": 1}}
    assert island["panel"]["title"] == "Hi"


def test_inline_renders_the_chat_block_into_the_page(widget):
    html = render('{% coze_widget "support" inline=True %}')

    found = islands(html)
    assert list(found) == ["coze-widget-support", "coze-chat-support"]
    assert found["coze-widget-support"]["frame_url"] is None
    assert found["coze-chat-support"]["load"] == "click"
    assert found["coze-chat-support"]["lang"] == "en"
    assert found["coze-chat-support"]["session_url"] == "/chat/support/session/"
    assert re.findall(r'src="(.+?)"', html) == [
        "/static/coze_widget/loader.js",
        "/static/coze_widget/chat.js",
    ]


def test_eager_inline_is_what_coze_documents(make_widget):
    make_widget(place="inline", load="eager", launcher="sdk")

    html = render()

    found = islands(html)
    assert list(found) == ["coze-chat-support"]
    assert found["coze-chat-support"]["load"] == "eager"
    assert found["coze-chat-support"]["options"]["ui"]["asstBtn"] == {"isNeed": True}
    assert re.findall(r'src="(.+?)"', html) == [
        "http://localhost:9/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20"
        "/libs/cn/index.js",
        "/static/coze_widget/chat.js",
    ]


def test_a_template_may_choose_place_and_time_of_loading(make_widget):
    make_widget(place="inline", load="eager")

    lazy = islands(render('{% coze_widget "support" eager=False %}'))
    framed = islands(render('{% coze_widget "support" inline=False %}'))
    eager = islands(render('{% coze_widget "support" inline=True eager=True %}'))

    assert lazy["coze-chat-support"]["load"] == "click"
    assert list(framed) == ["coze-widget-support"]
    assert eager["coze-chat-support"]["load"] == "eager"


def test_inline_overrides_are_in_the_options(widget):
    html = render('{% coze_widget "support" inline=True title="Hi" %}')

    options = islands(html)["coze-chat-support"]["options"]
    assert options["ui"]["chatBot"]["title"] == "Hi"


HOSTILE = "</script><script>alert(1)</script>\u2028<!--"
HOSTILE_FIELDS = ["name", "footer_expression_text", "chat_bot_title"]


@pytest.mark.parametrize("field", HOSTILE_FIELDS)
@pytest.mark.parametrize("inline", ["True", "False"])
def test_hostile_text_stays_text(make_widget, field, inline):
    make_widget(**{field: HOSTILE})

    html = render(f'{{% coze_widget "support" inline={inline} %}}')

    parse_html(html)
    assert "<script>" not in html
    assert "<!--" not in html
    assert "\u2028" not in html


def test_hostile_parameters_and_links_stay_text(make_widget):
    make_widget(
        parameters={HOSTILE: HOSTILE},
        footer_linkvars={"a": {"text": HOSTILE, "link": "https://a.example"}},
    )

    html = render('{% coze_widget "support" inline=True %}')

    assert "<script>" not in html
    assert islands(html)["coze-chat-support"]["options"]["config"]["botInfo"] == {
        "parameters": {HOSTILE: HOSTILE}
    }


def test_the_page_says_its_language(widget, settings):
    settings.LANGUAGE_CODE = "zh-hans"

    island = islands(render())["coze-widget-support"]

    assert island["lang"] == "zh-CN"
    assert island["texts"]["open"] == "打开聊天"


def test_the_rows_language_wins_over_the_pages(make_widget, settings):
    settings.LANGUAGE_CODE = "zh-hans"
    make_widget(base_lang="en")

    island = islands(render())["coze-widget-support"]

    assert (island["lang"], island["texts"]["open"]) == ("en", "Open chat")


@pytest.fixture
def reasons(settings, caplog):
    """Render with and without DEBUG: visitors see nothing, developers and the log why."""

    def why(tag="{% coze_widget %}"):
        settings.DEBUG = False
        assert render(tag) == ""
        assert "No widget is shown" in caplog.text
        settings.DEBUG = True
        return render(tag)

    return why


@pytest.mark.django_db
def test_no_row_no_widget(reasons):
    assert reasons() == "<!-- coze_widget: this site has no widget enabled -->"


def test_an_unknown_slug(widget, reasons):
    assert reasons('{% coze_widget "other" %}') == (
        "<!-- coze_widget: this site has no widget named “other” -->"
    )


def test_a_slug_without_quotes(widget, reasons):
    assert reasons("{% coze_widget support %}") == (
        "<!-- coze_widget: the slug is empty: are the quotes missing? -->"
    )


def test_a_disabled_row(make_widget, reasons):
    make_widget(enabled=False)

    assert "is disabled" in reasons('{% coze_widget "support" %}')


def test_only_disabled_rows(make_widget, reasons):
    make_widget(enabled=False)
    make_widget(slug="sales", enabled=False)

    assert reasons() == (
        "<!-- coze_widget: this site has no widget enabled; "
        "switched off: “sales”, “support” -->"
    )


def test_only_rows_whose_bot_is_gone(make_widget, reasons):
    make_widget(enabled=False)
    make_widget(slug="sales", bot_state="deleted", bot_state_id="7400000000000000001")

    assert reasons() == (
        "<!-- coze_widget: this site has no widget enabled; switched off: “support”; "
        "gone at Coze: “sales” -->"
    )


def test_parameters_that_nobody_set_are_the_rows_own(widget):
    html = render('{% coze_widget "support" parameters=nobody %}')

    assert islands(html)["coze-widget-support"]["overrides"] == {}


def test_an_unknown_oauth_app(make_widget, reasons):
    make_widget(oauth_app="other")

    assert reasons() == (
        "<!-- coze_widget: COZE_OAUTH_APPS has no OAuth app named “other”; "
        "it has: “default”. -->"
    )


def test_a_broken_key(widget, settings, reasons):
    settings.COZE_OAUTH_APPS = {
        "default": {**settings.COZE_OAUTH_APPS["default"], "private_key": "x-->y"}
    }

    comment = reasons()

    assert "OAuth app &quot;default&quot;: private_key" in comment
    assert comment.count("-->") == 1


@pytest.mark.parametrize("inline", ["True", "False"])
def test_a_project_without_our_urls(widget, settings, reasons, inline):
    settings.ROOT_URLCONF = "tests.test_tag"

    assert "does not include coze_widget.urls" in reasons(
        f'{{% coze_widget "support" inline={inline} %}}'
    )


urlpatterns = []


def test_a_server_without_an_identity_key(widget, settings, caplog):
    settings.COZE_IDENTITY_KEY = ""

    assert render() == ""
    assert "No widget is shown: COZE_IDENTITY_KEY is not set" in caplog.text


def test_a_database_without_our_tables(widget, reasons):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE coze_widget_widget RENAME TO not_migrated")

    comment = reasons()

    assert "Error, see the log. Has `python manage.py migrate` been run?" in comment


def test_a_failure_never_reaches_the_page(widget, reasons, monkeypatch):
    monkeypatch.setattr(blocks, "build_page_island", lambda *a, **k: 1 / 0)

    assert reasons() == "<!-- coze_widget: ZeroDivisionError, see the log -->"


def test_a_template_without_request(widget):
    html = Template("{% load coze_widget %}{% coze_widget %}").render(Context())

    assert "coze-widget-support" in html


def test_a_warm_page_costs_no_query(
    widget, settings, django_assert_num_queries, committed
):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 5
    with committed():
        Site.objects.create(domain="testserver")
    for host in ("testserver", "nobody.example"):
        render(request=get(HTTP_HOST=host))

        with django_assert_num_queries(0):
            render(request=get(HTTP_HOST=host))


@pytest.fixture
def _kept(settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60


@pytest.mark.usefixtures("_kept")
def test_a_page_is_rendered_once_and_each_request_gets_its_nonce(widget, monkeypatch):
    requests = [get(), get()]
    for request, nonce in zip(requests, ["o'ne", "two"], strict=True):
        request._csp_nonce = nonce

    first = render(request=requests[0])
    monkeypatch.setattr(blocks, "render_to_string", lambda *a: 1 / 0)
    second = render(request=requests[1])

    assert 'nonce="o&#x27;ne"' in first
    assert first.replace("o&#x27;ne", "two") == second


@pytest.mark.usefixtures("_kept")
def test_what_is_kept_goes_with_its_row(widget):
    render()
    widget.name = "Help"
    widget.save()

    assert islands(render())["coze-widget-support"]["panel"]["title"] == "Help"


@pytest.mark.usefixtures("_kept")
def test_every_language_and_every_override_is_kept_apart(widget):
    pages = {render(), render('{% coze_widget "support" title="Hi" %}')}
    with translation.override("zh-hans"):
        pages.add(render())

    assert len(pages) == 3


@pytest.mark.usefixtures("_kept")
def test_a_developer_sees_each_change_of_a_template(widget, settings, monkeypatch):
    settings.DEBUG = True
    render()
    monkeypatch.setattr(blocks, "render_to_string", lambda *a: "edited")

    assert render() == "edited"


DIFFERENT = {
    "nonce": lambda settings: {"nonce": "n"},
    "language": lambda settings: translation.activate("zh-hans"),
    "mount": lambda settings: setattr(settings, "ROOT_URLCONF", "tests.other_urls"),
    "prefix": lambda settings: set_script_prefix("/shop/"),
    "region": lambda settings: setattr(
        settings,
        "COZE_OAUTH_APPS",
        {"default": {**settings.COZE_OAUTH_APPS["default"], "base_url": "https://a.b"}},
    ),
}


@pytest.fixture
def _prefix():
    yield
    set_script_prefix("/")
    set_urlconf(None)


@pytest.mark.usefixtures("_kept", "_prefix")
@pytest.mark.parametrize("difference", DIFFERENT)
def test_what_a_page_depends_on_keeps_its_html_apart(make_widget, settings, difference):
    make_widget(place="inline", load="eager")
    before = render()
    request = get()

    if DIFFERENT[difference](settings):
        request._csp_nonce = "n"
    # As Django does at the start of a request.
    set_urlconf(settings.ROOT_URLCONF)

    assert render(request=request) != before


@pytest.mark.usefixtures("_kept")
def test_eager_and_lazy_are_kept_apart(widget):
    lazy = render('{% coze_widget "support" inline=True eager=False %}')
    eager = render('{% coze_widget "support" inline=True eager=True %}')

    assert lazy != eager


def test_a_page_without_the_variable_still_knows_its_request(widget):
    request = get()
    request._csp_nonce = "n0nce"
    template = Template(
        "{% load coze_widget %}{% with request='' %}{% coze_widget %}{% endwith %}"
    )

    assert 'nonce="n0nce"' in template.render(RequestContext(request))


def test_a_widget_for_the_sdks_button_has_ours_in_a_frame(make_widget):
    make_widget(place="inline", load="eager", launcher="sdk")

    island = islands(render('{% coze_widget "support" inline=False %}'))

    assert island["coze-widget-support"]["launcher"]["shown"] is True


def test_without_a_launcher_the_page_opens_the_chat(make_widget):
    make_widget(launcher="none")

    assert islands(render())["coze-widget-support"]["launcher"]["shown"] is False


def test_of_several_the_first_by_order_shows(make_widget):
    make_widget(slug="b", order=1)
    make_widget(slug="a", order=2)
    make_widget(slug="off", order=0, enabled=False)

    assert list(islands(render())) == ["coze-widget-b"]


def test_two_widgets_stand_side_by_side(make_widget):
    make_widget(slug="a")
    make_widget(slug="b")

    html = render('{% coze_widget "a" %}{% coze_widget "b" %}')

    assert list(islands(html)) == ["coze-widget-a", "coze-widget-b"]


def test_unsaved_widgets_need_no_database():
    island = blocks.build_chat_island(
        Widget(slug="s", name="n", bot_id="1"), place="frame", base_url="https://a.b"
    )

    assert island["slug"] == "s"
