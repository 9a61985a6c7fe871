"""Other values than the row's in the form of a widget: a draft's, or those of a snippet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.forms.models import model_to_dict
from django.http import HttpRequest

from coze_widget.models import Widget
from coze_widget.records import to_widget


class Loading(admin.ModelAdmin):
    """Rooms that load something answer `get_loaded_record`, and ask `super()` first."""

    def get_loaded_record(
        self, request: HttpRequest, obj: Widget | None
    ) -> Mapping[str, Any] | None:
        """Return what the form is to show, as `coze_widget.records` writes it.

        It may hold some columns only; None is the row's own values, or the defaults.
        `obj` is None in the form for a new widget.
        """
        return None

    def is_saving(self, request: HttpRequest) -> bool:
        """Tell whether a form that was posted is there to be saved, in a transaction."""
        return request.method == "POST"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().get_changeform_initial_data(request),
            **_as_initial(self.get_loaded_record(request, None)),
        }

    def get_form(
        self,
        request: HttpRequest,
        obj: Any | None = None,
        change: bool = False,  # noqa: FBT001, FBT002  # Django's signature
        **kwargs: Any,
    ) -> Any:
        """The row itself stays as it is: what else the page says of it remains true."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or request.method != "GET":
            return form
        loaded = _as_initial(self.get_loaded_record(request, obj))

        class LoadedForm(form):  # type: ignore[misc, valid-type]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                kwargs["initial"] = {**loaded, **(kwargs.get("initial") or {})}
                super().__init__(*args, **kwargs)

        return LoadedForm if loaded else form


def _as_initial(record: Mapping[str, Any] | None) -> dict[str, Any]:
    return model_to_dict(to_widget(record), fields=list(record)) if record else {}
