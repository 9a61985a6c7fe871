"""Whether Coze knows what the widget names, and has it published where the SDK looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, explain, failed, passed, warned
from coze_widget.exceptions import (
    AuthenticationError,
    BadRequestError,
    CozeError,
    NotFoundError,
    PermissionDeniedError,
)
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID
from coze_widget.probe import clean_name
from coze_widget.remedies import say_who

UNPUBLISHED, UNBOUND = 4015, 702242003
# What the chatflow gets without the widget.
OWN_INPUTS = {"USER_INPUT", "CONVERSATION_NAME"}


class Thing(NamedTuple):
    """`group` is that of its permission in Coze's console, `place` where its id stands."""

    group: str
    id: str
    place: str


def look_at_bot(patient: Patient) -> Iterator[Sight]:
    """Read it as the SDK does when a chat opens."""
    widget = patient.widget
    if patient.is_app:
        thing = Thing("App", widget.app_id, "/project-ide/")
        path = ("v1", "apps", widget.app_id)
        query = {
            "version": widget.app_version,
            "connector_id": CHAT_SDK_CONNECTOR_ID,
        }
    else:
        thing = Thing("Bot", widget.bot_id, "/bot/")
        path, query = ("v1", "bots", widget.bot_id), {}
    try:
        data = patient.read(*path, query=query)
    except CozeError as exc:
        yield _explain(thing, exc)
        return
    name = clean_name(data.get("name"))
    yield passed(
        _("Coze knows it as “%(name)s”.") % {"name": name}
        if name
        else _("Coze knows it; it has no name.")
    )


def look_at_workflow(patient: Patient) -> Iterator[Sight]:
    """Compare what the widget sends with what the chatflow's start node takes."""
    if not patient.is_app:
        yield passed(_("A bot needs none."))
        return
    workflow_id = patient.widget.workflow_id
    try:
        data = patient.read(
            "v1",
            "workflows",
            workflow_id,
            query={"include_input_output": "true"},
        )
    except CozeError as exc:
        yield _explain(Thing("Workflow", workflow_id, "workflow="), exc)
        return
    yield from _compare(patient, _inputs_of(data))


def _compare(
    patient: Patient, inputs: Mapping[str, Mapping[str, Any]]
) -> Iterator[Sight]:
    sent = set(patient.widget.parameters)
    unknown = sorted(sent - inputs.keys())
    lacking = sorted(
        name
        for name, one in inputs.items()
        if one.get("required") is True and name not in sent | OWN_INPUTS
    )
    if unknown:
        yield warned(
            _("The chatflow takes no %(names)s.") % {"names": _(", ").join(unknown)},
            _("Take it out of the widget's parameters, or add it to the start node."),
        )
    if lacking:
        judge = warned if patient.widget.page_sets_parameters else failed
        yield judge(
            _("The chatflow requires %(names)s, and the widget does not send it.")
            % {"names": _(", ").join(lacking)},
            _("Add it to the widget's parameters, or let the page send it."),
        )
    if not unknown and not lacking:
        yield passed(_("The chatflow is there and takes the widget's parameters."))


def _inputs_of(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Names come from outside; what is no name is left out."""
    found = data.get("input")
    parameters = found.get("parameters") if isinstance(found, dict) else None
    if not isinstance(parameters, dict):
        return {}
    return {
        clean_name(name): one
        for name, one in parameters.items()
        if clean_name(name) and isinstance(one, dict)
    }


def _explain(thing: Thing, error: CozeError) -> Sight:
    """Return what a refusal means of a token that is seconds old."""
    seen, advice = _read_refusal(thing, error)
    if not seen:
        return explain(error)
    return failed(seen, advice, who=say_who(error), facts=error.facts)


def _read_refusal(thing: Thing, error: CozeError) -> tuple[str, str]:
    """Return what is the matter and what to do; "" twice for no more than usual."""
    if error.code == UNPUBLISHED:
        return (
            _("It was never published to API."),
            _("In Coze's studio, publish it to API as well as to Chat SDK."),
        )
    if error.code == UNBOUND:
        return (
            _("It was unbound (解绑) from Chat SDK."),
            _("In Coze's studio, publish it to Chat SDK again."),
        )
    if isinstance(error, PermissionDeniedError):
        return (
            _("The OAuth app may not read it."),
            _(
                "Tick “getMetadata” in the group “%(group)s”, press authorise (授权) "
                "again, and include the workspace it is in."
            )
            % {"group": thing.group},
        )
    if isinstance(error, AuthenticationError):
        return (
            _("Coze does not take the token that it has just given."),
            _(
                "If the bot is an organisation's, check account_id; if there is a "
                "gateway in between, check that it passes the header Authorization on."
            ),
        )
    if isinstance(error, (NotFoundError, BadRequestError)):
        return (
            _("Coze does not know the id %(id)s, or not for this account.")
            % {"id": thing.id},
            _(
                "Compare it with the digits after %(place)s in the studio's address; "
                "coze.cn and coze.com share nothing."
            )
            % {"place": thing.place},
        )
    return "", ""


BOT = Step(
    "bot",
    gettext_lazy("The bot or the app"),
    look_at_bot,
    needs=("token",),
    asks=True,
)
WORKFLOW = Step(
    "workflow",
    gettext_lazy("The app's chatflow"),
    look_at_workflow,
    needs=("token", "bot"),
    asks=True,
)
