"""Visitor keys below a widget's form. What they do is in tests/test_key_forms.py."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from coze_widget.models import VisitorKey
from tests.host_tokens import public_pem_of
from tests.keypairs import rsa_key

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("coze")]


@pytest.fixture
def form(transactional_db, new_visitor, django_user_model, widget):
    visitor = new_visitor()
    visitor.log_in(django_user_model.objects.create_superuser("nadia"))
    visitor.visit(reverse("admin:coze_widget_widget_change", args=[widget.pk]))
    visitor.page.get_by_role("heading", name="Visitor keys").click()
    return visitor.page


def add_key(page, name):
    # A link to Django 5.2, a button to later ones.
    page.locator("#visitor_keys-group .addlink").click()
    page.locator("#id_visitor_keys-0-name").fill(name)


def save(page):
    page.get_by_role("button", name="Save and continue editing").click()


def key_row(page, name, number=0):
    return page.locator(f"#visitor_keys-{number} .form-row.field-{name}")


def test_a_new_secret_is_shown_once_and_can_be_copied(form):
    expect(form.locator(".coze-keys-note .coze-tag")).to_contain_text("support@")
    add_key(form, "shop")
    save(form)

    shown = form.locator(".coze-lines .coze-tag").first
    secret = shown.inner_text()
    assert len(secret) == 43
    expect(form.locator(".coze-copy").first).to_be_visible()
    violations = Axe().run(form, context="#content").response["violations"]
    assert [violation["id"] for violation in violations] == []

    form.get_by_role("link", name="I have copied it").click()
    expect(form.locator("#id_name")).to_be_visible()
    assert secret not in form.content()


def test_a_form_shows_what_the_algorithm_needs(form):
    add_key(form, "shop")
    expect(key_row(form, "secret")).to_be_visible()
    expect(key_row(form, "public_key")).to_be_hidden()
    expect(key_row(form, "jwks_url")).to_be_hidden()

    form.locator("#id_visitor_keys-0-algorithm").select_option("RS256")

    expect(key_row(form, "secret")).to_be_hidden()
    expect(key_row(form, "public_key")).to_be_visible()
    expect(key_row(form, "jwks_url")).to_be_visible()
    form.locator("#id_visitor_keys-0-public_key").fill(public_pem_of(rsa_key()))
    save(form)
    expect(form.locator(".messagelist .success")).to_be_visible()
    assert VisitorKey.objects.get().algorithm == "RS256"


def test_an_error_stays_in_sight_whatever_the_algorithm(form):
    add_key(form, "shop")
    form.locator("#id_visitor_keys-0-algorithm").select_option("ES256")
    save(form)

    expect(key_row(form, "public_key")).to_contain_text("Give either the public key")
    form.locator("#id_visitor_keys-0-algorithm").select_option("HS256")
    expect(key_row(form, "public_key")).to_be_visible()


def test_a_key_that_is_there_offers_no_secret(form, widget):
    add_key(form, "shop")
    save(form)
    form.get_by_role("link", name="I have copied it").click()
    form.get_by_role("heading", name="Visitor keys").click()

    expect(form.locator("#id_visitor_keys-0-algorithm")).to_be_disabled()
    expect(key_row(form, "secret")).to_be_hidden()


def test_preview_and_advice_are_asked_without_the_keys(form):
    """They are asked while one types: a pasted secret would travel with each letter."""
    posted = []
    form.on("request", lambda request: posted.append(request.post_data or ""))
    add_key(form, "shop")
    form.locator("#id_visitor_keys-0-secret").fill("s" * 40)

    with form.expect_request(lambda request: request.method == "POST"):
        form.locator("#id_name").fill("Other")
    form.wait_for_timeout(1500)

    assert any("Other" in body for body in posted)
    assert not any("s" * 40 in body for body in posted)
