"""The form of a widget: wording, normalising, and every error at its field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.storage import FileSystemStorage
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from coze_widget.audience_fields import (
    GroupsField,
    RuleField,
    WeeklyHoursField,
    WeeklyHoursWidget,
    ZoneInput,
    group_choices,
    rule_choices,
)
from coze_widget.fields import (
    AppIdField,
    BotIdField,
    FeedbackTagsField,
    FeedbackTagsWidget,
    FooterLinksField,
    FooterLinksWidget,
    JSONObjectField,
    OAuthAppField,
    VersionInput,
    WorkflowIdField,
)
from coze_widget.models import Mode, Widget
from coze_widget.status import oauth_app_names, unknown_oauth_app
from coze_widget.validators import refuse_credentials

# Where the model's constraints, which belong to no field, are shown.
FIELD_OF_CONSTRAINT = {
    "slug_taken": "slug",
    "eager_in_frame": "load",
    "sdk_launcher": "launcher",
    "until_before_from": "shown_until",
}
MISSING_IDS = {
    "bot_id": _("An agent needs its bot id."),
    "app_id": _("An app needs its app id."),
    "workflow_id": _("An app needs the id of its chatflow."),
}
IDS_OF_MODE = {Mode.BOT: ("bot_id",), Mode.APP: ("app_id", "workflow_id")}


class WidgetForm(forms.ModelForm):
    class Meta:
        model = Widget
        fields = "__all__"  # noqa: DJ007  # all of a row is public and meant to be edited
        field_classes = {
            "oauth_app": OAuthAppField,
            "bot_id": BotIdField,
            "app_id": AppIdField,
            "workflow_id": WorkflowIdField,
            "parameters": JSONObjectField,
            "footer_linkvars": FooterLinksField,
            "chat_bot_feedback_panel_tags": FeedbackTagsField,
            "extra_options": JSONObjectField,
            "groups": GroupsField,
            "audience": RuleField,
            "weekly_hours": WeeklyHoursField,
        }
        widgets = {
            "oauth_app": forms.Select,
            "parameters": forms.Textarea(
                attrs={"rows": 5, "class": "vLargeTextField", "spellcheck": "false"}
            ),
            "footer_expression_text": forms.TextInput(
                attrs={"class": "vLargeTextField"}
            ),
            "footer_linkvars": FooterLinksWidget,
            "chat_bot_feedback_panel_tags": FeedbackTagsWidget,
            "extra_options": forms.Textarea(
                attrs={"rows": 8, "class": "vLargeTextField", "spellcheck": "false"}
            ),
            "sdk_version": VersionInput(attrs={"class": "vTextField"}),
            "groups": forms.CheckboxSelectMultiple,
            "audience": forms.Select,
            "weekly_hours": WeeklyHoursWidget,
            "time_zone": ZoneInput(
                attrs={"class": "vTextField", "spellcheck": "false"}
            ),
            "launcher_color": forms.ColorInput,
            "include_paths": forms.Textarea(attrs={"rows": 3, "cols": 60}),
            "exclude_paths": forms.Textarea(attrs={"rows": 3, "cols": 60}),
            "allowed_origins": forms.Textarea(
                attrs={"rows": 3, "cols": 60, "spellcheck": "false"}
            ),
            "consent_text": forms.Textarea(attrs={"rows": 3, "cols": 60}),
            # Django's legend names the group, not the input in it.
            "launcher_icon": AdminFileWidget(
                attrs={
                    "accept": "image/png,image/jpeg,image/gif,image/webp",
                    "aria-label": _("Picture of the button"),
                }
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who may only look at a widget gets a form without fields.
        if "site" in self.fields:
            site = cast("forms.ModelChoiceField", self.fields["site"])
            site.empty_label = _("All sites")
        if "oauth_app" in self.fields:
            oauth_app = cast(OAuthAppField, self.fields["oauth_app"])
            oauth_app.choices = self._oauth_app_choices()
        if "groups" in self.fields:
            groups = cast(GroupsField, self.fields["groups"])
            groups.choices = group_choices(self._stored("groups"))
            if not groups.choices:
                groups.help_text = _("There are no groups yet.")
        if "audience" in self.fields:
            audience = cast(RuleField, self.fields["audience"])
            audience.choices = rule_choices(self._stored("audience"))
        self._credential_errors = self._find_credentials()
        self._blank(self._credential_errors)

    def clean_oauth_app(self) -> str:
        """With no OAuth app at all any name will do: the settings can follow later."""
        name: str = self.cleaned_data["oauth_app"]
        names = oauth_app_names()
        if names and name not in names:
            raise ValidationError(unknown_oauth_app(name), code="unknown_oauth_app")
        return name

    def clean_launcher_icon(self) -> Any:
        """Without MEDIA_ROOT, Django puts uploads where the process was started."""
        file = self.cleaned_data["launcher_icon"]
        is_new = bool(file) and not getattr(file, "_committed", False)
        if is_new and not str(settings.MEDIA_ROOT) and _stores_in_files():
            raise ValidationError(
                _(
                    "This project has no place for uploads (MEDIA_ROOT): give the "
                    "picture's address instead."
                ),
                code="no_media_root",
            )
        return file

    def clean(self) -> dict[str, Any]:
        """Refuse credentials before anything of them gets to the instance.

        Django's admin repeats `str(instance)` above a form with errors.
        """
        super().clean()
        # JSON can hide a token from the first look: "\u0070at_…".
        hidden = {
            name: error
            for name, value in self.cleaned_data.items()
            if (error := _credential_error(value))
        }
        self._blank(hidden)
        for name, error in {**self._credential_errors, **hidden}.items():
            self.errors.pop(name, None)
            self.add_error(name, error)
        return self.cleaned_data

    def full_clean(self) -> None:
        super().full_clean()
        unplaced = self.errors.pop(NON_FIELD_ERRORS, forms.utils.ErrorList())
        for error in unplaced.as_data():
            self._place(error)
        # The links that the text misses are in the rows that were refused.
        if "footer_linkvars" in self.errors and self.has_error(
            "footer_expression_text", "footer_link_missing"
        ):
            del self.errors["footer_expression_text"]

    def _place(self, error: ValidationError) -> None:
        if error.code != "ids_missing":
            # A project's own form may raise errors that are of no field.
            self.add_error(FIELD_OF_CONSTRAINT.get(str(error.code)), error)
            return
        for name in IDS_OF_MODE[self.instance.mode]:
            if not getattr(self.instance, name):
                self.add_error(
                    name, ValidationError(MISSING_IDS[name], code="ids_missing")
                )

    def _stored(self, name: str) -> Any:
        """Return the row's value, or the one that is loaded into the form in its place."""
        return self.initial.get(name, getattr(self.instance, name))

    def _oauth_app_choices(self) -> list[tuple[str, Any]]:
        names = oauth_app_names()
        stored = self.instance.oauth_app
        choices = [(name, name) for name in names]
        if self.instance.pk and names and stored not in names:
            choices.append((stored, _("%s (not in COZE_OAUTH_APPS)") % stored))
        return choices or [(stored, stored)]

    def _find_credentials(self) -> dict[str, ValidationError]:
        return {
            name: error
            for name in self.fields
            for key in self._keys(name)
            for value in self._values(key)
            if (error := _credential_error(value))
        }

    def _values(self, key: str) -> list[Any]:
        """Return all that was posted under this name: there are groups of ticks."""
        if isinstance(self.data, MultiValueDict):
            return self.data.getlist(key)
        value = self.data[key]
        return value if isinstance(value, list) else [value]

    def _keys(self, name: str) -> list[str]:
        """Return the names of a field's inputs: the links have three in each row."""
        prefix = self.add_prefix(name)
        # A moment has an input for its day and one for its time.
        names = {prefix, f"{prefix}_0", f"{prefix}_1"}
        return [
            key for key in self.data if key in names or key.startswith(f"{prefix}-")
        ]

    def _blank(self, names: Iterable[str]) -> None:
        """Take values out of what the form repeats: a secret is not sent back."""
        keys = {key for name in names for key in self._keys(name)}
        if keys:
            self.data = MultiValueDict(
                {key: [""] if key in keys else self._values(key) for key in self.data}
            )


def _stores_in_files() -> bool:
    storage = cast(Any, Widget._meta.get_field("launcher_icon")).storage
    return isinstance(storage, FileSystemStorage)


def _credential_error(value: object) -> ValidationError | None:
    try:
        refuse_credentials(value)
    except ValidationError as error:
        # The frames of a traceback would keep the secret.
        return error.with_traceback(None)
    return None
