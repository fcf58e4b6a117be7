"""The archive in a store that speaks S3, over the network: a server of its own in a process of its own."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import s3fs

from events.chain import commit
from service.archive.file import ArchivedBody, read, sizes
from service.archive.shelf import ArchiveDamaged, Shelf, folder_of
from tests.ports import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "y", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    server = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(url)
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir("bucket")
        yield "s3://bucket/archive"
    finally:
        server.kill()
        server.wait()


def _wait_until_it_answers(url: str) -> None:
    while True:
        try:
            httpx2.get(url, timeout=1)
        except httpx2.TransportError:
            continue
        return


def body(position: int) -> ArchivedBody:
    salt, content = secrets.token_bytes(16), f'{{"data":"{position} {"x" * 10_000}"}}'
    return ArchivedBody(position, salt, commit(salt, content), content)


def test_bodies_are_put_read_and_removed(bucket: str) -> None:
    shelf, bodies = Shelf(folder_of(bucket, "default")), [body(position) for position in range(1, 2_001, 2)]
    stored = shelf.put("default", bodies)
    with shelf.open(stored.file) as file:
        assert [each.position for each in read(file, {5, 1_999})] == [5, 1_999]
    with shelf.open(stored.file) as file:
        assert sizes(file, [5]) == {5: len(bodies[2].content)}
    shelf.remove(stored.file)
    with pytest.raises(FileNotFoundError):
        shelf.check(stored)


def test_what_was_altered_there_is_found(bucket: str) -> None:
    shelf = Shelf(folder_of(bucket, "default"))
    stored: Any = shelf.put("default", [body(1)])
    other: Any = shelf.put("default", [body(1)])
    files = s3fs.S3FileSystem()
    files.pipe_file(f"bucket/archive/default/{stored.file}", files.cat_file(f"bucket/archive/default/{other.file}"))
    with pytest.raises(ArchiveDamaged):
        shelf.check(stored)
