"""The steps of an examination; each yields what it has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from coze_widget.doctor.findings import Outcome
from coze_widget.doctor.patients import Patient
from coze_widget.exceptions import CozeError
from coze_widget.remedies import say_who
from coze_widget.sentences import translate

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Sight:
    """What a step says; the examination adds which step it was, and how long it took."""

    outcome: Outcome
    seen: str
    advice: str = ""
    who: str = ""
    facts: str = ""


@dataclass(frozen=True)
class Step:
    """`look` may raise CozeError: the examination makes a failure of it.

    `needs` are the keys of steps that must not have failed or been skipped, `uses` the
    permissions that must not be missing, as "Bot.chat". What `asks` goes out on the
    network; `spends` says what it uses up of the account at Coze.
    """

    key: str
    title: StrOrPromise
    look: Callable[[Patient], Iterator[Sight]]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    asks: bool = False
    spends: StrOrPromise = ""


def passed(seen: str) -> Sight:
    return Sight(Outcome.PASSED, seen)


def warned(seen: str, advice: str) -> Sight:
    return Sight(Outcome.WARNED, seen, advice)


def failed(seen: str, advice: str, *, who: str = "", facts: str = "") -> Sight:
    return Sight(Outcome.FAILED, seen, advice, who, facts)


def skipped(seen: str) -> Sight:
    return Sight(Outcome.SKIPPED, seen)


def explain(error: CozeError) -> Sight:
    """Return a refusal as a failure: what Coze says, what to do, who, and where."""
    return failed(
        str(translate(error.args[0], gettext)),
        str(translate(error.remedy, gettext)),
        who=say_who(error),
        facts=error.facts,
    )
