from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from coze_widget.addresses import client_address

VISITOR, OTHER = "198.18.0.1", "93.184.216.34"
PROXY = "10.0.0.7"


def address(*, peer=PROXY, forwarded=None, proxies=None, settings=None):
    if proxies is not None:
        settings.COZE_TRUSTED_PROXIES_COUNT = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory(REMOTE_ADDR=peer).get("/", headers=headers))


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("93.184.216.34", "93.184.216.34"),
        ("::ffff:93.184.216.34", "93.184.216.34"),
        ("2606:2800:220:1:248:1893:25c8:1946", "2606:2800:220:1::/64"),
        ("2606:2800:220:1::1", "2606:2800:220:1::/64"),
    ],
)
def test_without_a_proxy_it_is_the_peers(peer, counted):
    assert address(peer=peer) == counted


@pytest.mark.parametrize("peer", ["", "unix:", "127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_peer_that_is_no_visitor(peer):
    assert address(peer=peer) == ""


def test_a_server_that_knows_no_peer():
    request = RequestFactory().get("/")
    del request.META["REMOTE_ADDR"]

    assert client_address(request) == ""


def test_a_header_is_not_believed_by_default():
    assert address(peer=OTHER, forwarded=VISITOR) == OTHER


PRIVATE = [PROXY, "172.17.0.1", "::ffff:192.168.0.9", "fd00::7", "fe80::1%eth0"]


@pytest.mark.parametrize("peer", PRIVATE)
@pytest.mark.parametrize("forwarded", [None, VISITOR, "anything"])
def test_a_header_frees_no_private_peer_and_the_lack_of_it_none(
    peer, forwarded, caplog
):
    """It may be a proxy that nobody counted, with a whole site behind it."""
    assert address(peer=peer, forwarded=forwarded) == ""
    assert address(peer=peer, forwarded=forwarded) == ""

    assert caplog.messages == [
        "Visitors' addresses are not seen, so no limit counts them: let "
        "COZE_TRUSTED_PROXIES_COUNT say how many proxies add to X-Forwarded-For."
    ]


def test_a_proxy_on_the_same_machine_is_named_in_the_log(caplog):
    assert address(peer="127.0.0.1", forwarded=VISITOR) == ""

    assert "COZE_TRUSTED_PROXIES_COUNT" in caplog.text


def test_a_counted_proxy_that_names_nobody_is_no_visitor(settings):
    assert address(proxies=1, settings=settings) == ""
    assert address(proxies=2, forwarded=VISITOR, settings=settings) == ""


def test_a_visitor_may_have_a_private_address(settings):
    assert address(proxies=1, forwarded="10.1.2.3", settings=settings) == "10.1.2.3"


def test_a_socket_is_named_in_the_log(caplog):
    address(peer="")

    assert "COZE_TRUSTED_PROXIES_COUNT" in caplog.text


def test_a_developers_machine_is_not_worth_a_line(caplog):
    address(peer="127.0.0.1")

    assert caplog.messages == []


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (1, VISITOR, VISITOR),
        (1, f"{OTHER}, {VISITOR}", VISITOR),
        (2, f"{VISITOR}, 10.0.0.8", VISITOR),
        (2, f"{OTHER},{VISITOR},10.0.0.8", VISITOR),
        (1, f"{VISITOR}:4711", VISITOR),
        (1, "2606:2800:220:1::1", "2606:2800:220:1::/64"),
        (1, "[2606:2800:220:1::1]", "2606:2800:220:1::/64"),
        (1, "[2606:2800:220:1::1]:443", "2606:2800:220:1::/64"),
        (1, f"::ffff:{VISITOR}", VISITOR),
        (1, f"[::ffff:{VISITOR}]:443", VISITOR),
    ],
)
def test_as_many_entries_as_trusted_are_believed(proxies, forwarded, counted, settings):
    assert address(proxies=proxies, forwarded=forwarded, settings=settings) == counted


@pytest.mark.parametrize(
    "forwarded",
    [
        None,
        "",
        VISITOR,
        "unknown, 10.0.0.8",
        "_hidden, 10.0.0.8",
        "[], 10.0.0.8",
        "1.2.3, 10.0.0.8",
        "1.2.3.4.5:1, 10.0.0.8",
        "١.٢.٣.٤, 10.0.0.8",
        ", 10.0.0.8",
        ",",
    ],
)
def test_what_names_no_visitor_leaves_the_peer(forwarded, settings):
    settings.COZE_TRUSTED_PROXIES_COUNT = 2

    request = RequestFactory(REMOTE_ADDR=OTHER).get("/")
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded

    assert client_address(request) == OTHER


def test_the_proxys_own_machine_is_no_visitor(settings):
    assert address(proxies=1, forwarded="127.0.0.1", settings=settings) == ""


@pytest.mark.parametrize("count", [-1, "1", None, 1.0])
def test_a_count_that_is_none_trusts_nobody(count, settings):
    settings.COZE_TRUSTED_PROXIES_COUNT = count

    assert address(peer=OTHER, forwarded=VISITOR) == OTHER


ANYTHING = st.text() | st.text(alphabet="0123456789abcdef.:[]%, \t", max_size=60)


@given(said=ANYTHING, proxies=st.integers(0, 4))
def test_no_header_raises(said, proxies, settings):
    settings.COZE_TRUSTED_PROXIES_COUNT = proxies
    request = RequestFactory(REMOTE_ADDR=OTHER).get("/")
    request.META["HTTP_X_FORWARDED_FOR"] = said

    assert isinstance(client_address(request), str)


@given(peer=ANYTHING)
def test_no_peer_raises(peer):
    assert isinstance(client_address(RequestFactory(REMOTE_ADDR=peer).get("/")), str)


@given(said=ANYTHING, proxies=st.integers(1, 4), visitor=st.ip_addresses())
def test_nothing_left_of_the_trusted_entries_is_believed(
    said, proxies, visitor, settings
):
    settings.COZE_TRUSTED_PROXIES_COUNT = proxies
    written_by_proxies = [str(visitor)] + ["10.0.0.8"] * (proxies - 1)

    forged = address(forwarded=",".join(["x", *written_by_proxies]))
    request = RequestFactory(REMOTE_ADDR=PROXY).get("/")
    request.META["HTTP_X_FORWARDED_FOR"] = ",".join([said, *written_by_proxies])

    assert client_address(request) == forged


@given(said=ANYTHING, peer=st.ip_addresses().map(str))
def test_without_trusted_proxies_no_header_changes_anything(said, peer):
    request = RequestFactory(REMOTE_ADDR=peer).get("/")
    request.META["HTTP_X_FORWARDED_FOR"] = said

    assert client_address(request) == address(peer=peer)
