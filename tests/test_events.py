from __future__ import annotations

import asyncio
import functools
import json
import logging
import threading

import pytest

from coze_widget import events, signals
from coze_widget.exceptions import (
    AuthenticationError,
    CircuitOpenError,
    TimeoutError,
)

REJECTED = AuthenticationError(
    "Coze refused: bad signature",
    code="invalid_client",
    status=401,
    logid="20250101abc",
)


def send_each():
    events.minted("default", seconds=0.214)
    events.reused("default")
    events.refused("default")
    events.failed("default", REJECTED)
    events.limited("default", limit="person")


@pytest.fixture(autouse=True)
def counters(monkeypatch):
    """Counters of this test's own."""
    fresh = events.Counters()
    monkeypatch.setattr(events, "counters", fresh)
    return fresh


@pytest.fixture
def connect():
    """Connect receivers for the length of the test."""
    connected = []

    def connect(signal, receiver):
        signal.connect(receiver)
        connected.append((signal, receiver))
        return receiver

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver)
        signal._logged.clear()


# Counters


def test_nothing_has_happened_at_the_start():
    assert events.snapshot() == {
        "events": {},
        "mint_seconds": {},
        "failures": {},
        "limits": {},
    }


def test_each_event_is_counted_by_oauth_app():
    send_each()
    events.reused("default")
    events.reused("staff")

    assert events.snapshot()["events"] == {
        "minted": {"default": 1},
        "reused": {"default": 2, "staff": 1},
        "refused": {"default": 1},
        "failed": {"default": 1},
        "limited": {"default": 1},
    }


def test_the_seconds_of_mints_are_added_up():
    events.minted("default", seconds=0.25)
    events.minted("default", seconds=0.5)

    assert events.snapshot()["mint_seconds"] == {"default": 0.75}


def test_failures_are_counted_by_code_and_else_by_class():
    events.failed("default", REJECTED)
    events.failed("default", REJECTED)
    events.failed("default", TimeoutError("too late"))
    events.failed("staff", AuthenticationError("no", code=4100))

    assert events.snapshot()["failures"] == {
        "default": {"TimeoutError": 1, "invalid_client": 2},
        "staff": {"4100": 1},
    }


def test_limits_are_counted_by_name():
    events.limited("default", limit="person")

    assert events.snapshot()["limits"] == {"default": {"person": 1}}


def test_codes_from_outside_do_not_fill_the_memory():
    for code in range(1, events.MAX_CODES + 3):
        events.failed("default", AuthenticationError("no", code=code))
    events.failed("default", AuthenticationError("no", code=1))

    failures = events.snapshot()["failures"]["default"]
    assert len(failures) == events.MAX_CODES + 1
    assert failures[events.OTHER_CODES] == 2
    assert failures["1"] == 2


def test_a_snapshot_is_plain_json_and_stays_as_it_was():
    send_each()

    before = events.snapshot()
    text = json.dumps(before)
    send_each()

    assert json.dumps(before) == text
    assert events.snapshot() != before


def test_no_count_is_lost_between_threads():
    def work():
        for _ in range(2000):
            events.reused("default")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert events.snapshot()["events"] == {"reused": {"default": 16_000}}


# Log lines


@pytest.fixture
def lines(caplog):
    """Return what was logged as (level, message, fields of ours)."""
    caplog.set_level(logging.DEBUG, "coze_widget.events")

    def read():
        return [
            (
                record.levelname,
                record.getMessage(),
                {k: v for k, v in vars(record).items() if k.startswith("coze_")},
            )
            for record in caplog.records
            if record.name == "coze_widget.events"
        ]

    return read


def test_each_event_has_a_line_with_its_facts_as_fields(lines):
    send_each()

    common = {"coze_oauth_app": "default"}
    assert lines() == [
        (
            "INFO",
            "minted a token of OAuth app “default” in 0.21 s",
            {"coze_event": "minted", **common, "coze_seconds": 0.214},
        ),
        (
            "DEBUG",
            "reused a token of OAuth app “default”",
            {"coze_event": "reused", **common},
        ),
        (
            "INFO",
            "Coze rejected a token of OAuth app “default”",
            {"coze_event": "refused", **common},
        ),
        (
            "WARNING",
            "got no token of OAuth app “default”: Coze refused: bad signature "
            "(HTTP 401, code invalid_client, logid 20250101abc)",
            {
                "coze_event": "failed",
                **common,
                "coze_error": "AuthenticationError",
                "coze_code": "invalid_client",
                "coze_status": 401,
                "coze_logid": "20250101abc",
            },
        ),
        (
            "INFO",
            "gave no token of OAuth app “default”: the limit “person” was met",
            {"coze_event": "limited", **common, "coze_limit": "person"},
        ),
    ]


def test_a_level_that_is_off_has_no_lines(lines, caplog):
    caplog.set_level(logging.WARNING, "coze_widget.events")

    send_each()

    assert [level for level, _, _ in lines()] == ["WARNING"]


def test_an_outage_has_no_warning_for_each_visitor(lines):
    events.failed("default", CircuitOpenError("not asked"))

    [(level, _, fields)] = lines()
    assert level == "INFO"
    assert fields["coze_error"] == "CircuitOpenError"


def test_a_name_with_a_percent_sign_is_no_format(lines):
    events.reused("100%s")

    assert [text for _, text, _ in lines()] == ["reused a token of OAuth app “100%s”"]


# Signals


def test_each_event_sends_its_signal_with_its_facts(connect):
    heard = []

    def receiver(sender, signal, **facts):
        heard.append((signal.name, sender, facts))

    for signal in signals.ALL:
        connect(signal, receiver)

    send_each()

    app = {"oauth_app": "default"}
    assert heard == [
        ("minted", None, {**app, "seconds": 0.214}),
        ("reused", None, app),
        ("refused", None, app),
        (
            "failed",
            None,
            {
                **app,
                "error": "AuthenticationError",
                "code": "invalid_client",
                "status": 401,
                "logid": "20250101abc",
            },
        ),
        ("limited", None, {**app, "limit": "person"}),
    ]


def errors_of(caplog):
    return [
        record.getMessage() for record in caplog.records if record.levelname == "ERROR"
    ]


def test_a_broken_receiver_harms_nobody_and_is_logged_once(connect, caplog):
    heard = []

    def broken(**_):
        raise ZeroDivisionError

    def well(oauth_app, **_):
        heard.append(oauth_app)

    connect(signals.token_reused, broken)
    connect(signals.token_reused, well)

    for _ in range(3):
        events.reused("default")

    assert heard == ["default"] * 3
    [said] = errors_of(caplog)
    assert "broken of a signal failed" in said
    assert caplog.records[-1].exc_info[0] is ZeroDivisionError


def test_another_error_of_the_same_receiver_is_logged_too(connect, caplog):
    failures = iter([ZeroDivisionError(), KeyError(), KeyError()])

    def broken(**_):
        raise next(failures)

    connect(signals.token_reused, broken)

    for _ in range(3):
        events.reused("default")

    assert len(errors_of(caplog)) == 2


def test_a_receiver_without_a_name_may_fail_too(connect, caplog):
    """Django's own line asks a partial for its name, and raises."""
    broken = connect(signals.token_reused, functools.partial(int, "no number"))

    events.reused("default")

    assert errors_of(caplog) == [
        f"The receiver {broken!r} of a signal failed; this is logged once."
    ]


@pytest.fixture
def heard_async(connect):
    heard = []

    async def receiver(oauth_app, **_):
        heard.append(oauth_app)

    connect(signals.token_reused, receiver)
    return heard


def test_an_async_receiver_is_heard_in_a_thread(heard_async):
    events.reused("default")

    assert heard_async == ["default"]


def test_an_async_receiver_is_left_out_on_an_event_loop_and_the_log_says_so(
    heard_async, caplog
):
    async def reuse_twice():
        events.reused("default")
        events.reused("default")

    asyncio.run(reuse_twice())

    assert heard_async == []
    [said] = errors_of(caplog)
    assert "async" in said


def test_sync_receivers_are_heard_on_an_event_loop(connect):
    heard = []

    def receiver(oauth_app, **_):
        heard.append(oauth_app)

    connect(signals.token_reused, receiver)

    async def reuse():
        events.reused("default")

    asyncio.run(reuse())

    assert heard == ["default"]
