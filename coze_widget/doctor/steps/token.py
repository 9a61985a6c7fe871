"""The key, the region, a token for nobody, and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.console import REGIONS, is_on_this_machine, other_region
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, failed, passed, warned
from coze_widget.exceptions import CozeError
from coze_widget.oauth.error_codes import CHECK_REGION
from coze_widget.remedies import say_who

# Coze's own limits are not documented; a clock that is off by this much is no accident.
WRONG_CLOCK_SECONDS = 30


def look_at_key(patient: Patient) -> Iterator[Sight]:
    """Raises CredentialsError where the key cannot be read, or is too short."""
    app = patient.oauth_app
    yield passed(
        _("The key of the OAuth app “%(name)s” can be read: RSA, %(bits)s bits.")
        % {"name": patient.widget.oauth_app, "bits": app.signing_key.key_size}
    )


def look_at_region(patient: Patient) -> Iterator[Sight]:
    base_url = patient.oauth_app.base_url
    if is_on_this_machine(base_url):
        yield warned(
            _("The chat talks to this machine (%(base_url)s), not to Coze.")
            % {"base_url": base_url},
            _("For the sandbox that is right; a site needs an OAuth app of Coze's."),
        )
    elif base_url in REGIONS:
        yield passed(
            _("The chat talks to %(region)s; assertions are for “%(audience)s”.")
            % {
                "region": REGIONS[base_url],
                "audience": urlsplit(base_url).netloc,
            }
        )
    else:
        yield warned(
            _("%(base_url)s is none of Coze's own addresses.") % {"base_url": base_url},
            _("If that is a gateway of yours, it has to pass Authorization on."),
        )


def look_at_token(patient: Patient) -> Iterator[Sight]:
    try:
        patient.meet_stranger()
    except CozeError as exc:
        other = other_region(patient.oauth_app.base_url)
        if exc.remedy == CHECK_REGION and other:
            yield failed(
                _("%(here)s does not know the key.")
                % {"here": REGIONS[patient.oauth_app.base_url]},
                _(
                    "If the app was made at %(region)s, its base_url is %(base_url)s; "
                    "else client_id or public_key_id is wrong."
                )
                % {"region": REGIONS[other], "base_url": other},
                who=say_who(exc),
                facts=exc.facts,
            )
            return
        raise
    yield passed(_("Coze has given a token to an identity that nobody has."))


def look_at_clock(patient: Patient) -> Iterator[Sight]:
    skew_seconds = round(patient.client.skew_seconds)
    if abs(skew_seconds) < WRONG_CLOCK_SECONDS:
        yield passed(_("This machine's clock agrees with Coze's."))
        return
    seen = (
        _("This machine's clock is %(seconds)s seconds slow.")
        if skew_seconds > 0
        else _("This machine's clock is %(seconds)s seconds fast.")
    )
    yield warned(
        seen % {"seconds": abs(skew_seconds)},
        _("It is allowed for; set this machine's clock all the same (NTP)."),
    )


KEY = Step("key", gettext_lazy("The key"), look_at_key)
REGION = Step("region", gettext_lazy("The region"), look_at_region, needs=("key",))
TOKEN = Step(
    "token",
    gettext_lazy("A token"),
    look_at_token,
    needs=("key",),
    asks=True,
    spends=gettext_lazy("two tokens, each for nobody, thrown away"),
)
CLOCK = Step(
    "clock", gettext_lazy("The clock"), look_at_clock, needs=("token",), asks=True
)
