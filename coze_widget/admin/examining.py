"""The doctor behind a button: what is wrong with a widget, each step as it is done."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Generator, Iterable
from typing import Any, cast

from asgiref.sync import sync_to_async
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.forms import Script
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.admin.own_pages import find_home_page, is_own_page
from coze_widget.admin.pages import Pages
from coze_widget.doctor.examination import STEPS, Examination, list_costs
from coze_widget.doctor.findings import Finding, Outcome
from coze_widget.doctor.patients import Patient
from coze_widget.executors import release_connections
from coze_widget.models import Widget
from coze_widget.terminals import clean

logger = logging.getLogger(__name__)

DOCTOR_URL_NAME = "coze_widget_widget_doctor"
NDJSON = "application/x-ndjson"
STREAM_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # For nginx. And GZipMiddleware lets alone what names an encoding: it would keep the
    # lines until there are enough of them to be packed.
    "X-Accel-Buffering": "no",
    "Content-Encoding": "identity",
}
VERDICTS = {
    Outcome.FAILED: gettext_lazy("Something is broken: begin with the first of it."),
    Outcome.WARNED: gettext_lazy("Nothing is broken. Look at what is marked."),
    Outcome.PASSED: gettext_lazy("Nothing is broken, as far as was looked."),
}
# One line of a report: texts by their names.
Line = dict[str, str]


class ExaminationForm(forms.Form):
    page_url = forms.CharField(
        label=gettext_lazy("A page of the site"),
        required=False,
        max_length=2000,
        widget=forms.URLInput(attrs={"class": "vTextField", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One that holds the widget and that everybody may see. Empty: what a browser "
            "gets is not looked at."
        ),
    )
    may_chat = forms.BooleanField(
        label=gettext_lazy("Send one message"),
        required=False,
        help_text=gettext_lazy("It costs one dialogue of the account at Coze."),
    )

    class Media:
        css = {"all": ("coze_widget/admin/setup.css", "coze_widget/admin/doctor.css")}
        js = (Script("coze_widget/admin/doctor.js", defer=True),)

    def __init__(
        self, *args: Any, is_own_page: Callable[[str], bool], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._is_own_page = is_own_page

    def clean_page_url(self) -> str:
        url: str = self.cleaned_data["page_url"]
        if url and not self._is_own_page(url):
            raise ValidationError(
                _(
                    "This is not known to be a page of this site. It begins with https:// "
                    "(or http://) and a host that ALLOWED_HOSTS or a Site names."
                ),
                code="not_own_page",
            )
        return url


class Examining(Pages):
    def get_urls(self) -> list[URLPattern]:
        """Put ours first: the last of Django's own takes any path for a row's id."""
        view = self.admin_site.admin_view(self.doctor_view)
        return [
            path("<path:object_id>/doctor/", view, name=DOCTOR_URL_NAME),
            *super().get_urls(),
        ]

    @method_decorator(transaction.non_atomic_requests)  # it takes many seconds
    def doctor_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Examine at a POST: line by line for our script, else as one whole page."""
        widget = self.find_or_404(request, object_id)
        form = _make_form(request, widget)
        if request.method != "POST":
            return self._render_examination(request, widget, form)
        if not self.has_change_permission(request, widget):
            raise PermissionDenied
        if not form.is_valid():
            return self._render_examination(request, widget, form)
        patient = Patient(widget, **form.cleaned_data)
        report = _report(patient, hushed=self._find_hushed(request, widget))
        if request.get_preferred_type(["text/html", NDJSON]) == NDJSON:
            return _stream(request, report)
        return self._render_examination(request, widget, form, list(report))

    def _find_hushed(self, request: HttpRequest, widget: Widget) -> list[str]:
        """Return the slugs that this person does not see; system checks name any."""
        seen = self.get_queryset(request).values("pk")
        others = Widget.objects.exclude(pk__in=seen).exclude(slug=widget.slug)
        return list(others.values_list("slug", flat=True))

    def _render_examination(
        self,
        request: HttpRequest,
        widget: Widget,
        form: ExaminationForm,
        report: Iterable[Line] = (),
    ) -> HttpResponse:
        *findings, verdict = [*report] or [{}]
        steps = [
            (step, [line for line in findings if line["step"] == step.key])
            for step in STEPS
        ]
        return self.render_page(
            request,
            "doctor.html",
            widget,
            title=_("Examine “%(name)s”") % {"name": widget.name},
            form=form,
            steps=steps,
            verdict=verdict,
            costs=list_costs(may_chat=False),
            may_examine=self.has_change_permission(request, widget),
            media=self.media + form.media,
        )


class LinesOnLoop:
    """Lines under ASGI, each of them waited for in the request's own thread.

    No asynchronous generator: Django closes what has a `close`, and in that thread too,
    after the step that it may still be at.
    """

    def __init__(self, lines: Generator[str, None, None]) -> None:
        self._lines = lines
        self.close = lines.close

    def __aiter__(self) -> LinesOnLoop:
        return self

    async def __anext__(self) -> str:
        line = await sync_to_async(self._take)()
        if not line:
            raise StopAsyncIteration
        return line

    def _take(self) -> str:
        return next(self._lines, "")


def _make_form(request: HttpRequest, widget: Widget) -> ExaminationForm:
    return ExaminationForm(
        request.POST if request.method == "POST" else None,
        initial={"page_url": find_home_page(request, widget)},
        is_own_page=lambda url: is_own_page(url, request, widget),
    )


def _stream(
    request: HttpRequest, report: Generator[Line, None, None]
) -> StreamingHttpResponse:
    lines = _write(report)
    return StreamingHttpResponse(
        LinesOnLoop(lines) if isinstance(request, ASGIRequest) else lines,
        content_type=NDJSON,
        headers=STREAM_HEADERS,
    )


def _write(report: Generator[Line, None, None]) -> Generator[str, None, None]:
    with contextlib.closing(report):
        for line in report:
            yield json.dumps(line) + "\n"


def _report(patient: Patient, *, hushed: Iterable[str]) -> Generator[Line, None, None]:
    """Yield each finding as texts, and the verdict last; closing it ends the examination.

    The slugs that are `hushed` are left out.
    """
    outcomes = set()
    release_connections()
    run = cast("Generator[Finding, None, None]", Examination(patient).run())
    try:
        with contextlib.closing(run):
            for finding in run:
                outcomes.add(finding.outcome)
                # The next step may ask Coze for seconds.
                release_connections()
                yield _put_in_words(finding, hushed)
    except Exception:
        logger.exception("The examination of “%s” broke off.", patient.widget.slug)
        text = _(
            "The examination broke off: an error of ours, which the log describes."
        )
        yield {"outcome": Outcome.FAILED.value, "verdict": text}
        return
    worst = next(one for one in VERDICTS if one in outcomes or one is Outcome.PASSED)
    yield {"outcome": worst.value, "verdict": str(VERDICTS[worst])}


def _put_in_words(finding: Finding, hushed: Iterable[str]) -> Line:
    texts = {
        "title": finding.title,
        "label": finding.outcome.label,
        "took": _say_seconds(finding.seconds),
        "seen": finding.seen,
        "advice": finding.advice,
        "who": finding.who,
        "facts": finding.facts
        and _("For Coze's support: %(facts)s.") % {"facts": finding.facts},
    }
    return {
        "step": finding.step,
        "outcome": finding.outcome.value,
        **{name: _hush(clean(text), hushed) for name, text in texts.items()},
    }


def _hush(text: str, slugs: Iterable[str]) -> str:
    for slug in slugs:
        text = text.replace(f"“{slug}”", "“…”")
    return text


def _say_seconds(seconds: float) -> str:
    """Return "" where it was next to nothing."""
    tenths = round(seconds, 1)
    return _("%(seconds)s s") % {"seconds": number_format(tenths, 1)} if tenths else ""
