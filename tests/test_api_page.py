"""What docs/api.md shows, done: against the sandbox, or as far as the address of the call."""

from __future__ import annotations

import asyncio
import gc
import warnings

import httpx
import pytest
from django.test import Client

with warnings.catch_warnings(record=True):
    # authlib, which cozepy uses, announces its successor whatever the filters say.
    import cozepy

from coze_widget.api import get_client
from coze_widget.people import Person
from coze_widget.testing.chats import Chat
from tests.documents import DOCS, blocks_of, headings_of
from tests.sandbox.caller import APP, BOT, WORKFLOW, WORKSPACE

pytestmark = pytest.mark.django_db

# The overview of Coze's SDK for Node.js.
MODULES = [
    *("Auth", "Chat", "Files in chat", "Local plugin", "Workflows", "Bots"),
    *("Workspaces", "Files", "Conversations", "Knowledge", "Variables", "Voice"),
    *("WebSocket voice", "Voiceprint", "Templates", "Users", "Proxy"),
    *("Errors of one call", "Request options"),
]


@pytest.fixture(scope="module")
def page():
    """All that the page defines."""
    defined = {"__name__": "a_page"}
    for block in blocks_of(DOCS / "api.md"):
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), defined)
    return defined


@pytest.fixture(autouse=True)
def _one_site(settings):
    settings.SITE_ID = 1


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", first_name="Alice")


@pytest.fixture
def person(coze, widget, alice):
    return Person.from_user(alice, "support")


@pytest.fixture
def client(person):
    with get_client(person, timeout=10) as client:
        yield client


@pytest.fixture
def request_of_alice(rf, alice):
    request = rf.get("/")
    request.user = alice
    return request


@pytest.fixture
def said(person, alice, widget, coze):
    """Return what Alice sees in the widget."""

    def read():
        browser = Client()
        browser.force_login(alice)
        answer = browser.post(
            "/chat/support/session/", "{}", content_type="application/json"
        )
        chat = Chat(answer.json(), widget, base_url=coze.url)
        return [message.text for message in chat.history()]

    return read


def test_the_page_has_every_module():
    headings = headings_of(DOCS / "api.md")

    assert headings[headings.index("Module by module") + 1 :] == MODULES


# Recipes


def test_a_question_is_answered_and_seen(page, person, alice, said):
    answer = "".join(page["ask"](alice, "Where is my tea?"))

    assert "Where is my tea?" in answer
    assert answer in said()


def test_an_order_greets_by_name(page, person, request_of_alice, said):
    response = page["order_placed"](request_of_alice, 7)

    assert response.content == b"Thank you!"
    assert said() == ["Hello Alice, ask me about order 7."]


def test_an_outage_costs_the_greeting_and_not_the_page(
    page, person, request_of_alice, coze, caplog
):
    coze.add_fault("/v1/conversation/create", status=503)

    response = page["order_placed"](request_of_alice, 7)

    assert response.content == b"Thank you!"
    assert "Nobody was greeted." in caplog.text


def test_a_task_answers(page, person, alice, said):
    answer = page["answer"](alice.pk, "Where is my tea?")

    assert "Where is my tea?" in answer
    assert answer in said()


def test_the_account_page_lists_conversations(page, person, client, request_of_alice):
    client.conversations.create(bot_id=BOT, name="Order 7")

    answer = page["my_chats"](request_of_alice)

    assert b'"name": "Order 7"' in answer.content


def test_an_event_loop_asks(page, person, said):
    async def main():
        pieces = page["ask_in_a_loop"](person, "Where is my tea?")
        return "".join([piece async for piece in pieces])

    assert asyncio.run(main()) in said()


def test_a_service_needs_no_person(page, coze):
    with page["open_service"](coze.issue_token(), coze.url) as service:
        assert page["who_am_i"](service)


def test_others_log_in_at_coze(page):
    web, pkce = page["addresses_to_log_in"]()

    assert web.startswith("https://www.coze.cn/api/permission/oauth2/authorize?")
    assert "code_challenge_method=" in pkce


# Modules that the sandbox speaks


def test_auth_and_users(page, client):
    assert page["who_am_i"](client)
    assert page["my_name"](client) == "Sandbox"
    assert page["my_name_in_chinese"](client) == "Sandbox"


def test_chat(page, client):
    chat = page["start"](client, BOT, "alice")

    assert chat.status == "completed"
    with pytest.raises(cozepy.CozeAPIError, match="4104"):
        page["cancel"](client, chat)


def test_files_in_chat(page, client, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("sencha")

    events = page["ask_about_a_file"](client, BOT, "alice", path)

    assert events[-1].event == "conversation.chat.completed"


def test_workflows(page, client):
    events = page["talk_to_an_app"](client, APP, WORKFLOW)

    assert any(event.message and "Paris" in event.message.content for event in events)


def test_bots_and_workspaces(page, client):
    assert [bot.name for bot in page["list_bots"](client, WORKSPACE)] == ["Sandbox Bot"]
    assert page["list_workspaces"](client) == ["Sandbox workspace"]


def test_files(page, client):
    assert page["upload"](client, b"sencha")


def test_conversations(page, client, person, alice):
    conversation = page["tidy_up"](client, BOT)
    list(page["ask"](alice, "Where is my tea?"))
    [newest, _oldest] = client.conversations.list(bot_id=BOT)

    page["like_the_last_answer"](client, newest.id)
    page["forget_conversation"](client, newest.id)

    assert conversation.name == "Order 7"
    assert [left.id for left in client.conversations.list(bot_id=BOT)] == [
        conversation.id
    ]


def test_voice(page, client, tmp_path):
    path = tmp_path / "sound.wav"

    page["speak"](client, path, "voice")

    assert page["listen"](client, path) == "Hello, can you hear me?"


def test_proxy(page, client, person):
    client.users.me()

    proxied = page["get_client_by_proxy"](person, "http://127.0.0.1:9")

    with proxied, pytest.raises(httpx.ConnectError):
        proxied.users.me()


def test_errors(page, client, coze):
    assert page["find_conversation"](client, "1") is None

    coze.add_fault("/v1/conversation/retrieve", code=4013)
    with pytest.raises(cozepy.CozeAPIError, match="4013"):
        page["find_conversation"](client, "1")


# Modules of which only the call is checked

CALL = cozepy.ChatToolCall.model_validate(
    {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
)
REQUIRED = cozepy.Chat.model_validate(
    {
        "id": "2",
        "conversation_id": "3",
        "status": "requires_action",
        "required_action": {
            "type": "submit_tool_outputs",
            "submit_tool_outputs": {"tool_calls": [CALL.model_dump()]},
        },
    }
)
CALLS = [
    (
        "answer_the_bot",
        (REQUIRED, lambda function: function.name),
        "/v3/chat/submit_tool_outputs",
    ),
    ("run_workflow", ("1",), "/v1/workflow/run"),
    ("stream_workflow", ("1",), "/v1/workflow/stream_run"),
    ("describe_file", ("1",), "/v1/files/retrieve"),
    ("make_knowledge", ("1",), "/v1/datasets"),
    ("add_page", ("1", "Sencha", "Green"), "/open_api/knowledge/document/create"),
    ("remember_the_tea", (BOT, "alice"), "/v1/variables"),
    ("recall_the_tea", (BOT, "alice"), "/v1/variables"),
    ("list_voices", (), "/v1/audio/voices"),
    ("open_room", (BOT,), "/v1/audio/rooms"),
    ("know_the_voice", ("Alice", b"RIFF"), "/v1/audio/voiceprint_groups"),
    (
        "add_voice",
        ("1", "Alice", b"RIFF"),
        "/v1/audio/voiceprint_groups/1/features",
    ),
    ("copy_template", ("1", WORKSPACE), "/v1/templates/1/duplicate"),
]


@pytest.mark.parametrize(("name", "arguments", "path"), CALLS)
def test_the_sandbox_does_not_speak_it(page, client, coze, name, arguments, path):
    with pytest.raises(cozepy.CozeAPIError):
        page[name](client, *arguments)

    assert coze.requests[-1]["path"] == path


def test_a_voice_over_a_websocket_wants_https(page, client):
    with pytest.raises(ValueError, match="https://"):
        page["speak_live"](client, ["Hello"])


def test_a_device_asks_for_its_code(page, coze):
    with warnings.catch_warnings():
        # cozepy leaves the connection open by which it asked.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(cozepy.CozeAPIError):
            page["log_in_on_a_device"](coze.url)
        gc.collect()

    assert coze.requests[-1]["path"] == "/api/permission/oauth2/device/code"


def test_every_function_of_the_page_is_called():
    """By its name in quotes; "greet" by another one of them."""
    source = (DOCS.parent / "tests" / "test_api_page.py").read_text(encoding="utf-8")
    names = [
        line.partition("def ")[2].partition("(")[0]
        for block in blocks_of(DOCS / "api.md")
        for line in block.text.splitlines()
        if line.startswith(("def ", "async def "))
    ]

    assert [name for name in names if f'"{name}"' not in source] == []
