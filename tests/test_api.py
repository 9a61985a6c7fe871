from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import threading
import warnings

import httpx
import pytest
from django.test import Client
from django.views.debug import ExceptionReporter

with warnings.catch_warnings(record=True):
    # authlib, which cozepy uses, announces its successor whatever the filters say.
    import cozepy

from coze_widget import api
from coze_widget.api import get_async_client, get_client
from coze_widget.exceptions import CozeError
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.people import Person
from coze_widget.testing.chats import Chat
from tests.keypairs import localhost_certificate
from tests.sandbox.caller import APP, BOT, WORKFLOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_site(settings):
    settings.SITE_ID = 1


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice")


@pytest.fixture
def person(coze, widget, alice):
    return Person.from_user(alice, "support")


@pytest.fixture
def client(person):
    with get_client(person, timeout=10) as client:
        yield client


@pytest.fixture
def open_page(coze, alice):
    """Alice's chat as a widget has it."""

    def open_chat(widget):
        browser = Client()
        browser.force_login(alice)
        url = f"/chat/{widget.slug}/session/"
        answer = browser.post(url, "{}", content_type="application/json")
        return Chat(answer.json(), widget, base_url=coze.url)

    return open_chat


@pytest.fixture
def page(open_page, widget):
    return open_page(widget)


def ask(client, person, text, **fields):
    events = client.chat.stream(
        bot_id=BOT,
        user_id=person.session_name,
        additional_messages=[cozepy.Message.build_user_question_text(text)],
        **fields,
    )
    return "".join(map(piece_of, events))


def piece_of(event):
    is_piece = event.event == cozepy.ChatEventType.CONVERSATION_MESSAGE_DELTA
    return event.message.content if is_piece else ""


def ids(client):
    return [found.id for found in client.conversations.list(bot_id=BOT)]


def mints(coze):
    return [entry for entry in coze.requests if entry["path"].endswith("/token")]


def last(coze, path):
    return [entry for entry in coze.requests if entry["path"] == path][-1]


# One history


def test_what_the_server_says_is_seen_in_the_page(client, person, page):
    ask(client, person, "Your order has left")

    assert "Your order has left" in [message.text for message in page.history()]


def test_what_is_said_in_the_page_is_seen_on_the_server(client, page):
    page.say("Where is my tea?")

    [conversation] = ids(client)
    messages = client.conversations.messages.list(conversation_id=conversation)
    assert "Where is my tea?" in [message.content for message in messages]


def test_the_server_goes_on_where_the_page_was(client, person, page):
    page.say("Where is my tea?")
    [conversation] = ids(client)

    ask(client, person, "On its way", conversation_id=conversation)

    assert ids(client) == [conversation]
    assert len(page.history()) == 4


def test_one_begun_on_the_server_is_the_pages(client, page):
    begun = client.conversations.create(bot_id=BOT, name="Order 7")

    assert page.conversation_ids() == [begun.id]


def test_another_channel_may_be_named(client, page):
    begun = client.conversations.create(bot_id=BOT, connector_id="1024")

    assert begun.connector_id == "1024"
    assert page.conversation_ids() == []


def test_an_apps_chat_is_shared_too(open_page, make_widget, alice):
    widget = make_widget(
        slug="shop", mode="app", app_id=APP, workflow_id=WORKFLOW, bot_id=""
    )
    page = open_page(widget)

    with get_client(Person.from_user(alice, "shop")) as client:
        events = client.workflows.chat.stream(
            workflow_id=WORKFLOW,
            app_id=APP,
            additional_messages=[cozepy.Message.build_user_question_text("Hello")],
        )
        said = "".join(map(piece_of, events))

    assert "Hello" in said
    assert "Hello" in [message.text for message in page.history()]


def test_nobody_else_sees_it(client, person, widget, django_user_model):
    bob = django_user_model.objects.create_user("bob")
    ask(client, person, "A secret of Alice")

    with get_client(Person.from_user(bob, "support")) as as_bob:
        assert ids(as_bob) == []


# Tokens


def test_nothing_is_asked_before_the_first_call(person, coze):
    with get_client(person):
        assert coze.requests == []


def test_page_and_server_share_one_token(client, page, coze):
    client.users.me()
    client.users.me()

    assert len(mints(coze)) == 1


@pytest.mark.parametrize("call", [ask, lambda client, person, text: ids(client)])
def test_a_token_that_is_refused_is_exchanged(client, person, coze, call):
    client.users.me()
    coze.expire_tokens()

    call(client, person, "Still there?")

    assert len(mints(coze)) == 2


def test_an_upload_is_sent_again_with_the_next_token(client, coze, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"hello")
    client.users.me()
    coze.expire_tokens()

    with path.open("rb") as file:
        assert client.files.upload(file=file).bytes == 5


def test_a_missing_permission_costs_one_token(client, person, coze):
    """Coze says the same 4101 to a token that it does not know."""
    client.users.me()

    for _attempt in range(3):
        coze.add_fault("/v3/chat", code=4101, times=None)
        with pytest.raises(cozepy.CozeAPIError, match="4101"):
            ask(client, person, "Hello")
        coze.clear_faults()

    assert len(mints(coze)) == 2


def test_other_refusals_are_cozepys(client):
    with pytest.raises(cozepy.CozeAPIError) as refusal:
        client.conversations.retrieve(conversation_id="1")

    assert refusal.value.code == 4002


def test_without_a_token_the_error_is_ours(client, coze):
    coze.add_fault("/api/permission/", status=503)

    with pytest.raises(CozeError):
        client.users.me()


def test_wrong_settings_are_said_at_once(person, settings):
    settings.COZE_OAUTH_APPS = {}

    for make in (get_client, get_async_client):
        with pytest.raises(CredentialsError):
            make(person)


def test_no_token_is_shown_or_logged(person, coze, caplog):
    cozepy.setup_logging(logging.DEBUG)
    logging.getLogger("cozepy").addHandler(caplog.handler)
    caplog.set_level(logging.DEBUG)
    try:
        with get_client(person) as client:
            with pytest.raises(cozepy.CozeAPIError) as refusal:
                client.conversations.retrieve(conversation_id="1")
            shown = repr(client) + str(vars(client)) + repr(vars(client._auth))
    finally:
        logging.getLogger("cozepy").removeHandler(caplog.handler)
        cozepy.setup_logging()

    assert "responding" in caplog.text
    assert "czs_" not in caplog.text + shown + repr(refusal.value)


def ask_briefly(person):
    with get_client(person, timeout=0.2) as client:
        ask(client, person, "Hello")


def ask_briefly_in_a_loop(person):
    run(person, lambda client: ask_in_a_loop(client, person, "Hello"), timeout=0.2)


@pytest.mark.parametrize(
    "fault", [{"code": 4013}, {"status": 502}, {"latency_ms": 600}]
)
@pytest.mark.parametrize("ask_it", [ask_briefly, ask_briefly_in_a_loop])
def test_no_report_of_an_error_shows_a_token(person, page, coze, fault, ask_it):
    coze.add_fault("/v3/chat", **fault)

    with pytest.raises((cozepy.CozeError, httpx.HTTPError)) as raised:
        ask_it(person)

    reporter = ExceptionReporter(None, raised.type, raised.value, raised.tb)
    report = reporter.get_traceback_html()
    assert "Bearer …" in report
    assert page.session["token"] not in report


def test_a_page_in_between_is_cozepys_error(client, coze):
    coze.add_fault("/v1/users/me", body="no", content_type="application/json")

    with pytest.raises(cozepy.CozeAPIError, match="no"):
        client.users.me()


# Without waiting in the event loop


def run(person, work, **options):
    async def main():
        async with get_async_client(person, **options) as client:
            return await work(client)

    return asyncio.run(main())


async def ask_in_a_loop(client, person, text):
    events = client.chat.stream(
        bot_id=BOT,
        user_id=person.session_name,
        additional_messages=[cozepy.Message.build_user_question_text(text)],
    )
    return "".join([piece_of(event) async for event in events])


def test_an_event_loop_talks_as_the_same_person(person, page):
    said = run(person, lambda client: ask_in_a_loop(client, person, "Good day"))

    assert "Good day" in said
    assert "Good day" in [message.text for message in page.history()]


def test_the_loop_waits_for_no_mint(person, coze, monkeypatch):
    found_in = []
    find = api.find_token
    monkeypatch.setattr(
        api,
        "find_token",
        lambda wanted: found_in.append(threading.current_thread()) or find(wanted),
    )

    assert run(person, lambda client: client.users.me()).nick_name == "Sandbox"
    assert threading.main_thread() not in found_in


def test_in_a_loop_too_a_refused_token_is_exchanged(person, client, coze):
    client.users.me()
    coze.expire_tokens()

    said = run(person, lambda client: ask_in_a_loop(client, person, "Hello"))

    assert "Hello" in said
    assert len(mints(coze)) == 2


def test_in_a_loop_too_what_came_in_exchange_is_not_exchanged(person, coze):
    coze.add_fault("/v1/users/me", code=4100, times=None)

    async def ask_twice(client):
        for _attempt in range(2):
            with pytest.raises(cozepy.CozeAPIError, match="4100"):
                await client.users.me()

    run(person, ask_twice)

    assert len(mints(coze)) == 2


def test_in_a_loop_too_other_refusals_are_cozepys(person, coze):
    with pytest.raises(cozepy.CozeAPIError, match="4002"):
        run(person, lambda client: client.conversations.retrieve(conversation_id="1"))

    assert len(mints(coze)) == 1


# What passes through


@pytest.mark.parametrize("is_async", [False, True])
def test_headers_are_sent_with_each_request(person, coze, settings, is_async):
    settings.COZE_EXTRA_HEADERS = {"X-Gateway": "shop"}
    headers = {"X-Order": "7"}

    if is_async:
        run(person, lambda client: client.users.me(), headers=headers)
    else:
        with get_client(person, headers=headers) as client:
            client.users.me()

    sent = last(coze, "/v1/users/me")["headers"]
    assert (sent["x-gateway"], sent["x-order"]) == ("shop", "7")


def test_a_time_out_is_the_clients(person, coze):
    coze.add_fault("/v1/users/me", latency_ms=600)

    with get_client(person, timeout=0.2) as client, pytest.raises(httpx.ReadTimeout):
        client.users.me()


def test_the_settings_proxy_is_used(person, client, settings):
    client.users.me()
    settings.COZE_PROXIES = {"http": "http://127.0.0.1:9"}

    with get_client(person) as proxied, pytest.raises(httpx.ConnectError):
        proxied.users.me()
    with get_client(person, proxy=None) as direct:
        assert direct.users.me().nick_name == "Sandbox"


def test_the_settings_certificates_are_used(tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(localhost_certificate())

    assert len(api._ssl_context(str(bundle)).get_ca_certs()) == 1
    # Those of a folder are read when one is needed.
    assert api._ssl_context(str(tmp_path)).get_ca_certs() == []


def test_certificates_are_read_once():
    assert api._ssl_context("") is api._ssl_context("")


def test_without_cozepy_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cozepy", None)
    monkeypatch.delitem(sys.modules, "coze_widget.api")

    with pytest.raises(ImportError, match=r"django-coze-widget\[api\]"):
        importlib.import_module("coze_widget.api")
