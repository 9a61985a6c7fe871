"""The tools around the package: the matrix, the audit, the hooks before a commit."""

from __future__ import annotations

import ast
import json
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Commands that have another name than their distribution.
SCRIPTS_OF = {"pre-commit-hooks": {"check-", "detect-"}, "pip": {"python"}}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def distributions(name):
    return set(re.findall(r"^([\w-]+)", read(name), re.MULTILINE)) | {"pip"}


# The matrix


@pytest.fixture(scope="module")
def matrix():
    """The two lists of the noxfile; nox itself is not installed here."""
    tree = ast.parse(read("noxfile.py"))
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
    }


@pytest.mark.parametrize(
    ("classifier", "versions"),
    [("Programming Language :: Python", "PYTHONS"), ("Framework :: Django", "DJANGOS")],
)
def test_the_matrix_is_what_the_package_says_it_runs_on(matrix, classifier, versions):
    said = re.findall(rf'"{classifier} :: (\d+\.\d+)"', read("pyproject.toml"))

    assert matrix[versions] == said


# The audit


@pytest.fixture
def audit(monkeypatch):
    """The script's functions; what the other tools say is put in by the test."""
    names = runpy.run_path(str(ROOT / "lint" / "audit.py"))
    scope = names["audit"].__globals__

    def run(**answers):
        questions = {
            name: ("printf", "%s", json.dumps(answer))
            for name, answer in answers.items()
        }
        monkeypatch.setitem(scope, "QUESTIONS", questions)
        return names["audit"](questions)

    return run


CLEAN = {"dependencies": [{"name": "django", "version": "6.1", "vulns": []}]}
ADVISORY = {"id": "PYSEC-1", "fix_versions": []}
BAD = {"dependencies": [{"name": "django", "version": "5.2", "vulns": [ADVISORY]}]}
SKIPPED = {"dependencies": [{"name": "django", "skip_reason": "not found"}]}
NPM_CLEAN = {"vulnerabilities": {}}
NPM_BAD = {"vulnerabilities": {"left-pad": {"range": "<1", "severity": "high"}}}
NPM_UNREACHABLE = {"message": "405 Method Not Allowed", "error": {}}


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"newest": CLEAN, "oldest": CLEAN, "npm": NPM_CLEAN}, 0),
        ({"newest": BAD}, 1),
        ({"oldest": BAD}, 0),
        ({"npm": NPM_BAD}, 1),
        ({"newest": SKIPPED}, 3),
        ({"npm": NPM_UNREACHABLE}, 3),
        ({"newest": BAD, "npm": NPM_UNREACHABLE}, 1),
    ],
)
def test_the_audit_tells_clean_from_bad_from_not_asked(audit, answers, code):
    assert audit(**answers) == code


def test_the_audit_names_what_it_found_and_what_it_could_not_ask(audit, capsys):
    audit(oldest=BAD, newest=SKIPPED)

    assert capsys.readouterr().out.splitlines() == [
        "oldest:",
        "  django 5.2: PYSEC-1",
        "newest: NOT CHECKED, nobody could be asked: not found",
    ]


# The hooks


def test_every_hook_calls_a_tool_that_is_installed_by_a_file_of_ours():
    config = read(".pre-commit-config.yaml")
    here = {
        ".venv": distributions("requirements.txt"),
        ".venv-tools": distributions("requirements-tools.txt"),
    }

    commands = re.findall(r"entry: (\.[\w-]+)/bin/([\w-]+)", config)

    assert len(commands) == config.count("- id:") == config.count("language: system")
    for folder, command in commands:
        scripts = tuple(
            script for name in here[folder] for script in SCRIPTS_OF.get(name, {name})
        )
        assert command.startswith(scripts), command


def test_no_hook_comes_from_elsewhere():
    repositories = re.findall(r"repo: (\S+)", read(".pre-commit-config.yaml"))

    assert repositories == ["local"]
