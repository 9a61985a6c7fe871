"""An examination: one step after the other, each of them told as soon as it is done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from coze_widget.doctor.findings import Finding, Outcome
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, explain, failed, skipped
from coze_widget.doctor.steps.bot import BOT, WORKFLOW
from coze_widget.doctor.steps.caching import CACHE
from coze_widget.doctor.steps.channel import CHANNEL
from coze_widget.doctor.steps.chat import CHAT
from coze_widget.doctor.steps.conversations import CONVERSATION, ISOLATION
from coze_widget.doctor.steps.pages import FRAME, PAGE, VOICE
from coze_widget.doctor.steps.permissions import PERMISSIONS
from coze_widget.doctor.steps.project import SETTINGS, WIDGET
from coze_widget.doctor.steps.sdk import SDK
from coze_widget.doctor.steps.token import CLOCK, KEY, REGION, TOKEN
from coze_widget.exceptions import CozeError
from coze_widget.oauth.credentials import CredentialsError

# What needs no Coze comes first; what spends something last.
STEPS = (
    SETTINGS,
    WIDGET,
    KEY,
    REGION,
    CACHE,
    VOICE,
    PAGE,
    FRAME,
    SDK,
    TOKEN,
    CLOCK,
    BOT,
    WORKFLOW,
    CHANNEL,
    PERMISSIONS,
    CONVERSATION,
    ISOLATION,
    CHAT,
)


@dataclass(frozen=True)
class Examination:
    """`is_offline`: nothing goes out on the network."""

    patient: Patient
    is_offline: bool = False

    def run(self) -> Iterator[Finding]:
        """Yield what each step has seen; what was made at Coze is deleted at the end."""
        missing: set[str] = set()
        try:
            for step in STEPS:
                findings = list(self._take(step, missing))
                yield from findings
                bad = (Outcome.FAILED, Outcome.SKIPPED)
                if any(one.outcome in bad for one in findings):
                    missing.add(step.key)
        finally:
            self.patient.tidy_up()

    def _take(self, step: Step, missing: set[str]) -> Iterator[Finding]:
        started = time.monotonic()
        for sight in self._look(step, missing):
            now = time.monotonic()
            yield Finding(
                step=step.key,
                title=str(step.title),
                outcome=sight.outcome,
                seen=sight.seen,
                advice=sight.advice,
                who=sight.who,
                facts=sight.facts,
                seconds=round(now - started, 3),
            )
            started = now

    def _look(self, step: Step, missing: set[str]) -> Iterator[Sight]:
        if step.asks and self.is_offline:
            yield skipped(_("Nothing is asked on the network (--offline)."))
            return
        lacking = [
            str(one.title) for one in STEPS if one.key in missing & set(step.needs)
        ]
        lacking += sorted(self.patient.missing_permissions & set(step.uses))
        if lacking:
            yield skipped(
                _("That needs: %(titles)s.") % {"titles": _(", ").join(lacking)}
            )
            return
        try:
            yield from step.look(self.patient)
        except CozeError as exc:
            yield explain(exc)
        except CredentialsError as exc:
            yield failed(exc.translated(gettext), "")


def list_costs(*, may_chat: bool) -> list[str]:
    """Say what an examination uses up at Coze, before it begins."""
    return [
        str(step.spends) for step in STEPS if step.spends and (may_chat or step != CHAT)
    ]
