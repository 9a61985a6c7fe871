"""A small document of a host on the public internet, without being led anywhere else.

An editor names the address, and the answer's time, size and way are the host's: so it is
https only, no redirect is followed, no proxy and no .netrc is asked, and the connection goes
to an address that was checked, not to what the name means a moment later (DNS rebinding).
"""

from __future__ import annotations

import os
import socket
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from coze_widget.conf import conf
from coze_widget.oauth.deadlines import Deadline, DeadlineAdapter, current_deadline
from coze_widget.public_addresses import is_public
from coze_widget.version import __version__

HTTPS_PORT = 443
TOTAL_SECONDS = 5.0
CONNECT_SECONDS = 2.0
MAX_BODY_BYTES = 65_536
MAX_ADDRESSES = 4


class DownloadFailed(Exception):  # that is what it says
    """Raised where there is no document; its text says why and names no address."""


def download(url: str) -> bytes:
    """Return the body of a 200, as sent; raises DownloadFailed.

    It may take TOTAL_SECONDS, and the system's name look-up besides.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise DownloadFailed("its address is not https")
    addresses = _resolve(parts.hostname, parts.port or HTTPS_PORT)
    deadline = Deadline(TOTAL_SECONDS)
    current_deadline.set(deadline)
    failure = DownloadFailed("its name has no address")
    for address in addresses[:MAX_ADDRESSES]:
        try:
            return _get(url, parts.hostname, address, deadline)
        except DownloadFailed:
            raise
        # Not requests' own errors alone: urllib3, http.client and the codecs have some.
        except Exception as exc:
            failure = DownloadFailed(f"no usable answer ({type(exc).__name__})")
        if deadline.remaining() <= 0:
            break
    raise failure


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DownloadFailed("its name is not known") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    # One that is not public among them: somebody tries to get in by the back door.
    if not all(is_public(address) for address in addresses):
        raise DownloadFailed("its name leads to an address that is not public")
    return addresses


def _get(url: str, host: str, address: str, deadline: Deadline) -> bytes:
    remaining = deadline.remaining()
    with (
        _build_session(host, address) as session,
        session.get(
            url,
            headers={
                "Host": urlsplit(url).netloc,
                "User-Agent": f"django-coze-widget/{__version__}",
                "Accept": "application/json",
                # A few bytes of gzip can become a great many.
                "Accept-Encoding": "identity",
            },
            verify=conf.ca_bundle or True,
            timeout=(min(CONNECT_SECONDS, remaining), remaining),
            allow_redirects=False,
            stream=True,
        ) as response,
    ):
        if response.status_code != HTTPStatus.OK:
            raise DownloadFailed(f"HTTP {response.status_code}")
        body: bytes = response.raw.read(MAX_BODY_BYTES + 1, decode_content=False)
        if len(body) > MAX_BODY_BYTES:
            raise DownloadFailed("the document is too long")
        return body


def _build_session(host: str, address: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", _PinnedAdapter(host, address))
    return session


class _Pinned(HTTPAdapter):
    """Connects to the address, and asks for the host's certificate there."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__()
        self._host = host
        self._address = address

    # Older versions of requests have no smaller part of this to replace.
    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        trusted = DEFAULT_CA_BUNDLE_PATH if verify is True else verify
        return self.poolmanager.connection_from_host(
            self._address,
            urlsplit(request.url).port or HTTPS_PORT,
            "https",
            pool_kwargs={
                "cert_reqs": "CERT_REQUIRED",
                "ca_cert_dir" if os.path.isdir(trusted) else "ca_certs": trusted,
                "server_hostname": self._host,
                "assert_hostname": self._host,
            },
        )


class _PinnedAdapter(DeadlineAdapter, _Pinned):
    """Does both: the deadline's reader is put into the connections to the address."""
