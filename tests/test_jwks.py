"""A host's JWKS document: which keys are good for us, and how seldom it is fetched."""

from __future__ import annotations

import itertools
import json
import logging
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from coze_widget import jwks
from coze_widget.jwks import JwksUnavailable, Source, find_keys, read_jwks
from coze_widget.public_downloads import DownloadFailed
from tests.host_tokens import elliptic_key, jwk_of
from tests.keypairs import rsa_key

URL = "https://shop.example/keys"


def document(*entries):
    return json.dumps({"keys": list(entries)}).encode()


RSA = jwk_of(rsa_key(), kid="r", use="sig", alg="RS256")
EC = jwk_of(elliptic_key(), kid="e")


class Host:
    """Answers with one document after the other; the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def fetch(self, url):
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        assert self.may_answer.wait(10)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def source_of(now):
    def make(host):
        return Source(URL, fetch=host.fetch, monotonic=lambda: now[0])

    return make


def kids(keys):
    return [key.kid for key in keys]


def settle(source):
    """Wait for a renewal in the background."""
    source._flight.result(10)


# what is read


def test_keys_of_both_kinds_are_read():
    read = read_jwks(document(RSA, EC))

    assert [(key.kid, key.algorithm) for key in read] == [
        ("r", "RS256"),
        ("e", "ES256"),
    ]
    assert read[0].key.public_numbers() == rsa_key().public_key().public_numbers()


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {**RSA, "alg": "RS512"},
        {**RSA, "alg": "HS256"},
        {**RSA, "use": "enc"},
        {**RSA, "key_ops": ["encrypt"]},
        {**RSA, "key_ops": "verify"},
        {**RSA, "kid": 5},
        {**RSA, "n": "AQAB"},
        {**RSA, "n": 5},
        {**RSA, "e": ""},
        {name: value for name, value in RSA.items() if name != "n"},
        {**EC, "x": "AAAA"},
        {**EC, "crv": "P-384"},
        jwk_of(ec.generate_private_key(ec.SECP384R1())),
        jwk_of(rsa_key(1024)),
        {**RSA, "d": "c2VjcmV0"},
        {"kty": ["RSA"]},
        {},
        "RSA",
        None,
    ],
    ids=itertools.count(),
)
def test_a_key_that_is_not_to_verify_with_is_left_out(entry):
    assert kids(read_jwks(document(entry, RSA))) == ["r"]


def test_a_key_to_verify_with_is_taken():
    entry = {**RSA, "key_ops": ["verify"]}

    assert kids(read_jwks(document(entry))) == ["r"]


def test_no_more_than_some_keys_are_looked_at():
    assert len(read_jwks(document(*[EC] * 100))) == jwks.MAX_KEYS


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>", b"\xff", b"[" * 60_000, b"[]", b'{"keys": {}}', b'"keys"'],
    ids=itertools.count(),
)
def test_what_is_no_document_is_said(text):
    with pytest.raises(DownloadFailed, match="the document is not"):
        read_jwks(text)


# when it is fetched


def test_it_is_fetched_once(source_of, now):
    host = Host(document(RSA))
    source = source_of(host)

    assert kids(source.get()) == kids(source.get()) == ["r"]
    now[0] += jwks.FRESH_SECONDS - 1
    assert kids(source.get()) == ["r"]
    assert host.asked == 1


def test_what_is_known_is_served_while_it_is_renewed(source_of, now):
    host = Host(document(RSA), document(EC))
    source = source_of(host)
    source.get()
    now[0] += jwks.FRESH_SECONDS
    host.may_answer.clear()

    assert kids(source.get()) == ["r"]
    assert kids(source.get()) == ["r"]
    host.may_answer.set()
    settle(source)

    assert kids(source.get()) == ["e"]
    assert host.asked == 2


def test_many_requests_at_once_are_one_fetch(source_of):
    host = Host(document(RSA))
    source = source_of(host)
    host.may_answer.clear()
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(kids(source.get())))
        for _number in range(8)
    ]
    for thread in threads:
        thread.start()
    host.may_answer.set()
    for thread in threads:
        thread.join()

    assert found == [["r"]] * 8
    assert host.asked == 1


def test_a_host_that_is_down_takes_nothing_from_what_is_known(source_of, now, caplog):
    host = Host(document(RSA), DownloadFailed("HTTP 500"))
    source = source_of(host)
    source.get()

    for _number in range(3):
        now[0] += jwks.FRESH_SECONDS
        assert kids(source.get()) == ["r"]
        settle(source)

    assert host.asked == 4
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["The keys of shop.example could not be fetched: HTTP 500."]


def test_but_not_for_ever(source_of, now):
    """A key that was taken back must not live as long as the host is kept away."""
    host = Host(document(RSA), DownloadFailed("HTTP 500"))
    source = source_of(host)
    source.get()
    now[0] += jwks.MAX_AGE_SECONDS

    with pytest.raises(JwksUnavailable, match="HTTP 500"):
        source.get()


def test_a_failure_is_remembered_for_a_while(source_of, now):
    host = Host(DownloadFailed("HTTP 500"), document(RSA))
    source = source_of(host)

    for _number in range(3):
        with pytest.raises(JwksUnavailable):
            source.get()
    assert host.asked == 1

    now[0] += jwks.PAUSE_SECONDS
    assert kids(source.get()) == ["r"]


def test_whatever_fails_is_a_failure(source_of, caplog):
    with pytest.raises(JwksUnavailable, match="ZeroDivisionError"):
        source_of(Host(ZeroDivisionError("secret"))).get()

    assert "secret" not in caplog.text


def test_nobody_waits_for_long(source_of, now, monkeypatch):
    """All who come during a fetch wait until the same moment, later ones not at all."""
    monkeypatch.setattr(jwks, "WAIT_SECONDS", 0.05)
    host = Host(document(RSA))
    source = source_of(host)
    host.may_answer.clear()

    with pytest.raises(JwksUnavailable):
        source.get()
    now[0] += 1
    assert source._patience() == 0
    with pytest.raises(JwksUnavailable):
        source.get()

    host.may_answer.set()
    settle(source)
    assert kids(source.get()) == ["r"]
    assert host.asked == 1


# unknown kids


@pytest.fixture
def registered(source_of):
    """Makes the source of the address one of ours."""

    def register(host):
        jwks._sources[URL] = source_of(host)
        return host

    return register


def test_a_key_is_found_by_kid_and_algorithm(registered):
    registered(Host(document(RSA, EC)))

    assert len(find_keys(URL, "RS256", "r")) == 1
    assert len(find_keys(URL, "RS256", "")) == 1
    assert find_keys(URL, "RS256", "e") == []
    assert len(find_keys(URL, "ES256", "")) == 1


def test_a_key_without_a_kid_may_be_any(registered):
    host = registered(Host(document(jwk_of(rsa_key()))))

    assert len(find_keys(URL, "RS256", "whatever")) == 1
    assert host.asked == 1


def test_a_new_key_is_found_once_the_pause_is_over(registered, now):
    new = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    host = registered(Host(document(RSA), document(RSA, jwk_of(new, kid="n"))))

    assert find_keys(URL, "RS256", "n") == []
    assert host.asked == 1
    now[0] += jwks.PAUSE_SECONDS
    assert len(find_keys(URL, "RS256", "n")) == 1
    assert host.asked == 2


def test_invented_kids_fetch_at_most_once_a_pause(registered, now):
    """Or anybody could make us flood the host, or others in its name."""
    host = registered(Host(document(RSA)))

    for number in range(100):
        now[0] += 1
        assert find_keys(URL, "RS256", f"invented-{number}") == []

    assert host.asked == 4


def test_a_token_without_a_kid_fetches_nothing_anew(registered, now):
    host = registered(Host(document(EC)))
    find_keys(URL, "ES256", "")
    now[0] += jwks.PAUSE_SECONDS

    assert find_keys(URL, "RS256", "") == []
    assert host.asked == 1


# all sources


def test_an_address_is_downloaded_from_by_default(monkeypatch):
    asked = []

    def download(url):
        asked.append(url)
        return document(RSA)

    monkeypatch.setattr(
        Source.__init__,
        "__kwdefaults__",
        {
            **Source.__init__.__kwdefaults__,
            "fetch": download,
        },
    )

    assert len(find_keys(URL, "RS256", "r")) == 1
    assert len(find_keys(URL, "RS256", "r")) == 1
    assert asked == [URL]


def test_as_many_addresses_as_that_are_kept(monkeypatch):
    monkeypatch.setattr(jwks, "MAX_SOURCES", 2)

    first = jwks._source_of("a")
    jwks._source_of("b")
    assert jwks._source_of("a") is first
    jwks._source_of("c")

    assert list(jwks._sources) == ["a", "c"]


def test_a_process_that_is_forked_off_begins_anew():
    jwks._source_of("a")

    jwks.forget()

    assert list(jwks._sources) == []


def test_an_address_within_is_never_asked(caplog):
    caplog.set_level(logging.WARNING)

    with pytest.raises(JwksUnavailable):
        find_keys("https://127.0.0.1/keys", "RS256", "")

    assert "leads to an address that is not public" in caplog.text
