from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from coze_widget.editors import find_user, pk_of


@pytest.mark.django_db
def test_an_editor_is_found_again(admin_user):
    assert find_user(pk_of(admin_user)) == admin_user


@pytest.mark.django_db
@pytest.mark.parametrize("pk", ["", "999", "a-uuid-of-another-model"])
def test_nobody_is_found_otherwise(pk):
    assert find_user(pk) is None


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_a_stranger_has_no_key(user):
    assert pk_of(user) == ""


def test_a_project_without_users(settings):
    settings.INSTALLED_APPS = ["django.contrib.sites", "coze_widget"]

    assert find_user("1") is None


@pytest.mark.django_db
def test_each_save_is_a_published_version_with_its_editor(make_widget, admin_user):
    widget = make_widget(name="First")
    widget._history_user = admin_user
    widget.name = "Second"
    widget.save()

    newest, oldest = widget.history.all()

    assert (newest.name, newest.history_user) == ("Second", admin_user)
    assert (oldest.name, oldest.history_user) == ("First", None)
