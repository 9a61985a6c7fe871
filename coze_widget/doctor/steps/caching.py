"""Whether people's tokens are kept where all processes look."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.conf import conf
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, failed, passed, warned

KEY = "coze_widget:doctor"
KEEP_SECONDS = 30
OTHER_PROCESS_SECONDS = 10
# The system check that says less; whoever has one process silences it.
CACHE_CHECK = "coze_widget.W017"
# Knows of the project nothing but where its modules are, and this one cache.
READ_IN_ANOTHER_PROCESS = """
import json, sys
told = json.load(sys.stdin)
sys.path[:] = told["path"]
from django.conf import settings
settings.configure(CACHES={"default": told["cache"]})
from django.core.cache import cache
print(cache.get(told["key"]))
"""


def look_at_cache(patient: Patient) -> Iterator[Sight]:
    """Keep something for a moment, and let another process of this machine look for it."""
    alias = conf.cache_alias
    value = secrets.token_hex(8)
    problem = _keep(alias, value)
    if problem:
        yield failed(
            _("The cache “%(alias)s” does not work: %(problem)s.")
            % {"alias": alias, "problem": problem},
            _(
                "Until it does, each process keeps tokens and counts in its own memory, "
                "or none at all: see CACHES and COZE_CACHE."
            ),
        )
        return
    is_own = isinstance(caches[alias], LocMemCache)
    is_shared = False if is_own else _reads_another_process(alias, value)
    yield _judge(alias, is_shared=is_shared)


def _judge(alias: str, *, is_shared: bool | None) -> Sight:
    if is_shared is None:
        return passed(
            _(
                "The cache “%(alias)s” keeps what it is given. Whether other processes see "
                "it could not be tried; go by its kind, %(kind)s."
            )
            % {"alias": alias, "kind": type(caches[alias]).__name__}
        )
    if is_shared:
        return passed(
            _("What this process keeps in the cache “%(alias)s” another one reads.")
            % {"alias": alias}
        )
    if CACHE_CHECK in settings.SILENCED_SYSTEM_CHECKS:
        return passed(
            _("The cache “%(alias)s” is this process's own, as %(check)s may be.")
            % {"alias": alias, "check": CACHE_CHECK}
        )
    return warned(
        _("Another process does not see what this one keeps in the cache “%(alias)s”.")
        % {"alias": alias},
        _(
            "A person gets a token from each process, and limits count apart: name a cache "
            "that all share. With a single process, silence %(check)s."
        )
        % {"check": CACHE_CHECK},
    )


def _keep(alias: str, value: str) -> str:
    """Return what is wrong, "" if nothing is."""
    try:
        cache = caches[alias]
        cache.set(KEY, value, KEEP_SECONDS)
        if cache.get(KEY) == value:
            return ""
    except Exception as exc:
        return type(exc).__name__
    return _("it keeps nothing") if isinstance(cache, DummyCache) else _("it forgets")


def _reads_another_process(alias: str, value: str) -> bool | None:
    """Tell whether another process reads the value; None where none could be asked."""
    # Within uWSGI that is no Python.
    if not Path(sys.executable).name.startswith("python"):
        return None
    told = {"path": sys.path, "cache": settings.CACHES[alias], "key": KEY}
    try:
        answer = subprocess.run(  # noqa: S603  # ourselves
            [sys.executable, "-c", READ_IN_ANOTHER_PROCESS],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=OTHER_PROCESS_SECONDS,
            check=True,
        )
    except (OSError, TypeError, ValueError, subprocess.SubprocessError):
        # Its options hold objects, or it is a table of the project's database.
        return None
    return answer.stdout.strip() == value


CACHE = Step("cache", gettext_lazy("The tokens' cache"), look_at_cache)
