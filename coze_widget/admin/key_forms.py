"""The form of a widget's visitor keys: what is secret goes in, and never comes out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from coze_widget.encryption import encrypt
from coze_widget.key_material import load_public_key, new_secret, validate_secret
from coze_widget.models import Algorithm, VisitorKey
from coze_widget.validators import refuse_credentials

MONOSPACE = {"spellcheck": "false", "autocapitalize": "off"}


class VisitorKeyForm(forms.ModelForm):
    """A key keeps its algorithm and its secret: another one is another key."""

    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        widget=forms.PasswordInput(
            attrs={"class": "vTextField", "autocomplete": "new-password"}
        ),
        help_text=_(
            "Empty: we make one and show it once, after saving. Or paste one of 32 "
            "characters or more; it is not shown again."
        ),
    )

    class Meta:
        model = VisitorKey
        fields = (
            "name",
            "algorithm",
            "public_key",
            "jwks_url",
            "issuer",
            "is_enabled",
        )
        widgets = {
            "public_key": forms.Textarea(
                attrs={"rows": 6, "class": "vLargeTextField", **MONOSPACE}
            ),
            "jwks_url": forms.TextInput(attrs={"class": "vTextField", **MONOSPACE}),
            "issuer": forms.TextInput(attrs={"class": "vTextField", **MONOSPACE}),
        }

    # The secret that was made for this row in this very request.
    made_secret = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in {"algorithm", "secret"} & set(self.fields):
                self.fields[name].disabled = True
        self._refused = dict(self._find_refused())
        if self._refused:
            # Without what was taken out it may look like a row that nobody filled in.
            self.empty_permitted = False
            self._blank(self._refused)

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, error in self._refused.items():
            self.errors.pop(name, None)
            self.add_error(name, error)
        if not self.instance.pk:
            self._take_secret(cleaned)
        self._require_one_source(cleaned)
        return cleaned

    @sensitive_variables()
    def _take_secret(self, cleaned: dict[str, Any]) -> None:
        """Encrypt what was pasted, or what is made here; nothing else keeps it."""
        pasted: str = cleaned.pop("secret", "")
        if cleaned.get("algorithm") != Algorithm.HS256:
            if pasted:
                self.add_error("secret", _("Only HS256 has a secret."))
            return
        try:
            if pasted:
                validate_secret(pasted)
            secret = pasted or new_secret()
            self.instance.encrypted_secret = encrypt(secret)
        except ValidationError as error:
            self.add_error("secret", error)
        except ImproperlyConfigured as exc:
            self.add_error("secret", str(exc))
        else:
            self.made_secret = "" if pasted else secret

    def _require_one_source(self, cleaned: dict[str, Any]) -> None:
        sources = [name for name in ("public_key", "jwks_url") if cleaned.get(name)]
        if cleaned.get("algorithm") == Algorithm.HS256:
            said = _("HS256 has a secret, and neither a public key nor an address.")
            is_right = not sources
        else:
            said = _("Give either the public key or the address of the keys.")
            is_right = len(sources) == 1
        if not is_right and not self.errors:
            self.add_error((sources or ["public_key"])[0], said)

    def _find_refused(self) -> Iterator[tuple[str, ValidationError]]:
        for name, validate in VALIDATORS.items():
            posted = self.data.get(self.add_prefix(name), "")
            error = _find_error(validate, posted) if posted else None
            if error is not None and name in self.fields:
                yield name, error

    def _blank(self, names: Iterable[str]) -> None:
        """Take values out of what the form repeats: a secret is not sent back."""
        keys = {self.add_prefix(name) for name in names}
        data = cast("MultiValueDict[str, Any]", self.data)
        self.data = MultiValueDict(
            {key: [""] if key in keys else data.getlist(key) for key in data}
        )


class VisitorKeyFormSet(BaseInlineFormSet):
    """The keys of one widget, each with a name of its own."""

    def clean(self) -> None:
        """A page that is loaded again after a save posts the same new key once more."""
        super().clean()
        kept = [form.instance.pk for form in self.initial_forms]
        others = VisitorKey.objects.filter(widget=self.instance).exclude(pk__in=kept)
        names = set(others.values_list("name", flat=True))
        for form in self.forms:
            cleaned = getattr(form, "cleaned_data", {})
            name = cleaned.get("name")
            if not name or cleaned.get(DELETION_FIELD_NAME):
                continue
            if name in names:
                error = ValidationError(
                    _("This widget has a key of this name already."), code="name_taken"
                )
                form.add_error("name", error)
            names.add(name)

    def made_secrets(self) -> list[tuple[str, str]]:
        """Return name and secret of each key that was saved with one of ours."""
        forms = cast("list[VisitorKeyForm]", self.extra_forms)
        return [
            (form.instance.name, form.made_secret)
            for form in forms
            if form.made_secret and form.instance.pk
        ]


def _refuse_what_is_no_public_key(text: str) -> None:
    """Whatever it is, it may be half of a secret. Only a public key is shown again."""
    for algorithm in (Algorithm.RS256, Algorithm.ES256):
        try:
            load_public_key(text, algorithm)
        except ValidationError as error:
            if error.code != "unfit_key":
                raise


# What these refuse is taken out of the form before anything repeats it.
VALIDATORS: dict[str, Callable[[str], None]] = {
    "name": refuse_credentials,
    "public_key": _refuse_what_is_no_public_key,
    "jwks_url": refuse_credentials,
    "issuer": refuse_credentials,
}


def _find_error(validate: Callable[[str], None], text: str) -> ValidationError | None:
    try:
        validate(text)
    except ValidationError as error:
        # The frames of a traceback would keep the secret.
        return error.with_traceback(None)
    return None
