from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from coze_widget.icons import DARK_INK, LIGHT_INK, MAX_ICON_BYTES, ink_on, validate_icon
from coze_widget.models import Widget

PICTURES = {
    "icon.png": b"\x89PNG\r\n\x1a\n",
    "icon.JPG": b"\xff\xd8\xff\xe0",
    "icon.jpeg": b"\xff\xd8\xff\xe1",
    "icon.gif": b"GIF89a",
    "icon.webp": b"RIFF\x10\0\0\0WEBPVP8 ",
}


@pytest.mark.parametrize(("name", "content"), PICTURES.items())
def test_a_picture_is_taken(name, content):
    file = SimpleUploadedFile(name, content)

    validate_icon(file)

    assert file.read() == content


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("icon.svg", b"<svg onload=alert(1)>", "invalid_extension"),
        ("icon.png", b"<html><script>alert(1)</script>", "wrong_signature"),
        ("icon.webp", b"RIFF\x10\0\0\0WAVEfmt ", "wrong_signature"),
        ("icon.png", b"", "wrong_signature"),
        ("icon.html", PICTURES["icon.png"], "invalid_extension"),
        ("icon.png", PICTURES["icon.png"] + b"\0" * MAX_ICON_BYTES, "too_large"),
    ],
)
def test_anything_else_is_refused(name, content, code):
    with pytest.raises(ValidationError) as refused:
        validate_icon(SimpleUploadedFile(name, content))

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("color", "ink"),
    [
        ("#2f54eb", LIGHT_INK),
        ("#000000", LIGHT_INK),
        ("#FFFFFF", DARK_INK),
        ("#ffd700", DARK_INK),
        ("#0a0a0a", LIGHT_INK),
    ],
)
def test_the_ink_is_what_reads_better(color, ink):
    assert ink_on(color) == ink


def test_a_stored_picture_that_is_gone_is_named(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    with pytest.raises(ValidationError, match="gone: choose it again") as refused:
        validate_icon(Widget(launcher_icon="coze_widget/icon.png").launcher_icon)

    assert refused.value.code == "gone"


def test_a_stored_picture_is_closed_again(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "icon.png").write_bytes(PICTURES["icon.png"])
    icon = Widget(launcher_icon="icon.png").launcher_icon

    validate_icon(icon)

    assert icon.closed
