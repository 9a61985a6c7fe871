"""A project that has not included the app's URLs yet."""

from __future__ import annotations

urlpatterns: list[object] = []
