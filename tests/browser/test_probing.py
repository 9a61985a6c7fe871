"""“Test” in place, and code to copy. That it works without the script: tests/test_probing.py."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from coze_widget.models import Widget
from coze_widget.sandbox.catalogue import BOT_ID

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("coze")]

LIST = reverse("admin:coze_widget_widget_changelist")
BOT_PATH = f"/v1/bots/{BOT_ID}"
WORKS = "It works: Coze knows the bot as “Sandbox Bot”."


@pytest.fixture
def new_editor(transactional_db, new_visitor, django_user_model):
    def new(**options):
        visitor = new_visitor(**options)
        visitor.log_in(django_user_model.objects.create_superuser("editor"))
        return visitor

    return new


@pytest.fixture
def editor(new_editor):
    return new_editor()


def url(page, widget):
    return reverse(f"admin:coze_widget_widget_{page}", args=[widget.pk])


def button(page, name="Test “Support”"):
    return page.get_by_role("button", name=name, exact=True)


def test_the_list_tells_below_the_row(editor, make_widget, coze):
    make_widget()
    make_widget(slug="other", name="Other", bot_id="1")
    editor.visit(LIST)
    page = editor.page

    button(page).click()

    expect(page.locator(".coze-finding-row strong")).to_have_text(WORKS)
    row = page.locator("#result_list tr", has_text="support")
    expect(row.locator(".field-bot_name")).to_have_text("Sandbox Bot")
    expect(page.get_by_role("status")).to_contain_text("“Support” was tested. It works")
    assert page.url.endswith(LIST)

    button(page, "Test “Other”").click()

    expect(page.locator(".coze-finding-row")).to_have_count(2)
    expect(page.locator(".coze-finding-row").first).to_contain_text("logid")
    expect(page.get_by_role("status")).to_contain_text("Compare the bot id 1 with")


def test_a_second_test_takes_the_place_of_the_first(editor, widget, coze):
    editor.visit(LIST)
    page = editor.page
    button(page).click()
    expect(page.locator(".coze-finding-row strong")).to_have_text(WORKS)
    coze.add_fault(BOT_PATH, code=4015)

    button(page).click()

    expect(page.locator(".coze-finding-row strong")).to_contain_text("cannot be read")
    expect(page.locator(".coze-finding-row")).to_have_count(1)


def test_two_presses_are_one_test(editor, widget, coze):
    coze.add_fault(BOT_PATH, latency_ms=700)
    editor.visit(LIST)
    page = editor.page

    button(page).dblclick()

    expect(button(page)).to_have_text("Asking…")
    expect(button(page)).to_be_focused()
    expect(page.locator(".coze-finding-row strong")).to_have_text(WORKS)
    expect(button(page)).to_have_text("Test")
    assert [one["path"] for one in coze.requests].count(BOT_PATH) == 1


def test_the_form_tells_above_its_fields_and_stays_as_it_is(editor, widget):
    editor.visit(url("change", widget))
    page = editor.page
    page.locator("#id_name").fill("Half typed")

    button(page, "Test").click()

    expect(page.get_by_role("status").filter(has_text=WORKS)).to_be_visible()
    expect(page.locator("#id_name")).to_have_value("Half typed")


def test_who_is_logged_out_meanwhile_gets_the_login_page(editor, widget):
    editor.visit(LIST)
    editor.log_out()

    button(editor.page).click()

    expect(editor.page).to_have_url(re.compile("/login/"))


def test_without_javascript_the_answer_is_a_message(new_editor, widget):
    editor = new_editor(java_script_enabled=False)
    editor.visit(LIST)

    button(editor.page).click()

    expect(editor.page.locator(".messagelist .success")).to_contain_text(WORKS)
    assert editor.page.url.endswith(LIST)


def test_a_name_of_cozes_is_text(editor, widget, coze):
    coze.add_fault(
        BOT_PATH, status=200, body='{"data": {"name": "<img src=x onerror=alert(1)>"}}'
    )
    editor.visit(LIST)

    button(editor.page).click()

    expect(editor.page.locator(".coze-finding-row strong")).to_contain_text(
        "<img src=x"
    )
    expect(editor.page.locator(".coze-finding-row img")).to_have_count(0)


def test_on_a_phone_the_button_is_there_at_once(new_editor, widget):
    editor = new_editor(viewport={"width": 390, "height": 800}, has_touch=True)
    editor.visit(LIST)

    box = button(editor.page).bounding_box()

    assert box["x"] + box["width"] <= 390
    assert box["height"] >= 44


def advice(page):
    return page.locator(".coze-advice-live li")


def test_advice_follows_what_one_types(editor, make_widget):
    widget = make_widget(conversations_is_need=True, sdk_version="1.2.0-beta.16")
    editor.visit(url("change", widget))
    page = editor.page
    saved = page.locator(".coze-status + .coze-advice li")
    expect(saved).to_have_count(2)

    page.locator("#id_sdk_version").fill("1.2.0-beta.18")

    expect(advice(page)).to_have_text([re.compile("may not fill the frame")])
    expect(saved).to_have_count(0)
    page.locator("#id_sdk_version").fill("1.2.0-beta.20")
    expect(advice(page)).to_have_count(0)


def test_a_new_widget_gets_advice_while_one_types(editor):
    editor.visit(reverse("admin:coze_widget_widget_add"))
    page = editor.page

    page.locator("#id_sdk_version").fill("1.2.0-beta.16")

    expect(advice(page)).to_have_count(2)
    expect(advice(page).first).to_contain_text("button “new conversation”")


def test_each_piece_of_code_can_be_copied(new_editor, widget):
    editor = new_editor(permissions=["clipboard-read", "clipboard-write"])
    editor.visit(url("change", widget))
    page = editor.page
    page.get_by_role("link", name="Show code").click()

    for number in range(6):
        page.get_by_role("button", name="Copy").first.click()
        code = page.locator(".coze-tag").nth(number).text_content()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == code
    assert "new CozeWebSDK.WebChatClient({" in copied


def test_the_code_runs(editor, make_widget, coze):
    """With a token in the placeholder's place: Coze's own call, as a page would hold it."""
    hostile = "</script><script>alert(1)</script>\u2028茶 \\ \" ' ` ${1}"
    widget = make_widget(
        chat_bot_title=hostile,
        parameters={"a-b": [1, {"__proto__": "x"}], "__proto__": hostile},
    )
    editor.visit(url("code", widget))
    code = editor.page.locator(".coze-tag").last.text_content()
    script = code.partition("<script>")[2].rpartition("</script>")[0]

    given = editor.page.evaluate(
        """(script) => {
          let given;
          window.CozeWebSDK = { WebChatClient: function (options) { given = options; } };
          new Function(script)();
          given.auth.onRefreshToken = typeof given.auth.onRefreshToken;
          const inputs = given.config.botInfo.parameters;
          return [JSON.stringify(given), Object.keys(inputs), inputs["a-b"][1].x];
        }""",
        script,
    )

    assert given[1:] == [["a-b", "__proto__"], None]
    assert '"onRefreshToken":"function"' in given[0]
    row = Widget.objects.get()
    assert row.chat_bot_title == hostile
    assert editor.page.evaluate(
        "text => JSON.parse(text).ui.chatBot.title", given[0]
    ) == (hostile)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_findings_and_code(new_editor, make_widget, scheme):
    bad = make_widget(slug="bad", name="Bad", bot_id="1", guest_days=3)
    make_widget()
    editor = new_editor(color_scheme=scheme)
    page = editor.page
    editor.visit(LIST)
    for name in ("Bad", "Support"):
        button(page, f"Test “{name}”").click()
    expect(page.locator(".coze-finding-row")).to_have_count(2)
    found = violations(page, ".field-test", ".coze-finding-row")
    editor.visit(url("change", bad))
    button(page, "Test").click()
    expect(page.locator(".coze-finding")).to_be_visible()
    found += violations(page, ".coze-findings", ".coze-advice")
    editor.visit(url("code", bad))

    assert found + violations(page, "#content-main") == []


def violations(page, *selectors):
    context = {"include": [[selector] for selector in selectors]}
    result = Axe().run(page, context=context).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['failureSummary']}" for one in result]
