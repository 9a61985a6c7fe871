"""What asks the database or the cache does the same on those that sites have.

SQLite with the process's own memory is what the tests run on anyway.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import postgresql_url, redis_url
from tests.stores import STORES

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "stores")
PAIRS = {
    "PostgreSQL and Redis": {"DATABASE_URL": postgresql_url, "REDIS_URL": redis_url},
    "PostgreSQL and memory": {"DATABASE_URL": postgresql_url},
    "SQLite and Redis": {"REDIS_URL": redis_url},
}
# Of the run that we are part of: its worker and its stores.
OURS = ("PYTEST_", "DATABASE_URL", "REDIS_URL")
COVERAGE = ("COVERAGE_", "COV_")
MEASURED = "PostgreSQL and Redis"  # the others reach nothing else, and are quicker so


def test_every_name_is_a_module_of_tests():
    modules = {path.stem for path in ROOT.glob("tests/**/test_*.py")}

    assert modules >= STORES


@pytest.mark.parametrize("pair", PAIRS)
def test_all_goes_well_on(pair):
    urls = {name: find() for name, find in PAIRS[pair].items()}
    left_out = OURS if pair == MEASURED else OURS + COVERAGE
    environ = {n: v for n, v in os.environ.items() if not n.startswith(left_out)}

    done = subprocess.run(
        [sys.executable, *COMMAND],
        cwd=ROOT,
        env={**environ, **urls},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
