"""The examples of docs/testing.md in a project of their own, by either test runner."""

from __future__ import annotations

import re

from coze_widget.testing import fixtures
from tests.testing.project import count_tests, examples, run, write

PYTEST = ("-m", "pytest", "-p", "no:cacheprovider")
OWN_WIDGET = """
def test_members(coze_chat, django_user_model):
    member = django_user_model.objects.create_user(username="member")

    assert "members" in repr(coze_chat(member))
"""


def test_pytest_runs_the_examples_as_they_stand(tmp_path):
    [conftest] = examples("pytest_plugins")
    [tests] = examples("def test_alice_and_bob_have_chats_of_their_own(coze_chat")
    write(tmp_path, {"conftest.py": conftest, "test_shop.py": tests})

    said = run(tmp_path, *PYTEST)

    assert re.search(rf"\b{count_tests(tests)} passed", said), said


def test_a_fixture_can_be_overridden(tmp_path):
    """And the plugin may be loaded before Django is there."""
    [conftest] = examples("def coze_widget(coze, db)")
    write(tmp_path, {"conftest.py": conftest, "test_members.py": OWN_WIDGET})

    said = run(tmp_path, *PYTEST, "-p", fixtures.__name__)

    assert "1 passed" in said


def test_djangos_runner_runs_the_examples_as_they_stand(tmp_path):
    """In two processes, which share nothing."""
    tests = [*examples("(CozeTestMixin, TestCase)"), *examples("(TestCase)")]
    write(tmp_path, {f"test_{number}.py": text for number, text in enumerate(tests)})

    said = run(tmp_path, "-W", "error", "manage.py", "test", "--parallel", "2")

    assert len(tests) == 4
    assert f"Ran {count_tests(*tests)} tests" in said
