"""The Merkle tree: what RFC 6962 defines comes out of nodes, for every size, and its proofs convince."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.tree import WIDTH, Node, consistency, hash_of, inclusion, leaf, node, nodes_of, root

LEAVES = [leaf(sha256(str(number).encode()).digest()) for number in range(66_000)]
SIZES = st.integers(1, 3 * WIDTH) | st.sampled_from([WIDTH**2 - 1, WIDTH**2, WIDTH**2 + 1, len(LEAVES)])


def defined(leaves: list[bytes]) -> bytes:
    """The hash as the RFC defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return node(defined(leaves[:middle]), defined(leaves[middle:]))


def kept() -> dict[Node, bytes]:
    nodes = {(0, number): hash for number, hash in enumerate(LEAVES)}
    level, hashes = 0, LEAVES
    while len(hashes) >= WIDTH:
        level, hashes = level + 1, [root(hashes[at : at + WIDTH]) for at in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        nodes |= {(level, number): hash for number, hash in enumerate(hashes)}
    return nodes


NODES = kept()


@settings(deadline=None)
@given(SIZES)
def test_a_tree_of_nodes_has_the_hash_of_its_leaves(size: int) -> None:
    assert hash_of((0, size), NODES) == defined(LEAVES[:size])


@given(SIZES)
def test_a_hash_is_made_from_few_nodes(size: int) -> None:
    assert len(list(nodes_of((0, size)))) < WIDTH * 3


def test_nothing_has_a_hash_too() -> None:
    assert hash_of((0, 0), {}) == sha256(b"").digest()


@given(SIZES, st.data())
def test_the_ranges_of_a_proof_cover_all_but_the_leaf(size: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, size - 1))
    ranges = inclusion(at, size)
    covered = sorted([*ranges, (at, at + 1)])
    assert [first for first, _ in covered] == [0, *(end for _, end in covered[:-1])]
    assert covered[-1][1] == size
    assert len(ranges) <= (size - 1).bit_length()


@pytest.mark.parametrize(("old", "size"), [(1, 1), (4, 4), (3, 7), (6, 8), (4, 7)])
def test_what_a_tree_begins_with_is_proven_as_the_rfc_has_it(old: int, size: int) -> None:
    """The examples of RFC 9162, 2.1.5, are those of a tree of seven leaves."""
    expected = {(3, 7): [(2, 3), (3, 4), (0, 2), (4, 7)], (4, 7): [(4, 7)], (6, 8): [(4, 6), (6, 8), (0, 4)]}
    assert consistency(old, size) == expected.get((old, size), [])
