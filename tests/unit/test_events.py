"""The small parts of the log: ids, cursors, the chain's form, the text that databases can hold."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import chain
from events.catalog import is_reserved
from events.clock import as_text
from events.cursor import Cursor, InvalidCursor
from events.ids import repeatable_id, uuid7
from events.stores.tables import restored, storable
from events.streams import StreamId
from events.testing import a_full_event

moments = st.integers(0, 2**48 * 1000 - 1)


@given(moments)
def test_an_id_is_a_uuid_of_version_7_and_tells_its_millisecond(moment: int) -> None:
    id = UUID(uuid7(moment))
    assert (id.version, id.variant, id.int >> 80) == (7, "specified in RFC 4122", moment // 1000)


@given(st.lists(moments, min_size=2, max_size=2, unique=True))
def test_ids_sort_as_their_moments(pair: list[int]) -> None:
    earlier, later = sorted(pair)
    assert uuid7(earlier) < uuid7(later)


def test_a_repeatable_id_differs_by_log_key_and_index() -> None:
    ids = {repeatable_id(log, key, index) for log in "ab" for key in "xy" for index in (0, 1)}
    assert len(ids) == 8
    assert repeatable_id("a", "x", 0) in ids


@given(st.text(max_size=20), st.integers(0), st.integers(1))
def test_a_cursor_survives_its_text(log: str, position: int, epoch: int) -> None:
    cursor = Cursor(log, position, epoch)
    assert Cursor.decode(cursor.encode()) == cursor
    assert set(cursor.encode()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("text", ["", "x", "12", "%%%", "MS4xLjEuYQ" * 3, "ü", "MS4xLnguZGVmYXVsdA"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        Cursor.decode(text)


@given(st.text(alphabet=st.sampled_from("a\0\x10" + "0"), max_size=12))
def test_text_with_nul_survives_a_database_that_cannot_hold_it(text: str) -> None:
    stored = storable(text)
    assert stored is not None
    assert "\0" not in stored
    assert restored(stored) == text


def test_the_header_is_what_a_standard_json_library_writes() -> None:
    event, stream = a_full_event(), StreamId("thing", 'ü\x7f"\\/\n\x01')
    written = chain.header(
        event, position=1, stream=stream, version=1, recorded=5, labels_commitment=b"\2", commitment=b"\1"
    )
    labels = chain.labels(event, stream)
    assert labels == json.dumps(json.loads(labels), separators=(",", ":"), ensure_ascii=False)
    assert written == json.dumps(json.loads(written), separators=(",", ":"), ensure_ascii=False).encode()


def test_a_commitment_depends_on_salt_and_body() -> None:
    assert len({chain.commit(salt, body) for salt in (b"a", b"b") for body in ("x", "y")}) == 4


@pytest.mark.parametrize(
    ("moment", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1_795_259_822_176_710, "2026-11-21T11:17:02.176710Z")],
)
def test_a_moment_is_written_as_prefect_writes_it(moment: int, text: str) -> None:
    assert as_text(moment) == text


def test_the_artifact_namespaces_are_reserved() -> None:
    assert is_reserved("prefect.artifact.created")
    assert is_reserved("prefect.artifact-collection.updated")
    assert not is_reserved("prefect.asset.referenced")
