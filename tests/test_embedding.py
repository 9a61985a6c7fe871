"""What pages of other origins get from us: files of our own, and a widget's island."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re

import pytest
from django.contrib.sites.models import Site
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import set_script_prefix

from coze_widget import embedding
from coze_widget.catalogue import catalogue
from coze_widget.embedding import FOLDER, asset_path, find_asset, read_asset
from coze_widget.models import Widget

pytestmark = pytest.mark.usefixtures("oauth_app")
URL = "/chat/support/widget.json"
SHOP = "https://shop.example"


@pytest.fixture
def embeddable(make_widget):
    return make_widget(allowed_origins=f"{SHOP}\nhttps://*.shop.example")


# The files


@pytest.mark.parametrize("name", embedding.PARTS)
def test_a_file_is_kept_for_good_under_the_hash_of_its_text(client, name):
    asset = read_asset(name)

    response = client.get(asset_path(name))

    text = response.content
    assert hashlib.sha256(text).hexdigest()[:16] in asset.name
    sri = base64.b64encode(hashlib.sha384(text).digest()).decode()
    assert asset.integrity == f"sha384-{sri}"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    kind = "css" if name.endswith("css") else "javascript"
    assert response.headers["Content-Type"] == f"text/{kind}; charset=utf-8"


def test_the_loader_is_both_halves_and_each_parses_alone(client):
    text = client.get("/chat/loader.js").text

    for part in ("embed.js", "loader.js"):
        assert (FOLDER / part).read_text(encoding="utf-8") in text
    # One ends before the other begins, whatever the other begins with.
    assert "})();\n\n/*" in text


@pytest.mark.parametrize(
    "name", ["loader.js", "loader.0123456789abcdef.js", "panel.-_.js", "launcher.css"]
)
def test_a_page_of_an_earlier_release_gets_the_newest_text(client, name):
    response = client.get(f"/chat/{name}")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, no-cache"


@pytest.mark.parametrize(
    "name",
    [
        *("chat.js", "loader.css", "launcher.js", "launcher.abc.js", "loader..js"),
        *("loader.a.b.js", "loader.js.map", "loader.%2e%2e.js", "..%2fpanel.js"),
        *("loader.%00.js", "LOADER.js", f"loader.{'a' * 65}.js", "loader.ä%0a.js"),
    ],
)
def test_there_are_no_other_files(client, name):
    assert client.get(f"/chat/{name}").status_code == 404


def test_a_name_is_read_as_a_whole():
    for name in ("loader.js\n", "loader.js/", "x/loader.js", "", "a.loader.js"):
        assert find_asset(name) is None


def address_of(what):
    """Of a file under its hash, or whatever else it is."""
    return asset_path(what) if what in embedding.PARTS else what


@pytest.mark.parametrize("what", [*embedding.PARTS, "/chat/loader.js", URL])
def test_any_page_may_read_it(client, embeddable, what):
    response = client.get(
        address_of(what), headers={"Origin": "https://anybody.example"}
    )

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Vary" not in response.headers


@pytest.mark.parametrize("what", [*embedding.PARTS, URL])
def test_a_session_that_is_always_saved_is_not_stamped_onto_it(
    alice_client, embeddable, settings, what
):
    settings.SESSION_SAVE_EVERY_REQUEST = True

    assert not alice_client.get(address_of(what)).cookies


@pytest.mark.parametrize("what", ["/chat/loader.js", "loader.js", URL])
def test_who_has_it_is_told_so_with_the_same_headers(client, embeddable, what):
    path = address_of(what)
    first = client.get(path)
    etag = first.headers["ETag"]

    for known in (etag, f"W/{etag}"):
        again = client.get(path, headers={"If-None-Match": known})
        assert again.status_code == 304
        assert not again.content
        for name in ("Access-Control-Allow-Origin", "Cache-Control", "ETag"):
            assert again.headers[name] == first.headers[name]


@pytest.mark.parametrize("path", ["/chat/loader.js", URL])
def test_it_is_for_reading_only_and_needs_no_login(client, embeddable, settings, path):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert client.get(path).status_code == 200
    head = client.head(path)
    assert head.status_code == 200
    assert not head.content
    assert client.post(path).status_code == 405


def test_a_page_cache_hands_out_no_answer_of_ours_to_who_has_nothing(
    client, embeddable, settings
):
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    etag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": etag}).status_code == 304

    assert client.get(URL).status_code == 200


def test_who_works_on_the_files_sees_each_change(
    client, settings, monkeypatch, tmp_path
):
    for name in ("embed.js", "loader.js"):
        (tmp_path / name).write_text("// 1\n")
    monkeypatch.setattr(embedding, "FOLDER", tmp_path)
    settings.DEBUG = True
    before = client.get("/chat/loader.js")

    (tmp_path / "loader.js").write_text("// 2\n")
    after = client.get("/chat/loader.js")

    assert after.content == b"// 1\n\n// 2\n"
    assert before.headers["ETag"] != after.headers["ETag"]


def test_only_developers_read_which_file_there_is_not(client, settings):
    settings.DEBUG = True
    assert b"launcher.js" in client.get("/chat/launcher.js").content

    settings.DEBUG = False
    assert b"launcher.js" not in client.get("/chat/launcher.js").content


# The island


def test_the_island_is_that_of_the_tag_with_files_that_any_page_may_load(
    client, embeddable
):
    response = client.get(URL)
    island = response.json()

    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert island["slug"] == "support"
    assert island["place"] == "frame"
    assert island["frame_url"] == "/chat/support/frame/"
    assert island["panel_url"] == f"/chat/{read_asset('panel.js').name}"
    assert island["stylesheet_url"] == f"/chat/{read_asset('launcher.css').name}"
    assert island["embedders"] == [SHOP, "https://*.shop.example"]


def test_every_address_in_it_can_be_asked_for(client, embeddable):
    island = client.get(URL).json()

    for name, path in island.items():
        if name.endswith("_url"):
            assert client.get(path).status_code == 200, name


def test_it_says_no_more_than_the_page_of_our_own(client, embeddable):
    """Else a rule of the page's would be missing there, or a secret be added here."""
    island = client.get(URL).json()

    known = {"slug", "place", "frame_url", "launcher", "panel", "lang", "overrides"}
    assert set(island) == {
        *known,
        *("stylesheet_url", "panel_url", "texts", "embedders"),
    }


@pytest.mark.parametrize("place", ["frame", "inline"])
def test_what_runs_in_our_pages_runs_in_a_frame_elsewhere(client, make_widget, place):
    launcher = {"load": "eager", "launcher": "sdk"} if place == "inline" else {}
    make_widget(place=place, allowed_origins=SHOP, **launcher)

    island = client.get(URL).json()

    assert island["place"] == "frame"
    assert island["frame_url"] == "/chat/support/frame/"
    assert island["launcher"]["shown"] is True


def test_a_picture_on_another_host_stays_there(client, make_widget, settings):
    make_widget(
        allowed_origins=SHOP, launcher_icon_url="https://cdn.example/icon.png?a=1"
    )
    settings.STATIC_URL = "https://cdn.example/static/"

    island = client.get(URL).json()

    assert island["launcher"]["icon"] == "https://cdn.example/icon.png?a=1"
    # import() needs headers that a CDN may not send.
    assert island["panel_url"].startswith("/chat/")


def test_what_the_row_says_about_loading_goes_along(client, make_widget):
    make_widget(allowed_origins=SHOP, load="idle", preconnect=True)

    island = client.get(URL).json()

    assert island["load"] == "idle"
    assert set(island["preconnect"]) == {"http://localhost:9"}


def test_with_a_host_of_its_own_the_frame_is_there_and_nobody_else_hands_people_over(
    client, embeddable, settings
):
    """`visitor_url` tells the site's own pages who is logged in."""
    settings.COZE_FRAME_ORIGIN = "https://chat.example"
    settings.COZE_PAGE_ORIGINS = ["https://site.example"]

    island = client.get(URL).json()

    assert island["frame_url"] == "https://chat.example/chat/support/frame/"
    assert "visitor_url" not in island
    assert island["embedders"][0] == "https://site.example"


def test_hours_stay_in_it(client, make_widget):
    make_widget(
        allowed_origins=SHOP,
        weekly_hours=[{"days": ["mon"], "from": "09:00", "to": "18:00"}],
        time_zone="Asia/Shanghai",
    )

    assert client.get(URL).json()["clock"]["zone"] == "Asia/Shanghai"


def test_the_paths_of_our_own_pages_say_nothing_about_others(client, make_widget):
    make_widget(allowed_origins=SHOP, include_paths="/shop/*", exclude_paths="/chat/*")

    assert client.get(URL).status_code == 200


def test_nobody_is_looked_at_where_the_button_hides_from_others(
    alice_client, make_widget, django_assert_num_queries, settings
):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    make_widget(allowed_origins=SHOP, hide_from_others=True, staff_only=True)
    alice_client.get(URL)

    with django_assert_num_queries(0):
        response = alice_client.get(URL)

    assert response.status_code == 200
    assert "Vary" not in response.headers


@pytest.mark.parametrize(
    ("row", "query", "lang"),
    [
        ("", "", "en"),
        ("", "?lang=zh-CN", "zh-CN"),
        ("", "?lang=zh-hans&page=en", "zh-CN"),
        ("", "?page=zh-CN", "zh-CN"),
        ("", "?page=de", "en"),
        ("zh-CN", "", "zh-CN"),
        ("zh-CN", "?lang=en", "en"),
        ("en", "?page=zh", "en"),
        ("", "?lang=de", "en"),
        ("zh-CN", "?lang=%00</script>", "zh-CN"),
        ("", f"?lang={'z' * 5000}", "en"),
        ("", "?lang=en&lang=zh", "zh-CN"),
    ],
)
def test_it_speaks_as_asked_then_as_the_row_then_as_the_page(
    client, make_widget, row, query, lang
):
    make_widget(allowed_origins=SHOP, base_lang=row)

    response = client.get(URL + query)

    assert response.json()["lang"] == lang
    assert response.headers["Content-Language"] == lang
    label = "打开聊天" if lang == "zh-CN" else "Open chat"
    assert response.json()["texts"]["open"] == label


def test_the_language_is_the_rows_where_pages_may_not_choose(client, make_widget):
    make_widget(allowed_origins=SHOP, page_sets_lang=False, base_lang="en")

    assert client.get(f"{URL}?lang=zh-CN").json()["lang"] == "en"


def test_it_does_not_depend_on_who_asks(client, embeddable, alice_client):
    chinese = {"Accept-Language": "zh-CN", "Origin": "null", "Cookie": "x=y"}

    assert client.get(URL).content == alice_client.get(URL, headers=chinese).content


@pytest.fixture
def alice_client(django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_user("alice"))
    return client


# Where there is none


def assert_nothing(response):
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    # So that the loader can read it, and say so.
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "no-store"
    return response.json()


@pytest.mark.parametrize(
    "fields",
    [
        {"slug": "other", "allowed_origins": SHOP},
        {"enabled": False, "allowed_origins": SHOP},
        {"allowed_origins": ""},
        {"allowed_origins": "null\n*\nhttps://*\nhttps://*.com\njavascript:alert(1)"},
        {"oauth_app": "missing", "allowed_origins": SHOP},
    ],
    ids=["unknown", "disabled", "for our pages", "for nobody", "without credentials"],
)
def test_all_reasons_look_the_same(client, make_widget, fields):
    make_widget(**fields)

    assert assert_nothing(client.get(URL)) == {
        "status": 404,
        "code": "not_found",
        "title": "Not Found",
        "detail": "There is no such chat.",
    }


def test_where_everything_is_switched_off_nothing_is_said(
    client, embeddable, settings, caplog
):
    settings.COZE_WIDGETS_ENABLED = False

    assert_nothing(client.get(URL))
    assert not own(caplog)


def own(caplog):
    """Django itself has a line for each 404."""
    return [one for one in caplog.records if one.name.startswith("coze_widget")]


def test_only_a_mistake_is_worth_a_line(client, make_widget, caplog):
    caplog.set_level(logging.WARNING)
    make_widget()
    client.get(URL)
    assert not own(caplog)

    Widget.objects.update(allowed_origins=SHOP, oauth_app="missing")
    catalogue.forget()
    client.get(URL)

    [record] = own(caplog)
    assert record.getMessage().startswith("No widget is served to other sites: ")
    assert "“missing”" in record.getMessage()


def test_the_row_of_another_site_is_not_found(client, make_widget, settings):
    other = Site.objects.create(domain="other.example", name="Other")
    make_widget(site=other, allowed_origins=SHOP)
    with_ids = {"SITE_ID": Site.objects.get(domain="example.com").pk}
    for name, value in with_ids.items():
        setattr(settings, name, value)

    assert_nothing(client.get(URL))

    del settings.SITE_ID
    assert client.get(URL, HTTP_HOST="other.example").status_code == 200
    assert_nothing(client.get(URL, HTTP_HOST="example.com"))


@pytest.mark.parametrize(
    "slug",
    [
        "..",
        "%2e%2e",
        "support%2f",
        "SUPPORT",
        "a" * 300,
        "-",
        "__proto__",
        "support%00",
    ],
)
def test_a_hostile_slug_finds_nothing(client, embeddable, slug):
    assert client.get(f"/chat/{slug}/widget.json").status_code == 404


def test_while_the_database_fails_nobody_keeps_the_answer(
    client, embeddable, monkeypatch
):
    def fail(*args):
        raise DatabaseError("no such host: db-7.internal")

    monkeypatch.setattr(catalogue._widgets, "_read", fail)

    response = client.get(URL)

    assert response.status_code == 503
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "internal" not in response.text


def test_a_project_that_mounts_nothing_has_nothing_to_embed(rf, embeddable, settings):
    settings.ROOT_URLCONF = "tests.empty_urls"

    with pytest.raises(embedding.NotShown, match="does not include coze_widget.urls"):
        embedding.render_island(rf.get(URL), "support")


# What it costs


def test_a_warm_process_asks_no_database(
    client, embeddable, settings, django_assert_num_queries
):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    client.get(URL)

    with django_assert_num_queries(0):
        assert client.get(URL).status_code == 200
        assert client.get("/chat/loader.js").status_code == 200


def test_nothing_is_written(client, embeddable):
    with CaptureQueriesContext(connection) as queries:
        client.get(URL)

    kinds = {query["sql"].split()[0] for query in queries.captured_queries}
    assert kinds == {"SELECT", "SAVEPOINT", "RELEASE"}


# Where the project has put it


def test_prefixes_are_kept(client, embeddable):
    set_script_prefix("/app/")
    try:
        island = client.get(URL).json()
    finally:
        set_script_prefix("/")

    assert island["frame_url"] == "/app/chat/support/frame/"
    assert island["panel_url"].startswith("/app/chat/panel.")


def test_nested_urls_are_kept(client, embeddable, settings):
    settings.ROOT_URLCONF = "tests.nested_urls"

    island = client.get("/help/chat/support/widget.json").json()

    assert island["panel_url"].startswith("/help/chat/panel.")
    assert client.get(island["panel_url"]).status_code == 200


def test_under_a_language_prefix_there_is_one_address(client, embeddable, settings):
    settings.ROOT_URLCONF = "tests.test_paths"
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.middleware.locale.LocaleMiddleware",
    ]
    path = asset_path("panel.js")
    assert path.startswith("/en/chat/")
    island = client.get(f"{path.rpartition('/')[0]}/support/widget.json").json()

    assert island["panel_url"] == path
    assert client.get(path, headers={"Accept-Language": "zh-CN"}).status_code == 200


# Text from outside


def test_hostile_text_stays_json(client, make_widget):
    hostile = "</script><script>alert(1)</script>\u2028\"'"
    make_widget(
        allowed_origins=SHOP, chat_bot_title=hostile, launcher_label=hostile[:40]
    )

    response = client.get(f"{URL}?lang={hostile}&callback=alert")

    assert json.loads(response.content)["panel"]["title"] == hostile
    assert response.headers["Content-Type"] == "application/json"
    assert "\u2028" not in response.text
    assert not re.match(r"\s*\w", response.text)
