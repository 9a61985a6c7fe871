"""The demo site under its own settings, and `manage.py demo` as people run it."""

from __future__ import annotations

import gettext
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
from io import StringIO
from itertools import takewhile
from pathlib import Path

import django
import environ
import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError

from coze_widget.models import Widget
from coze_widget.oauth.credentials import load_oauth_app
from site_demo import reports
from site_demo.management.commands import demo as demo_command
from site_demo.people import ALICE, PEOPLE, ensure_account
from site_demo.policy import build_inline_policy
from site_demo.widgets import ensure_widgets
from tests.keypairs import private_pem

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "site_demo" / "settings.py"
CATALOGUE = ROOT / "site_demo" / "locale" / "zh_Hans" / "LC_MESSAGES"
PUBLIC_PAGES = ["/", "/inline/", "/app/", "/login/"]


@pytest.fixture
def read_settings(monkeypatch, tmp_path):
    """Read the demo's settings in an environment that holds nothing else."""

    def read(**variables):
        variables = {"ENV_FILE": "", "VAR_DIR": str(tmp_path / "var"), **variables}
        monkeypatch.setattr(environ.Env, "ENVIRON", variables)
        values = runpy.run_path(str(SETTINGS))
        return {name: value for name, value in values.items() if name.isupper()}

    return read


@pytest.fixture
def demo_site(read_settings, settings, db):
    """The demo's settings around the tests' database; returned so that they can be changed."""
    for name, value in read_settings().items():
        if name not in ("DATABASES", "CACHES"):
            setattr(settings, name, value)
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    return settings


@pytest.fixture
def ready_site(demo_site, oauth_config):
    """As after `manage.py demo`: accounts, widgets, and a sandbox with its credentials."""
    demo_site.COZE_OAUTH_APPS = {"default": oauth_config}
    for person in PEOPLE:
        ensure_account(person)
    ensure_widgets()
    return demo_site


def test_everything_has_a_default(read_settings, tmp_path):
    values = read_settings()

    assert values["DEBUG"] is True
    assert values["COZE_OAUTH_APPS"] == {}
    assert values["DEMO_USES_SANDBOX"] is True
    assert values["DATABASES"]["default"]["NAME"] == tmp_path / "var/demo.sqlite3"
    assert (tmp_path / "var").is_dir()


def test_the_credentials_of_a_sandbox_that_was_started_by_hand_are_used(
    read_settings, tmp_path
):
    (tmp_path / "var").mkdir()
    path = tmp_path / "var" / "coze_oauth_config.json"
    path.write_text("{}")

    assert read_settings()["COZE_OAUTH_APPS"] == {"default": str(path)}


def test_the_file_of_cozes_console_wins(read_settings):
    values = read_settings(COZE_OAUTH_CONFIG="/etc/coze.json", COZE_CLIENT_ID="1")

    assert values["COZE_OAUTH_APPS"] == {"default": "/etc/coze.json"}
    assert values["DEMO_USES_SANDBOX"] is False


def test_a_pem_in_one_line_of_a_dotenv_file_is_a_credential(read_settings, tmp_path):
    pem = private_pem().strip().replace("\n", "\\n")
    env_file = tmp_path / ".env"
    env_file.write_text(
        "COZE_CLIENT_ID=1163000000000000001\nCOZE_PUBLIC_KEY_ID=fingerprint\n"
        f'COZE_PRIVATE_KEY="{pem}"\nCOZE_BASE_URL=https://api.coze.com\n'
    )

    values = read_settings(ENV_FILE=str(env_file))

    app = load_oauth_app(values["COZE_OAUTH_APPS"]["default"], name="default")
    assert app.private_key.strip() == private_pem().strip()
    assert app.base_url == "https://api.coze.com"


def test_a_personal_access_token_is_no_reason_for_a_sandbox(read_settings):
    values = read_settings(COZE_PERSONAL_ACCESS_TOKEN="pat_" + "a" * 8)

    assert values["DEMO_USES_SANDBOX"] is False
    assert values["COZE_OAUTH_APPS"] == {}


def test_another_database_can_be_named(read_settings):
    values = read_settings(DATABASE_URL="sqlite:///elsewhere.sqlite3")

    assert values["DATABASES"]["default"]["NAME"] == "elsewhere.sqlite3"


def test_without_debug_a_secret_key_is_required(read_settings):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        read_settings(DEBUG="off")


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_without_sandbox_says_how_to_start_it(demo_site, client, path):
    response = client.get(path)

    assert response.status_code == 200
    assert "<code>python manage.py demo</code>" in response.text


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_that_is_set_up_does_not_say_so(ready_site, client, path):
    assert "python manage.py demo" not in client.get(path).text


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_has_nothing_inline(ready_site, client, path):
    html = client.get(path).text

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    for script in re.findall(r"<script[^>]*>", html):
        assert " src=" in script or "application/json" in script


@pytest.mark.parametrize(
    ("path", "island"),
    [
        ("/", "coze-widget-support"),
        ("/inline/", "coze-chat-inline"),
        ("/app/", "coze-widget-app"),
    ],
)
def test_a_page_shows_its_widget(ready_site, client, path, island):
    assert f'id="{island}"' in client.get(path).text


@pytest.mark.parametrize(
    ("path", "title"),
    [("/", "慢慢来的茶"), ("/inline/", "冲泡指南"), ("/app/", "今晚喝哪一款")],
)
def test_a_page_is_there_in_chinese_too(ready_site, client, path, title):
    client.post("/i18n/setlang/", {"language": "zh-hans"})

    html = client.get(path).text

    assert '<html lang="zh-hans">' in html
    assert title in html
    assert '"lang": "zh-CN"' in html


def test_the_adviser_knows_the_season_in_the_pages_language(ready_site, client):
    client.post("/i18n/setlang/", {"language": "zh-hans"})

    html = client.get("/app/").text

    [island] = re.findall(r'id="coze-widget-app"[^>]*>(.+?)</script>', html)
    handed_over = {"season": "秋季", "teas": "云边、古桥、十冬"}
    assert json.loads(island)["overrides"]["parameters"] == handed_over
    for value in handed_over.values():
        assert value in html


def test_every_text_of_the_demo_has_its_translation():
    texts = re.findall(
        r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)',
        (CATALOGUE / "django.po").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for source, translation in texts[1:]:
        text = _joined(source)
        assert compiled.gettext(text) == _joined(translation) != ""


def _joined(lines):
    return "".join(line[1:-1] for line in lines.splitlines()).replace('\\"', '"')


def test_a_visitor_without_scripts_reads_the_line_of_the_overridden_template(
    ready_site, client
):
    assert "The chat needs JavaScript." in client.get("/").text


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django's own policy is of 6.0")
def test_the_pages_policy_lets_nothing_of_cozes_in(ready_site, client):
    policy = client.get("/").headers["Content-Security-Policy"]

    assert "frame-src 'self'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy


def test_the_inline_page_has_a_policy_of_its_own(ready_site, client, sandbox):
    policy = client.get("/inline/").headers["Content-Security-Policy"]

    assert f"script-src 'self' {sandbox.url};" in policy
    assert f"connect-src 'self' {sandbox.url};" in policy
    assert "style-src 'self' 'unsafe-inline';" in policy


def test_without_credentials_the_inline_policy_names_cozes_own_hosts(demo_site):
    policy = build_inline_policy()

    assert "script-src 'self' https://lf-cdn.coze.cn/obj/unpkg/flow-platform/" in policy
    assert "connect-src 'self' https://api.coze.cn;" in policy


def test_browsers_find_an_icon(ready_site, client):
    assert (
        client.get("/favicon.ico").headers["Location"] == "/static/site_demo/leaf.svg"
    )


def test_orders_are_for_people_who_are_logged_in(ready_site, client):
    response = client.get("/account/")

    assert response.headers["Location"] == "/login/?next=/account/"


def test_each_customer_sees_their_own_orders(ready_site, client):
    client.post("/become/alice/")
    alice = client.get("/account/").text
    client.post("/become/bob/")
    bob = client.get("/account/").text

    assert "Good to see you, Alice" in alice
    assert "SL-1042" in alice
    assert "Good to see you, Bob" in bob
    assert "SL-1042" not in bob


def test_the_widgets_html_is_the_same_for_both(ready_site, client):
    blocks = []
    for name in ("alice", "bob"):
        client.post(f"/become/{name}/")
        html = client.get("/account/").text
        block = html[html.index('<script id="coze-widget-members"') :]
        blocks.append(re.sub(r' nonce="[^"]+"', "", block))

    assert blocks[0] == blocks[1]


def test_admin_has_no_orders(ready_site, client):
    client.post("/login/", {"username": "admin", "password": "admin"})

    assert "No orders yet." in client.get("/account/").text


def test_a_wrong_password_is_told(ready_site, client):
    response = client.post("/login/", {"username": "alice", "password": "bob"})

    assert "User name and password do not match." in response.text


@pytest.mark.parametrize(
    ("next_page", "target"),
    [("/app/", "/app/"), ("", "/"), ("https://example.org/", "/")],
)
def test_becoming_somebody_leads_back_to_a_page_of_the_site(
    ready_site, client, next_page, target
):
    response = client.post("/become/alice/", {"next": next_page})

    assert response.headers["Location"] == target
    assert client.get("/").context["user"].username == "alice"


def test_becoming_a_guest_logs_out(ready_site, client):
    client.post("/become/alice/")

    client.post("/become/guest/")

    assert not client.get("/").context["user"].is_authenticated


@pytest.mark.parametrize("name", ["admin", "nobody"])
def test_only_customers_are_one_press_away(ready_site, client, name):
    assert client.post(f"/become/{name}/").status_code == 404


def test_without_debug_nobody_is_one_press_away(ready_site, client):
    ready_site.DEBUG = False
    ready_site.ALLOWED_HOSTS = ["testserver"]

    assert client.post("/become/alice/").status_code == 404
    assert "/become/" not in client.get("/").text


@pytest.mark.parametrize(
    ("host", "twin"),
    [("localhost:8000", "http://127.0.0.1:8000/"), ("testserver", None)],
)
def test_a_second_browser_is_the_machines_other_name(ready_site, client, host, twin):
    html = client.get("/", headers={"host": host}).text

    assert ("Side by side" in html) is bool(twin)
    assert twin is None or f'<a href="{twin}"' in html


# Reports of policies


@pytest.fixture
def kept():
    yield reports.kept
    reports.kept.clear()


def send(client, body, content_type=reports.CSP_REPORT):
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post("/reports/new/", data, content_type=content_type).status_code


def seen(violation):
    return (
        violation.directive,
        violation.blocked,
        violation.page,
        violation.disposition,
    )


OLD_REPORT = {
    "csp-report": {
        "document-uri": "https://shop.example/a?token=secret#x",
        "effective-directive": "img-src",
        "violated-directive": "img-src 'self'",
        "blocked-uri": "https://elsewhere.example/b.png?key=secret",
        "disposition": "enforce",
    }
}
NEW_REPORT = {
    "type": "csp-violation",
    "url": "https://shop.example/a?token=secret",
    "body": {
        "documentURL": "https://shop.example/a?token=secret",
        "effectiveDirective": "img-src",
        "blockedURL": "https://elsewhere.example/b.png?key=secret",
        "disposition": "enforce",
    },
}
SEEN = (
    "img-src",
    "https://elsewhere.example/b.png",
    "https://shop.example/a",
    "enforce",
)


def test_both_formats_of_browsers_are_read_and_secrets_left_out(
    demo_site, client, kept
):
    assert send(client, OLD_REPORT) == 204
    others = [{"type": "deprecation", "body": {}}]
    assert send(client, [NEW_REPORT, *others], reports.REPORTS) == 204

    assert list(map(seen, kept)) == [SEEN, SEEN]


def test_older_browsers_name_the_directive_otherwise(demo_site, client, kept):
    send(client, {"csp-report": {"violated-directive": "img-src", "blocked-uri": 5}})
    send(client, {"csp-report": {"blocked-uri": "http://[", "document-uri": "a\x1bb"}})

    assert list(map(seen, kept)) == [("img-src", "", "", ""), ("", "", "a b", "")]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (OLD_REPORT, "application/json", 415),
        (b"{", reports.CSP_REPORT, 400),
        (b"[" * 10_000, reports.CSP_REPORT, 400),
        (b"\xff", reports.CSP_REPORT, 400),
        ([], reports.CSP_REPORT, 400),
        ({}, reports.CSP_REPORT, 400),
        (OLD_REPORT, reports.REPORTS, 400),
        (["x"], reports.REPORTS, 400),
        ([{"type": "csp-violation", "body": "x"}], reports.REPORTS, 400),
        (b" " * (reports.MAX_BYTES + 1), reports.CSP_REPORT, 413),
    ],
)
def test_a_report_that_is_none(demo_site, client, kept, body, content_type, status):
    assert send(client, body, content_type) == status
    assert not kept


def test_nobody_fills_the_memory(demo_site, client, kept):
    many = [NEW_REPORT] * 40
    send(client, many, reports.REPORTS)
    assert len(kept) == reports.MAX_IN_ONE_BODY

    long = {"csp-report": {"effective-directive": "x" * 10_000}}
    for _ in range(60):
        send(client, long)

    assert len(kept) == reports.MAX_KEPT
    assert len(kept[-1].directive) == reports.MAX_CHARS


def test_a_visitor_who_hangs_up_has_reported_nothing(demo_site, rf, kept):
    request = rf.post("/reports/new/", b"x", content_type=reports.CSP_REPORT)
    request._stream = BrokenPipe()

    assert reports.report(request).status_code == 400


class BrokenPipe:
    def read(self, size):
        raise OSError("gone")


def test_staff_reads_the_reports_as_text(demo_site, client, kept, nadia):
    hostile = {"csp-report": {"effective-directive": "<script>alert(1)</script>"}}
    send(client, hostile)
    send(client, {"csp-report": {**OLD_REPORT["csp-report"], "disposition": "report"}})
    assert client.get("/reports/").status_code == 302

    client.force_login(nadia)
    html = client.get("/reports/").text

    assert "&lt;script&gt;alert(1)" in html
    assert "(reported only)" in html
    assert html.index("elsewhere.example") < html.index("&lt;script")


def test_without_reports_the_page_says_so(demo_site, client, nadia, kept):
    client.force_login(nadia)

    assert "No reports." in client.get("/reports/").text


@pytest.mark.parametrize("secure", [False, True])
def test_a_page_with_a_policy_says_where_reports_go(ready_site, client, secure):
    headers = client.get("/inline/", secure=secure).headers

    policy = headers["Content-Security-Policy"]
    assert "; report-uri /reports/new/" in policy
    assert policy.endswith("; report-to csp") is secure
    endpoints = 'csp="/reports/new/"' if secure else None
    assert headers.get("Reporting-Endpoints") == endpoints


def test_the_frames_own_policy_reports_to_nobody(ready_site, client):
    headers = client.get("/chat/support/frame/", secure=True).headers

    assert "report-" not in headers["Content-Security-Policy"]


def test_an_account_that_is_right_is_left_alone(db):
    before = ensure_account(ALICE).password

    assert ensure_account(ALICE).password == before


def test_a_changed_password_is_put_right(db):
    user = ensure_account(ALICE)
    user.set_password("forgotten")
    user.save()

    assert ensure_account(ALICE).check_password("alice")


def test_what_was_changed_in_the_admin_stays(demo_site):
    ensure_widgets()
    Widget.objects.filter(slug="support").update(name="Mine")

    ensure_widgets()

    assert Widget.objects.get(slug="support").name == "Mine"
    assert Widget.objects.count() == 5


def test_every_widget_is_valid(demo_site):
    ensure_widgets()

    for widget in Widget.objects.all():
        widget.full_clean()


def test_the_ids_follow_the_environment(demo_site):
    ensure_widgets()
    demo_site.DEMO_USES_SANDBOX = False
    demo_site.DEMO_BOT_ID = "7300000000000000001"

    ensure_widgets()

    assert Widget.objects.get(slug="support").bot_id == "7300000000000000001"
    # Coze knows nothing of the sandbox's app.
    assert not Widget.objects.get(slug="app").enabled


def test_an_app_of_cozes_can_be_named(demo_site):
    demo_site.DEMO_USES_SANDBOX = False
    demo_site.DEMO_BOT_ID = "73000"
    demo_site.DEMO_APP_ID, demo_site.DEMO_WORKFLOW_ID = "73001", "73002"

    ensure_widgets()

    widget = Widget.objects.get(slug="app")
    assert (widget.app_id, widget.workflow_id) == ("73001", "73002")
    assert widget.enabled


def run_demo(**options):
    call_command(demo_command.Command(), **options)


def test_without_debug_the_demo_refuses(demo_site):
    demo_site.DEBUG = False

    with pytest.raises(CommandError, match="with DEBUG on only"):
        run_demo()


def test_credentials_without_a_bot_are_not_enough(demo_site):
    demo_site.DEMO_USES_SANDBOX = False

    with pytest.raises(CommandError, match="COZE_BOT_ID is missing"):
        run_demo()


def test_the_sandbox_is_for_this_machine_only(demo_site):
    with pytest.raises(CommandError, match="from this machine only"):
        run_demo(host="0.0.0.0")


def test_a_port_is_a_port(demo_site):
    with pytest.raises(CommandError, match="a number from 1 to 65533"):
        run_demo(port=65_534)


@pytest.mark.parametrize("offset", [0, -1, -2], ids=["site", "sandbox", "kiln"])
def test_a_taken_port_is_named(demo_site, offset):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(CommandError, match=f"Port {port} cannot be used"):
            run_demo(port=port + offset)


@pytest.fixture
def bound(monkeypatch):
    """The server only says its line; signals stay as they are."""
    monkeypatch.setattr(
        demo_command.Server, "inner_run", lambda self, *args, **options: self.on_bind(1)
    )
    monkeypatch.setattr(demo_command.signal, "signal", lambda *args: None)


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("", "The chats go to Coze, with the credentials in your environment or .env."),
        ("pat_" + "a" * 8, "everybody shares ONE history"),
    ],
)
def test_with_credentials_there_is_no_sandbox(demo_site, bound, token, sentence):
    demo_site.DEMO_USES_SANDBOX = False
    demo_site.DEMO_BOT_ID = "7300000000000000001"
    demo_site.COZE_PERSONAL_ACCESS_TOKEN = token
    output = StringIO()

    run_demo(port=free_ports(), stdout=output, stderr=StringIO())

    assert sentence in output.getvalue()
    assert "sandbox" not in output.getvalue()


def free_ports():
    """Return a free port whose next two are free as well."""
    # Away from others' runs, and below the ports of outgoing connections (32,768 on Linux).
    first = 20_000 + os.getpid() % 4_000 * 3
    return next(port for port in range(first, 60_000, 3) if is_free(*next_to(port)))


def next_to(port):
    """Those of the site, the sandbox and the other shop."""
    return port, port + 1, port + 2


def test_a_port_that_somebody_has_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])


def is_free(*ports):
    """Tell whether a server could have them: to be closed is not enough."""
    try:
        for port in ports:
            socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def bare_environment(var_dir, **variables):
    """Return the environment of somebody who has set nothing."""
    ours = ("COZE_", "DJANGO_", "DATABASE_", "CACHE_")
    kept = {n: value for n, value in os.environ.items() if not n.startswith(ours)}
    return {**kept, "ENV_FILE": "", "VAR_DIR": str(var_dir), **variables}


@pytest.mark.parametrize(
    "command", [["migrate"], ["check", "--database", "default"]], ids=" ".join
)
def test_the_plain_commands_work_on_a_fresh_checkout(tmp_path, command):
    run = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr


@pytest.fixture
def running_demo(tmp_path):
    """The command as people start it, with a database and ports of its own."""
    port = free_ports()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env=bare_environment(tmp_path, PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        yield process, f"http://127.0.0.1:{port}"
        process.kill()


def wait_until_open(process):
    """Return what it has said by then."""
    return "".join(takewhile(lambda line: "Ctrl-C" not in line, process.stdout))


def become(site, name):
    """Return a browser's session of this person."""
    browser = requests.Session()
    html = browser.get(f"{site}/login/", timeout=20).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)[1]
    answer = browser.post(
        f"{site}/become/{name}/", {"csrfmiddlewaretoken": token}, timeout=20
    )
    assert answer.status_code == 200
    return browser


def open_chat(browser, site, widget="support"):
    url = f"{site}/chat/{widget}/session/"
    answer = browser.post(url, json={}, headers={"Origin": site}, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def chat_from_kiln(kiln, site):
    """As the frame does in a page of the other shop, where Dora is logged in."""
    cookies = {"blue_kiln_person": "dora"}
    token = requests.post(f"{kiln}/visitor-token", cookies=cookies, timeout=20).text
    answer = requests.post(
        f"{site}/chat/kiln/session/",
        json={"visitor": token, "embedded": True},
        headers={"Origin": site},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_on_another_host_there_is_no_second_shop(demo_site, bound):
    demo_site.DEMO_USES_SANDBOX = False
    demo_site.DEMO_BOT_ID = "7300000000000000001"
    demo_site.ALLOWED_HOSTS = ["*"]
    output = StringIO()

    run_demo(host="0.0.0.0", port=free_ports(), stdout=output, stderr=StringIO())

    assert "Blue Kiln" not in output.getvalue()
    assert not Widget.objects.exclude(allowed_origins="").exists()


def test_the_demo_gives_each_person_a_chat_and_stops_cleanly(running_demo):
    process, site = running_demo
    said = wait_until_open(process)

    with become(site, "alice") as alice, become(site, "bob") as bob:
        alices, bobs = open_chat(alice, site), open_chat(bob, site)
        assert open_chat(alice, site, "members")["epoch"] == alices["epoch"]
    with requests.Session() as guest:
        guests = open_chat(guest, site)
    kiln = f"http://localhost:{int(site.rpartition(':')[2]) + 2}"
    assert f"{kiln}/" in said
    assert "Blue Kiln" in requests.get(kiln, timeout=20).text
    doras = chat_from_kiln(kiln, site)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=30)[0]

    assert f"{site}/account/" in said
    assert "alice / alice" in said
    assert alices["user"]["nickname"] == "Alice Lin"
    assert len({one["epoch"] for one in (alices, bobs, guests, doras)}) == 4
    assert doras["user"]["nickname"] == "Dora Kern"
    assert len({alices["token"], bobs["token"], guests["token"]}) == 3
    assert guests["notice"] == "guest"
    assert "Stopped" in rest
    assert alices["token"] not in said + rest
    assert process.returncode == 0
    port = int(site.rpartition(":")[2])
    assert is_free(*next_to(port))
