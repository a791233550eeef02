"""A broker that dies, bytes that rot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.kafka import KafkaSource
from collectors.kafka_bisect import unreadable_range
from collectors.source import Partition
from tests.fixtures.kafka_broker import KafkaBroker
from tests.fixtures.kafka_reading import Written, produce, read_until, settings

pytestmark = pytest.mark.kafka


def lines(count: int, start: int = 0) -> list[bytes]:
    return [b"record %d" % number for number in range(start, start + count)]


def test_reading_goes_on_by_itself_after_the_broker_was_killed(own_broker: Callable[..., KafkaBroker]) -> None:
    broker = own_broker()
    broker.create_topic("calls", 2)
    written = Written()
    produce(broker.bootstrap, "calls", lines(100), 0)
    source = KafkaSource(settings(broker.bootstrap, "calls"), written)
    read_until(source, written, lambda: len(written.values) == 100)
    assert source.health().connected
    broker.kill()
    read_until(source, written, lambda: not source.health().connected)
    assert "127.0.0.1" in (source.health().error or "")
    broker.start()
    produce(broker.bootstrap, "calls", lines(100, 100), 1)
    read_until(source, written, lambda: len(written.values) == 200, timeout=60)
    assert source.health().connected
    source.close()
    assert {*written.values} == {*lines(200)}


def test_a_damaged_batch_is_stepped_over_and_the_others_flow(own_broker: Callable[..., KafkaBroker]) -> None:
    broker = own_broker()
    broker.create_topic("calls", 2)
    produce(broker.bootstrap, "calls", lines(100), 0)
    produce(broker.bootstrap, "calls", [b"the batch to damage"] * 50, 0, linger_ms=200)
    produce(broker.bootstrap, "calls", lines(100, 150), 0)
    produce(broker.bootstrap, "calls", lines(80, 1000), 1)
    broker.stop()
    segment = broker.log_folder("calls") / f"{0:020}.log"
    data = bytearray(segment.read_bytes())
    spots = [at for at in range(len(data)) if data.startswith(b"the batch to damage", at)]
    assert len(spots) == 50
    for at in spots[10:12]:
        data[at : at + 5] = b"XXXXX"
    segment.write_bytes(data)
    broker.start()

    written = Written()
    source = KafkaSource(settings(broker.bootstrap, "calls"), written)
    read_until(source, written, lambda: len(written.values) == 280, timeout=60)
    source.close()
    (found,) = written.unreadable
    assert found[0] == Partition("calls", 0)
    assert (found[1].start, found[1].end) == (100, 150)
    assert "checksum" in found[1].reason
    assert written.offsets(Partition("calls", 0)) == [*range(100), *range(150, 250)]
    assert len(written.records[Partition("calls", 1)]) == 80
    assert not written.refused


@given(st.data())
def test_the_range_is_exactly_the_damaged_run(data: st.DataObject) -> None:
    end = data.draw(st.integers(1, 5000))
    start = data.draw(st.integers(0, end - 1))
    good = data.draw(st.integers(start, end))
    tried: list[int] = []

    def fault(offset: int) -> str | None:
        assert start <= offset < end
        tried.append(offset)
        return "broken" if offset < good else None

    found = unreadable_range(start, end, fault)
    assert (found is None) == (good == start)
    if found is not None:
        assert (found.start, found.end, found.reason) == (start, good, "broken")
    assert len(tried) <= 2 * (end - start).bit_length() + 2
