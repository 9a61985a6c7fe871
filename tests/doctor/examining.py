"""An examination as tests read it: what each step has said."""

from __future__ import annotations

from coze_widget.doctor.examination import Examination
from coze_widget.doctor.patients import Patient


def examine(widget, *, is_offline=False, **options):
    """Return the findings, oldest first."""
    patient = Patient(widget, **options)
    return list(Examination(patient, is_offline=is_offline).run())


def by_step(findings):
    steps = {}
    for finding in findings:
        steps.setdefault(finding.step, []).append(finding)
    return steps


def failures(findings):
    """Return step → what was seen, of the steps that have failed."""
    return {
        finding.step: finding.seen
        for finding in findings
        if finding.outcome.value == "fail"
    }
