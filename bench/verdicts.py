"""Whether everybody was served, each with a token of their own: Coze's stand-in knows."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from bench.load import Answer
from bench.world import Site


def count_wrong(site: Site, answers: Iterable[Answer]) -> int:
    """Count answers whose token is not that of the epoch, and epochs of two people."""
    given = [answer for answer in answers if answer.token]
    owners = site.coze.ask("owners", list({answer.token for answer in given}))
    person_of: dict[str, str] = {}
    return sum(
        owners[answer.token] != answer.epoch
        or person_of.setdefault(answer.epoch, answer.person) != answer.person
        for answer in given
    )


def count_failures(answers: Iterable[Answer]) -> int:
    """Count what is no 200, and say on the terminal what it is."""
    failures = Counter(
        (answer.kind, answer.status, answer.code)
        for answer in answers
        if answer.status != 200
    )
    for failure, times in failures.most_common(5):
        print("  ", times, "times", *failure, file=sys.stderr)
    return failures.total()
