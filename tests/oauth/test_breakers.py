from __future__ import annotations

import logging
import threading

import pytest

from coze_widget import exceptions
from coze_widget.exceptions import CircuitOpenError, CozeError
from coze_widget.oauth.breakers import Breaker

DOWN = exceptions.InternalServerError("oops", status=503)
OUTAGES = [
    exceptions.ConnectionFailedError("no route"),
    exceptions.ConnectionLostError("hung up"),
    exceptions.GatewayError("oops"),
    exceptions.InternalServerError("oops"),
    exceptions.InvalidResponseError("html"),
    exceptions.RateLimitError("too often"),
    exceptions.TimeoutError("late"),
]
ANSWERS = [
    exceptions.AuthenticationError("who?"),
    exceptions.BadRequestError("what?"),
    exceptions.NotFoundError("where?"),
    exceptions.PermissionDeniedError("no"),
    CozeError("code 4711"),
]


class Site:
    """A breaker with a clock that is told the time, and what was asked behind it."""

    def __init__(self, **options):
        self.now = 1000.0
        self.asked = []
        self.breaker = Breaker(
            "default",
            **{"failures": 3, "monotonic": lambda: self.now, **options},
        )

    def ask(self, outcome="token"):
        def answer(kind):
            self.asked.append(kind)
            if callable(outcome):
                return outcome()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return self.breaker.run(lambda: answer("ask"), probe=lambda: answer("probe"))

    def fail(self, outcome=DOWN, times=1):
        for _ in range(times):
            with pytest.raises(type(outcome)):
                self.ask(outcome)

    def refusal(self):
        before = len(self.asked)
        with pytest.raises(CircuitOpenError) as caught:
            self.ask()
        assert len(self.asked) == before
        return caught.value


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def open_site(site):
    site.fail(times=3)
    return site


# Closed


def test_while_all_is_well_everybody_asks(site):
    assert [site.ask() for _ in range(3)] == ["token"] * 3
    assert site.asked == ["ask"] * 3
    assert site.breaker.state == "closed"


@pytest.mark.parametrize("outage", OUTAGES, ids=repr)
def test_outages_in_a_row_open_it(site, outage):
    site.fail(outage, times=2)
    assert site.breaker.state == "closed"

    site.fail(outage)

    assert site.breaker.state == "open"


def test_an_answer_begins_the_count_anew(site):
    site.fail(times=2)
    site.ask()
    site.fail(times=2)

    assert site.breaker.state == "closed"


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_a_refusal_is_an_answer(site, answer):
    site.fail(times=2)
    site.fail(answer, times=9)
    site.fail(times=2)

    assert site.breaker.state == "closed"


def test_a_defect_of_ours_is_neither(site):
    site.fail(times=2)
    site.fail(ValueError("defect"), times=9)
    assert site.breaker.state == "closed"

    site.fail()

    assert site.breaker.state == "open"


def test_coze_may_ask_to_be_left_alone_at_once(site):
    site.fail(exceptions.RateLimitError("too often", retry_after=30))

    assert site.refusal().retry_after == 30


def test_a_day_is_a_minute_here(site):
    site.fail(exceptions.RateLimitError("too often", retry_after=86_400))

    assert site.refusal().retry_after == 60


def test_a_503_that_names_a_moment_is_waited_for_once_it_is_open(site):
    busy = exceptions.InternalServerError("busy", status=503, retry_after=7)

    site.fail(busy, times=3)

    assert site.refusal().retry_after == 7


# Open


def test_while_it_is_open_nobody_asks(open_site):
    error = open_site.refusal()

    assert error.retry_after == 1
    assert str(error) == (
        "Coze is not asked: it failed again and again just now. It is tried again by "
        "itself, every few moments."
    )


def test_whether_it_would_refuse_can_be_told_beforehand(open_site):
    breaker = open_site.breaker

    assert breaker.find_refusal().retry_after == 1

    open_site.now += 1
    assert breaker.find_refusal() is None
    assert breaker.state == "open"  # nobody has become the probe by asking
    open_site.ask()
    assert breaker.find_refusal() is None


def test_a_probe_that_goes_well_closes_it(open_site):
    open_site.now += 1

    assert open_site.ask() == "token"

    assert open_site.asked[-1] == "probe"
    assert open_site.breaker.state == "closed"
    open_site.ask()
    assert open_site.asked[-1] == "ask"


def test_a_probe_that_is_refused_is_answered(open_site):
    open_site.now += 1

    open_site.fail(ANSWERS[0])

    assert open_site.breaker.state == "closed"


def test_a_probe_that_fails_leaves_it_open(open_site):
    open_site.now += 1
    open_site.fail()

    assert open_site.breaker.state == "open"
    open_site.refusal()
    open_site.now += 1
    assert open_site.ask() == "token"


def test_a_probe_learns_how_long_to_wait(open_site):
    open_site.now += 1
    open_site.fail(exceptions.RateLimitError("too often", retry_after=20))

    assert open_site.refusal().retry_after == 20


def test_a_probe_that_ends_in_a_defect_is_followed_by_another(open_site):
    open_site.now += 1
    open_site.fail(ValueError("defect"))

    open_site.refusal()
    open_site.now += 1
    assert open_site.ask() == "token"


def test_a_clock_that_is_set_back_changes_nothing(open_site, monkeypatch):
    """pybreaker's own time-out goes by the wall clock: nobody looks at it."""
    monkeypatch.setattr("pybreaker.datetime", None)
    open_site.now += 1

    assert open_site.ask() == "token"


def test_of_many_only_one_probes(open_site):
    open_site.now += 1
    barrier = threading.Barrier(20)
    is_over = threading.Event()
    ends = []

    def hang():
        assert open_site.breaker.state == "half-open"
        is_over.wait(10)
        return "token"

    def visit():
        barrier.wait(10)
        try:
            ends.append(open_site.ask(hang))
        except CircuitOpenError as exc:
            ends.append(exc.retry_after)
        if len(ends) == 19:
            is_over.set()

    threads = [threading.Thread(target=visit) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ends == [1] * 19 + ["token"]
    assert open_site.asked.count("probe") == 1


def test_a_probe_that_hangs_keeps_nobody_waiting(open_site):
    def hang():
        open_site.now += 1
        assert open_site.ask() == "token"
        raise DOWN

    open_site.now += 1
    with pytest.raises(exceptions.InternalServerError):
        open_site.ask(hang)

    assert open_site.asked[-2:] == ["probe", "probe"]
    assert open_site.breaker.state == "closed"  # its failure is one of three now


def test_a_probe_that_fails_late_does_not_put_the_next_one_off(open_site):
    def hang():
        open_site.now += 1
        open_site.fail()
        raise DOWN

    open_site.now += 1
    with pytest.raises(exceptions.InternalServerError):
        open_site.ask(hang)

    assert open_site.refusal().retry_after == 1
    open_site.now += 1
    assert open_site.ask() == "token"


def test_what_was_asked_before_does_not_keep_it_open(site):
    def hang():
        site.fail(times=3)
        site.now += 1
        raise DOWN

    with pytest.raises(exceptions.InternalServerError):
        site.ask(hang)

    assert site.ask() == "token"


def test_an_answer_closes_it_whoever_gets_it(site):
    def hang():
        site.fail(times=3)
        return "token"

    site.ask(hang)

    assert site.breaker.state == "closed"


def test_who_waited_while_it_was_closed_again_is_no_probe(open_site):
    """Between the first look and the second another's probe went well."""
    breaker = open_site.breaker
    open_site.now += 1
    open_site.ask()

    assert breaker._claim_probe() is False


# What is said


def test_an_outage_is_said_when_it_begins_and_when_it_ends(site, caplog):
    site.fail(times=3)
    for _ in range(5):
        site.now += 1
        site.fail()
    site.now += 1
    site.ask()

    assert [record.getMessage() for record in caplog.records] == [
        "Coze is not asked for OAuth app “default”, but by one probe in 1 s, until it "
        "answers: oops (HTTP 503)",
        "Coze answers OAuth app “default” again.",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
