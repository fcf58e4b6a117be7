"""Signed notes, as C2SP's `signed-note` and `tlog-checkpoint` have them. Pure.

digsite.example.org/default            origin: the log
12408                                  tree size: events
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
hash 3f8a...                           of the chain, at the last event
recorded 2026-11-21T08:54:05.770641Z   when that was recorded

— digsite.example.org/default Az3grlgtzPICa5OS8npVmf1Myq...
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from urllib.parse import quote

ED25519 = b"\x01"
KEY_ID_BYTES = 4

Sign = Callable[[bytes], bytes]


def origin_of(server: str, log: str) -> str:
    """What a log is called in its checkpoints; so is the key that signs them."""
    return f"{server}/{quote(log)}"


def checkpoint(origin: str, size: int, root: bytes, others: Sequence[str]) -> str:
    """The text that is signed: `others` are lines that only say more."""
    return "".join(f"{line}\n" for line in (origin, size, b64encode(root).decode(), *others))


def signed(text: str, name: str, public_key: bytes, sign: Sign) -> str:
    """A text with its signature."""
    signature = key_id(name, public_key) + sign(text.encode())
    return f"{text}\n\u2014 {name} {b64encode(signature).decode()}\n"


def verifier_key(name: str, public_key: bytes) -> str:
    """A public key as those who check notes take it."""
    return f"{name}+{key_id(name, public_key).hex()}+{b64encode(ED25519 + public_key).decode()}"


def key_id(name: str, public_key: bytes) -> bytes:
    """Says which key a signature is by, as a hint."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_ID_BYTES]
