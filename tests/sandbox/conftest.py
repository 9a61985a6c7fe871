from __future__ import annotations

import pytest

from coze_widget.sandbox.server import Sandbox
from tests.sandbox.caller import Caller


@pytest.fixture(scope="session")
def running_sandbox():
    with Sandbox(pause_seconds=0.001) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def oauth_config(running_sandbox):
    """One key pair for all tests: making one takes a while."""
    return running_sandbox.make_oauth_config()


@pytest.fixture
def sandbox(running_sandbox):
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def alice(sandbox):
    with Caller(sandbox, "alice") as caller:
        yield caller


@pytest.fixture
def bob(sandbox):
    with Caller(sandbox, "bob") as caller:
        yield caller
