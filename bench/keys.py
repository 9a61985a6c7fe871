"""Thousands of different RSA keys in a second: every pair of a few primes makes one.

Good for measuring only: two keys with a prime in common can be factored.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

EXPONENT, BITS = 65537, 2048


@dataclass(frozen=True)
class KeyPair:
    p: int
    q: int

    def public_key(self) -> rsa.RSAPublicKey:
        return rsa.RSAPublicNumbers(EXPONENT, self.p * self.q).public_key()

    def pem(self) -> str:
        d = pow(EXPONENT, -1, (self.p - 1) * (self.q - 1))
        numbers = rsa.RSAPrivateNumbers(
            p=self.p,
            q=self.q,
            d=d,
            dmp1=rsa.rsa_crt_dmp1(d, self.p),
            dmq1=rsa.rsa_crt_dmq1(d, self.q),
            iqmp=rsa.rsa_crt_iqmp(self.p, self.q),
            public_numbers=rsa.RSAPublicNumbers(EXPONENT, self.p * self.q),
        )
        # The primes come from keys that were checked when they were made.
        key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
        return key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode()


def make_keys(count: int) -> list[KeyPair]:
    primes: set[int] = set()
    while len(primes) * (len(primes) - 1) // 2 < count:
        numbers = rsa.generate_private_key(EXPONENT, BITS).private_numbers()
        primes |= {numbers.p, numbers.q}
    pairs = itertools.combinations(sorted(primes), 2)
    return [KeyPair(p, q) for p, q in itertools.islice(pairs, count)]
