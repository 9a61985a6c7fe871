"""A process of a site, for tests: asks for people's tokens in many threads at once.

Reads one JSON object from its standard input (settings and people), says "ready", waits
for a line, and writes what each thread got, as one JSON list.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor


def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    set_up(wanted["settings"])
    from coze_widget.exceptions import CozeError
    from coze_widget.tokens import get_token, token_id

    people = wanted["people"]
    start = threading.Barrier(len(people))

    def ask(person: list[str]) -> dict[str, object]:
        name, refused = person
        start.wait()
        began = time.monotonic()
        try:
            token = get_token("default", name, refused=refused)
            got = {"id": token_id(token.value), "value": token.value}
        except CozeError as exc:
            got = {"error": type(exc).__name__, "text": str(exc)}
        return {"name": name, "seconds": time.monotonic() - began, **got}

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(len(people)) as pool:
        print(json.dumps(list(pool.map(ask, people))), flush=True)


def set_up(overrides: dict[str, object]) -> None:
    import django
    from django.conf import settings

    from tests import settings as plain

    names = {name: getattr(plain, name) for name in dir(plain) if name.isupper()}
    settings.configure(**{**names, **overrides})
    django.setup()


if __name__ == "__main__":
    main()
