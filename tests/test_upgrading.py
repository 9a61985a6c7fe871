"""What `docs/upgrading.md` promises, as far as a test can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parent.parent
PROMISES = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
STATIC = ROOT / "coze_widget" / "static" / "coze_widget"


@pytest.mark.parametrize("script", ["panel.js", "chat.js"])
def test_both_halves_speak_the_protocol_of_the_docs(script):
    text = (STATIC / script).read_text(encoding="utf-8")

    [spoken] = re.findall(r"const PROTOCOL = (\d+);", text)

    assert f"protocol number, today {spoken}." in PROMISES


def test_every_migration_can_be_undone():
    migrations = MigrationLoader(None).disk_migrations
    ours = [one for (app, _), one in migrations.items() if app == "coze_widget"]

    assert ours
    for migration in ours:
        assert all(one.reversible for one in migration.operations), migration


def test_the_names_of_urls_are_those_that_are_promised():
    [mount] = [
        entry
        for entry in get_resolver().url_patterns
        if entry.namespace == "coze_widget"
    ]
    names = {pattern.name for pattern in mount.url_patterns}

    [row] = re.findall(r"^\| URLs \|.*", PROMISES, re.MULTILINE)

    assert names == set(re.findall(r"`(\w+)`", row)) - {"app_name"}
