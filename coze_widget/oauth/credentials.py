"""The credentials of a Coze OAuth app, in every form in which people have them."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from coze_widget.oauth.keys import PrivateKeyError, load_private_key
from coze_widget.redaction import name_credential, redact
from coze_widget.sentences import Sentence as _
from coze_widget.sentences import translate

COZE_CN_BASE_URL = "https://api.coze.cn"
COZE_COM_BASE_URL = "https://api.coze.com"

_FIELDS = (
    "client_id",
    "public_key_id",
    "private_key",
    "private_key_path",
    "base_url",
    "account_id",
    "enterprise_id",
    "scope",
)
# What coze_oauth_config.json has besides, or under another name.
_CONFIG_FIELDS = ("client_type", "coze_api_base", "coze_www_base")
_PUBLIC_ID = re.compile(r"[!-~]{1,256}")
_PATH_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # goes into the URL's path
_NETLOC = re.compile(
    r"(?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*|\[(?P<ipv6>[0-9a-f:.]+)\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_LARGEST_FILE = 65_536
_LARGEST_PORT = 65_535
_LONGEST_PATH = 1_024


class CredentialsError(ValueError):
    """Raised when credentials are unusable as configured.

    Not a `CozeError`: whoever handles "Coze is down" must not swallow this. The
    message names app, field and what is accepted, never a secret's value.
    """

    def translated(self, lookup: Callable[[str], str]) -> str:
        """Return the message in the language of `lookup`, for one Django's."""
        return str(translate(self.args[0], lookup))


@dataclass(frozen=True, kw_only=True)
class OAuthApp:
    """One OAuth service app, as Coze's console knows it."""

    client_id: str
    public_key_id: str
    private_key: str = field(repr=False)  # PEM text
    base_url: str = COZE_CN_BASE_URL
    # An organisation of an enterprise, or another account that authorised the app.
    account_id: str = ""
    enterprise_id: str = ""  # an enterprise's privileged app
    scope: Mapping[str, object] | None = field(default=None, hash=False)  # channel apps

    @cached_property
    def signing_key(self) -> RSAPrivateKey:
        """The parsed key, kept as long as the app; raises `PrivateKeyError`."""
        return load_private_key(self.private_key)


def load_oauth_app(
    value: Mapping[str, object] | str | os.PathLike[str], *, name: str
) -> OAuthApp:
    """Read fields, or a `coze_oauth_config.json` (parsed, or its path), and check them.

    Raises `CredentialsError`. Files are read at each call; the key is parsed once.
    """
    try:
        return _build_app(_read_mapping(value))
    except CredentialsError as exc:
        problem = exc.args[0]
    # Out here nothing is chained: the inner frames held the key.
    raise CredentialsError(
        _('OAuth app "%(name)s": %(problem)s.', name=redact(name), problem=problem)
    )


def _build_app(fields: Mapping[str, object]) -> OAuthApp:
    # First: the file of a web app has fields of its own, too.
    _check_client_type(fields)
    _refuse_unknown(fields)
    account_id = _read_id(fields, "account_id", _PATH_ID)
    enterprise_id = _read_id(fields, "enterprise_id", _PATH_ID)
    if account_id and enterprise_id:
        raise CredentialsError(_("account_id and enterprise_id exclude each other"))
    return OAuthApp(
        client_id=_require_id(fields, "client_id"),
        public_key_id=_require_id(fields, "public_key_id"),
        private_key=_read_private_key(fields),
        base_url=_read_base_url(fields),
        account_id=account_id,
        enterprise_id=enterprise_id,
        scope=_read_scope(fields),
    )


def _read_mapping(value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, (str, os.PathLike)):
        raise CredentialsError(
            _(
                "is of type %(type)s; accepted are a mapping of fields or the path of "
                "a coze_oauth_config.json",
                type=type(value).__name__,
            )
        )
    text = _read_file(value, "coze_oauth_config.json")
    return _parse_config(text, os.path.abspath(_expanded(value)))


def _parse_config(text: str, place: str) -> Mapping[str, object]:
    if "-----BEGIN" in text[:100]:
        raise CredentialsError(_describe_pem(text, place))
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise CredentialsError(_("%(place)s is not JSON", place=place)) from None
    if not isinstance(fields, dict):
        raise CredentialsError(_("%(place)s is not a JSON object", place=place))
    return fields


def _describe_pem(text: str, place: str) -> str:
    if "PRIVATE KEY-----" not in text[:100]:
        return _(
            "%(place)s is a PEM without a private key, not the JSON file", place=place
        )
    fields = {"client_id": "…", "public_key_id": "…", "private_key_path": place}
    return _(
        "%(place)s is a PEM, not the JSON file; write %(fields)s",
        place=place,
        fields=json.dumps(fields, ensure_ascii=False),
    )


def _refuse_unknown(fields: Mapping[str, object]) -> None:
    unknown = [str(key) for key in fields if key not in _FIELDS + _CONFIG_FIELDS]
    if unknown:
        raise CredentialsError(
            _(
                "unknown %(unknown)s; accepted are %(fields)s, and those of a "
                "coze_oauth_config.json",
                unknown=", ".join(redact(key, limit=40) for key in unknown),
                fields=", ".join(_FIELDS),
            )
        )


def _check_client_type(fields: Mapping[str, object]) -> None:
    client_type = _read_text(fields, "client_type")
    if client_type not in ("", "jwt"):
        raise CredentialsError(
            _(
                'client_type is "%(type)s", not "jwt"; create an OAuth app of the type '
                "service (服务类应用)",
                type=redact(client_type, limit=40),
            )
        )
    if "client_secret" in fields:
        raise CredentialsError(
            _(
                "client_secret belongs to an app of another type; create an OAuth app "
                "of the type service (服务类应用), which has a private key"
            )
        )


def _read_text(fields: Mapping[str, object], key: str) -> str:
    """Return "" for what is absent: a setting that is filled from an empty variable."""
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CredentialsError(
            _(
                "%(key)s is of type %(type)s; write it as text",
                key=key,
                type=type(value).__name__,
            )
        )
    return value.strip(" \t\r\n\"'")


def _require_id(fields: Mapping[str, object], key: str) -> str:
    text = _read_id(fields, key, _PUBLIC_ID)
    if not text:
        raise CredentialsError(_("%(key)s is missing", key=key))
    return text


def _read_id(fields: Mapping[str, object], key: str, pattern: re.Pattern[str]) -> str:
    text = _read_text(fields, key)
    kind = _name_secret(text)
    if kind:
        raise CredentialsError(
            _(
                "%(key)s holds %(kind)s, which does not belong there; if it was shown "
                "to anybody, revoke it",
                key=key,
                kind=kind,
            )
        )
    if text and not pattern.fullmatch(text):
        raise CredentialsError(
            _("%(key)s is no id: copy it from Coze's console", key=key)
        )
    return text


def _name_secret(text: str) -> str:
    return _("a PEM") if "-----BEGIN" in text else name_credential(text)


def _read_private_key(fields: Mapping[str, object]) -> str:
    path = fields.get("private_key_path") or ""
    text = _read_text(fields, "private_key")
    if bool(path) == bool(text):
        raise CredentialsError(
            _("either private_key (a PEM) or private_key_path is needed, and not both")
        )
    key = "private_key" if text else "private_key_path"
    if path:
        text = _read_file(path, key)
    return _check_pem(text, key)


def _check_pem(text: str, key: str) -> str:
    # As environment variables and .env files carry it: \\n written out.
    pem = text.replace("\\r", "").replace("\\n", "\n").strip()
    try:
        load_private_key(pem)
    except PrivateKeyError as exc:
        kind = name_credential(pem) if "-----BEGIN" not in pem else ""
        problem = (
            _("holds %(kind)s, not the private key's PEM", kind=kind)
            if kind
            else exc.args[0]
        )
    else:
        return pem
    raise CredentialsError(_("%(key)s %(problem)s", key=key, problem=problem))


def _read_file(path: object, what: str) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise CredentialsError(
            _(
                "%(what)s is of type %(type)s, not a path",
                what=what,
                type=type(path).__name__,
            )
        )
    place = _expanded(path)
    try:
        with open(place, "rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as exc:
        problem = _describe_unreadable(place, exc)
    except ValueError:
        problem = _("is no path: it holds a null byte")
    else:
        return _decode(content, what)
    raise CredentialsError(_("%(key)s %(problem)s", key=what, problem=problem))


def _expanded(path: str | os.PathLike[str]) -> str:
    return os.path.expanduser(os.fsdecode(path))


def _decode(content: bytes, what: str) -> str:
    if len(content) > _LARGEST_FILE:
        raise CredentialsError(_("%(what)s is a file of more than 64 KB", what=what))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialsError(
            _("%(what)s is not a text file in UTF-8", what=what)
        ) from None


def _describe_unreadable(place: str, exc: OSError) -> str:
    kind = _name_secret(place)
    if kind or len(place) > _LONGEST_PATH:
        return _("holds %(kind)s instead of a path", kind=kind or _("a long text"))
    return _(
        "cannot be read at %(place)r: %(reason)s",
        # What a relative path means hangs on the working directory.
        place=os.path.abspath(place),
        reason=exc.strerror,
    )


def _read_base_url(fields: Mapping[str, object]) -> str:
    given = {key: _read_text(fields, key) for key in ("base_url", "coze_api_base")}
    urls = {url.rstrip("/") for url in given.values() if url}
    if len(urls) > 1:
        raise CredentialsError(_("base_url and coze_api_base differ; give one of them"))
    url = urls.pop() if urls else COZE_CN_BASE_URL
    _check_base_url(url)
    return url


def _names_host(netloc: str) -> bool:
    """Tell what the HTTP libraries would only find out later, with errors of their own."""
    found = _NETLOC.fullmatch(netloc)
    if found is None or not 1 <= int(found["port"] or 443) <= _LARGEST_PORT:
        return False
    try:
        return not found["ipv6"] or bool(ipaddress.IPv6Address(found["ipv6"]))
    except ValueError:
        return False


def _check_base_url(url: str) -> None:
    scheme, _slashes, netloc = url.partition("://")
    if scheme not in ("https", "http") or not _names_host(netloc):
        raise CredentialsError(
            _(
                "base_url is not scheme and host alone, in lower case, such as %(cn)s "
                "or %(com)s",
                cn=COZE_CN_BASE_URL,
                com=COZE_COM_BASE_URL,
            )
        )
    # Whoever reads the assertion on its way can exchange it before Coze gets it.
    if scheme == "http" and re.sub(r":\d+$", "", netloc) not in _LOOPBACK:
        raise CredentialsError(
            _(
                "base_url is plain http, which is accepted for localhost, 127.0.0.1 "
                "and [::1] only; use https"
            )
        )


def _read_scope(fields: Mapping[str, object]) -> Mapping[str, object] | None:
    scope = fields.get("scope") or None
    if scope is None:
        return None
    if not isinstance(scope, Mapping):
        raise CredentialsError(
            _(
                "scope is of type %(type)s; it is a mapping, as Coze's guide for "
                "channel apps shows",
                type=type(scope).__name__,
            )
        )
    try:
        json.dumps(dict(scope))
    except (TypeError, ValueError):
        raise CredentialsError(_("scope holds what JSON cannot carry")) from None
    return scope
