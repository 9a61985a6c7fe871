"""One OAuth app: what Coze's console has to know of it, and what its key proves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from coze_widget.acceptance import Verdict, ask_about_all
from coze_widget.checklist.files import list_configured_files, list_given_file
from coze_widget.checklist.items import Item, Link, Section, State, say_moment
from coze_widget.conf import conf
from coze_widget.console import (
    PERMISSIONS,
    REGIONS,
    find_console_urls,
    is_on_this_machine,
    other_region,
    say_where_credentials_are,
)
from coze_widget.oauth.client import OAuthClient
from coze_widget.oauth.credentials import CredentialsError, OAuthApp, load_oauth_app
from coze_widget.oauth.keys import load_private_key
from coze_widget.oauth_apps import find_oauth_app, make_client

SETTINGS_EXAMPLE = 'COZE_OAUTH_APPS = {"default": "/etc/coze/coze_oauth_config.json"}'


@dataclass(frozen=True)
class Candidate:
    """An OAuth app that is looked at: as configured, or in a file (`path`)."""

    name: str
    app: OAuthApp | None = None
    client: OAuthClient | None = None
    path: str = ""
    problem: str = ""
    verdict: Verdict | None = None

    def judged(self, verdict: Verdict | None) -> Candidate:
        return replace(self, verdict=verdict)


def read_configured(name: str) -> Candidate:
    return _candidate(name, "", lambda: find_oauth_app(name))


def read_file(path: str, name: str) -> Candidate:
    return _candidate(name, path, lambda: load_oauth_app(path, name=name))


def _candidate(name: str, path: str, read: Callable[[], OAuthApp]) -> Candidate:
    try:
        app = read()
        client = make_client(app)
    except CredentialsError as exc:
        return Candidate(name, path=path, problem=exc.translated(gettext))
    return Candidate(name, app, client, path)


def ask_about(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return them with what Coze says now; one without a credential stays as it is."""
    candidates = list(candidates)
    clients = {one.name: one.client for one in candidates if one.client}
    verdicts = dict(zip(clients, ask_about_all(clients.values()), strict=True))
    return [one.judged(verdicts.get(one.name)) for one in candidates]


def list_oauth_app(candidate: Candidate, *, is_offline: bool = False) -> Section:
    return Section(
        f"oauth_app:{candidate.name}",
        _("OAuth app “%(name)s”") % {"name": candidate.name},
        [
            *_steps_before(candidate, _state_before(candidate)),
            *_credential(candidate),
            *_files(candidate),
            *_answer(candidate, is_offline=is_offline),
            *_clock(candidate),
            *_steps_after(candidate),
        ],
    )


def list_first_oauth_app() -> Section:
    """Return what is to be done where no OAuth app is configured."""
    nobody = Candidate("default")
    return Section(
        "oauth_app",
        _("OAuth app"),
        [
            *_steps_before(nobody, State.OPEN),
            *_steps_after(nobody),
            Item(
                "credential",
                State.OPEN,
                _("Say in the settings where the file of the console is."),
                advice=_(
                    "`python manage.py coze_setup coze_oauth_config.json` looks at the "
                    "file first and prints the right line."
                ),
                code=SETTINGS_EXAMPLE,
            ),
        ],
    )


def _state_before(candidate: Candidate) -> State:
    """An accepted key proves that the app exists, is a service app and has this key."""
    verdict = candidate.verdict
    return State.DONE if verdict and verdict.accepted else State.UNSEEN


def _steps_before(candidate: Candidate, state: State) -> Iterator[Item]:
    yield Item(
        "create_app",
        state,
        _("Create an OAuth app: type ordinary (普通), client service (服务类应用)."),
        links=_console(candidate),
    )
    yield Item(
        "create_key",
        state,
        _("Create a key for it and keep the file coze_oauth_config.json."),
    )


def _steps_after(candidate: Candidate) -> Iterator[Item]:
    yield Item(
        "permissions",
        State.UNSEEN,
        _("Tick the permissions of the Chat SDK."),
        links=_console(candidate),
        rows=PERMISSIONS,
    )
    yield Item(
        "authorise",
        State.UNSEEN,
        _("Press authorise (授权) and choose the workspace of your bot."),
        advice=_("Ticking alone grants nothing. Changes can take some seconds."),
        links=_console(candidate),
    )


def _console(candidate: Candidate) -> list[Link]:
    base_url = candidate.app.base_url if candidate.app else conf.base_url
    return [
        Link(_("Open %(host)s") % {"host": url.split("/")[2]}, url)
        for url in find_console_urls(base_url)
    ]


def _credential(candidate: Candidate) -> Iterator[Item]:
    app = candidate.app
    if app is None:
        yield Item(
            "credential",
            State.FAILED,
            candidate.problem,
            advice=say_where_credentials_are(),
        )
        return
    yield Item(
        "credential",
        State.DONE,
        _("The private key can be read (RSA, %(bits)s bits).")
        % {"bits": load_private_key(app.private_key).key_size},
        advice=_("App %(client_id)s, key %(kid)s, at %(base_url)s.")
        % {
            "client_id": app.client_id,
            "kid": app.public_key_id,
            "base_url": app.base_url,
        },
    )
    if is_on_this_machine(app.base_url):
        yield Item(
            "region",
            State.NOTE,
            _("%(base_url)s is on this machine: a sandbox, not Coze.")
            % {"base_url": app.base_url},
        )
    elif app.base_url not in REGIONS:
        yield Item(
            "region",
            State.NOTE,
            _("%(base_url)s is neither of Coze's addresses: %(known)s.")
            % {"base_url": app.base_url, "known": ", ".join(REGIONS)},
            advice=_("Right for a gateway of your own; else correct base_url."),
        )


def _files(candidate: Candidate) -> Iterator[Item]:
    if candidate.app and candidate.path:
        yield from list_given_file(candidate.path)
    elif candidate.app:
        yield from list_configured_files(candidate.name)


def _answer(candidate: Candidate, *, is_offline: bool) -> Iterator[Item]:
    app, verdict = candidate.app, candidate.verdict
    if app is None:
        return
    if is_offline:
        yield Item("answer", State.UNSEEN, _("Coze was not asked (--offline)."))
    elif verdict is None:
        yield Item(
            "answer",
            State.OPEN,
            _("Ask Coze whether it accepts the key."),
            advice=_("A token is asked for, as for a visitor, and thrown away."),
        )
    elif verdict.accepted:
        yield Item(
            "answer",
            State.DONE,
            _("Coze accepts the key."),
            advice=_asked(verdict),
        )
    else:
        yield Item(
            "answer",
            State.FAILED,
            verdict.text,
            advice=" ".join(
                [verdict.remedy, *_about_region(app, verdict), _asked(verdict)]
            ),
        )


def _clock(candidate: Candidate) -> Iterator[Item]:
    """Speak of a clock that is wrong, as far as Coze was asked in this process."""
    seconds = round(candidate.client.skew_seconds) if candidate.client else 0
    if not seconds:
        return
    said = (
        _("This machine's clock is %(seconds)d seconds behind Coze's.")
        if seconds > 0
        else _("This machine's clock is %(seconds)d seconds ahead of Coze's.")
    )
    yield Item(
        "clock",
        State.NOTE,
        said % {"seconds": abs(seconds)},
        advice=_(
            "It is allowed for. Let the machine keep its time by NTP all the same: to "
            "others that share its cache, tokens end early or late."
        ),
    )


def _asked(verdict: Verdict) -> str:
    sentence = _("Asked at %(time)s.") % {"time": say_moment(verdict.asked_at)}
    return f"{sentence} ({verdict.facts})" if verdict.facts else sentence


def _about_region(app: OAuthApp, verdict: Verdict) -> Iterator[str]:
    """Only said: a credential goes nowhere but where it was told."""
    other = other_region(app.base_url)
    if verdict.is_key_unknown and other:
        yield _("If the app was made at %(region)s, its base_url is %(base_url)s.") % {
            "region": REGIONS[other],
            "base_url": other,
        }
