"""The settings, and the row."""

from __future__ import annotations

from collections.abc import Iterator

from django.core import checks
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _

from coze_widget.checks import find_messages
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, failed, passed, warned
from coze_widget.doctor.steps.caching import CACHE_CHECK
from coze_widget.hours import is_open
from coze_widget.models import Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.status import find_status


def look_at_settings(patient: Patient) -> Iterator[Sight]:
    """Let the system checks speak: those about this very row, and those about none."""
    messages = [one for one in find_messages() if _is_wanted(one, patient)]
    for message in messages:
        seen, hint = f"{message.id}: {message.msg}", str(message.hint or "")
        is_error = message.level >= checks.ERROR
        yield failed(seen, hint) if is_error else warned(seen, hint)
    if not messages:
        yield passed(_("The system checks have nothing to say."))


def look_at_widget(patient: Patient) -> Iterator[Sight]:
    widget = patient.widget
    status = find_status(widget)
    if status.works is False and not _find_key_problem(patient):
        yield failed(status.text, _("Until then, visitors see nothing."))
    elif not widget.enabled:
        yield warned(
            _("The widget is switched off: visitors see nothing."),
            _("Tick “enabled” in its form."),
        )
    elif not is_open(widget, timezone.now()):
        yield warned(
            _("The widget is closed at this hour."),
            _("Its opening hours are in its form."),
        )
    else:
        yield passed(_("The widget is switched on."))


def _is_wanted(message: checks.CheckMessage, patient: Patient) -> bool:
    """Leave out what other widgets lack, and what another step says."""
    if isinstance(message.obj, Widget) and message.obj != patient.widget:
        return False
    return message.id != CACHE_CHECK and message.msg != _find_key_problem(patient)


def _find_key_problem(patient: Patient) -> str:
    """Return what the step of the key says, "" where it is content."""
    try:
        find_oauth_app(patient.widget.oauth_app)
    except CredentialsError as exc:
        return exc.translated(gettext)
    return ""


SETTINGS = Step(
    "settings", gettext_lazy("Settings and system checks"), look_at_settings
)
WIDGET = Step("widget", gettext_lazy("The widget"), look_at_widget, needs=("settings",))
