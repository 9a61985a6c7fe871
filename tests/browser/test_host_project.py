"""Somebody else's project, with the wheel put in by the README's five steps.

Its members have a UUID and an e-mail address, no name; everybody must log in; requests
are transactions; the policy is strict; pages are boosted by htmx; a proxy ends TLS and
serves it below a path, under two hosts; DEBUG is off.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from coze_widget.sandbox.catalogue import BOT_ID
from coze_widget.sandbox.server import Sandbox
from tests.browser.visitor import Visitor
from tests.host.proxy import Proxy, write_certificate
from tests.host.servers import free_port, gunicorn, serving, uvicorn
from tests.host.steps import Project, Reader

pytestmark = pytest.mark.browser

SOURCE = Path(__file__).resolve().parent.parent / "host_project"
PREFIX = "/books"
HOSTS = ["shop.localhost", "club.localhost"]
PASSWORD = "correct horse battery staple"
PEOPLE = """
from members.models import Member
make = Member.objects
make.create_superuser("owner@example.com", {password!r})
make.create_user("alice@example.com", {password!r})
make.create_user("bob@example.com", {password!r})
"""


@pytest.fixture(scope="module")
def host_coze():
    with Sandbox(pause_seconds=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter of the project's own, which also sees what the tests have."""
    folder = tmp_path_factory.mktemp("host") / "env"
    venv.create(folder, with_pip=False)
    base = {"base": str(folder), "platbase": str(folder)}
    own = Path(sysconfig.get_path("purelib", vars=base))
    (own / "tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "python"


def host_environ(**variables):
    left_out = ("COVERAGE_", "COV_", "COZE_", "DJANGO_", "PYTHON", "SCRIPT_NAME")
    return {
        **{n: v for n, v in os.environ.items() if not n.startswith(left_out)},
        "BOOKSHOP_SECRET_KEY": "for tests only",
        "COZE_IDENTITY_KEY": "an identity key that nobody else has",
        "SCRIPT_NAME": PREFIX,
        **variables,
    }


def project_in(folder, python):
    return Project(
        folder=folder,
        python=python,
        settings=folder / "bookshop/settings.py",
        urls=folder / "bookshop/urls.py",
        template=folder / "templates/base.html",
        environ=host_environ(),
    )


@pytest.fixture(scope="module")
def deployed(python, wheel, host_coze, tmp_path_factory):
    """Returns the project after the five steps, with the URLs at this place."""
    config = tmp_path_factory.mktemp("etc") / "coze_oauth_config.json"
    config.write_text(json.dumps(host_coze.make_oauth_config()))
    made = {}

    def deploy(within):
        if within not in made:
            folder = tmp_path_factory.mktemp("projects") / "bookshop"
            shutil.copytree(SOURCE, folder)
            project = project_in(folder, python)
            reader = Reader(project, wheel=wheel, config=config, within=within)
            reader.do(1, 2, 3, 4, 5)
            project.manage("collectstatic", "--noinput")
            project.manage("shell", "-c", PEOPLE.format(password=PASSWORD))
            made[within] = folder
        return made[within]

    return deploy


@dataclass
class Running:
    project: Project
    proxy: Proxy

    def url(self, host):
        return f"https://{host}:{self.proxy.server_port}{PREFIX}"


@pytest.fixture(
    params=[
        ("urlpatterns", gunicorn, "no"),
        ("urlpatterns", uvicorn, "yes"),
        ("i18n_patterns", gunicorn, "yes"),
        ("i18n_patterns", uvicorn, "no"),
    ],
    ids=lambda param: f"{param[0]}-{param[1].__name__}-prefix-{param[2]}",
)
def shop(request, deployed, python, tmp_path):
    within, server, prefixes = request.param
    folder = shutil.copytree(deployed(within), tmp_path / "bookshop")
    project = project_in(folder, python)
    project.environ["BOOKSHOP_PREFIX_DEFAULT_LANGUAGE"] = prefixes
    certificate, log = tmp_path / "certificate.pem", tmp_path / "server.log"
    write_certificate(certificate, HOSTS)
    port = free_port()
    arguments = server(port, prefix=PREFIX)
    # uvicorn puts the prefix before the path, gunicorn wants to find it there.
    strips = PREFIX if server is uvicorn else ""
    with (
        serving(project, arguments, port=port, log=log),
        Proxy(port, certificate=certificate, strips=strips) as proxy,
    ):
        yield Running(project, proxy)
        # For whoever reads of a failure.
        print(*proxy.answers, log.read_text(), sep="\n")


class Member(Visitor):
    """Logs in as people do, and notes what the browser complains of."""

    def new_tab(self):
        page = super().new_tab()
        page.on("console", lambda message: self.said.append(message.text))
        return page

    def __init__(self, *arguments):
        self.said = []
        super().__init__(*arguments)

    def log_in_as(self, name, path="/login/"):
        self.visit(path)
        self.page.fill("[name=username]", f"{name}@example.com")
        self.page.fill("[name=password]", PASSWORD)
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(lambda url: "login" not in url)

    def leave(self):
        super().leave()
        assert not [text for text in self.said if "Content Security" in text]


@pytest.fixture
def open_browser(browser, shop, host_coze):
    members = []

    def new(host):
        context = browser.new_context(ignore_https_errors=True)
        members.append(Member(context, shop.url(host), host_coze.url))
        return members[-1]

    yield new
    for member in members:
        member.leave()


def add_widget(owner):
    """As README's step 5 says: in the admin, with the bot's id."""
    owner.log_in_as("owner", "/admin/login/?next=/books/admin/")
    owner.visit("/admin/coze_widget/widget/add/")
    owner.page.fill("[name=name]", "Ask the bookseller")
    owner.page.fill("[name=bot_id]", BOT_ID)
    owner.page.click("[name=_save]")
    expect(owner.page.locator(".messagelist .success")).to_be_visible()


@pytest.mark.parametrize(
    ("within", "said"),
    [("urlpatterns", ["W033"]), ("i18n_patterns", ["W018", "W033"])],
)
def test_the_checks_say_where_the_urls_are_and_that_coze_is_a_sandbox(
    deployed, python, within, said
):
    project = project_in(deployed(within), python)

    found = project.check("--deploy", "--database", "default")

    assert re.findall(r"coze_widget\.(\w\d{3})", found) == said


def test_two_people_have_a_chat_each(shop, open_browser):
    add_widget(open_browser("shop.localhost"))
    alice, bob = open_browser("shop.localhost"), open_browser("club.localhost")
    alice.log_in_as("alice")
    alice.open_chat()
    alice.say("apples for alice")
    alice.visit("/")
    alice.open_chat()
    expect(alice.transcript).to_contain_text("apples for alice")

    bob.log_in_as("bob")
    bob.open_chat()
    bob.say("bananas for bob")
    expect(bob.transcript).not_to_contain_text("apples")

    # A boosted link swaps the page's body, and the chat goes on.
    bob.page.locator("nav").get_by_role("link", name="Emma").click()
    expect(bob.page.locator("h1")).to_have_text("Emma")
    expect(bob.page.locator("div[data-coze-widget]")).to_have_count(1)
    expect(bob.page.locator("iframe")).to_have_count(1)
    bob.say("cherries for bob")
    expect(bob.transcript).to_contain_text("bananas for bob")

    # So does the form that logs out, and the chat does not.
    bob.close_chat()
    bob.page.get_by_role("button", name="Log out").click()
    expect(bob.page.locator(".greeting")).to_have_text("Hello")
    bob.page.locator(".launcher").click()
    expect(bob.sign).to_contain_text("log in")
    expect(bob.chat.locator("body")).not_to_contain_text("for bob")

    statuses = {status for _, path, status in shop.proxy.answers if "/chat/" in path}
    assert statuses == {200, 401}
