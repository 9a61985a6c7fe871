"""“Examine” in place. That it works without the script: tests/test_examining.py."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from coze_widget.doctor.examination import STEPS, Examination
from coze_widget.sandbox.catalogue import BOT_ID

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("coze")]

BOT_PATH = f"/v1/bots/{BOT_ID}"
FINE = "Nothing is broken. Look at what is marked."
CUT = "The answer was cut off before the end. Examine once more."


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


def url(widget):
    return reverse("admin:coze_widget_widget_doctor", args=[widget.pk])


def button(page):
    return page.locator("#coze-examine button")


def step(page, key):
    return page.locator(f'#coze-steps [data-step="{key}"]')


def verdict(page):
    return page.locator("#coze-verdict")


def start(editor, widget, page_url=""):
    editor.visit(url(widget))
    editor.page.get_by_label("A page of the site").fill(page_url)
    button(editor.page).click()
    return editor.page


def answer_with(editor, body):
    editor.context.route(
        "**/doctor/",
        lambda route: route.fulfill(body=body, content_type="application/x-ndjson"),
    )


def test_each_step_appears_as_it_is_done(editor, widget, coze):
    coze.add_fault(BOT_PATH, latency_ms=1500)

    page = start(editor, widget)

    expect(step(page, "token")).to_contain_text("Fine")
    expect(step(page, "bot")).to_have_class("coze-waits")
    expect(step(page, "bot")).to_have_css("color", "rgb(102, 102, 102)")
    expect(verdict(page)).to_be_empty()
    expect(page.locator("#coze-heard")).to_have_text(
        "The clock: Fine. This machine's clock agrees with Coze's."
    )
    expect(button(page)).to_have_text("Examining…")
    expect(button(page)).to_be_focused()
    expect(verdict(page)).to_have_text(FINE)
    expect(step(page, "bot")).to_contain_text("Coze knows it as “Sandbox Bot”.")
    expect(page.locator("#coze-steps .coze-waits")).to_have_count(0)
    expect(button(page)).to_have_text("Examine")


def test_the_page_that_the_form_names_is_the_sites_own(editor, widget):
    editor.visit(url(widget))
    page = editor.page
    expect(page.get_by_label("A page of the site")).to_have_value(f"{editor.site_url}/")

    button(page).click()

    expect(step(page, "page")).to_contain_text(
        f"{editor.site_url}/ answers with HTTP 404"
    )
    expect(verdict(page)).to_contain_text("Something is broken")


def test_several_findings_of_a_step_stand_together(editor, widget):
    first, second, third = (one.key for one in STEPS[:3])
    said = [(first, "One"), (second, "Two"), (second, "Three"), (third, "Four")]
    lines = [
        json.dumps({"step": key, "outcome": "warn", "seen": text}) for key, text in said
    ]
    editor.visit(url(widget))
    answer_with(editor, "\n".join(lines) + "\n")

    button(editor.page).click()

    seen = editor.page.locator("#coze-steps li [data-part=seen]")
    expect(seen).to_have_text([text for _, text in said])
    waiting = editor.page.locator("#coze-steps .coze-waits")
    expect(waiting).to_have_count(len(STEPS) - 3)


def test_a_second_examination_takes_the_place_of_the_first(editor, widget, coze):
    page = start(editor, widget)
    expect(verdict(page)).to_have_text(FINE)
    coze.add_fault(BOT_PATH, code=4015)

    button(page).click()

    expect(verdict(page)).to_contain_text("Something is broken")
    expect(step(page, "bot")).to_have_count(1)
    expect(step(page, "bot")).to_contain_text("For Coze's support: HTTP 200, code 4015")


def test_two_presses_are_one_examination(editor, widget, coze):
    coze.add_fault(BOT_PATH, latency_ms=700)
    editor.visit(url(widget))
    editor.page.get_by_label("A page of the site").fill("")

    button(editor.page).dblclick()

    expect(verdict(editor.page)).to_have_text(FINE)
    posts = [one for one in editor.requests if one.method == "POST"]
    assert len(posts) == 1


def test_a_name_of_cozes_is_text(editor, widget, coze):
    coze.add_fault(
        BOT_PATH, status=200, body='{"data": {"name": "<img src=x onerror=alert(1)>"}}'
    )

    page = start(editor, widget)

    expect(step(page, "bot")).to_contain_text("<img src=x")
    expect(page.locator("#coze-steps img")).to_have_count(0)


def test_a_page_elsewhere_is_refused_at_its_field(editor, widget, coze):
    page = start(editor, widget, "https://elsewhere.example/")

    expect(page.locator(".errorlist")).to_contain_text("not known to be a page")
    expect(page.get_by_label("A page of the site")).to_have_value(
        "https://elsewhere.example/"
    )
    assert coze.requests == []


def test_who_is_logged_out_meanwhile_gets_the_login_page(editor, widget):
    editor.visit(url(widget))
    editor.log_out()

    button(editor.page).click()

    expect(editor.page).to_have_url(re.compile("/login/"))


def test_an_error_of_ours_is_said(editor, widget, monkeypatch):
    def fail(self, step, missing):
        raise RuntimeError

    monkeypatch.setattr(Examination, "_take", fail)

    page = start(editor, widget)

    expect(verdict(page)).to_contain_text("an error of ours")
    expect(page.locator("#coze-steps .coze-waits")).to_have_count(len(STEPS))


def test_a_line_that_is_cut_is_said(editor, widget):
    line = '{"step": "key", "outcome": "pass", "title": "The key", "seen": "Read.'
    editor.visit(url(widget))
    answer_with(editor, line)

    button(editor.page).click()

    expect(verdict(editor.page)).to_have_text(CUT)
    expect(button(editor.page)).to_have_text("Examine")


def test_nobody_answers(editor, widget):
    editor.visit(url(widget))
    editor.context.route("**/doctor/", lambda route: route.abort())

    button(editor.page).click()

    expect(verdict(editor.page)).to_have_text(CUT)


def test_without_javascript_the_page_comes_at_the_end(new_editor, widget):
    editor = new_editor(java_script_enabled=False)

    page = start(editor, widget)

    expect(verdict(page)).to_have_text(FINE)
    expect(step(page, "bot")).to_contain_text("Coze knows it as “Sandbox Bot”.")


def test_the_page_fits_a_phone(new_editor, make_widget, coze):
    coze.add_fault(BOT_PATH, code=4015)
    editor = new_editor(viewport={"width": 360, "height": 740}, has_touch=True)

    page = start(editor, make_widget(name="A widget " * 9))

    expect(verdict(page)).to_contain_text("Something is broken")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert button(page).bounding_box()["height"] >= 44


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(new_editor, widget, coze, scheme):
    coze.add_fault(BOT_PATH, code=4015)
    editor = new_editor(color_scheme=scheme)
    editor.visit(url(widget))
    found = violations(editor.page)

    page = start(editor, widget)

    expect(verdict(page)).to_contain_text("Something is broken")
    assert found + violations(page) == []


def violations(page):
    result = Axe().run(page, context={"include": [["#content-main"]]}).response
    return [
        f"{one['id']}: {one['nodes'][0]['failureSummary']}"
        for one in result["violations"]
    ]
