"""The fixtures as a project gets them; here they win over those of our own tests."""

from __future__ import annotations

import pytest

from coze_widget.testing.fixtures import coze, coze_chat, coze_widget

__all__ = ["coze", "coze_chat", "coze_widget"]


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", first_name="Alice")


@pytest.fixture
def bob(django_user_model):
    return django_user_model.objects.create_user("bob")


@pytest.fixture(params=["bot", "app"])
def either_mode(request, coze_widget):
    coze_widget.mode = request.param
    coze_widget.save()
    return coze_widget


@pytest.fixture
def guests(coze_widget):
    coze_widget.guests = "isolated"
    coze_widget.save()
    return coze_widget
