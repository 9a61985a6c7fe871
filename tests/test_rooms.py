"""Imports point down, and two rooms keep to themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.urls import get_resolver

PACKAGE = Path("coze_widget")
# From the ground up; a module imports from its own floor and from those below.
FLOORS = [
    {
        "chain",
        "conf",
        "exceptions",
        "redaction",
        "sdk_versions",
        "sentences",
        "version",
    },
    {"csp", "extra_options", "flights", "oauth", "paths", "responses", "validators"},
    {"catalogue", "console", "models", "oauth_apps", "openings"},
    {
        "audience",
        "islands",
        "options",
        "origins",
        "sightings",
        "snippets",
        "tokens",
        "trial",
        "visitors",
    },
    {
        "acceptance",
        "advice",
        "blocks",
        "bodies",
        "fields",
        "forms",
        "problems",
        "status",
    },
    {
        "admin",
        "checklist",
        "checks",
        "middleware",
        "setup_page",
        "templatetags",
        "views",
    },
    {"apps", "urls"},
    {"sandbox", "testing"},
]
WITHOUT_DJANGO = {
    "exceptions",
    "extra_options",
    "oauth",
    "redaction",
    "sdk_versions",
    "sentences",
}


def room_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def rooms_imported_by(path):
    names = [name.split(".") for name in imports_of(path)]
    return {name[1] for name in names if name[0] == "coze_widget" and len(name) > 1}


SOURCES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
    and room_of(path) not in ("sandbox", "migrations", "management")
]


def floor_of(room):
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_point_down(path):
    own = floor_of(room_of(path))

    assert {room for room in rooms_imported_by(path) if floor_of(room) > own} == set()


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_what_talks_to_coze_knows_no_django(path):
    if room_of(path) in WITHOUT_DJANGO:
        assert not [name for name in imports_of(path) if name.startswith("django")]


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_nothing_that_runs_on_a_site_imports_the_sandbox(path):
    if room_of(path) != "testing":
        assert "sandbox" not in rooms_imported_by(path)


def test_only_the_fixtures_need_pytest():
    needing = [
        path.relative_to(PACKAGE)
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "pytest" for name in imports_of(path))
    ]

    assert needing == [Path("testing/fixtures.py")]


@pytest.mark.parametrize("path", sorted((PACKAGE / "sandbox").rglob("*.py")), ids=str)
def test_the_sandbox_shares_none_of_our_mistakes(path):
    assert rooms_imported_by(path) <= {"sandbox", "version"}


def our_views():
    [mount] = [
        entry
        for entry in get_resolver().url_patterns
        if entry.namespace == "coze_widget"
    ]
    return {pattern.name: pattern.callback for pattern in mount.url_patterns}


def test_every_view_says_its_policy():
    """Whoever adds a view decides, and says it here."""
    for view in our_views().values():
        assert view.login_required is False
        assert view._non_atomic_requests == {"default"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["frame", "session", "forget"])
def test_every_view_names_its_caching(client, widget, oauth_app, name):
    assert set(our_views()) == {"frame", "session", "forget"}

    response = client.get(f"/chat/support/{name}/")

    expected = "public" if name == "frame" else "no-store"
    assert expected in response.headers["Cache-Control"]
