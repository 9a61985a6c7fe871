from __future__ import annotations

import pytest

from tests.host.steps import read_sandbox, read_steps

LANGUAGE_OF_STEP = {1: "sh", 2: "python", 3: "python", 4: "python", 5: "html+django"}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_there_are_five_steps(name):
    assert list(read_steps(name)) == list(LANGUAGE_OF_STEP)


@pytest.mark.parametrize(("number", "language"), LANGUAGE_OF_STEP.items())
def test_a_step_is_the_same_in_both_languages(number, language):
    english, chinese = read_steps()[number], read_steps("README.zh-CN.md")[number]

    assert english.block(language) == chinese.block(language)


def test_the_command_of_step_4_is_the_same_in_both_languages():
    assert read_steps()[4].command == read_steps("README.zh-CN.md")[4].command


def test_the_sandbox_is_set_the_same_way_in_both_languages():
    assert read_sandbox() == read_sandbox("README.zh-CN.md")
