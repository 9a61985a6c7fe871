"""Ask the public advisories about what the package needs, and what lint fetches from npm.

Exits with 1 where something of the newest that pip would choose has an advisory, or one of npm's
packages; with 3 where nobody could be asked. Advisories about the oldest that is allowed are told
only: which of them to allow is up to whoever installs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOUND, UNASKED = 1, 3
PIP_AUDIT = (
    sys.executable,
    "-m",
    "pip_audit",
    "--format=json",
    "--progress-spinner=off",
)
QUESTIONS = {
    "newest": (*PIP_AUDIT, str(ROOT)),
    "oldest": (
        *(*PIP_AUDIT, "--no-deps", "--disable-pip"),
        *("--requirement", str(ROOT / "constraints-oldest.txt")),
    ),
    "npm": ("npm", "audit", "--json"),
}


class Unasked(Exception):
    """The service was out of reach, or knows none of the packages."""


def read_pip(text: str) -> list[str]:
    """Return a line for each advisory. pip-audit calls it clean where it was told nothing."""
    packages = json.loads(text)["dependencies"]
    skipped = [one["skip_reason"] for one in packages if "skip_reason" in one]
    if skipped:
        raise Unasked(skipped[0])
    return [
        f"{one['name']} {one['version']}: {advisory['id']}"
        for one in packages
        for advisory in one["vulns"]
    ]


def read_npm(text: str) -> list[str]:
    report = json.loads(text)
    if "vulnerabilities" not in report:
        raise Unasked(report.get("message") or "npm gave no report")
    return [
        f"{name} {one['range']}: {one['severity']}"
        for name, one in report["vulnerabilities"].items()
    ]


def ask(name: str) -> list[str]:
    try:
        done = subprocess.run(
            QUESTIONS[name],
            cwd=ROOT / "lint",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return (read_npm if name == "npm" else read_pip)(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise Unasked(str(exc)) from exc
    except ValueError as exc:  # no JSON
        raise Unasked((done.stderr.strip().splitlines() or ["no answer"])[-1]) from exc


def audit(names: Iterable[str]) -> int:
    codes = {0}
    for name in names:
        try:
            advisories = ask(name)
        except Unasked as exc:
            print(f"{name}: NOT CHECKED, nobody could be asked: {exc}")
            codes.add(UNASKED)
            continue
        print(f"{name}:", *(advisories or ["no advisory"]), sep="\n  ")
        codes.add(FOUND if advisories and name != "oldest" else 0)
    return FOUND if FOUND in codes else max(codes)


if __name__ == "__main__":
    sys.exit(audit(QUESTIONS))
