"""Events and their counts as JSON text, in Prefect's form."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from events.clock import as_text, micros
from events.event import Micros
from events.tallying import Tally
from service.buckets import Buckets
from service.json_text import quoted

_FIRST, _LAST = micros(datetime.min.replace(tzinfo=UTC)), micros(datetime.max.replace(tzinfo=UTC))


def page(events: Sequence[str], total: int, next_page: str | None) -> str:
    return f'{{"events":[{",".join(events)}],"total":{total},"next_page":{quoted(next_page)}}}'


def counts(tallies: Mapping[str, Tally]) -> str:
    """One for each group, the largest first."""
    labelled = [(value, tally.label or value, tally) for value, tally in tallies.items()]
    in_order = sorted(labelled, key=lambda each: (-each[2].count, each[1]))
    return _array(_count(value, label, tally.count, tally.first, tally.last) for value, label, tally in in_order)


def spans(buckets: Buckets, tallies: Mapping[int, Tally]) -> str:
    """One for each bucket, the empty ones too."""
    return _array(_span(buckets, index, tallies.get(index)) for index in range(buckets.count))


def _span(buckets: Buckets, index: int, tally: Tally | None) -> str:
    start = buckets.start + index * buckets.width
    label = as_text(_within(start)).replace("Z", "+00:00")
    return _count(str(index), label, tally.count if tally else 0, start, start + buckets.width - 1)


def _count(value: str, label: str, count: int, first: Micros, last: Micros) -> str:
    return (
        f'{{"value":{quoted(value)},"label":{quoted(label)},"count":{count},'
        f'"start_time":"{as_text(_within(first))}","end_time":"{as_text(_within(last))}"}}'
    )


def _within(moment: Micros) -> Micros:
    """The moment, or the first or last that can be written."""
    return min(max(moment, _FIRST), _LAST)


def _array(items: Iterator[str]) -> str:
    return f"[{','.join(items)}]"
