"""What a host's backend does: keys of its own, and visitor tokens signed with them."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from coze_widget.encryption import encrypt
from coze_widget.models import VisitorKey
from tests.keypairs import rsa_key

# Made here, so that nothing in the tree looks like a real one.
SECRET = "secret-of-the-host-" + "s" * 24
AUDIENCE = "support@example.com"


@functools.cache
def elliptic_key():
    return ec.generate_private_key(ec.SECP256R1())


def public_pem_of(key):
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk_of(key, **members):
    algorithm = jwt.algorithms.RSAAlgorithm
    if isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm = jwt.algorithms.ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), **members}


def claims(**changes):
    """Return good claims; a change to None leaves one out."""
    good = {"sub": "5", "aud": AUDIENCE, "exp": int(time.time()) + 60, **changes}
    return {name: value for name, value in good.items() if value is not None}


def sign(payload=None, key=SECRET, algorithm="HS256", **headers):
    return jwt.encode(payload or claims(), key, algorithm=algorithm, headers=headers)


def part(value):
    """Return one part of a JWT; a text is taken as it stands."""
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def sign_text(header, payload):
    """Sign what no library would: texts that are not JSON as anybody writes it."""
    body = f"{part(header)}.{part(payload)}"
    digest = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return f"{body}.{signature}"


def make_key(widget, **fields):
    """Save a key; an HS256 one has the secret above."""
    if fields.get("algorithm", "HS256") == "HS256":
        fields = {"encrypted_secret": encrypt(SECRET), **fields}
    return VisitorKey.objects.create(widget=widget, **{"name": "shop", **fields})


def make_rsa_key(widget, **fields):
    return make_key(
        widget, algorithm="RS256", public_key=public_pem_of(rsa_key()), **fields
    )
