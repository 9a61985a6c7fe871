"""The public half of OAuth apps, and the JSON file that Coze's console hands out."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_SIZE = 2048
DEFAULT_CLIENT_ID = "7400000000000000041"


@dataclass
class OAuthApp:
    """What Coze keeps of a service app: never the private key."""

    client_id: str
    public_keys: dict[str, rsa.RSAPublicKey] = field(default_factory=dict)
    channel: bool = False
    deactivated: bool = False


def make_oauth_config(
    base_url: str, *, client_id: str = DEFAULT_CLIENT_ID
) -> dict[str, str]:
    """A fresh key pair in the shape of `coze_oauth_config.json`."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
    return {
        "client_type": "jwt",
        "client_id": client_id,
        "coze_www_base": base_url,
        "coze_api_base": base_url,
        "private_key": _encode_pem(private_key),
        "public_key_id": _fingerprint(private_key.public_key()),
    }


def read_public_part(config: Mapping[str, str]) -> OAuthApp:
    """Raises ValueError when the private key is not an RSA key in PEM form."""
    key = serialization.load_pem_private_key(
        config["private_key"].encode(), password=None
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("private_key must be an RSA key")
    return OAuthApp(
        client_id=config["client_id"],
        public_keys={config["public_key_id"]: key.public_key()},
    )


def load_or_write_config(path: Path, *, base_url: str) -> dict[str, str]:
    """Reads the file, or writes a new one that only its owner may read."""
    if path.exists():
        config: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return config
    config = make_oauth_config(base_url)
    # O_EXCL and the mode at creation: the key is never readable by others.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    return config


def _encode_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _fingerprint(key: rsa.RSAPublicKey) -> str:
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashlib.sha256(der).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
