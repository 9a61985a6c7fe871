"""The host code of docs/visitor-tokens.md signs what we take."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from django.test import RequestFactory

from coze_widget.visitor_tokens import read_visitor_token
from coze_widget.visitors import SignedVisitor
from tests.documents import DOCS, blocks_of, read
from tests.host_tokens import SECRET, elliptic_key, make_key, public_pem_of
from tests.keypairs import private_pem

PAGE = DOCS / "visitor-tokens.md"
# What no naive JSON or shell gets right.
NAME = "Ada “\\' 学 </script>"
ADA = SignedVisitor("5", NAME)

pytestmark = pytest.mark.django_db


def code_of(language, index=0):
    blocks = [block for block in blocks_of(PAGE) if block.language == language]
    return blocks[index].text


def run_python(index):
    namespace = {}
    exec(compile(code_of("python", index), str(PAGE), "exec"), namespace)
    return namespace["sign_visitor"]


@pytest.fixture
def read_token(widget):
    request = RequestFactory().post("/", HTTP_HOST="example.com")
    return lambda token: read_visitor_token(token, widget, request)


@pytest.fixture
def key(widget):
    return make_key(widget)


def test_python_signs_a_visitor(read_token, key, monkeypatch):
    monkeypatch.setenv("CHAT_SECRET", SECRET)

    assert read_token(run_python(0)(5, NAME)) == ADA


def node(code):
    return ["-e", f"{code}\nconsole.log(signVisitor(5, {json.dumps(NAME)}))"]


def php(code):  # pragma: no cover  # few machines that test Django have it
    return ["-r", f'{code.removeprefix("<?php")}\necho sign_visitor("5", {NAME!r});']


def needs(program, *values):
    missing = shutil.which(program) is None
    reason = f"{program} is not installed"
    return pytest.param(
        program, *values, id=program, marks=pytest.mark.skipif(missing, reason=reason)
    )


@pytest.mark.parametrize(
    ("program", "language", "call"),
    [needs("node", "javascript", node), needs("php", "php", php)],
)
def test_other_languages_sign_a_visitor(read_token, key, program, language, call):
    done = subprocess.run(
        [shutil.which(program), *call(code_of(language))],
        env={"CHAT_SECRET": SECRET},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert read_token(done.stdout.strip()) == ADA


def test_a_key_pair_signs_a_visitor(read_token, widget):
    make_key(widget, algorithm="ES256", public_key=public_pem_of(elliptic_key()))

    token = run_python(1)(5, private_pem(elliptic_key()), "shop")

    assert read_token(token) == SignedVisitor("5")


def test_every_reason_on_the_page_is_one_that_is_given():
    source = (DOCS.parent / "coze_widget" / "visitor_tokens.py").read_text()
    table = read(PAGE).partition("| reason | remedy |")[2]
    reasons = [line.split("|")[1].strip() for line in table.splitlines()[2:] if line]

    assert len(reasons) == 8
    for reason in "; ".join(reasons).split("; "):
        assert reason in source
