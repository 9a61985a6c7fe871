"""Which tests could know one database or one cache from another: `pytest -m stores`.

Those that bring both along (test_one_mint, test_leases, test_limits …) are none of them.
"""

from __future__ import annotations

ROWS = {
    "test_audience",
    "test_candidates",
    "test_catalogue",
    "test_checks_rows",
    "test_drafts",
    "test_local_copies",
    "test_locks",
    "test_models",
    "test_moving_commands",
    "test_publishing",
    "test_records",
    "test_switch",
    "test_transfer",
    "test_versions",
    "test_widgets",
}
KEPT_IN_THE_CACHE = {
    "test_acceptance",
    "test_health",
    "test_held",
    "test_openings",
    "test_outcomes",
    "test_shared_cache",
    "test_sightings",
}
PEOPLE_AND_TOKENS = {
    "test_flights",
    "test_middleware",
    "test_session",
    "test_tokens",
    "test_visitors",
    "test_waiting",
}
STORES = ROWS | KEPT_IN_THE_CACHE | PEOPLE_AND_TOKENS


def is_about_stores(path):
    """The browser's tests stay on what `make test` gives them."""
    return path.stem in STORES and path.parent.name != "browser"
