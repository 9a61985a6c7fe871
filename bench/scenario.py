"""Each measurement under load runs alone (`python -m bench.outage`) and from `make bench`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.services import Missing

ROOT = Path(__file__).parent.parent
AS_JSON = "--json"


def main(measure: Callable[[], Sequence[Figure]]) -> None:
    """Measure; print a table, or JSON for `run`."""
    try:
        found: dict[str, Any] = {"figures": [one.to_json() for one in measure()]}
    except Missing as exc:
        found = {"skipped": str(exc)}
    if AS_JSON in sys.argv:
        json.dump(found, sys.stdout)
    else:
        show(found)


def run(name: str) -> dict[str, Any]:
    """Run a scenario in a process of its own; a defect in one does not lose the others."""
    command = [sys.executable, "-m", f"bench.{name}", AS_JSON]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return {"skipped": f"it failed with status {done.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def show(found: dict[str, Any]) -> None:
    if "skipped" in found:
        print(f"  not measured: {found['skipped']}")
    for row in found.get("figures", ()):
        value = (
            f"{row['value']:,.3g}" if row["value"] < 1000 else f"{row['value']:,.0f}"
        )
        print(
            f"  {row['figure']:72} {value:>9} {row['unit']:4}"
            f" {row['expect']:8} {row['verdict']}"
        )
