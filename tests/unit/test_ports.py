"""Ports that tests give to servers are theirs alone."""

import errno
import socket
import struct

import pytest

from tests.ports import free_port

IP_LOCAL_PORT_RANGE = 51
"""Linux's option, since 6.3, for which ports a socket may be given. Python has no name for it."""

HERE = ("127.0.0.1", 0)


def choosing_from(port: int) -> socket.socket:
    """A socket to which the system may give this port only."""
    choosing = socket.socket()
    try:
        choosing.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("HH", port, port))
    except OSError as error:
        choosing.close()
        pytest.skip(f"this system does not let a socket say which ports it may be given: {error}")
    return choosing


def test_the_system_gives_it_to_no_other_server() -> None:
    with choosing_from(free_port()) as other, pytest.raises(OSError, match="in use"):
        other.bind(HERE)


def test_the_system_gives_it_to_no_connection_that_goes_out() -> None:
    with choosing_from(free_port()) as other, socket.create_server(HERE) as server:
        assert other.connect_ex(server.getsockname()) == errno.EADDRNOTAVAIL


def test_a_server_gets_it_by_its_number_again_and_again() -> None:
    port = free_port()
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            pass
