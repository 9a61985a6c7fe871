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
from coze_widget.status import find_status, oauth_app_names

# The cache's step and the region's look themselves.
TOLD_ELSEWHERE = (CACHE_CHECK, "coze_widget.E009", "coze_widget.W033")


def look_at_settings(patient: Patient) -> Iterator[Sight]:
    """Let the system checks speak: those about this very row, and those about none."""
    messages = [one for one in find_messages() if _is_about(one, patient.widget)]
    for message in messages:
        seen, hint = f"{message.id}: {message.msg}", str(message.hint or "")
        is_error = message.level >= checks.ERROR
        yield failed(seen, hint) if is_error else warned(seen, hint)
    if not messages:
        yield passed(_("The system checks have nothing to say."))


def look_at_widget(patient: Patient) -> Iterator[Sight]:
    widget = patient.widget
    status = find_status(widget)
    if status.works is False and not _find_problem(widget.oauth_app):
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


def _is_about(message: checks.CheckMessage, widget: Widget) -> bool:
    """Leave out what other widgets and OAuth apps lack, and what another step says."""
    if isinstance(message.obj, Widget) and message.obj != widget:
        return False
    # The step of the key says it of the widget's own.
    told_of_keys = map(_find_problem, [*oauth_app_names(), widget.oauth_app])
    return message.id not in TOLD_ELSEWHERE and message.msg not in told_of_keys


def _find_problem(oauth_app: str) -> str:
    """Return why the key cannot be used, "" where it can."""
    try:
        find_oauth_app(oauth_app)
    except CredentialsError as exc:
        return exc.translated(gettext)
    return ""


SETTINGS = Step(
    "settings", gettext_lazy("Settings and system checks"), look_at_settings
)
WIDGET = Step("widget", gettext_lazy("The widget"), look_at_widget, needs=("settings",))
