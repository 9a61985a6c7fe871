"""Keys of visitor tokens that cannot be used, and the settings that they hang on."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _

from coze_widget.conf import conf
from coze_widget.encryption import Undecryptable, decrypt
from coze_widget.key_material import load_public_key, validate_jwks_url
from coze_widget.models import VisitorKey

MIN_ENCRYPTION_KEY_LENGTH = 32
MIN_MAX_AGE_SECONDS = 30
# More than a day is no short token any more; such a person could never be sent away.
MAX_MAX_AGE_SECONDS = 86_400


def check_visitor_settings() -> Iterator[CheckMessage]:
    yield from _check_encryption_keys()
    yield from _check_max_age()


def check_visitor_keys(alias: str) -> Iterator[CheckMessage]:
    """Raises django.db.Error where there is no table yet."""
    rows = VisitorKey.objects.using(alias).filter(is_enabled=True, widget__enabled=True)
    for key in rows.select_related("widget").order_by("pk"):
        yield from _check_secret(key)
        yield from _check_public(key)


def _check_encryption_keys() -> Iterator[CheckMessage]:
    keys: object = getattr(settings, "COZE_ENCRYPTION_KEYS", None)
    if keys is None:
        return  # COZE_IDENTITY_KEY stands in, and has checks of its own
    if not isinstance(keys, (list, tuple)) or not all(
        isinstance(key, str) for key in keys
    ):
        said = _("COZE_ENCRYPTION_KEYS is not a list of texts.")
    elif not keys:
        said = _("COZE_ENCRYPTION_KEYS is empty: no secret can be kept.")
    elif any(len(key) < MIN_ENCRYPTION_KEY_LENGTH for key in keys):
        said = _(
            "A key in COZE_ENCRYPTION_KEYS is shorter than %(length)d characters."
        ) % {"length": MIN_ENCRYPTION_KEY_LENGTH}
    else:
        return
    yield Error(
        said,
        hint=_(
            "Write a list of long random texts, the newest one first, for example of "
            "what `python -c 'import secrets; print(secrets.token_urlsafe(48))'` "
            "prints; or leave it out, and COZE_IDENTITY_KEY encrypts."
        ),
        id="coze_widget.E044",
    )


def _check_max_age() -> Iterator[CheckMessage]:
    seconds: object = conf.visitor_token_max_age_seconds
    if type(seconds) is int and MIN_MAX_AGE_SECONDS <= seconds <= MAX_MAX_AGE_SECONDS:
        return
    yield Error(
        _(
            "COZE_VISITOR_TOKEN_MAX_AGE_SECONDS is not a whole number from %(least)d to "
            "%(most)d."
        )
        % {"least": MIN_MAX_AGE_SECONDS, "most": MAX_MAX_AGE_SECONDS},
        hint=_("The default is 600: a page asks for a new token when it needs one."),
        id="coze_widget.E045",
    )


def _check_secret(key: VisitorKey) -> Iterator[CheckMessage]:
    if not key.encrypted_secret:
        return
    try:
        decrypt(key.encrypted_secret)
    except Undecryptable:
        yield Error(
            _(
                "The visitor key “%(name)s” of the widget “%(slug)s” cannot be "
                "decrypted: tokens that it has signed are refused."
            )
            % {"name": key.name, "slug": key.widget.slug},
            hint=_(
                "Put the key that was first in COZE_ENCRYPTION_KEYS then (or "
                "COZE_IDENTITY_KEY, where the setting was left out) behind the new one. "
                "If it is lost, make a new visitor key in the widget's form, and delete "
                "this one."
            ),
            obj=key,
            id="coze_widget.E046",
        )
    except (ImproperlyConfigured, TypeError, AttributeError):
        return  # E001 or E044


def _check_public(key: VisitorKey) -> Iterator[CheckMessage]:
    """The form refuses these; a fixture does not."""
    try:
        if key.jwks_url:
            validate_jwks_url(key.jwks_url)
        if key.public_key:
            load_public_key(key.public_key, key.algorithm)
    except ValidationError as exc:
        yield Warning(
            _(
                "The visitor key “%(name)s” of the widget “%(slug)s” cannot be used: "
                "%(reason)s"
            )
            % {
                "name": key.name,
                "slug": key.widget.slug,
                "reason": " ".join(exc.messages),
            },
            hint=_("Correct it in the widget's form, or switch it off there."),
            obj=key,
            id="coze_widget.W047",
        )
