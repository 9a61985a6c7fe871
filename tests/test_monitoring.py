"""The recipes of docs/monitoring.md, cooked: what they count is what happened."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest

from coze_widget import events, signals
from coze_widget.exceptions import AuthenticationError, TimeoutError
from tests.documents import DOCS, ROOT, read
from tests.recipes import read_block, run_block

PAGE = "monitoring.md"
# The page's blocks of Python, by number.
LOGGING, ALARM, PROMETHEUS, OPEN_TELEMETRY = range(4)


@pytest.fixture(autouse=True)
def _own_receivers(monkeypatch):
    """What a recipe connects is gone after its test."""
    monkeypatch.setattr(events, "counters", events.Counters())
    for signal in signals.ALL:
        monkeypatch.setattr(signal, "receivers", [])
        monkeypatch.setattr(signal, "_logged", set())


def let_things_happen():
    events.minted("default", seconds=0.21)
    events.minted("staff", seconds=0.4)
    events.reused("default")
    events.refused("default")
    events.failed("default", TimeoutError("too late"))
    events.failed("default", AuthenticationError("no", code="invalid_client"))
    events.limited("default", limit="person")


def log_lines_of(program):
    """Return what a new process logs, configured as the page says.

    In this one, such a configuration would close the handlers of pytest.
    """
    configure = "logging.config.dictConfig(LOGGING)"
    start = "import logging.config\nfrom coze_widget import events, exceptions, signals"
    block = read_block(PAGE, "python", LOGGING)
    run = subprocess.run(
        [
            sys.executable,
            "-X",
            "utf8",
            "-c",
            "\n".join([block, start, configure, program]),
        ],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [json.loads(line) for line in run.stderr.splitlines()]


def test_the_logs_are_json_with_the_fields_of_events():
    program = """
events.minted("default", seconds=0.21)
error = exceptions.AuthenticationError("no", code="invalid_client", status=401)
events.failed("default", error)
"""

    assert log_lines_of(program) == [
        {
            "level": "WARNING",
            "logger": "coze_widget.events",
            "message": "got no token of OAuth app “default”: "
            "no (HTTP 401, code invalid_client)",
            "coze_event": "failed",
            "coze_oauth_app": "default",
            "coze_error": "AuthenticationError",
            "coze_code": "invalid_client",
            "coze_status": 401,
            "coze_logid": "",
        }
    ]


def test_the_logs_keep_tracebacks():
    program = """
def broken(**kwargs):
    1 / 0
signals.token_reused.connect(broken)
events.reused("default")
"""

    [line] = log_lines_of(program)
    assert "ZeroDivisionError" in line["traceback"]


def test_somebody_is_told_of_a_bad_key_once(caplog):
    # Held here: Django keeps receivers weakly.
    _defined = run_block(PAGE, ALARM)

    let_things_happen()
    let_things_happen()

    [record] = [record for record in caplog.records if record.name == "shop.on_call"]
    assert record.getMessage() == "Coze does not accept our key: default, logid "


def test_prometheus_counts_what_happened():
    registry = CollectorRegistry()
    run_block(PAGE, PROMETHEUS)["watch_coze"](registry)

    let_things_happen()

    def value(name, **labels):
        return registry.get_sample_value(name, labels)

    assert value("coze_tokens_total", event="minted", oauth_app="default") == 1
    assert value("coze_tokens_total", event="failed", oauth_app="default") == 2
    assert value("coze_tokens_total", event="limited", oauth_app="default") == 1
    assert (
        value(
            "coze_failures_total",
            oauth_app="default",
            error="AuthenticationError",
            code="invalid_client",
        )
        == 1
    )
    assert value("coze_mint_seconds_sum", oauth_app="staff") == 0.4
    assert value("coze_mint_seconds_bucket", oauth_app="default", le="0.3") == 1


def test_alerts_name_metrics_and_labels_that_there_are():
    registry = CollectorRegistry()
    run_block(PAGE, PROMETHEUS)["watch_coze"](registry)
    let_things_happen()
    exported = generate_latest(registry).decode()

    alerts = read(DOCS / PAGE).partition("## What to alert on")[2]
    metrics = set(re.findall(r"\bcoze_\w+_(?:total|bucket)\b", alerts))
    labels = set(re.findall(r'(\w+)=~?"', alerts))
    values = set(re.findall(r'="(\w+)"', alerts))

    assert metrics == {
        "coze_tokens_total",
        "coze_failures_total",
        "coze_mint_seconds_bucket",
    }
    assert [metric for metric in metrics if f"\n{metric}{{" not in exported] == []
    assert [label for label in labels if f'{label}="' not in exported] == []
    assert [value for value in values if f'="{value}"' not in exported] == []


def points_of(reader):
    """Return (metric, attributes) → data point."""
    return {
        (metric.name, tuple(sorted(point.attributes.items()))): point
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


def test_open_telemetry_counts_what_happened():
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    run_block(PAGE, OPEN_TELEMETRY)["watch_coze"](provider.get_meter("a project"))

    let_things_happen()

    def point(metric, **attributes):
        return points[metric, tuple(sorted(attributes.items()))]

    points = points_of(reader)
    app = {"coze.oauth_app": "default"}
    assert point("coze.tokens", **app, **{"coze.event": "minted"}).value == 1
    assert (
        point(
            "coze.tokens",
            **app,
            **{
                "coze.event": "failed",
                "error.type": "AuthenticationError",
                "coze.code": "invalid_client",
            },
        ).value
        == 1
    )
    assert point("coze.mint.duration", **app).sum == 0.21
    provider.shutdown()


def test_open_telemetry_takes_the_projects_own_meter_where_none_is_named():
    run_block(PAGE, OPEN_TELEMETRY)["watch_coze"]()

    let_things_happen()


def test_the_example_of_a_snapshot_has_its_form():
    example = json.loads(read_block(PAGE, "text", 1))
    let_things_happen()

    assert list(example) == list(events.snapshot())
