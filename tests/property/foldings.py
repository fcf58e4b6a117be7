"""Ways to fold a log: two runners that get in each other's way, page by page."""

from collections.abc import Sequence
from contextlib import suppress

from hypothesis import strategies as st
from msgspec import Struct

from events.stores.sql import SqlStore
from projections.catch_up import CatchUpProjector, fold_page
from projections.checkpoints import Holder, Lease, LeaseLost, begin, take


class Folding(Struct, frozen=True):
    """One page by one of two runners: with the lease that it has, or after it took it."""

    runner: int
    positions: int
    takes: bool


foldings = st.lists(st.builds(Folding, st.integers(0, 1), st.integers(1, 9), st.booleans()), max_size=12)


async def fold_by_turns(store: SqlStore, log: str, projector: CatchUpProjector, foldings: Sequence[Folding]) -> None:
    """Two runners that get in each other's way as the foldings say; then a third that goes to the end."""
    number, head = await store.log_number(log), (await store.head(log)).position
    checkpoint = await begin(store, number, projector.name, projector.version)
    leases: dict[int, Lease | None] = {}
    for each in [*foldings, Folding(2, head, True)]:
        if each.takes or leases.get(each.runner) is None:
            moment = len(leases)  # every lease has run out when it is asked for
            holder = Holder(f"runner {each.runner}", lease_s=0)
            leases[each.runner] = await take(store, log, number, projector.name, checkpoint.generation, holder, moment)
        lease = leases[each.runner]
        assert lease is not None
        upto = min(lease.position + each.positions, head)
        with suppress(LeaseLost):
            leases[each.runner] = await fold_page(store, lease, projector, upto=upto, until=0)
