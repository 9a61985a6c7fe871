"""`make bench`: figures of one run on one machine, so compare the ratios."""

from __future__ import annotations

import json
import platform
from pathlib import Path

from bench import django_project, mint, page, tag

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    django_project.set_up()
    results = {
        "python": platform.python_version(),
        "tag": tag.measure(),
        "mint": mint.measure(),
        "page": page.measure(),
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    for group, figures in results.items():
        if isinstance(figures, dict):
            for name, value in figures.items():
                print(f"{group:6} {name:45} {value}")


if __name__ == "__main__":
    main()
