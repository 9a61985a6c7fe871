"""A person at a site without a browser: pages, and forms filled in as they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

ERRORS = re.compile(r'<ul class="errorlist.*?</ul>', re.DOTALL)
SUBMITS = ("submit", "button", "image", "reset", "file")


@dataclass
class Form:
    """What a browser would send if nobody touched anything."""

    action: str
    values: dict[str, str] = field(default_factory=dict)


class FormParser(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.forms = []
        self._name = ""
        self._in_text = False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        name = attributes.get("name", "")
        if tag == "form":
            self.forms.append(Form(attributes.get("action", "")))
        elif tag == "input" and name:
            self._take_input(name, attributes)
        elif tag == "textarea":
            self._name, self._in_text = name, True
            self._put(name, "")
        elif tag == "select":
            self._name = name
        elif tag == "option" and self._is_chosen(attributes):
            self._put(self._name, attributes["value"])

    def handle_data(self, data):
        if self._in_text:
            # The first line break after the tag is not part of the text.
            self._put(self._name, data.removeprefix("\n"))

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._in_text = False

    def _take_input(self, name, attributes):
        kind = attributes.get("type", "text")
        is_box = kind == "checkbox"
        is_off = is_box and "checked" not in attributes
        if kind not in SUBMITS and not is_off:
            self._put(name, attributes.get("value", "on" if is_box else ""))

    def _is_chosen(self, attributes):
        """Of a list in which nothing is selected, browsers take the first entry."""
        return "selected" in attributes or self._name not in self.forms[-1].values

    def _put(self, name, value):
        self.forms[-1].values[name] = value


class Person:
    def __init__(self, site_url):
        self.site_url = site_url
        self.session = requests.Session()
        self.session.trust_env = False

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.session.close()

    def visit(self, path):
        return self.session.get(self.site_url + path, timeout=20)

    def post(self, path, body):
        return self.session.post(
            self.site_url + path,
            json=body,
            headers={"Origin": self.site_url},
            timeout=20,
        )

    def submit(self, path, **fields):
        """Fill in the form of the page that has these fields."""
        page = self.visit(path)
        [form] = [
            form
            for form in FormParser(page.text).forms
            if set(fields) <= set(form.values)
        ]
        answer = self.session.post(
            urljoin(page.url, form.action),
            {**form.values, **fields},
            headers={"Referer": page.url},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        errors = ERRORS.findall(answer.text)
        assert not errors, errors
        return answer
