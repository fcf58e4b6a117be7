import os
from collections.abc import Iterator

import pytest

from tests.faults.clusters import Cluster, find_binaries

pytest.register_assert_rewrite("tests.invariants", "tests.faults.invariants", "tests.faults.load")


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
