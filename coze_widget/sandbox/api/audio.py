"""Speech: always the same words in, always the same tone out."""

from __future__ import annotations

import io
import math
import struct
import wave

from coze_widget.sandbox.api.call import Call, refuse_parameter
from coze_widget.sandbox.envelope import Refusal
from coze_widget.sandbox.http import Response
from coze_widget.sandbox.multipart import read_files

TRANSCRIPTS = {"en": "Hello, can you hear me?", "zh": "你好，能听到我说话吗？"}
SAMPLE_RATE = 24000
TONE_HERTZ = 440
TONE_SECONDS = 0.25


def transcribe(call: Call) -> Response:
    try:
        files = read_files(call.request)
    except ValueError:
        raise Refusal(4304) from None
    if not files or not files[0].data:
        raise Refusal(4300)
    return call.succeed({"text": TRANSCRIPTS[call.request.language]})


def speak(call: Call) -> Response:
    body = call.read_json()
    for name in ("input", "voice_id"):
        if not body.get(name):
            raise refuse_parameter(name)
    return Response(body=make_tone(), content_type="audio/wav")


def make_tone() -> bytes:
    samples = (
        int(8000 * math.sin(math.tau * TONE_HERTZ * n / SAMPLE_RATE))
        for n in range(int(SAMPLE_RATE * TONE_SECONDS))
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(SAMPLE_RATE)
        clip.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()
