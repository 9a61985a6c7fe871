"""What was read from a snippet, in words for whoever pasted it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from coze_widget.console import REGIONS
from coze_widget.oauth.credentials import COZE_CN_BASE_URL, COZE_COM_BASE_URL
from coze_widget.redaction import PRIVATE_KEY
from coze_widget.sentences import translate
from coze_widget.snippets.values import Reason

# Coze's Python and JavaScript SDKs name the first; the others stand beside it there.
_PAGES = {
    "a personal access token": "/open/oauth/pats",
    "a service access token": "/open/oauth/sats",
    str(PRIVATE_KEY): "/open/oauth/apps",
}
_SHORT_LIVED = "an OAuth access token"


@dataclass(frozen=True)
class Unmapped:
    """Something of the snippet that is in no field: where it stands, and why."""

    path: str
    reason: Reason
    detail: str = ""

    @property
    def sentence(self) -> str:
        sentence = {
            Reason.UNKNOWN: _("is not an option of Coze's Chat SDK"),
            Reason.FUNCTION: _("is a function; here, values only"),
            Reason.VARIABLE: _("is a variable whose value is not in the paste"),
            Reason.EXPRESSION: _("is an expression that only a browser can work out"),
            Reason.UNSUPPORTED: _("has no field here"),
            Reason.WRONG_VALUE: _("has a value that the field does not take"),
            Reason.OURS: _("is not needed: the server and our scripts see to it"),
            Reason.CREDENTIAL: _("holds a credential and was forgotten"),
            Reason.TOO_DEEP: _("is nested too deeply, or refers to itself"),
        }[self.reason]
        detail = translate(self.detail, _)
        return (
            _("%(sentence)s: %(detail)s")
            % {
                "sentence": sentence,
                "detail": detail,
            }
            if detail
            else sentence
        )


@dataclass(frozen=True)
class Offer:
    """Something that no field is for, and that “further options” would take."""

    path: str
    value: Any

    @property
    def tree(self) -> dict[str, Any]:
        """Return it in the shape of the SDK's options."""
        value = self.value
        for name in reversed(self.path.split(".")):
            value = {name: value}
        return value  # type: ignore[no-any-return]  # a path has one name at least


@dataclass(frozen=True)
class Credential:
    """Kind and place of a credential, never the credential."""

    kind: str
    line: int
    path: str = ""

    def describe(self, base_url: str) -> str:
        if str(self.kind) == _SHORT_LIVED:
            return (
                _(
                    "There is %(kind)s (%(place)s). It was not kept. Whoever saw the page has "
                    "it, and it cannot be revoked: it ends within a day."
                )
                % self._facts
            )
        return _(
            "There is %(kind)s (%(place)s). It was not kept. Whoever saw the page has it: "
            "revoke it now at %(urls)s."
        ) % {**self._facts, "urls": " / ".join(self.urls(base_url))}

    @property
    def warning(self) -> str:
        """The same for a page, which shows the addresses as links."""
        if str(self.kind) == _SHORT_LIVED:
            return self.describe("")
        return (
            _(
                "There is %(kind)s (%(place)s). It was not kept here, but it is public: "
                "whoever saw the page has it. Revoke it now:"
            )
            % self._facts
        )

    @property
    def _facts(self) -> dict[str, str]:
        place = _("line %(line)s") % {"line": self.line}
        if self.path:
            place = _("%(path)s, %(place)s") % {"path": self.path, "place": place}
        return {"kind": str(translate(self.kind, _)), "place": place}

    def urls(self, base_url: str) -> list[str]:
        """Return where it can be revoked, of both regions if that is not known."""
        if str(self.kind) == _SHORT_LIVED:
            return []
        path = _PAGES.get(str(self.kind), _PAGES["a personal access token"])
        regions = [base_url] if base_url else [COZE_CN_BASE_URL, COZE_COM_BASE_URL]
        return [f"https://www.{REGIONS[region]}{path}" for region in regions]


@dataclass
class Reading:
    """`fields` are those of `Widget`; with a `problem` no widget can be made of them."""

    fields: dict[str, Any] = field(default_factory=dict)
    # Where in the snippet the value of a field stood.
    paths: dict[str, str] = field(default_factory=dict)
    unmapped: list[Unmapped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    # Of those unmapped, by the same paths: what a newer SDK may know.
    offers: list[Offer] = field(default_factory=list)
    base_url: str = ""  # of the API in the region of the SDK's address
    is_config: bool = False  # a coze_oauth_config.json, of use or not
    settings_line: str = ""  # for one of use
    problem: str = ""

    @property
    def is_widget(self) -> bool:
        return bool(self.fields) and not self.problem
