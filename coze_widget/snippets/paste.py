"""From a pasted text to what a widget's form can be filled with.

Pure: no database, no network, nothing kept. No credential of the text is in the result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from coze_widget.models import Widget
from coze_widget.oauth.credentials import (
    COZE_CN_BASE_URL,
    COZE_COM_BASE_URL,
    CredentialsError,
    load_oauth_app,
)
from coze_widget.redaction import find_credentials, redact
from coze_widget.snippets.fields import Mapping
from coze_widget.snippets.reading import Credential, Reading, Unmapped
from coze_widget.snippets.trees import (
    Code,
    Deadline,
    Page,
    ParserMissingError,
    TooLongError,
    line_of,
    parse,
)
from coze_widget.snippets.values import (
    Reason,
    Unread,
    Values,
    string_of,
    without_comments,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_BYTES = 1_000_000
# Where version, region and host stand.
ADDRESS = "script src"
_CLIENT = b"WebChatClient"
_SDK = b"chat-app-sdk/"
_SDK_PATH = re.compile(r"/chat-app-sdk/(?P<version>[^/]+)/libs/(?P<region>cn|oversea)/")
_REGIONS = {"cn": COZE_CN_BASE_URL, "oversea": COZE_COM_BASE_URL}
_SDK_HOSTS = ("lf-cdn.coze.cn", "sf-cdn.coze.com")
_CONFIG_FIELDS = {"client_id", "client_type", "private_key", "public_key_id"}
# More are not worth naming.
_MAX_CALLS = 5
_MAX_CREDENTIALS = 20
# From `new` up to the name: brackets, casts, members.
_MAX_CLIMB = 10


def read_snippet(text: str) -> Reading:
    """Read whatever was pasted; what cannot be read is told in `problem`."""
    reading = Reading()
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        reading.problem = _(
            "This is longer than a megabyte. Paste only the snippet of Coze's publish page."
        )
        return reading
    text = text.lstrip("\ufeff")
    config = _as_oauth_config(text)
    if config is not None:
        _read_oauth_config(config, reading)
        return reading
    try:
        _read_code(text, reading)
    except TooLongError:
        reading.problem = _(
            "Reading this takes too long. Paste only the part from new "
            "CozeWebSDK.WebChatClient( to its closing bracket."
        )
    except ParserMissingError:
        reading.problem = _(
            "Reading snippets needs a parser that is not installed: "
            'pip install "django-coze-widget[import]".'
        )
    _scan(text, reading)
    return reading


def _as_oauth_config(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _CONFIG_FIELDS & set(value) else None


def _read_oauth_config(config: dict[str, Any], reading: Reading) -> None:
    reading.is_config = True
    # The path of a key is a path on somebody else's machine, or of a file that a
    # stranger wants to have read.
    config.pop("private_key_path", None)
    try:
        app = load_oauth_app(config, name="default")
    except CredentialsError as error:
        reading.problem = error.translated(_)
        return
    reading.base_url = app.base_url if app.base_url in _REGIONS.values() else ""
    reading.settings_line = (
        'COZE_OAUTH_APPS = {"default": "/path/to/coze_oauth_config.json"}'
    )
    reading.problem = _(
        "This is no snippet but the credentials of an OAuth app, complete and with a key "
        "that can be used. They were forgotten. Keep the file outside the project, "
        "readable for the server only, and name its path in the settings."
    )


def _scan(text: str, reading: Reading) -> None:
    """Find credentials in comments, in other variables, in what could not be read."""
    told = {(str(one.kind), one.line) for one in reading.credentials}
    for offset, kind in islice(find_credentials(text), _MAX_CREDENTIALS):
        line = text.count("\n", 0, offset) + 1
        if (str(kind), line) not in told:
            told.add((str(kind), line))
            reading.credentials.append(Credential(kind, line))


def _read_code(text: str, reading: Reading) -> None:
    deadline = Deadline()
    stripped = text.strip()
    source = text.encode("utf-8", "replace")
    is_page = stripped.startswith("<")
    if stripped.startswith("{"):
        # An object alone; as a statement it would be a block.
        source = b"(" + stripped.rstrip("; \n").encode("utf-8", "replace") + b")"
        if _read_script(source, reading, deadline, is_object=True):
            return
        source = text.encode("utf-8", "replace")
    for as_page in (is_page, not is_page):
        if as_page and _holds_page(source):
            page = Page(source, deadline)
            for address in page.addresses:
                _read_address(address, reading)
            if _read_script(page.script, reading, deadline):
                return
        elif not as_page and _read_script(source, reading, deadline):
            return
    reading.problem = _describe_stranger(text)


def _holds_page(source: bytes) -> bool:
    start = source.lower()
    return b"<script" in start or b"onload" in start


def _describe_stranger(text: str) -> str:
    if not text.strip():
        return _("There is nothing to read.")
    if _CLIENT.decode() in text:
        return _(
            "WebChatClient stands in the text, but not its whole call: paste it from new "
            "CozeWebSDK.WebChatClient( to its closing bracket."
        )
    if "@coze/chat-sdk" in text:
        return _(
            "This is for @coze/chat-sdk, another product of Coze's. Publish the agent to "
            "“Chat SDK” in Coze's studio and paste the snippet from there."
        )
    if "uibuilder" in text.lower().replace("-", "").replace(" ", ""):
        return _(
            "This is for the Web SDK of Coze's UI builder, another product. Publish to "
            "“Chat SDK” in Coze's studio and paste the snippet from there."
        )
    return _(
        "There is no new CozeWebSDK.WebChatClient(…) in the text. Paste the snippet of "
        "Coze's publish page (Chat SDK)."
    )


def _read_script(
    source: bytes, reading: Reading, deadline: Deadline, *, is_object: bool = False
) -> bool:
    """Read the first client of a script; tell whether there was one."""
    code = parse(source, language="tsx", deadline=deadline)
    _read_addresses(code, reading)
    values = Values(code, deadline)
    if is_object:
        return _read_bare_object(code.root, values, reading)
    found = (_call_around(code, place) for place in _places(source, deadline))
    calls = list(islice(filter(None, found), _MAX_CALLS))
    if not calls:
        return _read_quoted(code, reading, deadline)
    for other in calls[1:]:
        reading.notes.append(
            _("Line %(line)s makes a second chat, which is left out: paste it alone.")
            % {"line": line_of(other)}
        )
    arguments = calls[0].child_by_field_name("arguments")
    given = without_comments(arguments) if arguments else []
    _read_options(given[0] if given else None, calls[0], values, reading)
    return True


def _read_options(
    node: Node | None, call: Node, values: Values, reading: Reading
) -> None:
    options = values.read(node) if node is not None else {}
    if call.has_error:
        reading.notes.append(
            _("There is a slip in the code from line %(line)s on; the rest was read.")
            % {"line": line_of(call)}
        )
    if not isinstance(options, dict):
        reason = options if isinstance(options, Unread) else Unread(Reason.WRONG_VALUE)
        reading.unmapped.append(
            Unmapped("new WebChatClient(…)", reason.reason, redact(reason.detail))
        )
        reading.problem = _("What WebChatClient is given is not in the paste.")
        return
    Mapping(reading, options, line_of(call)).fill()


def _read_bare_object(root: Node, values: Values, reading: Reading) -> bool:
    node = root.named_children[0] if root.named_children else root
    inner = node.named_children[0] if node.named_children else node
    options = values.read(inner)
    is_ours = isinstance(options, dict) and "config" in options
    if is_ours:
        _read_options(inner, node, values, reading)
    return is_ours


def _read_quoted(code: Code, reading: Reading, deadline: Deadline) -> bool:
    """Read a script that stands in a text of another one, as Next.js wants it."""
    for place in _places(code.source, deadline):
        node = code.node_at(place, len(_CLIENT))
        if node is not None and node.type == "string_fragment" and node.parent:
            inner = string_of(code, node.parent).encode("utf-8", "replace")
            return _read_script(inner, reading, deadline)
    return False


def _places(source: bytes, deadline: Deadline) -> Iterator[int]:
    place = source.find(_CLIENT)
    while place >= 0:
        deadline.check()
        yield place
        place = source.find(_CLIENT, place + len(_CLIENT))


def _call_around(code: Code, place: int) -> Node | None:
    """Return the `new …WebChatClient(…)` whose constructor's name is here."""
    node = code.node_at(place, len(_CLIENT))
    for _level in range(_MAX_CLIMB):
        if node is None or node.type in ("arguments", "new_expression"):
            break
        node = node.parent
    return node if node is not None and node.type == "new_expression" else None


def _read_addresses(code: Code, reading: Reading) -> None:
    place = code.source.find(_SDK)
    if place >= 0:
        node = code.node_at(place, len(_SDK))
        if node is not None and node.type == "string_fragment" and node.parent:
            _read_address(string_of(code, node.parent), reading)


def _read_address(address: str, reading: Reading) -> None:
    """Take version and region from the address of the SDK's script."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return
    found = _SDK_PATH.search(parts.path)
    if not found or "sdk_version" in reading.fields:
        return
    reading.base_url = _REGIONS[found["region"]]
    try:
        version = Widget._meta.get_field("sdk_version").clean(found["version"], None)
        reading.fields["sdk_version"] = version
        reading.paths["sdk_version"] = ADDRESS
    except ValidationError as error:
        reading.unmapped.append(
            Unmapped(ADDRESS, Reason.WRONG_VALUE, " ".join(error.messages))
        )
    if parts.hostname not in _SDK_HOSTS:
        _take_address(address, reading)


def _take_address(address: str, reading: Reading) -> None:
    try:
        url = Widget._meta.get_field("sdk_url").clean(address, None)
    except ValidationError:
        reading.notes.append(
            _(
                "The SDK comes from another host than Coze's, which the setting "
                "COZE_SDK_ORIGINS does not name. Coze's is taken."
            )
        )
    else:
        reading.fields["sdk_url"] = url
        reading.paths["sdk_url"] = ADDRESS
