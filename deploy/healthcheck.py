"""`python -m deploy.healthcheck`: is gunicorn, in this container, fit to serve?"""

from __future__ import annotations

import http.client
import os
import sys

PATH = "/chat/health/"
TIMEOUT_SECONDS = 5


def main() -> int:
    """Ask as nginx would, for a host that the site knows."""
    port = int(os.environ.get("GUNICORN_BIND", ":8000").rpartition(":")[2])
    host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", PATH, headers=headers)
        return int(connection.getresponse().status != 200)
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
