"""How gunicorn serves the site: `gunicorn -c deploy/gunicorn.conf.py deploy.wsgi`.

The sizing rule and the figures behind it: docs/sizing.md.
"""

from __future__ import annotations

import os

bind = os.environ.get("GUNICORN_BIND", "0.0.0.0:8000")

# Threads, since a person whose token has to be fetched waits for Coze; the site's own work
# is done by as many processes as there are cores, and one more to fill the gaps.
worker_class = "gthread"
workers = int(os.environ.get("GUNICORN_WORKERS") or (os.cpu_count() or 1) + 1)
threads = int(os.environ.get("GUNICORN_THREADS") or 16)

# A process takes what its threads can serve, and keeps the connections of nginx.conf's
# `keepalive`. What waits in the listening socket is taken by whichever process is free
# first; what a process has taken waits for that process.
worker_connections = threads + 32
backlog = 2048

# Longer than nginx keeps its connections to us (60 s), so that we never close one which
# nginx is about to use.
keepalive = 75

# Above COZE_TOTAL_TIMEOUT_SECONDS (12), which is the longest that one request waits.
timeout = 30
graceful_timeout = 30

# A heartbeat file on a disk can block a whole process.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108

# Its file would lie in a home that a container's user has not.
control_socket_disable = True

accesslog = os.environ.get("GUNICORN_ACCESS_LOG", "-") or None
