"""Rows are locked inside a transaction only: databases with locks refuse it elsewhere."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse

from tests.widget_data import widget_data

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("oauth_app"),
]


@pytest.fixture
def locks(monkeypatch):
    """SQLite has no row locks, and lets everybody ask for one anywhere."""
    taken = []

    def select_for_update(self, *args, **kwargs):
        taken.append(connection.in_atomic_block)
        return self

    monkeypatch.setattr(QuerySet, "select_for_update", select_for_update)
    return taken


@pytest.fixture
def editor(client, admin_user):
    client.force_login(admin_user)
    return client


def url(name, widget):
    return reverse(f"admin:coze_widget_widget_{name}", args=[widget.pk])


def test_a_preview_locks_nothing(editor, widget, locks):
    response = editor.post(url("preview_change", widget), widget_data())

    assert "url" in response.json()
    assert locks == []


@pytest.mark.parametrize("button", ["_save", "_draft"])
def test_a_save_locks_the_row_in_its_transaction(editor, widget, locks, button):
    response = editor.post(url("change", widget), widget_data(**{button: "1"}))

    assert response.status_code == 302
    assert locks
    assert all(locks)


def test_discarding_a_draft_needs_no_lock_outside(editor, widget, locks):
    editor.post(url("change", widget), widget_data(_draft="1", name="Other"))

    response = editor.post(url("draft", widget))

    assert response.status_code == 302
    assert all(locks)
