"""The referee: Coze's own Python client must take the sandbox for Coze."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import pytest

from tests.sandbox.caller import APP, BOT, WORKFLOW, WORKSPACE

with warnings.catch_warnings(record=True):
    # authlib, which cozepy uses, announces its successor whatever the filters say.
    import cozepy


def fetch_token(sandbox, config, session_name):
    app = cozepy.JWTOAuthApp(
        config["client_id"],
        config["private_key"],
        config["public_key_id"],
        base_url=config["coze_api_base"],
    )
    token = app.get_access_token(ttl=3600, session_name=session_name)
    app._requester.sync_client.close()
    return token


@contextmanager
def open_client(sandbox, config, session_name):
    token = fetch_token(sandbox, config, session_name).access_token
    with cozepy.SyncHTTPClient() as http_client:
        yield cozepy.Coze(
            cozepy.TokenAuth(token), base_url=sandbox.url, http_client=http_client
        )


@pytest.fixture
def alice(sandbox, oauth_config):
    with open_client(sandbox, oauth_config, "alice") as client:
        yield client


@pytest.fixture
def bob(sandbox, oauth_config):
    with open_client(sandbox, oauth_config, "bob") as client:
        yield client


def stream_chat(client, conversation_id, text):
    return list(
        client.chat.stream(
            bot_id=BOT,
            user_id="somebody",
            conversation_id=conversation_id,
            additional_messages=[cozepy.Message.build_user_question_text(text)],
        )
    )


def find_answer(events):
    return next(
        event.message.content
        for event in events
        if event.event == cozepy.ChatEventType.CONVERSATION_MESSAGE_COMPLETED
        and event.message.type == cozepy.MessageType.ANSWER
    )


def test_it_obtains_a_token(sandbox, oauth_config):
    token = fetch_token(sandbox, oauth_config, "alice")

    assert token.access_token.startswith("czs_")


def test_it_reads_its_configuration_file(sandbox, oauth_config):
    app = cozepy.load_oauth_app_from_config(oauth_config)

    token = app.get_access_token(ttl=60)
    app._requester.sync_client.close()

    assert token.access_token.startswith("czs_")


def test_it_holds_a_streamed_chat(alice):
    conversation = alice.conversations.create(bot_id=BOT)

    events = stream_chat(alice, conversation.id, "Good morning")

    deltas = [
        event.message.content
        for event in events
        if event.event == cozepy.ChatEventType.CONVERSATION_MESSAGE_DELTA
    ]
    assert len(deltas) > 3
    assert "".join(deltas) == find_answer(events)
    assert "Good morning" in find_answer(events)
    assert events[-1].event == cozepy.ChatEventType.CONVERSATION_CHAT_COMPLETED


def test_it_polls_for_an_answer(alice):
    poll = alice.chat.create_and_poll(
        bot_id=BOT,
        user_id="somebody",
        additional_messages=[cozepy.Message.build_user_question_text("Good morning")],
    )

    assert poll.chat.status == cozepy.ChatStatus.COMPLETED
    assert "Good morning" in poll.messages[0].content


def test_it_lists_conversations_and_messages(alice):
    conversation = alice.conversations.create(bot_id=BOT, name="Breakfast")
    stream_chat(alice, conversation.id, "Good morning")

    [listed] = alice.conversations.list(bot_id=BOT).items
    messages = list(alice.conversations.messages.list(conversation_id=conversation.id))

    assert (listed.id, listed.name) == (conversation.id, "Breakfast")
    assert messages[-1].content == "Good morning"


def test_two_session_names_do_not_see_each_other(alice, bob):
    conversation = alice.conversations.create(bot_id=BOT)
    stream_chat(alice, conversation.id, "A secret of alice")

    assert bob.conversations.list(bot_id=BOT).items == []
    with pytest.raises(cozepy.CozeAPIError) as refusal:
        list(bob.conversations.messages.list(conversation_id=conversation.id))
    assert refusal.value.code == 4002
    with pytest.raises(cozepy.CozeAPIError) as refusal:
        bob.conversations.retrieve(conversation_id=conversation.id)
    assert refusal.value.code == 4002


def test_it_chats_with_an_app(alice):
    events = list(
        alice.workflows.chat.stream(
            workflow_id=WORKFLOW,
            app_id=APP,
            parameters={"city": "Paris"},
            additional_messages=[cozepy.Message.build_user_question_text("Hello")],
        )
    )

    assert '{"city": "Paris"}' in find_answer(events)


def test_it_reads_what_an_administrator_needs(alice):
    [workspace] = alice.workspaces.list().items
    [bot] = alice.bots.list(space_id=WORKSPACE, use_api_version=2).items

    assert workspace.id == WORKSPACE
    assert bot.id == BOT
    assert alice.users.me().nick_name == "Sandbox"
    assert alice.bots.retrieve(bot_id=BOT, use_api_version=2).name == "Sandbox Bot"
    assert alice.bots.retrieve(bot_id=BOT).name == "Sandbox Bot"


def test_it_uploads_a_file(alice, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello")

    file = alice.files.upload(file=path.read_bytes())

    assert file.bytes == 5


def test_it_gives_feedback(alice):
    conversation = alice.conversations.create(bot_id=BOT)
    stream_chat(alice, conversation.id, "Good morning")
    answer, _ = alice.conversations.messages.list(conversation_id=conversation.id)

    alice.conversations.messages.feedback.create(
        conversation_id=conversation.id,
        message_id=answer.id,
        feedback_type=cozepy.FeedbackType.LIKE,
    )
    alice.conversations.messages.feedback.delete(
        conversation_id=conversation.id, message_id=answer.id
    )


def test_it_translates_a_refused_token(alice, sandbox):
    sandbox.expire_tokens("alice")

    with pytest.raises(cozepy.CozeAPIError) as refusal:
        alice.conversations.list(bot_id=BOT)

    assert refusal.value.code == 700012006
    assert refusal.value.logid
