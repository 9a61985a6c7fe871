from __future__ import annotations

import threading
from email.utils import formatdate

import pytest

from coze_widget.exceptions import InvalidResponseError
from coze_widget.oauth.client import _read_token
from coze_widget.oauth.clocks import CozeClock, clock_of
from coze_widget.oauth.transport import Answer

NOW = 1_800_000_000.0
DAY = 86_400


class Machine:
    """A machine whose clock shows `now`; Coze's shows `now + skew`."""

    def __init__(self):
        self.now = NOW
        self.clock = CozeClock("https://api.coze.cn", clock=lambda: self.now)

    def exchange(self, skew, *, before=0.1, after=0.1):
        """Ask and be answered, so many seconds to Coze and back."""
        asked_at = self.clock.here()
        self.now += before
        date = formatdate(int(self.now + skew), usegmt=True)
        self.now += after
        self.clock.note(date, asked_at=asked_at)
        return self.clock.skew_seconds


@pytest.fixture
def machine():
    return Machine()


def test_at_first_the_clocks_agree(machine):
    assert machine.clock.skew_seconds == 0
    assert machine.clock.now() == machine.clock.here() == NOW


@pytest.mark.parametrize("skew", [0, 0.9, -0.9, 4.5, -4.5])
def test_seconds_are_nothing(machine, skew, caplog):
    assert machine.exchange(skew) == 0
    assert caplog.messages == []


@pytest.mark.parametrize("skew", [3600, -3600, 8, -8, DAY - 1, 1 - DAY])
def test_more_is_noticed_as_well_as_whole_seconds_let_it(machine, skew):
    assert machine.exchange(skew) == pytest.approx(skew, abs=1)
    assert machine.clock.now() == pytest.approx(machine.now + skew, abs=1)


def test_a_round_trip_leaves_its_doubt(machine):
    """The answer may be as old as its way back was long."""
    assert machine.exchange(0, before=12, after=0) == 0
    assert machine.exchange(0, before=0, after=12) == 0
    assert machine.exchange(11, before=0, after=12) == 0
    assert machine.exchange(3600, before=0, after=12) == pytest.approx(3600, abs=7)


@pytest.mark.parametrize("skew", [2 * DAY, -2 * DAY])
def test_days_are_not_believed(machine, skew, caplog):
    assert machine.exchange(skew) == 0
    assert caplog.messages == []


@pytest.mark.parametrize(
    "date",
    [
        "",
        "now",
        "Sat, 99 Foo 2026 99:99:99 GMT",
        "1",
        "Sat, 1 Jan 99999999999 00:00:00 GMT",
    ],
)
def test_a_date_that_is_none_is_passed_over(machine, date):
    machine.clock.note(date, asked_at=NOW)

    assert machine.clock.skew_seconds == 0


def test_it_is_said_once(machine, caplog):
    for _ in range(9):
        machine.exchange(3600)

    [message] = caplog.messages
    assert message.startswith(
        "This machine's clock is 3600 seconds behind that of https://api.coze.cn."
    )
    assert "NTP" in message


def test_a_clock_that_is_ahead_is_called_so(machine, caplog):
    machine.exchange(-3600)

    assert "3600 seconds ahead of that of" in caplog.text


def test_what_it_still_explains_changes_nothing(machine, caplog):
    first = machine.exchange(3600)

    assert {machine.exchange(3600 + off) for off in (3, -3, 1, 4)} == {first}
    assert len(caplog.messages) == 1


def test_a_clock_that_is_set_right_is_noticed(machine, caplog):
    machine.exchange(3600)

    assert machine.exchange(0) == 0
    assert caplog.messages[1] == (
        "This machine's clock agrees with https://api.coze.cn again."
    )


def test_another_change_is_another_line(machine, caplog):
    machine.exchange(3600)

    assert machine.exchange(-600) == pytest.approx(-600, abs=1)
    assert len(caplog.messages) == 2


def test_threads_that_see_the_same_say_it_once(machine, caplog):
    date = formatdate(NOW + 3600, usegmt=True)
    threads = [
        threading.Thread(
            target=machine.clock.note, args=(date,), kwargs={"asked_at": NOW}
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(caplog.messages) == 1


def test_a_process_has_one_for_each_address():
    assert clock_of("https://api.coze.cn") is clock_of("https://api.coze.cn")
    assert clock_of("https://api.coze.cn") is not clock_of("https://api.coze.com")


# What a wrong `Date` may not do to a token's end


def clock_with(skew_seconds):
    clock = CozeClock("https://api.coze.cn", clock=lambda: NOW)
    clock._take(skew_seconds)
    return clock


def token_of(expires_at, skew_seconds, duration_seconds=3600):
    payload = {"access_token": "czs_1", "expires_in": expires_at}
    answer = Answer(200, {}, payload)
    return _read_token(answer, clock_with(skew_seconds), duration_seconds)


@pytest.mark.parametrize("skew_seconds", [-20 * 3600, -3600, 0, 5400, 20 * 3600])
def test_where_the_end_makes_sense_a_date_is_not_needed(skew_seconds):
    assert token_of(int(NOW) + 3600, skew_seconds).expires_at == NOW + 3600


@pytest.mark.parametrize("skew_seconds", [-3600, 3600])
def test_where_it_does_not_the_date_is_believed(skew_seconds):
    assert (
        token_of(int(NOW) + 3600 + skew_seconds, skew_seconds).expires_at == NOW + 3600
    )


def test_no_date_lets_a_token_live_for_longer_than_was_asked_for():
    assert token_of(int(NOW) + 1800, -20 * 3600).expires_at == NOW + 3600


def test_an_end_in_the_past_stays_one():
    with pytest.raises(InvalidResponseError, match="past"):
        token_of(int(NOW) - 7200, 0)
