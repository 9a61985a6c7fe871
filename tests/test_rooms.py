"""Imports point down, and two rooms keep to themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.urls import get_resolver, reverse

from coze_widget.admin import WidgetAdmin

ADMIN = "coze_widget.admin."
PACKAGE = Path("coze_widget")
# From the ground up; a module imports from its own floor and from those below.
FLOORS = [
    {
        "chain",
        "conf",
        "event_loops",
        "exceptions",
        "forks",
        "installed",
        "origin_patterns",
        "outages",
        "path_patterns",
        "public_addresses",
        "redaction",
        "renderings",
        "sdk_versions",
        "sentences",
        "signals",
        "terminals",
        "version",
    },
    {
        "addresses",
        "coze_connection",
        "csp",
        "editors",
        "encryption",
        "executors",
        "events",
        "extra_options",
        "flights",
        "leases",
        "limit_storage",
        "outcomes",
        "held",
        "icons",
        "jwks",
        "key_material",
        "local_copies",
        "oauth",
        "partitioned_cookies",
        "paths",
        "public_downloads",
        "recent_tokens",
        "remedies",
        "responses",
        "sdk_addresses",
        "shared_cache",
        "validators",
    },
    {
        "catalogue",
        "console",
        "models",
        "oauth_apps",
        "openings",
        "records",
        "visitor_keys",
    },
    {
        "api",
        "audience",
        "candidates",
        "copies",
        "drafts",
        "frame_host",
        "handovers",
        "hours",
        "islands",
        "limits",
        "needs",
        "options",
        "origins",
        "overrides",
        "people",
        "sightings",
        "snippets",
        "tokens",
        "trial",
        "versions",
        "visitor_tokens",
        "visitors",
    },
    {
        "acceptance",
        "advice",
        "audience_fields",
        "blocks",
        "bodies",
        "callbacks",
        "embedding",
        "fields",
        "forms",
        "health",
        "identities",
        "page_policies",
        "previews",
        "embed_code",
        "probe",
        "problems",
        "sandboxed_frames",
        "status",
        "transfer",
    },
    {
        "admin",
        "callback_view",
        "checklist",
        "checks",
        "doctor",
        "embedding_view",
        "handover_view",
        "health_view",
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
    "path_patterns",
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


ARGUMENTS = {"callback": [], "health": [], "asset": ["loader.js"]}
CACHED = {"frame", "inner", "asset"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "asset",
        "callback",
        "forget",
        "frame",
        "health",
        "inner",
        "session",
        "visitor",
        "widget",
    ],
)
def test_every_view_names_its_caching(client, widget, oauth_app, name):
    arguments = ARGUMENTS.get(name, ["support"])
    response = client.get(reverse(f"coze_widget:{name}", args=arguments))

    # The row may be embedded nowhere, and nobody is to keep a refusal.
    expected = "public" if name in CACHED else "no-store"
    assert name in our_views()
    assert expected in response.headers["Cache-Control"]


def test_the_rooms_of_the_admin_share_no_method_of_their_own():
    """They are mixins of one class: the first of two `_show` would answer for both."""
    rooms = [room for room in WidgetAdmin.__mro__ if room.__module__.startswith(ADMIN)]
    names = [name for room in rooms for name in vars(room) if is_own(name)]

    assert sorted(names) == sorted(set(names))


def is_own(name):
    return name.startswith("_") and not name.startswith("__")
