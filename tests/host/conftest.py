from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.host.steps import NO_NETWORK, Project

HOME = """<!DOCTYPE html>
<html lang="en">
  <head>
    <title>Hello</title>
  </head>
  <body>
    <h1>Hello</h1>
  </body>
</html>
"""
# What its owner writes: a project of `startproject` has no page.
SETTINGS_OF_THE_PAGE = 'TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]\n'
URLS_OF_THE_PAGE = """from django.views.generic import TemplateView

urlpatterns += [path("", TemplateView.as_view(template_name="home.html"))]
"""


def bare_environ():
    """Return the environment of somebody who has set nothing."""
    left_out = ("COVERAGE_", "COV_", "COZE_", "DJANGO_", "PYTHON")
    return {n: v for n, v in os.environ.items() if not n.startswith(left_out)}


@pytest.fixture(scope="session")
def fresh_python(tmp_path_factory, wheel):
    """A new environment with the wheel and what pip finds for it, and nothing else."""
    folder = tmp_path_factory.mktemp("fresh") / "env"
    python = folder / "bin" / "python"
    commands = [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", str(wheel)],
    ]
    for command in commands:
        run = subprocess.run(
            command, env=bare_environ(), capture_output=True, text=True
        )
        assert run.returncode == 0, NO_NETWORK + run.stdout + run.stderr
    return python


@pytest.fixture(scope="session")
def started(tmp_path_factory, fresh_python):
    """What `startproject` makes, and a page of its owner's."""
    folder = tmp_path_factory.mktemp("projects") / "mysite"
    folder.mkdir()
    command = [fresh_python.with_name("django-admin"), "startproject", "mysite", "."]
    subprocess.run(command, cwd=folder, env=bare_environ(), check=True)
    for name, text in [
        ("settings", SETTINGS_OF_THE_PAGE),
        ("urls", URLS_OF_THE_PAGE),
    ]:
        with (folder / "mysite" / f"{name}.py").open("a") as file:
            file.write(f"\n{text}")
    (folder / "templates").mkdir()
    (folder / "templates" / "home.html").write_text(HOME)
    return folder


def project_in(folder, python):
    return Project(
        folder=folder,
        python=python,
        settings=folder / "mysite/settings.py",
        urls=folder / "mysite/urls.py",
        template=folder / "templates/home.html",
        environ=bare_environ(),
    )


@pytest.fixture
def fresh_project(started, fresh_python, tmp_path):
    return project_in(shutil.copytree(started, tmp_path / "mysite"), fresh_python)
