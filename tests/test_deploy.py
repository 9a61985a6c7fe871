"""deploy/: its files fit each other, and a real nginx before a real gunicorn keeps its word."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
import yaml

from coze_widget.limits import DEFAULTS
from coze_widget.sandbox.oauth_apps import make_oauth_config
from coze_widget.sandbox.server import Sandbox
from deploy.caches import (
    ForgivingRedisCache,
    ProcessRedisCache,
    redis_cache,
    session_cache,
)
from tests import services
from tests.host.servers import free_port
from tests.keypairs import localhost_certificate, private_pem
from tests.patience import wait_until

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
HOST = "www.example.com"
NOBODY_LISTENS = "redis://127.0.0.1:9/0"


def read(name):
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(read("compose.yaml"))


# The files


def names_in_environment(*texts):
    """What settings and gunicorn.conf.py read."""
    read_by_environ = r"env\.\w+\(\s*\"(\w+)\""
    read_by_os = r"os\.environ(?:\.get\(|\[)\"(\w+)\""
    return {
        name
        for text in texts
        for name in re.findall(f"{read_by_environ}|{read_by_os}", text)
        for name in name
        if name
    }


def test_each_name_of_the_environment_is_in_the_example():
    read_here = names_in_environment(
        read("settings.py"), read("gunicorn.conf.py"), read("healthcheck.py")
    )
    example = set(re.findall(r"^#?([A-Z_]+)=", read(".env.example"), re.MULTILINE))

    # The site's own settings read these two, and compose fills one into a URL.
    assert example == read_here | {"COZE_OAUTH_CONFIG", "VAR_DIR", "POSTGRES_PASSWORD"}


def test_compose_sets_what_the_settings_need_and_the_example_asks_for(compose):
    example = re.findall(r"^([A-Z_]+)=", read(".env.example"), re.MULTILINE)
    given = set(compose["services"]["site"]["environment"]) | set(example)

    assert {"SECRET_KEY", "COZE_IDENTITY_KEY", "ALLOWED_HOSTS"} <= given
    assert {"DATABASE_URL", "CACHE_URL", "COZE_OAUTH_CONFIG"} <= given
    assert set(re.findall(r"\$\{(\w+)\}", read("compose.yaml"))) <= set(example)


def test_compose_names_hosts_and_folders_that_are_there(compose):
    site, nginx = compose["services"]["site"], compose["services"]["nginx"]
    upstream = re.search(r"server (\w+):(\d+);", read("nginx/nginx.conf"))

    assert upstream[1] in compose["services"]
    assert f'"0.0.0.0:{upstream[2]}"' in read("gunicorn.conf.py")
    for address in ("DATABASE_URL", "CACHE_URL"):
        host = re.search(r"(?:@|//)(\w+):\d+/", site["environment"][address])[1]
        assert host in compose["services"]
    assert (DEPLOY / site["build"]["context"] / site["build"]["dockerfile"]).is_file()
    [conf] = [one for one in nginx["volumes"] if "nginx.conf" in one]
    assert (DEPLOY / conf.partition(":")[0]).is_file()


def test_nginx_serves_the_folders_that_the_site_writes(compose):
    site, nginx = compose["services"]["site"], compose["services"]["nginx"]
    written = dict(volume.split(":")[:2] for volume in site["volumes"])
    served = dict(volume.split(":")[:2] for volume in nginx["volumes"])

    for volume in ("static", "media"):
        assert written[volume] == f"/var/lib/site/{volume}"
        assert f"alias {served[volume]}/;" in read("nginx/nginx.conf")


def test_the_image_is_made_of_files_that_are_there_and_not_ignored():
    copied = [
        source
        for line in re.findall(r"^COPY (.+) \S+$", read("Dockerfile"), re.MULTILINE)
        for source in line.split()
    ]
    allowed = re.findall(r"^!(\S+)", read("Dockerfile.dockerignore"), re.MULTILINE)

    assert all((ROOT / source).exists() for source in copied)
    assert {source.partition("/")[0] for source in copied} == set(allowed)


def test_the_image_has_the_versions_that_were_tested():
    tested = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [line for line in read("requirements.txt").splitlines() if line[0] != "#"]

    assert set(needed) <= set(tested)


def test_each_waits_longer_than_the_one_behind_it(compose):
    gunicorn, nginx = read("gunicorn.conf.py"), read("nginx/nginx.conf")
    seconds = {
        name: int(found)
        for name, found in re.findall(r"^(\w+) = (\d+)$", gunicorn, re.MULTILINE)
    }
    nginx_waits = int(re.search(r"proxy_read_timeout (\d+)s", nginx)[1])
    idle = int(re.search(r"keepalive 32;\s+keepalive_timeout (\d+)s", nginx)[1])

    assert 12 < seconds["timeout"] < nginx_waits
    assert idle < seconds["keepalive"]
    grace = compose["services"]["site"]["stop_grace_period"]
    assert seconds["graceful_timeout"] < int(grace.removesuffix("s"))


def test_nginx_lets_through_whom_the_app_lets_through():
    """Its flood guard must not meet an office that the app's limits let in."""
    burst = int(re.search(r"burst=(\d+)", read("nginx/nginx.conf"))[1])
    times, _, span = DEFAULTS["address"].partition("/")

    assert span == "minute"
    assert burst + 60 * 50 >= int(times)


# The caches


@pytest.fixture
def dead_cache():
    settings = session_cache(NOBODY_LISTENS)
    return ForgivingRedisCache(NOBODY_LISTENS, settings)


def test_a_session_cache_that_is_down_is_empty(dead_cache):
    dead_cache.set("key", "value")

    assert "key" not in dead_cache


def test_a_session_cache_that_is_down_says_that_it_deletes_nothing(dead_cache):
    with pytest.raises(redis.exceptions.ConnectionError):
        dead_cache.delete("key")


def test_all_caches_of_a_process_share_a_client_and_its_connections():
    """Django has a cache a thread, and under ASGI one a request."""
    one, two = (
        ProcessRedisCache(NOBODY_LISTENS, redis_cache(NOBODY_LISTENS))
        for _thread in range(2)
    )

    client = one._cache.get_client()

    assert client is two._cache.get_client("key", write=True)
    assert client.connection_pool.connection_kwargs["socket_timeout"] == 0.25


def test_a_cache_keeps_what_it_is_given():
    url = services.redis_url()
    cache = ProcessRedisCache(url, redis_cache(url, prefix=secrets.token_hex(8)))

    cache.set("key", ["a", 1], timeout=5)

    assert cache.get("key") == ["a", 1]


# Django's checks


def environment(**more):
    """What compose hands to the site; nothing of ours."""
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "deploy.settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "COZE_IDENTITY_KEY": secrets.token_urlsafe(40),
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": "postgres://site:password@127.0.0.1:9/site",
        "CACHE_URL": NOBODY_LISTENS,
        **more,
    }


def manage(*arguments, **options):
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def coze():
    with Sandbox(pause_seconds=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def files(coze, tmp_path_factory):
    """The site's folder with its static files, and what Coze's console would hand out."""
    folder = tmp_path_factory.mktemp("deploy")
    config = folder / "coze_oauth_config.json"
    config.write_text(json.dumps(coze.make_oauth_config()))
    files = {"VAR_DIR": str(folder), "COZE_OAUTH_CONFIG": str(config)}
    manage("collectstatic", "--noinput", env=environment(**files), check=True)
    return files


def test_djangos_checks_for_deployment_are_silent(files, tmp_path):
    real = tmp_path / "coze_oauth_config.json"
    real.write_text(json.dumps(make_oauth_config("https://api.coze.cn")))
    variables = environment(
        **files | {"COZE_OAUTH_CONFIG": str(real)}, CACHE_URL=services.redis_url()
    )

    done = manage("check", "--deploy", "--fail-level", "WARNING", env=variables)

    assert done.stderr == ""
    assert done.stdout == "System check identified no issues (2 silenced).\n"


@pytest.mark.parametrize("name", ["SECRET_KEY", "COZE_IDENTITY_KEY", "ALLOWED_HOSTS"])
def test_what_is_needed_and_missing_is_named(files, name):
    variables = environment(**files)
    del variables[name]

    done = manage("check", env=variables)

    assert done.returncode == 1
    assert f"Set the {name} environment variable" in done.stderr


# A real nginx before a real gunicorn


@pytest.fixture(scope="module")
def site(files):
    """PostgreSQL, Redis, gunicorn with deploy.wsgi; yields the environment it runs in."""
    name = f"coze_deploy_{secrets.token_hex(4)}"
    url = services.postgresql_url()
    variables = environment(
        **files,
        DATABASE_URL=f"{url.rpartition('/')[0]}/{name}",
        CACHE_URL=services.redis_url(),
        GUNICORN_BIND=f"127.0.0.1:{free_port()}",
        GUNICORN_WORKERS="1",
        GUNICORN_THREADS="4",
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            manage("migrate", env=variables, check=True)
            manage("shell", "-c", MAKE_WIDGET, env=variables, check=True)
            with running(
                *(sys.executable, "-m", "gunicorn"),
                *("-c", "deploy/gunicorn.conf.py", "deploy.wsgi"),
                env=variables,
            ):
                wait_until(lambda: is_well(variables), seconds=30)
                yield variables
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


MAKE_WIDGET = """
from coze_widget.models import Guests, Widget

Widget.objects.create(slug="support", name="S", bot_id="74", guests=Guests.ISOLATED)
"""


def is_well(variables):
    command = [sys.executable, "-m", "deploy.healthcheck"]
    return subprocess.run(command, cwd=ROOT, env=variables).returncode == 0


@contextlib.contextmanager
def running(*command, **options):
    with subprocess.Popen(command, cwd=ROOT, **options) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def adapted(folder, site, ports, changes):
    """Our nginx.conf with the ports and folders of this test; each place once."""
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = read("nginx/nginx.conf")
    for old, new in {
        "user nginx;": "user root;" if os.geteuid() == 0 else "",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/dev/stdout site": f"{folder}/access.log site",
        "/dev/stderr": f"{folder}/error.log",
        "sendfile on;": f"sendfile on; {temporary}",
        "/var/cache/nginx/frames": f"{folder}/frames",
        "server site:8000;": f"server {site['GUNICORN_BIND']};",
        "listen 80;": f"listen 127.0.0.1:{ports['http']};",
        "listen 443 ssl;": f"listen 127.0.0.1:{ports['https']} ssl;",
        "ssl_certificate /etc/nginx/certificates/": f"ssl_certificate {folder}/",
        "ssl_certificate_key /etc/nginx/certificates/": f"ssl_certificate_key {folder}/",
        "/srv/static/;": f"{site['VAR_DIR']}/static/;",
        "/srv/static/$": f"{site['VAR_DIR']}/static/$",
        "/srv/media/": f"{site['VAR_DIR']}/media/",
        **changes,
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def nginx(site, folder, changes=()):
    """Yield a function that asks the site through nginx."""
    command = shutil.which("nginx") or pytest.skip("nginx is not installed")
    (folder / "site.crt").write_text(localhost_certificate())
    (folder / "site.key").write_text(private_pem())
    ports = {"http": free_port(), "https": free_port()}
    conf = folder / "nginx.conf"
    conf.write_text(adapted(folder, site, ports, dict(changes)))
    subprocess.run([command, "-t", "-c", str(conf)], check=True, capture_output=True)
    with running(command, "-c", str(conf), "-g", "daemon off;"):
        wait_until(lambda: is_listening(ports["https"]), seconds=30)
        yield Visitor(ports, folder)


def is_listening(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Visitor:
    """A browser, as far as these tests need one."""

    def __init__(self, ports, folder):
        self.ports = ports
        self.log = folder / "access.log"
        self._trust = ssl.create_default_context(cafile=folder / "site.crt")

    def ask(self, path, method="GET", *, body=None, **headers):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.ports["https"], context=self._trust
        )
        return self._ask(connection, path, method, body, headers)

    def ask_in_the_clear(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["http"])
        return self._ask(connection, path, "GET", None, {})

    def open_chat(self, **headers):
        headers = {
            "Content_Type": "application/json",
            "Origin": f"https://{HOST}",
            **headers,
        }
        return self.ask("/chat/support/session/", "POST", body="{}", **headers)

    def _ask(self, connection, path, method, body, headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Host": HOST, **headers})
            response = connection.getresponse()
            response.body = response.read()
        return response


@pytest.fixture(scope="module")
def visitor(site, tmp_path_factory):
    with nginx(site, tmp_path_factory.mktemp("nginx")) as visitor:
        yield visitor


FRAME = "/chat/support/frame/"


def test_a_page_is_served(visitor):
    response = visitor.ask("/")

    assert response.status == 200
    assert b'id="coze-widget-support"' in response.body


def test_plain_http_leads_to_https(visitor):
    response = visitor.ask_in_the_clear("/?a=b")

    assert response.status == 301
    assert response.headers["Location"] == f"https://{HOST}/?a=b"


def test_the_frame_may_be_kept_by_everybody_and_sets_no_cookie(visitor):
    response = visitor.ask(FRAME, Cookie="slow_leaf_session=somebodys")

    assert response.status == 200
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")
    assert "frame-ancestors" in response.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in response.headers


def test_the_frame_that_a_browser_has_is_not_sent_again(visitor):
    first = visitor.ask(FRAME)

    second = visitor.ask(FRAME, If_None_Match=first.headers["ETag"])

    assert second.status == 304
    policy = "Content-Security-Policy"
    assert second.headers[policy] == first.headers[policy]


def test_the_second_visitor_gets_the_frame_from_nginx(visitor):
    visitor.ask(FRAME + "?one")

    visitor.ask(FRAME + "?one", Cookie="slow_leaf_session=anothers")

    wait_until(lambda: visitor.log.read_text().count("?one") == 2, seconds=30)
    asked, kept = [
        line for line in visitor.log.read_text().splitlines() if "?one" in line
    ]
    assert not asked.endswith(" -")
    assert kept.endswith(" -")


def test_each_visitor_gets_a_token_that_nobody_keeps(visitor):
    first, second = visitor.open_chat(), visitor.open_chat()

    assert (first.status, second.status) == (200, 200)
    assert first.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in visitor.open_chat(Accept_Encoding="gzip").headers
    assert json.loads(first.body)["epoch"] != json.loads(second.body)["epoch"]


def test_guests_cookies_are_for_https_only(visitor):
    cookie = visitor.open_chat().headers["Set-Cookie"]

    assert "Secure" in cookie
    assert "Path=/chat/" in cookie


def test_what_a_visitor_says_of_the_way_here_is_not_believed(visitor):
    """Another scheme or host would make the origin a stranger's."""
    response = visitor.open_chat(
        X_Forwarded_Proto="http", X_Forwarded_Host="evil.example", Forwarded="host=evil"
    )

    assert response.status == 200


def test_a_stranger_gets_nothing(visitor):
    assert visitor.open_chat(Origin="https://evil.example").status == 403


def test_hashed_files_are_kept_for_a_year_and_others_are_not(visitor):
    page = visitor.ask("/").body.decode()
    hashed = re.search(r"/static/coze_widget/loader\.[0-9a-f]{12}\.js", page)[0]

    assert "immutable" in visitor.ask(hashed).headers["Cache-Control"]
    plain = visitor.ask("/static/coze_widget/loader.js")
    assert plain.status == 200
    assert plain.headers["Cache-Control"] == "public, max-age=300"


def test_scripts_come_compressed(visitor):
    response = visitor.ask("/static/coze_widget/loader.js", Accept_Encoding="gzip")

    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.body) < 8_000


def test_a_flood_is_told_so_in_the_words_of_the_app(site, tmp_path):
    strict = {"rate=50r/s": "rate=1r/m", "burst=1000": "burst=1"}
    with nginx(site, tmp_path, strict) as visitor:
        *served, limited = [visitor.open_chat() for _ in range(3)]

    assert [response.status for response in served] == [200, 200]
    assert limited.status == 429
    assert limited.headers["Retry-After"] == "1"
    assert limited.headers["Content-Type"] == "application/problem+json"
    assert json.loads(limited.body)["code"] == "rate_limited"


def test_an_answer_that_is_out_of_reach_is_not_well(site):
    elsewhere = {**site, "GUNICORN_BIND": f"127.0.0.1:{free_port()}"}

    assert not is_well(elsewhere)
