"""What the tags put into a page: rendered as a project does, and read as a browser does."""

from __future__ import annotations

import json
import re

from django.template import RequestContext, Template
from django.test import RequestFactory


def get(path="/", **extra):
    return RequestFactory().get(path, **extra)


def render(tag="{% coze_widget %}", request=None, **context):
    template = Template("{% load coze_widget %}" + tag)
    return template.render(RequestContext(request or get(), context)).strip()


def islands(html):
    found = re.findall(
        r'<script id="(.+?)" type="application/json">(.+?)</script', html
    )
    return {name: json.loads(text) for name, text in found}


def island(html, slug="support"):
    return islands(html)[f"coze-widget-{slug}"]
