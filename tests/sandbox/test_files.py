from __future__ import annotations

import wave
from io import BytesIO

import pytest

from coze_widget.sandbox.api.files import MAX_FILE_BYTES

UPLOAD = "/v1/files/upload"
TRANSCRIBE = "/v1/audio/transcriptions"


def test_a_file_is_uploaded(alice):
    data = bytes(range(256)) + b"\r\n\n"

    file = alice.ask("POST", UPLOAD, files={"file": ("图 1.png", data)})["data"]

    assert file["bytes"] == len(data)
    assert file["file_name"] == "图 1.png"
    assert file["id"].isdigit()
    assert file["created_at"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"file": ("empty.txt", b"")}, 4300),
        ({"other": ("a.txt", b"a")}, 4300),
        ([("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))], 4301),
        ({"file": ("big.bin", b"x" * (MAX_FILE_BYTES + 1))}, 4302),
    ],
)
def test_a_wrong_upload_is_refused(alice, files, code):
    assert alice.ask("POST", UPLOAD, files=files)["code"] == code


@pytest.mark.parametrize("path", [UPLOAD, TRANSCRIBE])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
    ],
)
def test_a_broken_form_is_refused(alice, path, content_type, body):
    headers = {"Content-Type": content_type}

    assert alice.ask("POST", path, data=body, headers=headers)["code"] == 4304


def test_speech_becomes_a_fixed_sentence(alice):
    files = {"file": ("voice.wav", b"sound")}

    english = alice.ask("POST", TRANSCRIBE, files=files)
    chinese = alice.ask(
        "POST", TRANSCRIBE, files=files, headers={"Accept-Language": "zh"}
    )

    assert english["data"]["text"] == "Hello, can you hear me?"
    assert chinese["data"]["text"] == "你好，能听到我说话吗？"


def test_silence_is_refused(alice):
    files = {"file": ("voice.wav", b"")}

    assert alice.ask("POST", TRANSCRIBE, files=files)["code"] == 4300


def test_text_becomes_a_fixed_tone(alice):
    body = {"input": "Hello", "voice_id": "1"}

    response = alice.send("POST", "/v1/audio/speech", json=body)

    assert response.headers["Content-Type"] == "audio/wav"
    with wave.open(BytesIO(response.content)) as clip:
        assert clip.getframerate() == 24000


@pytest.mark.parametrize("body", [{"input": "Hello"}, {"voice_id": "1"}])
def test_incomplete_speech_is_refused(alice, body):
    assert alice.ask("POST", "/v1/audio/speech", json=body)["code"] == 4000
