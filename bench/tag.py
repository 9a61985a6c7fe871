"""What the tag costs a page whose process has rendered one before, on however many sites."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any

from bench.figures import quantile

ROUNDS, PER_ROUND = 60, 50
PLAIN = [
    (
        "django.template.loaders.cached.Loader",
        [("django.template.loaders.locmem.Loader", {"plain.html": "<p>Hello</p>"})],
    )
]

SITE_WIDGETS, PAGE_WIDGETS = 20, 3
SITES = 2000
# One site and many take turns, each long enough for a reading of the rows.
TURNS, TURN_SECONDS = 3, 5.5
READINGS = 9

Call = Callable[[], object]


def measure() -> dict[str, Any]:
    return {**_measure_page(), **_measure_sites()}


def _measure_page() -> dict[str, Any]:
    from django.db import connection
    from django.template import Engine, engines
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext

    from coze_widget.models import Widget

    engine = engines["django"]
    request = RequestFactory().get("/")
    load = "{% load coze_widget %}"
    tag = engine.from_string(f"{load}{{% coze_widget %}}").template
    named = [f'{{% coze_widget "w{number}" %}}' for number in range(PAGE_WIDGETS)]
    several = engine.from_string(load + "".join(named)).template
    include = Engine(loaders=PLAIN).from_string('{% include "plain.html" %}')
    one, three, plain = (
        _render(template, request) for template in (tag, several, include)
    )

    one()
    with CaptureQueriesContext(connection) as queries:
        one()
    alone_us, plain_us = _interleaved(one, plain)
    for number in range(SITE_WIDGETS - 1):
        Widget.objects.create(slug=f"w{number}", name="W", bot_id="1", order=number + 1)
    one(), three()
    with CaptureQueriesContext(connection) as queries_of_three:
        three()
    among_us, three_us, plain_again_us = _interleaved(one, three, plain)
    Widget.objects.filter(order__gt=0).delete()
    ratio, ratio_among = alone_us / plain_us, among_us / plain_again_us
    return {
        "tag, warm (µs)": alone_us,
        "plain include (µs)": plain_us,
        "ratio": round(ratio, 2),
        "queries, warm": len(queries),
        f"tag, {SITE_WIDGETS} widgets on the site (µs)": among_us,
        f"ratio, {SITE_WIDGETS} widgets": round(ratio_among, 2),
        f"ratio, {SITE_WIDGETS} widgets to one": round(ratio_among / ratio, 2),
        f"page with {PAGE_WIDGETS} widgets (µs)": three_us,
        f"ratio, page with {PAGE_WIDGETS}": round(three_us / plain_again_us, 2),
        f"queries, page with {PAGE_WIDGETS}": len(queries_of_three),
    }


def _measure_sites() -> dict[str, Any]:
    """Compare a database with one site to one with many, of which each is asked in turn."""
    from django.test import RequestFactory

    hosts = [f"site-{number}.example" for number in range(SITES)]
    get = RequestFactory().get
    to_many = [get("/", HTTP_HOST=host) for host in hosts]
    # As many requests, since each page view has one of its own.
    to_one = [get("/", HTTP_HOST=hosts[0]) for _ in hosts]
    one, many = [], []
    for _ in range(TURNS):
        with _sites(hosts[:1]):
            one.append(_turn(_calls(to_one)))
        with _sites(hosts):
            many.append(_turn(_calls(to_many)))
    with _sites(hosts):
        stated = {**_measure_readings(), **_measure_memory(_calls(to_many))}
    return {**_compare(one, many), **stated}


def _calls(requests: list[Any]) -> list[Call]:
    """For each request, a tag in the page and the session view's look-up of the widget."""
    from django.template import engines

    from coze_widget.candidates import find_widget
    from coze_widget.catalogue import catalogue

    text = "{% load coze_widget %}{% coze_widget %}"
    tag = engines["django"].from_string(text).template

    def call_for(request: Any) -> Call:
        show = _render(tag, request)
        return lambda: (
            show(),
            find_widget(request, "support"),
            catalogue.site_id(request),
        )

    return [call_for(request) for request in requests]


def _turn(calls: list[Call]) -> list[float]:
    """Return what each call took of the processor, in µs."""
    for call in calls:
        call()
    samples, end = [], time.monotonic() + TURN_SECONDS
    for call in cycle(calls):
        start = time.thread_time()
        call()
        samples.append((time.thread_time() - start) * 1e6)
        if time.monotonic() > end:
            break
    return samples


def _compare(one: list[list[float]], many: list[list[float]]) -> dict[str, Any]:
    """Return the medians of the turns' ratios, since machines are noisy.

    The mean has its share of the readings, as the throughput of a busy process does.
    """

    def ratio(figure: Callable[[list[float]], float]) -> float:
        pairs = zip(one, many, strict=True)
        ratios = [figure(more) / figure(few) for few, more in pairs]
        return round(statistics.median(ratios), 2)

    mean_us = statistics.median(map(statistics.mean, many))
    return {
        f"tag and look-up, {SITES} sites (µs)": round(mean_us, 1),
        f"ratio, {SITES} sites to one, mean": ratio(statistics.mean),
        f"ratio, {SITES} sites to one, p50": ratio(lambda us: quantile(us, 0.5)),
        f"ratio, {SITES} sites to one, p99": ratio(lambda us: quantile(us, 0.99)),
    }


def _measure_readings() -> dict[str, Any]:
    from coze_widget.catalogue import read_widgets
    from coze_widget.models import Widget

    last = read_widgets(None)
    return {
        f"reading of {SITES} rows again (ms of processor)": _processor_ms(
            lambda: read_widgets(last)
        ),
        f"instances of {SITES} rows (ms of processor)": _processor_ms(
            lambda: list(Widget.objects.all())
        ),
    }


def _measure_memory(calls: list[Call]) -> dict[str, Any]:
    from coze_widget.catalogue import catalogue

    catalogue.forget()
    tracemalloc.start()
    catalogue.site_id(None), catalogue.all(None)
    copy = tracemalloc.get_traced_memory()[0]
    for call in calls:
        call()
    rendered = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {
        f"copy of {SITES} sites (MB)": round(copy / 1e6, 1),
        f"copy of {SITES} sites with what was rendered (MB)": round(rendered / 1e6, 1),
    }


@contextmanager
def _sites(hosts: list[str]) -> Iterator[None]:
    """Sites with a widget each, for the time of the block."""
    from django.contrib.sites.models import Site

    from coze_widget.catalogue import catalogue
    from coze_widget.models import Widget

    Site.objects.bulk_create(Site(domain=host, name=host) for host in hosts)
    own = Site.objects.filter(domain__in=hosts)
    Widget.objects.bulk_create(
        Widget(site=site, slug="support", name="Support", bot_id="1") for site in own
    )
    catalogue.forget()
    try:
        yield
    finally:
        Widget.objects.filter(site__isnull=False)._raw_delete("default")
        own._raw_delete("default")


def _render(template: Any, request: Any) -> Call:
    from django.template import RequestContext

    return lambda: template.render(RequestContext(request))


def _processor_ms(call: Call) -> float:
    times = []
    for _ in range(READINGS):
        start = time.process_time()
        call()
        times.append((time.process_time() - start) * 1e3)
    return round(statistics.median(times), 1)


def _interleaved(*calls: Call) -> list[float]:
    """Return each call's median of the processor's time in µs, taken in turns."""
    samples: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, times in zip(calls, samples, strict=True):
            start = time.thread_time()
            for _ in range(PER_ROUND):
                call()
            times.append((time.thread_time() - start) / PER_ROUND * 1e6)
    return [round(statistics.median(times), 1) for times in samples]


if __name__ == "__main__":
    from bench import django_project

    django_project.set_up()
    for _name, _value in measure().items():
        print(f"  {_name:60} {_value}")
