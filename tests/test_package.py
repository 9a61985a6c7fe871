"""What is built and installed: the files, the metadata, and the same bytes each time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.version import Version

from coze_widget.version import __version__

ROOT = Path(__file__).resolve().parent.parent
NAME = f"django_coze_widget-{__version__}"
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
# What may lie about in a checkout and must not leave it.
DIRT = [
    ".env",
    "coze_widget/__pycache__/conf.cpython-313.pyc",
    "coze_widget/coze_oauth_config.json",
    "coze_widget/private_key.pem",
]
SETTINGS = """
INSTALLED_APPS += ["django.contrib.sites", "coze_widget"]
MIDDLEWARE += ["coze_widget.middleware.VisitorMiddleware"]
COZE_IDENTITY_KEY = "k" * 32
"""
URLS = """
from django.urls import include

urlpatterns.append(path("chat/", include("coze_widget.urls")))
"""

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="git says which files are the project's"
)


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked_files():
    names = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    return {name for name in names if (ROOT / name).is_file()}


def check_out(folder, *, mode, moment):
    """Copy the project's files, as another machine would have got them."""
    for name in tracked_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        target.chmod(mode)
        os.utime(target, (moment, moment))
    return folder


def build(tree, out, *options, umask):
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out]
    run(*command, *options, tree, umask=umask)
    return out


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    check_out(folder, mode=0o600, moment=1_600_000_000)
    for name in DIRT:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not for you")
    return folder


@pytest.fixture(scope="module")
def dist(tree, tmp_path_factory):
    """The sdist, and the wheel that was built from the sdist."""
    return build(tree, tmp_path_factory.mktemp("dist"), umask=0o077)


@pytest.fixture(scope="module")
def wheel(dist):
    return dist / f"{NAME}-py3-none-any.whl"


@pytest.fixture(scope="module")
def sdist(dist):
    return dist / f"{NAME}.tar.gz"


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{NAME}.dist-info/METADATA")
    return Metadata.from_email(text)


# Files


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    package = {name for name in tracked_files() if name.startswith("coze_widget/")}
    about = {"METADATA", "RECORD", "WHEEL", "licenses/LICENSE"}

    held = set(zipfile.ZipFile(wheel).namelist())

    assert held == package | {f"{NAME}.dist-info/{name}" for name in about}


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "locale/zh_Hans/LC_MESSAGES/django.mo",
        "locale/zh_Hans/LC_MESSAGES/django.po",
        "migrations/0001_initial.py",
        "sandbox/sdk/index.js",
        "static/coze_widget/chat.css",
        "static/coze_widget/loader.js",
        "templates/coze_widget/frame.html",
    ],
)
def test_of_each_kind_of_file_one_is_in_the_wheel(wheel, name):
    assert f"coze_widget/{name}" in zipfile.ZipFile(wheel).namelist()


def test_the_sdist_holds_what_a_build_needs_and_nothing_else(sdist):
    package = {name for name in tracked_files() if name.startswith("coze_widget/")}
    around = {
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "README.zh-CN.md",
        "SECURITY.md",
        "pyproject.toml",
    }

    with tarfile.open(sdist) as archive:
        held = set(archive.getnames())

    assert held == {f"{NAME}/{name}" for name in package | around}


def test_the_same_files_become_the_same_bytes(dist, tmp_path):
    """Built elsewhere, later, by somebody with other permissions, without an sdist between."""
    tree = check_out(tmp_path / "tree", mode=0o664, moment=1_700_000_000)

    again = build(tree, tmp_path / "dist", "--sdist", "--wheel", umask=0o002)

    built = {path.name: path.read_bytes() for path in dist.iterdir()}
    assert len(built) == 2
    assert {path.name: path.read_bytes() for path in again.iterdir()} == built


# Metadata


def test_the_metadata_is_complete(metadata):
    assert metadata.name == "django-coze-widget"
    assert metadata.license_expression == "MIT"
    assert metadata.license_files == ["LICENSE"]
    assert str(metadata.requires_python) == ">=3.10"
    assert metadata.provides_extra == ["api", "demo", "import", "test"]


def test_the_page_on_pypi_links_to_nothing_that_is_not_there(metadata):
    """There, no file lies beside the text, and no heading has an anchor."""
    html = MarkdownIt("commonmark").enable("table").render(metadata.description)

    assert metadata.description_content_type == "text/markdown"
    assert "Five steps" in html
    targets = re.findall(r'(?:href|src)="([^"]*)"', html)
    assert targets
    assert [target for target in targets if not target.startswith("https://")] == []


def floors(requirements):
    return {one.name: str(one.specifier) for one in requirements}


def without_comments(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_what_is_installed_for_tests_is_what_the_package_asks_for(metadata):
    needed = [one for one in metadata.requires_dist if not one.marker]

    for_tests = [Requirement(line) for line in without_comments("requirements.txt")]

    assert floors(needed).items() <= floors(for_tests).items()


def test_the_oldest_that_are_allowed_are_the_oldest_that_are_tested(metadata):
    allowed = floors(one for one in metadata.requires_dist if "test" not in str(one))

    tested = floors(map(Requirement, without_comments("constraints-oldest.txt")))

    assert tested == {name: one.replace(">", "=") for name, one in allowed.items()}


def test_the_version_is_the_same_everywhere(metadata):
    released = [
        Version(version)
        for version in re.findall(r"^## \[?(\d[^\] ]*)", CHANGELOG, re.MULTILINE)
    ]

    assert metadata.version == Version(__version__)
    assert released == sorted(released, reverse=True)
    # Between two releases the number is the next one's, or still the last one's.
    assert "## Unreleased" in CHANGELOG or Version(__version__) in released


# Installing


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    run(sys.executable, "-m", "django", "startproject", "shop", folder)
    for name, lines in (("settings.py", SETTINGS), ("urls.py", URLS)):
        path = folder / "shop" / name
        path.write_text(path.read_text() + lines)
    return folder


@pytest.mark.parametrize("source", ["wheel", "path", "git"])
def test_it_can_be_installed(source, request, project, tmp_path):
    """Into a folder of its own, beside the dependencies that are here: no network.

    `make package` does it in new environments, with what pip fetches.
    """
    targets = {
        "wheel": lambda: request.getfixturevalue("wheel"),
        "path": lambda: request.getfixturevalue("tree"),
        "git": lambda: f"git+{ROOT.as_uri()}",
    }
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run(*pip, "--no-build-isolation", "--target", tmp_path, targets[source]())
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    def manage(*arguments):
        return run(
            sys.executable, "manage.py", *arguments, cwd=project, env=environment
        )

    manage("check")  # an error would be a failed command
    assert str(tmp_path) in manage("findstatic", "coze_widget/loader.js")
