"""The Merkle tree over a log (RFC 6962, RFC 9162), whose leaves are the hashes of the chain. Pure.

    leaf    = SHA-256(0x00 || hash of the event)
    node    = SHA-256(0x01 || left || right)

A range of leaves is split at the largest power of two that is less than its length. So its hash is made from those of
*nodes*: whole subtrees of 1, 256, 65,536, ... leaves, of which the lowest are the leaves themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

WIDTH = 256
"""Children of a node that is kept."""

Range = tuple[int, int]
"""Leaves, from 0: the first, and the one behind the last."""
Node = tuple[int, int]
"""The level, 0 for leaves, and the number within it: the subtree of `WIDTH ** level` leaves from there."""


def leaf(hash: bytes) -> bytes:
    return sha256(b"\x00" + hash).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The hash over neighbours, as many as a power of two: of leaves' hashes, or of nodes'."""
    row = list(hashes)
    while len(row) > 1:
        row = [node(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


EMPTY = sha256(b"").digest()
"""The hash of no leaves."""


def inclusion(leaf: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that a leaf is in the tree of a size, the nearest first."""

    def path(leaf: int, first: int, end: int) -> Iterator[Range]:
        if end - first == 1:
            return
        middle = first + split(end - first)
        if leaf < middle:
            yield from path(leaf, first, middle)
            yield middle, end
        else:
            yield from path(leaf, middle, end)
            yield first, middle

    assert 0 <= leaf < size
    return list(path(leaf, 0, size))


def consistency(old: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that the tree of a size begins with one of an older size."""

    def proof(old: int, first: int, end: int, is_whole: bool) -> Iterator[Range]:
        if old == end:
            if not is_whole:
                yield first, end
            return
        middle = first + split(end - first)
        if old <= middle:
            yield from proof(old, first, middle, is_whole)
            yield middle, end
        else:
            yield from proof(old, middle, end, False)
            yield first, middle

    assert 0 < old <= size
    return list(proof(old, 0, size, True))


def split(length: int) -> int:
    """The largest power of two that is less than a length."""
    return 1 << (length - 1).bit_length() - 1


def nodes_of(wanted: Range) -> Iterator[Node]:
    """The nodes that a range is made of."""
    first, end = wanted
    if first == end:
        return
    level = level_of(wanted)
    if level is not None:
        yield level, first // WIDTH**level
        return
    middle = first + split(end - first)
    yield from nodes_of((first, middle))
    yield from nodes_of((middle, end))


def hash_of(wanted: Range, nodes: Mapping[Node, bytes]) -> bytes:
    """The hash of a range, given those of its nodes."""
    first, end = wanted
    if first == end:
        return EMPTY
    level = level_of(wanted)
    if level is not None:
        return nodes[level, first // WIDTH**level]
    middle = first + split(end - first)
    return node(hash_of((first, middle), nodes), hash_of((middle, end), nodes))


def level_of(wanted: Range) -> int | None:
    """The level at which a range is a node; None: it is none."""
    first, end = wanted
    bits = (end - first).bit_length() - 1
    is_node = end - first == 1 << bits and bits % 8 == 0 and first % (end - first) == 0
    return bits // 8 if is_node else None
