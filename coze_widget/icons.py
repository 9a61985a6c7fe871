"""Pictures that editors upload, and what is readable on a colour."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

MAX_ICON_BYTES = 200_000
# How files of these kinds begin. No SVG: opened by itself it runs scripts as the site.
_SIGNATURES = {
    "gif": (b"GIF87a", b"GIF89a"),
    "jpeg": (b"\xff\xd8\xff",),
    "jpg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "webp": (b"RIFF",),
}
_SIGNATURE_BYTES = 12

LIGHT_INK = "#ffffff"
DARK_INK = "#1f2329"

_validate_extension = FileExtensionValidator(sorted(_SIGNATURES))


def validate_icon(file: Any) -> None:
    """Judge name, size and first bytes; nothing is decoded here (docs/adr/0014)."""
    _validate_extension(file)
    try:
        size = file.size
    except OSError:
        raise ValidationError(
            _("The file of the picture is gone: choose it again, or clear it."),
            code="gone",
        ) from None
    if size > MAX_ICON_BYTES:
        raise ValidationError(
            _("The picture has %(size)s kB; at most %(max)s kB."),
            code="too_large",
            params={"size": size // 1000, "max": MAX_ICON_BYTES // 1000},
        )
    is_stored = file.closed
    file.seek(0)
    start = file.read(_SIGNATURE_BYTES)
    file.seek(0)
    if is_stored:
        file.close()
    extension = file.name.rpartition(".")[2].lower()
    is_webp = extension != "webp" or start[8:] == b"WEBP"
    if not start.startswith(_SIGNATURES[extension]) or not is_webp:
        raise ValidationError(
            _("This file is not what its name says: a %(extension)s picture."),
            code="wrong_signature",
            params={"extension": extension.upper()},
        )


def ink_on(color: str) -> str:
    """Return white or near-black, whichever has the higher contrast on `#rrggbb`.

    Relative luminance and contrast ratio are those of WCAG 2.
    """
    background = _luminance(color)
    return max(
        (LIGHT_INK, DARK_INK), key=lambda ink: _contrast(_luminance(ink), background)
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    return _contrast(_luminance(one), _luminance(other))


def _contrast(one: float, other: float) -> float:
    lighter, darker = max(one, other), min(one, other)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    if channel <= 0.04045:
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)
