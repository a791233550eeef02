"""From fetched bytes to Records in one step, and bytes off the socket in larger pieces than the client takes.

The client makes two objects of some ten fields for every record and reads 4 KiB at a time, which together costs more
than decoding the JSON inside. What it gets right (fetch sessions, positions, checksums, codecs, the order of
transactions) stays its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MethodType
from typing import Any

from kafka import errors as kafka_errors
from kafka.consumer.fetcher import Fetcher
from kafka.net.transport import KafkaTCPTransport
from kafka.protocol.consumer import IsolationLevel
from kafka.record.util import decode_varint

from collectors.source import Record

_READ_BYTES = 256 << 10
_LARGE_BLOCK = 24 << 20
"""Above what one fetch holds, below the 32 MiB up to which glibc learns."""
_NULL = 1
"""The length -1 as a varint: hardly any producer of logs sets keys."""


class Unpacked(Fetcher.PartitionRecords):  # type: ignore[misc]  # the client brings no types
    """The fetched batches of one partition as Records. Raises CorruptRecordError, UnsupportedCodecError."""

    next_fetch_offset: int

    def take(self, n: int | None = None) -> list[Record]:
        records: list[Record] = super().take(n)
        if records:
            self.next_fetch_offset = max(self.next_fetch_offset, records[-1].offset + 1)
        return records

    def _unpack_records(
        self, tp: Any, batches: Any, key_deserializer: Any, value_deserializer: Any
    ) -> Iterator[Record]:
        while (batch := batches.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                raise kafka_errors.CorruptRecordError(f"the batch at offset {batch.base_offset} fails its checksum")
            if batch.magic < 2:
                yield from [Record(each.offset, each.value, _seconds(each.timestamp), each.key) for each in batch]
                continue
            self.leader_epoch = batch.leader_epoch
            if not self._hidden(batch):
                yield from _records(batch)
                self.records_read += batch.records_count
                self.bytes_read += batch.size_in_bytes
            # Compaction may have removed the last records: the next batch begins after them all the same.
            self.next_fetch_offset = batch.next_offset
        self.drain()

    def _hidden(self, batch: Any) -> bool:
        """Whether the batch is a transaction's marker or part of an aborted transaction."""
        if self.isolation_level == IsolationLevel.READ_COMMITTED and batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return True
        return bool(batch.is_control_batch)


def _records(batch: Any) -> list[Record]:
    """The records of a batch of format 2.

    Each is its length and then: attributes (one byte), time and offset relative to the batch, key, value, headers.
    Numbers are zigzag varints; a length of -1 is null. Nobody needs the headers here, so they are stepped over.
    """
    iter(batch)  # unpacks it
    data, pos = batch._buffer, batch._pos
    view = memoryview(data)
    offset, first = batch.base_offset, batch.first_timestamp
    fixed = _seconds(batch.max_timestamp) if batch.timestamp_type == batch.LOG_APPEND_TIME else None
    records = []
    try:
        for _ in range(batch.records_count):
            length, start = decode_varint(data, pos)
            delta, at = decode_varint(data, start + 1)
            number, at = decode_varint(data, at)
            key = value = None
            if data[at] == _NULL:
                at += 1
            else:
                size, at = decode_varint(data, at)
                key = bytes(view[at : at + size])
                at += size
            size, at = decode_varint(data, at)
            if size >= 0:
                value = bytes(view[at : at + size])
                at += size
            pos = start + length
            if not start < at < pos <= len(data):
                raise IndexError
            records.append(Record(offset + number, value, fixed or _seconds(first + delta), key))
    except (ValueError, IndexError):
        raise kafka_errors.CorruptRecordError(f"a record of the batch at offset {offset} is cut off") from None
    if pos != len(data):
        raise kafka_errors.CorruptRecordError(f"bytes are left over in the batch at offset {offset}")
    return records


def _seconds(milliseconds: int | None) -> float | None:
    return milliseconds / 1000 if milliseconds is not None and milliseconds >= 0 else None


def keep_freed_memory() -> None:
    """Have the C library reuse the pages of one fetch for the next instead of giving them back in between.

    glibc asks the kernel for every large block anew until one of about that size was freed once, and fresh pages cost
    more time than the bytes that come into them. Elsewhere this does nothing.
    """
    bytearray(_LARGE_BLOCK)


def read_widely(transport: Any) -> None:
    """Let a plain connection take 256 KiB off its socket at once.

    With TLS it stays as it is: what OpenSSL holds back, no selector announces.
    """
    if type(transport) is KafkaTCPTransport:
        transport._sock_recv = MethodType(_received, transport)


def _received(transport: Any) -> tuple[bytes, Exception | None]:
    """What the socket holds, up to `_READ_BYTES`, and the failure that ends the connection, if any."""
    try:
        data = transport._sock.recv(_READ_BYTES)
    except (BlockingIOError, InterruptedError):
        return b"", None
    except Exception as error:
        return b"", kafka_errors.KafkaConnectionError(error)
    return data, None if data else kafka_errors.KafkaConnectionError("socket disconnected")
