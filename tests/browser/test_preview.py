"""The preview beside a widget's form, in a browser."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from coze_widget.models import Widget
from tests.browser.visitor import SDK

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("coze")]

WIDE = {"width": 1440, "height": 900}


class Editor:
    """Somebody before the form: what they type, and what the pane shows them."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.page = visitor.page

    @property
    def status(self):
        return self.page.locator(".coze-preview-said")

    @property
    def frame(self):
        return self.page.locator(".coze-preview-stage iframe:not(.coze-coming)")

    @property
    def shown(self):
        return self.frame.content_frame

    @property
    def launcher(self):
        return self.shown.locator(".launcher")

    @property
    def chat(self):
        return self.shown.frame_locator("iframe")

    @property
    def input(self):
        return self.chat.locator(f"textarea{SDK}textarea")

    def open_group(self, text):
        self.page.get_by_text(text, exact=True).click()

    def wait(self):
        """Until what is shown is what the form says."""
        expect(self.status).to_have_attribute("data-state", "fresh")

    def change(self, action):
        """Does it, and waits for the preview to follow."""
        asked = self.asked
        with self.page.expect_response(re.compile(r"/preview/$")):
            action()
        self.wait()
        assert self.asked == asked + 1

    @property
    def asked(self):
        paths = self.visitor.asked(of=self.visitor.site_url)
        return len([path for path in paths if path.endswith("/preview/")])

    def press(self, name):
        self.page.locator("#coze-preview").get_by_role("button", name=name).click()

    def open_chat(self):
        self.press("Open the chat")
        expect(self.input).to_be_visible()


@pytest.fixture
def ada(transactional_db, django_user_model):
    return django_user_model.objects.create_superuser("ada", first_name="Ada")


@pytest.fixture
def new_editor(new_visitor, ada):
    def new(user=ada, **options):
        visitor = new_visitor(**{"viewport": WIDE, **options})
        visitor.log_in(user)
        return Editor(visitor)

    return new


@pytest.fixture
def visit(new_editor, widget):
    def visit(**options):
        editor = new_editor(**options)
        editor.visitor.visit(
            reverse("admin:coze_widget_widget_change", args=[widget.pk])
        )
        return editor

    return visit


@pytest.fixture
def editor(visit):
    editor = visit()
    editor.wait()
    return editor


def test_the_preview_follows_what_is_typed(editor):
    page = editor.page
    editor.open_group("Launcher · ui.asstBtn")

    editor.change(lambda: page.locator("#id_launcher_label").fill("Ask us"))
    expect(editor.launcher).to_have_text("Ask us")

    editor.change(lambda: page.locator("#id_launcher_color").fill("#00aa00"))
    expect(editor.launcher).to_have_css("background-color", "rgb(0, 170, 0)")

    editor.change(lambda: page.locator("#id_launcher_corner").select_option("top-left"))
    box, stage = editor.launcher.bounding_box(), editor.frame.bounding_box()
    assert box["x"] < stage["x"] + stage["width"] / 2
    assert box["y"] < stage["y"] + stage["height"] / 2


def test_the_title_of_an_open_chat_follows_and_the_focus_stays(editor):
    page = editor.page
    editor.open_chat()
    editor.open_group("Chat · ui.chatBot")
    title = page.locator("#id_chat_bot_title")
    title.click()

    editor.change(lambda: page.keyboard.type("Tea"))
    expect(editor.chat.locator(f"{SDK}header")).to_contain_text("Tea")
    editor.change(lambda: page.keyboard.type(" adviser"))

    expect(editor.chat.locator(f"{SDK}header")).to_contain_text("Tea adviser")
    expect(editor.input).to_be_visible()
    expect(title).to_have_value("Tea adviser")
    expect(title).to_be_focused()


def test_the_chat_answers_and_nothing_is_published(editor, widget):
    page = editor.page
    before = Widget.objects.values().get()
    editor.change(lambda: page.locator("#id_name").fill("Not yet"))

    editor.open_chat()
    editor.input.fill("Who are you?")
    editor.input.press("Enter")

    answer = editor.chat.locator(f"{SDK}message-bot").last
    expect(answer).to_contain_text('You said: "Who are you?"')
    expect(editor.chat.get_by_text("Hello Ada")).to_be_visible()
    assert Widget.objects.values().get() == before
    assert Widget.history.count() == 1


def test_what_a_save_would_refuse_is_said_and_the_last_preview_stays(editor):
    page = editor.page
    editor.open_group("Launcher · ui.asstBtn")
    editor.change(lambda: page.locator("#id_launcher_label").fill("Ask us"))

    page.locator("#id_bot_id").fill("no digits")

    expect(editor.status).to_contain_text("Bot id: Enter the digits only")
    expect(editor.launcher).to_have_text("Ask us")

    editor.change(lambda: page.locator("#id_bot_id").fill("7400000000000000001"))
    expect(editor.status).to_contain_text("Up to date")
    expect(editor.status.locator("li")).to_have_count(0)


def test_a_phone_is_narrow_and_asks_nothing_of_the_server(editor):
    asked = editor.asked

    editor.press("Phone")

    assert editor.shown.locator("html").evaluate("() => innerWidth") == 390
    assert editor.shown.locator("html").evaluate("() => innerHeight") == 844
    box = editor.frame.bounding_box()
    stage = editor.page.locator(".coze-preview-stage").bounding_box()
    assert box["height"] <= stage["height"] + 1
    editor.press("Desktop")
    assert editor.shown.locator("html").evaluate("() => innerWidth") > 640
    assert editor.asked == asked


def test_nothing_is_asked_when_nothing_has_changed(editor):
    page = editor.page
    asked = editor.asked

    page.locator("#id_name").press("ArrowLeft")
    page.locator("#id_name").press("a")
    page.locator("#id_name").press("Backspace")
    page.locator("#id_slug").click()
    page.wait_for_timeout(1200)

    assert editor.asked == asked
    expect(editor.status).to_contain_text("Up to date")


def test_the_form_for_a_new_widget_says_what_is_missing(new_editor):
    editor = new_editor()
    page = editor.page
    editor.visitor.visit(reverse("admin:coze_widget_widget_add"))
    expect(editor.status).to_contain_text("Still missing: Name, Slug, Bot id")

    page.locator("#id_name").press_sequentially("Tea")
    page.locator("#id_bot_id").fill("7400000000000000001")

    editor.wait()
    expect(editor.launcher).to_be_visible()
    assert not Widget.objects.exists()


def test_an_upload_is_seen_before_it_is_saved(editor, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    picture = editor.page.screenshot(clip={"x": 0, "y": 0, "width": 20, "height": 20})
    file = {"name": "tea.png", "mimeType": "image/png", "buffer": picture}
    editor.open_group("Launcher · ui.asstBtn")

    editor.change(
        lambda: editor.page.locator("#id_launcher_icon").set_input_files(file)
    )

    width = editor.launcher.locator("img").evaluate("(img) => img.naturalWidth")
    assert width == 20
    assert list(tmp_path.iterdir()) == []


def test_the_page_speaks_the_chosen_language_where_the_row_pins_none(editor):
    page = editor.page
    editor.press("中文")
    editor.wait()
    expect(editor.launcher).to_have_accessible_name("打开聊天")

    editor.open_group("Look · ui.base")
    editor.change(lambda: page.locator("#id_base_lang").select_option("en"))

    expect(editor.launcher).to_have_accessible_name("Open chat")
    expect(page.get_by_role("button", name="中文")).to_be_hidden()


def test_a_chat_in_the_page_itself_is_previewed_there(editor):
    page = editor.page
    editor.change(lambda: page.locator("#id_place").select_option("inline"))

    editor.press("Open the chat")

    expect(editor.shown.locator(f"textarea{SDK}textarea")).to_be_visible()


def test_a_folded_preview_stays_folded_and_asks_nothing(editor):
    page = editor.page
    editor.press("Hide")
    expect(editor.frame).to_be_hidden()
    asked = editor.asked

    page.locator("#id_name").fill("Tea")
    page.reload()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_visible()
    page.wait_for_timeout(700)
    assert editor.asked == asked

    editor.press("Show")
    editor.wait()


def test_a_page_without_room_has_the_preview_below_its_fields(visit):
    editor = visit(viewport={"width": 390, "height": 844})
    editor.wait()

    fields = editor.page.locator("#id_name").bounding_box()
    pane = editor.page.locator("#coze-preview").bounding_box()

    assert pane["y"] > fields["y"] + fields["height"]
    assert pane["x"] + pane["width"] <= 390


def test_beside_the_fields_nothing_lies_over_anything(editor):
    page = editor.page
    pane = page.locator("#coze-preview").bounding_box()

    for selector in ("#id_name", "#id_parameters", ".submit-row"):
        box = page.locator(selector).first.bounding_box()
        assert box["x"] + box["width"] <= pane["x"]
    assert page.evaluate(
        "() => document.documentElement.scrollWidth <= window.innerWidth"
    )


def test_the_preview_of_somebody_who_was_logged_out_says_so(editor):
    editor.visitor.log_out()

    editor.page.locator("#id_name").fill("Tea")

    expect(editor.status).to_contain_text("Are you still logged in?")
    expect(editor.launcher).to_be_visible()


def test_a_site_that_is_switched_off_says_so(visit, settings):
    settings.COZE_WIDGETS_ENABLED = False

    editor = visit()

    expect(editor.status).to_contain_text("COZE_WIDGETS_ENABLED")
    expect(editor.status.get_by_role("link", name="What to do")).to_be_visible()


def test_a_preview_that_is_over_is_made_anew(editor):
    cache.clear()
    editor.press("中文")
    expect(editor.shown.get_by_text("This preview is over.")).to_be_visible()

    editor.press("Reload")

    editor.wait()
    expect(editor.launcher).to_be_visible()


def test_who_may_only_look_sees_no_preview(new_editor, widget, django_user_model):
    sam = django_user_model.objects.create_user("sam", is_staff=True)
    sam.user_permissions.add(Permission.objects.get(codename="view_widget"))
    editor = new_editor(sam)

    editor.visitor.visit(reverse("admin:coze_widget_widget_change", args=[widget.pk]))

    expect(editor.page.get_by_text("View widget")).to_be_visible()
    expect(editor.page.locator("#coze-preview")).to_have_count(0)


def test_without_javascript_there_is_no_pane(visit):
    editor = visit(java_script_enabled=False)

    expect(editor.page.locator("#id_name")).to_be_visible()
    expect(editor.page.locator("#coze-preview")).to_be_hidden()


def test_a_preview_that_was_forgotten_meanwhile_opens_all_the_same(editor):
    cache.clear()
    editor.page.evaluate(
        "() => { const now = Date.now; Date.now = () => now() + 900000; }"
    )

    editor.open_chat()


def test_in_the_preview_ours_stands_for_the_sdks_own_button(editor, coze):
    """Which needs Coze's script at once, while its editor fills in a form."""
    page = editor.page
    editor.open_group("Launcher · ui.asstBtn")
    editor.change(lambda: page.locator("#id_place").select_option("inline"))
    editor.change(lambda: page.locator("#id_load").select_option("eager"))
    editor.change(lambda: page.locator("#id_launcher").select_option("sdk"))

    visitor = editor.visitor
    assert not [path for path in visitor.asked(of=coze.url) if "chat-app-sdk" in path]
    editor.shown.locator(".launcher").click()

    expect(editor.shown.locator(f"textarea{SDK}textarea")).to_be_visible()


STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'"
)


def put_policy(editor, policy):
    """As a project with a policy of its own would."""

    def answer(route):
        response = route.fetch()
        headers = {**response.headers, "content-security-policy": policy}
        route.fulfill(response=response, headers=headers)

    editor.visitor.context.route("**/change/", answer)
    editor.page.reload()


def test_a_strict_policy_of_the_admin_is_enough(editor):
    put_policy(editor, STRICT)

    editor.wait()
    editor.open_chat()


@pytest.mark.parametrize("directive", ["frame-src 'self'", "connect-src 'self'"])
def test_a_policy_that_keeps_the_preview_out_is_named(editor, directive):
    put_policy(editor, STRICT.replace(directive, ""))

    expect(editor.status).to_contain_text("Content-Security-Policy")
