"""`make bench`: figures of one run on one machine, so compare the ratios.

Those of one process come first, then those of a browser. Then real servers are measured
under load, with PostgreSQL, Redis and a stand-in for Coze; what is missing here is named
and left out.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import corpus, django_project, mint, page, scenario, tag
from bench.figures import Figure

RESULTS = Path(__file__).parent / "results.json"
SCENARIOS = (
    "ceiling",
    "cached",
    "one_person",
    "cold",
    "outage",
    "redis_restart",
    "many_sites",
    "memory",
)
LIBRARIES = [
    "django",
    "gunicorn",
    "uvicorn",
    "redis",
    "psycopg",
    "requests",
    "cryptography",
    "pyjwt",
    "playwright",
]


def main() -> None:
    start = time.monotonic()
    results: dict[str, Any] = {"machine": _machine()}
    results |= _measure_one_process()
    results["judged"] = _judge(results["mint"])
    scenario.show(results["judged"])
    results["browser"] = _measure_apart("browser")
    results["under load"] = {name: _measure_apart(name) for name in SCENARIOS}
    results["seconds"] = round(time.monotonic() - start)
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    print(f"Measured in {results['seconds']} s; written to {RESULTS.name}")


def _measure_one_process() -> dict[str, dict[str, Any]]:
    django_project.set_up()
    results = {
        "tag": tag.measure(),
        "mint": mint.measure(),
        "page": page.measure(),
        "corpus": corpus.measure(),
    }
    for group, figures in results.items():
        for name, value in figures.items():
            print(f"  {group:6} {name:65} {value}")
    return results


def _judge(mints: dict[str, Any]) -> dict[str, Any]:
    figures = [
        Figure(
            "a mint against one raw signature", mints["mint_to_raw"], "×", at_most=1.3
        )
    ]
    if "cozepy_to_mint" in mints:
        title = "cozepy's CPU for the same against a mint's"
        figures.append(Figure(title, mints["cozepy_to_mint"], "×", at_least=50))
    return {"figures": [figure.to_json() for figure in figures]}


def _measure_apart(name: str) -> dict[str, Any]:
    print(f"{name}:", flush=True)
    found = {"load average before": round(os.getloadavg()[0], 1), **scenario.run(name)}
    scenario.show(found)
    return found


def _machine() -> dict[str, Any]:
    return {
        "date": datetime.date.today().isoformat(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "servers": {
            "postgresql": _ask_version("psql", "--version"),
            "redis": _ask_version("redis-server", "--version"),
        },
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _ask_version(*command: str) -> str:
    try:
        return subprocess.check_output(command, text=True).strip()
    except OSError:
        return "not installed"


if __name__ == "__main__":
    main()
