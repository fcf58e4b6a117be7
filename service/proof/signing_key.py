"""The key that signs checkpoints: a file, made at first need, which all processes of a server share."""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


class SigningKeyUnusable(Exception):
    """The file of the signing key cannot be read, made, or understood."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The signing key {path} cannot be used: {reason}. It must be an Ed25519 key in PEM, readable by the "
            "server; DIGSITE_SIGNING_KEY names another file."
        )
        self.path, self.reason = str(path), reason


class SigningKey:
    """An Ed25519 key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.sign = key.sign
        self.public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def signing_key(path: Path) -> SigningKey:
    """The key in a file. Without one, a new key is put there. Raises SigningKeyUnusable."""
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise SigningKeyUnusable(path, error.strerror or type(error).__name__) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyUnusable(path, "it is no key, or has a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyUnusable(path, "it is a key of another kind")
    return SigningKey(key)


def _make(path: Path) -> None:
    """Put a new key there, whole and on disk, unless another process has put one there meanwhile."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    except FileExistsError:
        pass  # theirs is as good
    finally:
        beside.unlink()
