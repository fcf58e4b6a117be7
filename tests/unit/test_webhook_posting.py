"""Where a webhook may go, how long a receiver may ask for quiet, and how text gets into a header."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from service.webhooks.addresses import AddressRefused, addresses_of, is_public
from service.webhooks.message import Message, signed
from service.webhooks.posting import RETRY_AFTER_S_MAX, retry_after_s

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses_may_be_posted_to(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:5ef5:79fb::1",
        "2001:db8::1",
    ],
)
def test_other_addresses_may_not(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "::1"])
async def test_a_name_is_judged_by_where_it_leads(host: str) -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        await addresses_of(host, 80, allow_private=False)
    assert await addresses_of(host, 80, allow_private=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", 0),
        ("120", 120),
        ("-5", 0),
        ("soon", 0),
        ("99999999999", RETRY_AFTER_S_MAX),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sat, 21 Nov 2099 11:00:00", 0),
    ],
)
def test_a_receiver_may_ask_for_quiet_within_bounds(value: str, seconds: float) -> None:
    assert retry_after_s(value, NOW) == seconds


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of Standard Webhooks, made by its own library."""
    message = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", {}, b'{"test": 2432232314}')
    headers = signed(message, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330)
    assert headers == {
        "webhook-id": message.id,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
