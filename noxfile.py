"""Environments with one Python and one Django each (docs/adr/0009). `make matrix` runs `tests`."""

from __future__ import annotations

import os
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
DJANGOS = ["5.2", "6.0", "6.1"]
PAIRS = [
    (python, django)
    for python in PYTHONS
    for django in DJANGOS
    # Django 6 needs Python 3.12.
    if django < "6" or python >= "3.12"
]
WITHOUT_BROWSER = ("-m", "not browser")
ON_TWO_WORKERS = ("-n", "2", "--dist", "worksteal")
CHECK = """
import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sites",
        "coze_widget",
    ],
    ROOT_URLCONF="coze_widget.urls",
    SECRET_KEY="s" * 50,
    COZE_IDENTITY_KEY="k" * 32,
    USE_TZ=True,
)
django.setup()
call_command("check")
"""

nox.needs_version = ">=2025.2"
# As pip is configured here, so it installs; uv would ask elsewhere.
nox.options.default_venv_backend = "virtualenv"
nox.options.download_python = "never"
# The shims of pyenv stand in the PATH for versions that are not switched on, and refuse.
os.environ["PATH"] = os.pathsep.join(
    [
        *map(str, sorted(Path.home().glob(".pyenv/versions/3.1*/bin"))),
        os.environ["PATH"],
    ]
)


def run_tests(session: nox.Session, *arguments: str) -> None:
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


@nox.session(reuse_venv=True)
@nox.parametrize(("python", "django"), PAIRS, ids=[f"{p}-{d}" for p, d in PAIRS])
def tests(session: nox.Session, django: str) -> None:
    """One pair; the newest one opens the browser too."""
    session.install("-r", "requirements.txt", f"django=={django}.*")
    is_newest = (session.python, django) == PAIRS[-1]
    which = () if is_newest else WITHOUT_BROWSER
    run_tests(session, *ON_TWO_WORKERS, *which, *session.posargs)


@nox.session(python=PYTHONS[0], reuse_venv=True)
def oldest(session: nox.Session) -> None:
    """The oldest of everything that is allowed; in the browser, somebody else's project."""
    session.install("-r", "requirements.txt", "-c", "constraints-oldest.txt")
    run_tests(session, *ON_TWO_WORKERS, *WITHOUT_BROWSER, *session.posargs)
    if not session.posargs:
        run_tests(session, "tests/browser/test_host_project.py")


@nox.session
@nox.parametrize("source", ["wheel", "path", "git"])
def install(session: nox.Session, source: str) -> None:
    """Into a new environment, with what pip fetches. The wheel lies in dist/."""
    sources = {
        "wheel": [str(wheel) for wheel in ROOT.glob("dist/*.whl")],
        "path": [str(ROOT)],
        "git": [f"git+{ROOT.as_uri()}"],
    }
    session.install(*sources[source])
    session.chdir(session.create_tmp())  # not the checkout's own package
    session.run("python", "-c", CHECK, silent=True)  # advice to no real project
