from __future__ import annotations

import pickle

import pytest

from coze_widget.exceptions import CozeError
from coze_widget.oauth.credentials import CredentialsError, load_oauth_app
from coze_widget.sentences import Sentence, translate

CHINESE = {
    "%(key)s is missing": "缺少 %(key)s",
    "a PEM": "一段 PEM",
    "100 % sure": "百分之百",
    "holds %(kind)s": "里面是%(kind)s",
    'OAuth app "%(name)s": %(problem)s.': "OAuth 应用“%(name)s”：%(problem)s。",
}


def to_chinese(text):
    return CHINESE.get(text, text)


def test_a_sentence_is_its_english_text():
    assert Sentence("%(key)s is missing", key="client_id") == "client_id is missing"


def test_a_sentence_can_be_said_in_another_language():
    sentence = Sentence("%(key)s is missing", key="client_id")

    assert sentence.translated(to_chinese) == "缺少 client_id"


def test_a_sentence_within_a_sentence_is_translated_too():
    sentence = Sentence("holds %(kind)s", kind=Sentence("a PEM"))

    assert str(sentence) == "holds a PEM"
    assert sentence.translated(to_chinese) == "里面是一段 PEM"


def test_a_percent_sign_is_left_alone_where_nothing_is_filled_in():
    assert Sentence("100 % sure") == "100 % sure"
    assert Sentence("100 % sure").translated(to_chinese) == "百分之百"


@pytest.mark.parametrize("text", ["a PEM", "", 7])
def test_what_is_no_sentence_is_not_translated(text):
    assert translate(text, to_chinese) == text


def test_facts_are_never_taken_for_a_template():
    sentence = Sentence("%(key)s is missing", key="%(x)s %d")

    assert sentence.translated(to_chinese) == "缺少 %(x)s %d"


def test_a_sentence_survives_pickling():
    sentence = pickle.loads(pickle.dumps(Sentence("%(key)s is missing", key="kid")))

    assert sentence.translated(to_chinese) == "缺少 kid"


def test_an_error_about_credentials_is_translated_as_a_whole():
    with pytest.raises(CredentialsError) as caught:
        load_oauth_app({}, name="shop")

    assert str(caught.value) == 'OAuth app "shop": client_id is missing.'
    assert caught.value.translated(to_chinese) == "OAuth 应用“shop”：缺少 client_id。"


def test_an_error_of_cozes_is_translated_as_a_whole():
    chinese = {
        "Coze refused: %(text)s": "被扣子拒绝：%(text)s",
        "Try again.": "请重试。",
        "%(sentence)s. %(remedy)s": "%(sentence)s。%(remedy)s",
        "%(sentence)s (%(facts)s)": "%(sentence)s（%(facts)s）",
    }
    error = CozeError(
        Sentence("Coze refused: %(text)s", text="no"),
        code=4100,
        remedy=Sentence("Try again."),
    )

    assert str(error) == "Coze refused: no (code 4100). Try again."
    assert error.translated(chinese.get) == "被扣子拒绝：no（code 4100）。请重试。"
