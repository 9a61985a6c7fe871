"""From `startproject` to a chat of one's own, with the wheel and the README's five steps.

Runs on the interpreter that runs the tests, with the Django that pip finds for it.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from tests.host.forms import Person
from tests.host.servers import free_port, serving
from tests.host.steps import CONFIG, Reader
from tests.sandbox.caller import BOT, Caller, find_answer

PASSWORD = "correct horse battery staple"
ISLAND = re.compile(
    r'<script id="coze-(?:widget|chat)[\w-]*" type="application/json">(.*?)</script>',
    re.DOTALL,
)


def read_island(html):
    [text] = ISLAND.findall(html)
    return json.loads(text)


@pytest.fixture
def mysite(fresh_project, wheel, tmp_path):
    """The project after the five steps, served, with the sandbox in Coze's place."""
    port, coze_port = free_port(), free_port()
    config = fresh_project.folder / "coze_oauth_config.json"
    reader = Reader(fresh_project, wheel=wheel, config=CONFIG)
    with ExitStack() as stack:

        def serve(port, command, *arguments):
            log = tmp_path / f"{command}.log"
            arguments = ["manage.py", command, *arguments]
            stack.enter_context(serving(fresh_project, arguments, port=port, log=log))

        reader.do(1, 2, 3)
        reader.add_sandbox()  # before the config is looked for: the sandbox writes it
        words = ["--port", str(coze_port), "--config", config.name]
        serve(coze_port, "coze_sandbox", *words)
        reader.do(4, 5)
        for name in ("alice", "bob"):
            fresh_project.environ["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
            fresh_project.manage(
                *("createsuperuser", "--noinput"),
                *("--username", name, "--email", f"{name}@example.com"),
            )
        serve(port, "runserver", "--noreload", str(port))
        yield SimpleNamespace(
            url=f"http://127.0.0.1:{port}",
            coze=SimpleNamespace(url=f"http://127.0.0.1:{coze_port}"),
            project=fresh_project,
            reader=reader,
        )


def open_chat(person):
    """Do what the launcher and the chat's script do; return the answer of the session."""
    frame = person.visit(read_island(person.visit("/").text)["frame_url"])
    answer = person.post(read_island(frame.text)["session_url"], {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_two_people_have_a_chat_each(mysite):
    with Person(mysite.url) as alice, Person(mysite.url) as bob:
        for person, name in [(alice, "alice"), (bob, "bob")]:
            person.submit("/admin/login/", username=name, password=PASSWORD)
        alice.submit(
            "/admin/coze_widget/widget/add/", name="Help", slug="help", bot_id=BOT
        )
        alices, bobs = open_chat(alice), open_chat(bob)

    with (
        Caller(mysite.coze, token=alices["token"]) as alice,
        Caller(mysite.coze, token=bobs["token"]) as bob,
    ):
        conversation = alice.begin()
        answer = find_answer(alice.talk(conversation["id"], "apples for alice"))
        refusal = bob.history(conversation["id"])

    assert answer.startswith('You said: "apples for alice"')
    assert refusal["code"] == 4002
    assert alices["epoch"] != bobs["epoch"]
    told = mysite.project.manage("coze_setup")
    assert "[x] Coze accepts the key." in told
    assert "[x] “Help” is shown on pages that have its tag." in told
    # pip and migrate; nine places to write to, two of them for the sandbox.
    assert (mysite.reader.commands, mysite.reader.edits) == (2, 9)
    assert mysite.project.check() == (
        "System check identified no issues (0 silenced).\n"
    )
