"""The checklist in the admin, in a browser; what stands in between plays the proxy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

URL = "/admin/coze_widget/widget/setup/"
FRAME = "**/chat/support/frame/"
POLICY = "Content-Security-Policy"

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("coze")]


@pytest.fixture(autouse=True)
def _rows_are_read_once(settings):
    """The page fetches frames at once, and in memory SQLite has one connection for all.

    The server runs in this process, so its copy of the rows is exact.
    """
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60


@pytest.fixture
def editor(transactional_db, new_visitor, django_user_model):
    visitor = new_visitor()
    visitor.log_in(django_user_model.objects.create_superuser("editor"))
    return visitor


class Seen:
    """The part of the page that the browser writes."""

    def __init__(self, page):
        self.list = page.locator("#coze-seen")

    def item(self, text):
        return self.list.locator("li", has_text=text)

    def expect(self, state, text, advice=""):
        item = self.item(text)
        expect(item).to_have_attribute("data-state", state, timeout=20_000)
        expect(item).to_contain_text(advice)


@pytest.fixture
def look(editor):
    """Opens the page, and returns what the browser has seen of the rest."""

    def visit():
        editor.visit(URL)
        return Seen(editor.page)

    return visit


@pytest.fixture
def meddle(editor):
    """Plays a proxy that changes what comes from a URL."""

    def install(pattern, *, headers=None, **changes):
        def handle(route):
            response = route.fetch(max_redirects=0)
            changed = {**response.headers, **(headers or {})}
            kept = {name: value for name, value in changed.items() if value is not None}
            route.fulfill(response=response, headers=kept, **changes)

        editor.context.route(pattern, handle)

    return install


# --- nothing is in the way


def test_all_that_arrives_is_ticked(widget, look):
    seen = look()

    seen.expect("done", "“Support”: the frame arrives as Django sent it.")
    seen.expect("done", "“Support”: the frame opens and its script answers.")
    seen.expect("done", "loader.js arrives.")
    seen.expect("done", "panel.js arrives.")
    seen.expect("done", "chat.js arrives.")
    expect(seen.list.locator("li")).to_have_count(5)


def test_nobody_gets_a_token_for_looking(coze, editor, widget, look):
    look().expect("done", "its script answers")

    assert "/chat/support/session/" not in editor.asked(of=editor.site_url)
    assert not [
        entry for entry in coze.state.recorder.entries if "oauth2" in entry["path"]
    ]


def test_without_a_widget_there_is_no_frame(look):
    look().expect("note", "there is no frame to look at")


def test_in_chinese(widget, look, settings):
    settings.LANGUAGE_CODE = "zh-hans"

    look().expect("done", "“Support”：iframe 页面能打开，其中的脚本有应答。")


# --- something is in the way


def test_a_proxy_adds_x_frame_options(widget, look, meddle):
    meddle(FRAME, headers={"x-frame-options": "DENY"})

    seen = look()

    seen.expect("note", "X-Frame-Options DENY comes with the frame", "proxy")


def test_a_proxy_adds_a_policy(widget, look, meddle, client):
    ours = client.get("/chat/support/frame/").headers[POLICY]
    meddle(FRAME, headers={POLICY.lower(): f"{ours}, default-src 'none'"})

    seen = look()

    seen.expect("failed", "another Content-Security-Policy", "default-src 'none'.")
    seen.expect("failed", "the frame does not answer")


def test_a_proxy_takes_the_policy_away(widget, look, meddle):
    meddle(FRAME, headers={POLICY.lower(): None})

    look().expect("failed", "Content-Security-Policy is missing", "takes it away")


def test_a_proxy_answers_404(widget, look, meddle):
    meddle(FRAME, status=404)

    look().expect("failed", "the frame's address answers 404", "/chat/support/frame/")


def test_a_login_wall_redirects(widget, look, editor):
    editor.context.route(
        FRAME,
        lambda route: route.fulfill(status=302, headers={"Location": "/admin/login/"}),
    )

    look().expect("failed", "the frame's address leads somewhere else", "login wall")


def test_a_portal_stands_in_the_frames_place(widget, look, meddle):
    meddle(FRAME, body="<h1>Welcome <script>")

    seen = look()

    seen.expect("failed", "something else stands in the frame's place")
    seen.expect("failed", "the frame does not answer", "F12")


def test_a_cache_holds_an_older_frame(widget, look, meddle):
    meddle(FRAME, body='<script id="coze-chat" type="application/json">{}</script>')

    look().expect("note", "the frame was changed on its way", "cache")


def test_the_line_is_cut(widget, look, editor):
    editor.context.route(FRAME, lambda route: route.abort())

    look().expect("failed", "the frame cannot be fetched")


@pytest.mark.parametrize(
    ("changes", "state", "text"),
    [
        ({"status": 404}, "failed", "loader.js is missing: /static/"),
        ({"body": "// old"}, "note", "loader.js is not the file of this version"),
        (
            {"headers": {"content-type": "text/html"}},
            "failed",
            "loader.js does not arrive as a script but as text/html",
        ),
    ],
)
def test_a_script_that_is_not_ours(look, meddle, changes, state, text):
    meddle("**/coze_widget/loader.js", **changes)

    look().expect(state, text)


def test_a_script_that_cannot_be_loaded(look, editor):
    editor.context.route("**/coze_widget/loader.js", lambda route: route.abort())

    look().expect("failed", "loader.js cannot be loaded from /static/")


# --- policies of the project itself


@pytest.fixture
def with_policy(meddle):
    """The admin's pages come with a policy, as a middleware would send it."""

    def install(policy):
        meddle("**" + URL, headers={POLICY.lower(): policy})

    return install


STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"


def test_a_strict_policy_is_enough_for_the_page(widget, look, with_policy, editor):
    with_policy(
        f"{STRICT}; frame-src 'self'; form-action 'self'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )

    seen = look()

    seen.expect("done", "its script answers")
    editor.page.evaluate("window.dispatchEvent(new Event('focus'))")
    assert editor.errors == []


def test_a_policy_without_frames_is_named(widget, look, with_policy):
    with_policy(STRICT)

    seen = look()

    seen.expect("failed", "this page's policy does not let the frame in", "frame-src")


# --- assets from another host


def test_scripts_of_another_host_are_tried(look, live_server, settings):
    settings.STATIC_URL = live_server.url.replace("localhost", "127.0.0.1") + "/static/"

    seen = look()

    seen.expect("done", "loader.js arrives.")
    seen.expect("done", "chat.js arrives.")


def test_scripts_that_another_host_does_not_have(look, editor, live_server, settings):
    settings.STATIC_URL = live_server.url.replace("localhost", "127.0.0.1") + "/static/"
    editor.context.route("**/coze_widget/chat.js", lambda route: route.abort())

    look().expect("failed", "chat.js cannot be loaded from http")


# --- the list of the server


def test_asking_coze(widget, editor):
    editor.visit(URL)
    editor.page.get_by_role("button", name="Ask Coze").click()

    item = editor.page.locator("#coze-checklist li", has_text="Coze accepts the key.")
    expect(item).to_have_attribute("data-state", "done")


def test_the_list_ticks_itself_off(editor, make_widget):
    editor.page.clock.install()
    editor.visit(URL)
    page = editor.page
    expect(page.get_by_text("Add a widget with your bot's id.")).to_be_visible()
    page.get_by_text("Show the list").click()

    make_widget()
    page.locator("body").click(position={"x": 1, "y": 1})
    page.clock.run_for(16_000)

    item = page.locator("#coze-checklist li", has_text="“Support” is shown on pages")
    expect(item).to_have_attribute("data-state", "done")
    expect(page.get_by_text("uploadFile")).to_be_visible()
    expect(item.get_by_role("button", name="Copy")).to_be_visible()


def test_who_comes_back_sees_what_is_new(editor, widget, meddle):
    editor.page.clock.install()
    editor.visit(URL)
    Seen(editor.page).expect("done", "the frame arrives as Django sent it")

    meddle(FRAME, status=503)
    editor.page.clock.run_for(6_000)
    editor.page.evaluate("window.dispatchEvent(new Event('focus'))")

    Seen(editor.page).expect("failed", "the frame's address answers 503")


def test_each_frame_is_opened_once(editor, widget):
    """It fetches the SDK: two megabytes at Coze."""
    frames = []
    editor.page.clock.install()
    editor.page.on("framenavigated", lambda frame: frames.append(frame.url))
    editor.visit(URL)
    Seen(editor.page).expect("done", "the frame opens and its script answers")

    editor.page.clock.run_for(6_000)
    with editor.page.expect_response(FRAME):
        editor.page.evaluate("window.dispatchEvent(new Event('focus'))")

    Seen(editor.page).expect("done", "the frame opens and its script answers")
    assert len([url for url in frames if url.endswith("/chat/support/frame/")]) == 1


def test_a_page_that_is_left_open_keeps_no_session_alive(editor, widget):
    editor.page.clock.install()
    editor.visit(URL)
    editor.page.clock.run_for(290_000)
    reads = []
    editor.page.on("request", lambda request: reads.append(request.url))

    editor.page.clock.run_for(120_000)
    editor.page.wait_for_timeout(300)
    assert len(reads) <= 1

    editor.page.keyboard.press("Shift")
    with editor.page.expect_response("**" + URL):
        editor.page.clock.run_for(16_000)


def test_who_is_using_the_list_is_left_alone(editor, make_widget):
    editor.page.clock.install()
    editor.visit(URL)
    editor.page.get_by_text("Show the list").focus()

    make_widget()
    with editor.page.expect_response("**" + URL):
        editor.page.clock.run_for(16_000)

    expect(editor.page.get_by_text("Show the list")).to_be_focused()
    expect(editor.page.get_by_text("Add a widget with your bot's id.")).to_be_visible()


def test_who_is_logged_out_keeps_the_list(editor, widget):
    editor.page.clock.install()
    editor.visit(URL)
    editor.log_out()

    with editor.page.expect_response("**/admin/login/**"):
        editor.page.clock.run_for(16_000)

    expect(editor.page.locator("#coze-checklist")).to_be_visible()
    assert editor.errors == []


def test_code_is_copied(editor, widget):
    editor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor.visit(URL)

    editor.page.get_by_role("button", name="Copy").first.click()

    expect(editor.page.get_by_role("button", name="Copied")).to_be_visible()
    copied = editor.page.evaluate("navigator.clipboard.readText()")
    assert copied == '{% load coze_widget %}{% coze_widget "support" %}'


def test_the_page_fits_a_phone(new_visitor, widget, django_user_model):
    visitor = new_visitor(viewport={"width": 390, "height": 844})
    visitor.log_in(django_user_model.objects.create_superuser("editor"))

    visitor.visit(URL)

    width = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    for name in ("Copy", "Ask Coze"):
        button = visitor.page.get_by_role("button", name=name).first
        assert button.bounding_box()["height"] >= 44
