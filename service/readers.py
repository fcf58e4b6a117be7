"""What answers questions about what is and was, and writes nothing."""

from msgspec import Struct

from service.assets import Assets
from service.blame import Blames
from service.cards import Cards
from service.changes import Changes
from service.collections import Collections
from service.entries import Entries
from service.facts import Facts
from service.histories import Histories
from service.key_file import KeyFiles
from service.moments import Moments
from service.overview import Overview
from service.past import Past
from service.proof.proofs import Proofs
from service.renderings import Renderings
from service.run_writes import RunWrites
from service.series import Series
from service.trends import Trends


class Readers(Struct, frozen=True):
    """Each answers from the read models, from the log, or from both."""

    changes: Changes
    blames: Blames
    past: Past
    moments: Moments
    histories: Histories
    facts: Facts
    renderings: Renderings
    key_files: KeyFiles
    run_writes: RunWrites
    collections: Collections
    series: Series
    cards: Cards
    trends: Trends
    assets: Assets
    entries: Entries
    overview: Overview
    proofs: Proofs
