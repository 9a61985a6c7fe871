"""Who published a widget or keeps a draft, as a text: a project may have no users at all.

Without a foreign key the tables need no app besides ours, and a project may change its
user model.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

MAX_PK_LENGTH = 100


def pk_of(user: Any) -> str:
    """Return the user's primary key as a text; "" of nobody and of a stranger."""
    return "" if user is None or user.pk is None else str(user.pk)[:MAX_PK_LENGTH]


def find_user(pk: str) -> Any:
    """Return the user, None when they are gone or nobody knows."""
    if not pk or not apps.is_installed("django.contrib.auth"):
        return None
    model = get_user_model()
    try:
        return model._default_manager.filter(pk=pk).first()
    except (ValueError, ValidationError):
        # The project had another user model then.
        return None


def read_history_user(version: Any) -> Any:
    """django-simple-history's `history_user_getter`."""
    return find_user(version.history_user_id)


def write_history_user(version: Any, user: Any) -> None:
    """django-simple-history's `history_user_setter`."""
    version.history_user_id = pk_of(user)
