from __future__ import annotations

import pytest

from coze_widget.sandbox.replies import Question, compose_reply, split_text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello big world", ["Hello ", "big ", "world"]),
        ("你好世界啊", ["你好", "世界", "啊"]),
        ("one\ntwo", ["one", "\n", "two"]),
        ("", []),
    ],
)
def test_text_comes_in_words_or_pairs_of_characters(text, pieces):
    assert split_text(text) == pieces


@pytest.mark.parametrize("text", ["/help", "/long", "/slow", "你好，world!  \n x"])
def test_the_pieces_are_the_whole_text(text):
    reply = compose_reply(Question(text, 1))

    assert "".join(reply.pieces) == reply.text


def test_a_question_with_chinese_characters_is_answered_in_chinese():
    assert compose_reply(Question("Hello 你好", 1)).follow_ups[0] == "你能做什么？"
    assert compose_reply(Question("Hello", 1)).follow_ups[0] == "What can you do?"
