"""Whether the SDK's script is where the frame looks for it, and what the widget expects."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import urljoin

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _

from coze_widget.conf import conf
from coze_widget.doctor.documents import fetch, name_status, page_origin
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, failed, passed, skipped
from coze_widget.exceptions import CozeError
from coze_widget.oauth.transport import Document
from coze_widget.sdk_addresses import sdk_url
from coze_widget.sentences import translate

LARGEST_SCRIPT_BYTES = 64 * 1024 * 1024
# What the SDK's script calls its own; a page of somebody in between holds none of it.
GLOBAL = b"CozeWebSDK"
# How a frame asks that has no origin; no host that lets some in refuses it by accident.
NO_ORIGIN = "null"


def look_at_sdk(patient: Patient) -> Iterator[Sight]:
    home = conf.frame_origin or patient.page_url
    url = urljoin(home, _find_url(patient))
    if not url.startswith(("http://", "https://")):
        yield skipped(
            _(
                "The SDK is one of the site's own files, %(url)s: name a page of the site."
            )
            % {"url": url}
        )
        return
    origin = page_origin(home) if home and not conf.frame_sandbox else NO_ORIGIN
    try:
        script = fetch(url, origin=origin, largest_body_bytes=LARGEST_SCRIPT_BYTES)
    except CozeError as exc:
        yield failed(
            str(translate(exc.args[0], gettext)),
            _(
                "Visitors' browsers load the script from there, over their own networks; "
                "here COZE_PROXIES, COZE_CA_BUNDLE and the time-outs hold."
            ),
        )
        return
    yield from _judge(patient, url, origin, script)


def _find_url(patient: Patient) -> str:
    widget = patient.widget
    return sdk_url(patient.oauth_app.base_url, widget.sdk_version, widget.sdk_url)


def _judge(
    patient: Patient, url: str, origin: str, script: Document
) -> Iterator[Sight]:
    if script.status != 200:
        yield failed(
            _("No SDK at %(url)s: %(status)s.")
            % {"url": url, "status": name_status(script)},
            _("Is there a version %(version)s? Of a redirect, enter where it leads.")
            % {"version": patient.widget.sdk_version},
        )
    elif GLOBAL not in script.body:
        yield failed(
            _("What lies at %(url)s is not the SDK: %(status)s.")
            % {"url": url, "status": name_status(script)},
            _(
                "A login or a proxy in between answers in its place: open the address in a "
                "browser. Visitors may get the SDK all the same."
            ),
        )
    else:
        sights = list(_judge_hash(patient, url, origin, script))
        yield from sights or [
            passed(
                _("The script of %(version)s is there, with %(size)s MB.")
                % {
                    "version": patient.widget.sdk_version,
                    "size": round(len(script.body) / 1e6, 1),
                }
            )
        ]


def _judge_hash(
    patient: Patient, url: str, origin: str, script: Document
) -> Iterator[Sight]:
    hashes = patient.widget.sdk_integrity.split()
    if not hashes:
        return
    if not any(_hash(one.partition("-")[0], script.body) == one for one in hashes):
        yield failed(
            _("The script is not the one that the widget's hash names."),
            _("If Coze has changed the file, enter its hash: %(hash)s.")
            % {"hash": _hash("sha384", script.body)},
        )
    # Without it a browser may run the file, and may not check a hash.
    allowed = script.headers.get("access-control-allow-origin", "")
    if page_origin(url) != origin and allowed not in ("*", origin):
        yield failed(
            _("The script comes without Access-Control-Allow-Origin for the frame."),
            _("A browser can check no hash then: take the hash out of the widget."),
        )


def _hash(algorithm: str, body: bytes) -> str:
    digest = hashlib.new(algorithm, body).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


SDK = Step(
    "sdk",
    gettext_lazy("The SDK's script"),
    look_at_sdk,
    needs=("widget", "key"),
    asks=True,
)
