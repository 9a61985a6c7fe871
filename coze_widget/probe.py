"""Whether a widget's bot answers: a token for nobody, and with it what the SDK reads first."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from coze_widget.acceptance import LIFE_SECONDS
from coze_widget.conf import conf
from coze_widget.console import REGIONS, is_on_this_machine, other_region
from coze_widget.exceptions import (
    AuthenticationError,
    BadRequestError,
    CozeError,
    NotFoundError,
    PermissionDeniedError,
)
from coze_widget.models import Mode, Widget
from coze_widget.oauth.client import AccessToken
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth.deadlines import Deadline
from coze_widget.oauth.error_codes import CHECK_REGION
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID, OpenApi
from coze_widget.oauth_apps import find_oauth_app, get_api, make_client
from coze_widget.redaction import holds_credential, redact
from coze_widget.remedies import say_who
from coze_widget.sentences import translate
from coze_widget.status import find_status

MAX_NAME_LENGTH = 100
# Blanks are folded before the cut.
MAX_READ = 1000


class Step(Enum):
    """What was asked for; the value is the group of its permission in Coze's console."""

    TOKEN = ""
    BOT = "Bot"
    APP = "App"
    WORKFLOW = "Workflow"


# Each of them is read with the permission of this name in its own group.
PERMISSION = "getMetadata"


@dataclass(frozen=True)
class Finding:
    """What came of a test, in the active language.

    `who` can mend it, and where: whoever presses the button may be neither. `name` is
    what Coze calls the bot or the app; `facts` are what its support asks for.
    """

    works: bool
    text: str
    advice: str = ""
    who: str = ""
    facts: str = ""
    name: str = ""


@dataclass(frozen=True)
class _Reading:
    step: Step
    path: tuple[str, ...]
    query: Mapping[str, str]


class _Refused(Exception):
    """Raised with the step at which Coze refused."""

    def __init__(self, step: Step, cause: CozeError) -> None:
        super().__init__(step, cause)
        self.step = step
        self.cause = cause


def probe(widget: Widget, *, personal_token: str = "") -> Finding:
    """Ask Coze as a visitor's browser would; all of it ends with the total time-out.

    Nothing is kept. With a personal token, on trial, none is asked for.
    """
    try:
        name, base_url = _read(widget, AccessToken(personal_token, 0))
    except CredentialsError as exc:
        return Finding(works=False, text=exc.translated(gettext))
    except _Refused as refused:
        return _explain(widget, refused, is_personal=bool(personal_token))
    return _confirm(widget, name, base_url)


def _read(widget: Widget, personal: AccessToken) -> tuple[str, str]:
    is_personal = bool(personal.value)
    base_url = (
        conf.base_url if is_personal else find_oauth_app(widget.oauth_app).base_url
    )
    api = get_api(base_url)
    deadline = api.start()
    token = personal if is_personal else _mint(widget, deadline)
    names = [
        _read_name(api, reading, token, deadline) for reading in _list_readings(widget)
    ]
    return next(filter(None, names), ""), base_url


def _mint(widget: Widget, deadline: Deadline) -> AccessToken:
    client = make_client(find_oauth_app(widget.oauth_app))
    with _told(Step.TOKEN):
        return client.fetch_token(
            session_name=f"coze_test-{secrets.token_hex(16)}",
            duration_seconds=LIFE_SECONDS,
            deadline=deadline,
        )


def _read_name(
    api: OpenApi, reading: _Reading, token: AccessToken, deadline: Deadline
) -> str:
    with _told(reading.step):
        data = api.read(
            *reading.path, token=token, query=reading.query, deadline=deadline
        )
    return clean_name(data.get("name"))


@contextmanager
def _told(step: Step) -> Iterator[None]:
    try:
        yield
    except CozeError as exc:
        cause = exc
    else:
        return
    raise _Refused(step, cause)


def _list_readings(widget: Widget) -> list[_Reading]:
    """Return what the SDK reads when a chat opens."""
    if widget.mode == Mode.BOT:
        return [_Reading(Step.BOT, ("v1", "bots", widget.bot_id), {})]
    connector = {"connector_id": CHAT_SDK_CONNECTOR_ID}
    return [
        _Reading(
            Step.APP,
            ("v1", "apps", widget.app_id),
            {"version": widget.app_version, **connector},
        ),
        _Reading(
            Step.WORKFLOW,
            ("v1", "workflows", widget.workflow_id),
            {**connector, "is_debug": "false"},
        ),
    ]


def clean_name(name: object) -> str:
    """Return a name of somebody else's fit for our pages; "" for what is none."""
    text = name[:MAX_READ] if isinstance(name, str) else ""
    text = "".join(char if char.isprintable() else " " for char in text)
    # Not always: it takes forty characters of Chinese for a secret.
    if holds_credential(text):
        text = redact(text)
    return " ".join(text.split())[:MAX_NAME_LENGTH].strip()


def _confirm(widget: Widget, name: str, base_url: str) -> Finding:
    if not name:
        text = _("It works: Coze gives the widget a token and answers.")
    elif widget.mode == Mode.APP:
        text = _("It works: Coze knows the app as “%(name)s”, and its chatflow.")
    else:
        text = _("It works: Coze knows the bot as “%(name)s”.")
    return Finding(
        works=True,
        text=text % {"name": name},
        advice=" ".join(_limits(widget, base_url)),
        name=name,
    )


def _limits(widget: Widget, base_url: str) -> Iterator[str]:
    """Say what a test that went well does not prove."""
    status = find_status(widget)
    if status.works is False:
        yield _("Visitors see nothing all the same. %(why)s") % {"why": status.text}
    elif not widget.enabled:
        yield _("The widget itself is switched off.")
    if is_on_this_machine(base_url):
        yield _("That was the sandbox, not Coze.")
    else:
        yield _(
            "Only a real chat shows whether the permissions for chatting are ticked."
        )


def _explain(widget: Widget, refused: _Refused, *, is_personal: bool) -> Finding:
    cause = refused.cause
    if refused.step is Step.TOKEN:
        advice = " ".join([_say(cause.remedy), *_about_region(widget, cause)])
    elif is_personal and isinstance(cause, AuthenticationError):
        advice = _(
            "The personal access token is wrong, has expired, or belongs to the other "
            "region."
        )
    else:
        advice = _about_reading(widget, refused.step, cause) or _say(cause.remedy)
    return Finding(
        works=False,
        text=_headline(refused.step) % {"what": _say(cause.args[0])},
        advice=advice,
        who=say_who(cause),
        facts=cause.facts,
    )


def _headline(step: Step) -> str:
    return {
        Step.TOKEN: _("Coze gives no token. %(what)s"),
        Step.BOT: _("The bot cannot be read. %(what)s"),
        Step.APP: _("The app cannot be read. %(what)s"),
        Step.WORKFLOW: _("The app's chatflow cannot be read. %(what)s"),
    }[step]


def _about_region(widget: Widget, cause: CozeError) -> Iterator[str]:
    """Only said: a credential goes nowhere but where it was told."""
    other = other_region(find_oauth_app(widget.oauth_app).base_url)
    if cause.remedy == CHECK_REGION and other:
        yield _("If the app was made at %(region)s, its base_url is %(base_url)s.") % {
            "region": REGIONS[other],
            "base_url": other,
        }


def _about_reading(widget: Widget, step: Step, cause: CozeError) -> str:
    """Return what a refusal means of a token that is seconds old, "" if no more than usual."""
    if cause.code == 702242003:
        return _(
            "It was unbound (解绑) from Chat SDK: publish it there again, in Coze's studio."
        )
    if cause.code == 4015:
        return _(
            "It was never published to API: in Coze's studio, publish it to API and to "
            "Chat SDK."
        )
    if isinstance(cause, PermissionDeniedError):
        return _(
            "In Coze's console, tick the permission “%(permission)s” in the group "
            "“%(group)s” of the OAuth app, press authorise (授权) again, and include the "
            "workspace of the bot. An organisation's bot needs account_id, too."
        ) % {"permission": PERMISSION, "group": step.value}
    if isinstance(cause, AuthenticationError):
        return _(
            "Coze has just given this token, and does not take it here. If the bot is an "
            "organisation's, check account_id; if there is a gateway in between, check "
            "that it passes the header Authorization on."
        )
    if isinstance(cause, (NotFoundError, BadRequestError)):
        return _find_id(widget, step)
    return ""


def _find_id(widget: Widget, step: Step) -> str:
    what, value, place = {
        Step.BOT: (_("bot id"), widget.bot_id, "/bot/"),
        Step.APP: (_("app id"), widget.app_id, "/project-ide/"),
        Step.WORKFLOW: (_("workflow id"), widget.workflow_id, "workflow="),
    }[step]
    return _(
        "Compare the %(what)s %(value)s with the digits after %(place)s in the address of "
        "Coze's studio. If they are the same: publish to API and to Chat SDK, and "
        "authorise the OAuth app for its workspace; coze.cn and coze.com share nothing."
    ) % {"what": what, "value": value, "place": place}


def _say(sentence: str) -> str:
    """Return a sentence of the rooms without Django in the active language, with its end."""
    text = str(translate(sentence, gettext))
    return text if not text or text.endswith((".", "。", "!", "?")) else f"{text}."
