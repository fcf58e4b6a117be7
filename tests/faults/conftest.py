import os
from collections.abc import Iterator
from random import Random, randrange

import pytest

from tests.faults.clusters import Cluster, find_binaries

pytest.register_assert_rewrite(
    "tests.faults.invariants", "tests.faults.load", "tests.faults.records", "tests.faults.crowds"
)

ROUNDS = "DIGSITE_FAULT_ROUNDS"
"""Names how often in a row the tests of this folder run, all of them in each round."""
SEED = "DIGSITE_FAULT_SEED"
"""Names the seed of what is left to chance; without it, another one each time."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    rounds = int(os.environ.get(ROUNDS, "1"))
    if rounds > 1:
        metafunc.fixturenames.append("fault_round")
        metafunc.parametrize("fault_round", range(1, rounds + 1), scope="session")


@pytest.fixture
def dice() -> Random:
    """What is left to chance. A test that fails shows the seed."""
    seed = int(os.environ.get(SEED) or randrange(2**32))
    print(f"{SEED}={seed}")
    return Random(seed)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own. Without its programs: a skip here, a failure in CI."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("CI"):
            pytest.fail("initdb and pg_ctl are not installed")
        pytest.skip("initdb and pg_ctl are not installed")
    with Cluster(binaries) as cluster:
        yield cluster
