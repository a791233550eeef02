"""Files as a stream of records: every shape and compression, resumed, cut off, too large, or not there."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from analyzers.errors import HoneError
from collectors.file import FileSource
from collectors.source import Incident, Partition, Position
from tests.fixtures.kafka_reading import Written, step


def read(source: FileSource, written: Written, max_records: int = 5000) -> Written:
    while not source.exhausted:
        step(source, written, 1.0, max_records)
    source.close()
    return written


def lines(count: int) -> list[bytes]:
    return [json.dumps({"id": number, "text": "words " * (number % 7)}).encode() for number in range(count)]


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "gzip in two members": lambda data: gzip.compress(data[:777]) + gzip.compress(data[777:]),
    "zstd": zstandard.compress,
    "zstd in two frames": lambda data: zstandard.compress(data[:777]) + zstandard.compress(data[777:]),
}


@pytest.mark.parametrize("packed", PACKED)
def test_json_lines_in_every_packing(tmp_path: Path, packed: str) -> None:
    file = tmp_path / "log"
    file.write_bytes(PACKED[packed](b"\n".join(lines(3000))))
    source, written = FileSource([str(file)], Written()), Written()
    read(source, written, 250)
    partition = Partition(str(file), 0)
    assert written.values == lines(3000)
    assert written.offsets(partition) == list(range(3000))
    assert written.positions[partition].next == 3000
    assert max(len(batch.records) for batch in written.batches) == 250
    assert source.bytes_read == source.bytes_total == file.stat().st_size
    assert source.lag() == {partition: 0}
    assert not written.incidents and not written.refused


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
def test_resumed_at_any_record_every_record_is_read_once(tmp_path: Path, packed: str) -> None:
    file, written = tmp_path / "log", Written()
    file.write_bytes(PACKED[packed](b"\n".join(lines(500)) + b"\n"))
    stops = 0
    while len(written.values) < 500:
        source = FileSource([str(file)], written)
        step(source, written, 1.0, 77)
        source.close()
        stops += 1
    assert stops == 7
    assert written.values == lines(500)
    assert not written.refused


def test_lines_appended_later_are_read_on_the_next_run(tmp_path: Path) -> None:
    file, written = tmp_path / "log", Written()
    for number in range(3):
        with file.open("ab") as out:
            out.write(b'{"run": %d}\n' % number)
        read(FileSource([str(file)], written), written)
    assert written.values == [b'{"run": 0}', b'{"run": 1}', b'{"run": 2}']
    assert not written.incidents


def test_another_file_under_the_same_name_is_read_from_its_start(tmp_path: Path) -> None:
    file, written = tmp_path / "log", Written()
    file.write_bytes(b'{"old": 1}\n{"old": 2}\n')
    read(FileSource([str(file)], written), written)
    file.write_bytes(b'{"new": 1}\n{"new": 2}\n')
    read(FileSource([str(file)], written), written)
    assert [each.kind for each in written.incidents] == ["file_replaced"]
    assert written.values[2:] == [b'{"new": 1}', b'{"new": 2}']
    assert not written.refused


def test_a_file_that_became_shorter_is_said(tmp_path: Path) -> None:
    file, written = tmp_path / "log", Written()
    file.write_bytes(b'{"a": 1}\n{"a": 2}\n{"a": 3}\n')
    read(FileSource([str(file)], written), written)
    file.write_bytes(b'{"a": 1}\n')
    read(FileSource([str(file)], written), written)
    assert [(each.kind, each.start, each.end) for each in written.incidents] == [("file_shorter", 1, 3)]
    assert len(written.values) == 3


def test_a_batch_that_was_not_written_is_read_again(tmp_path: Path) -> None:
    file, written = tmp_path / "log", Written()
    file.write_bytes(b"\n".join(lines(100)) + b"\n")
    source = FileSource([str(file)], written)
    for _ in range(3):
        (batch,) = source.poll(1.0, 40).batches
        source.seek(batch.partition, batch.start)
    step(source, written, 1.0, 40)
    source.seek(Partition(str(file), 0), 10)
    (batch,) = source.poll(1.0, 1000).batches
    assert (batch.start, batch.end) == (10, 100)
    assert source.poll(1.0, 1000).batches == ()
    ended = source.exhausted
    source.seek(batch.partition, 40)
    assert (ended, source.exhausted) == (True, False)
    read(source, written)
    assert written.values == lines(100)


def test_several_files_are_topics_of_their_own(tmp_path: Path) -> None:
    written, paths = Written(), []
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b'{"from": "%s"}\n' % name.encode())
        paths.append(str(tmp_path / name))
    read(FileSource(paths, written, names={paths[1]: "calls"}), written)
    assert {partition.topic for partition in written.positions} == {paths[0], "calls", paths[2]}
    assert len(written.values) == 3


@pytest.mark.parametrize("array", [False, True])
def test_a_record_above_the_limit_is_unreadable_and_the_rest_goes_on(tmp_path: Path, array: bool) -> None:
    large = json.dumps({"text": 'a"\\' * 4_000_000}).encode()
    parts = [b'{"n": 1}', large, b'{"n": 2}', b'{"n": 3}']
    file, written = tmp_path / "log", Written()
    file.write_bytes(b"[" + b",".join(parts) + b"]" if array else b"\n".join(parts))
    read(FileSource([str(file)], written, max_record_bytes=1 << 20), written)
    partition = Partition(str(file), 0)
    assert written.offsets(partition) == [0, 2, 3]
    assert [(gap.start, gap.end) for _, gap in written.unreadable] == [(1, 2)]
    assert "larger than" in written.unreadable[0][1].reason
    assert written.positions[partition].next == 4


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
def test_a_file_that_is_cut_off_is_read_up_to_there_and_on_when_whole(tmp_path: Path, packed: str) -> None:
    noise = [json.dumps({"n": number, "x": os.urandom(30).hex()}).encode() for number in range(20_000)]
    whole = PACKED[packed](b"\n".join(noise))
    file, written = tmp_path / "log", Written()
    file.write_bytes(whole[: len(whole) // 2])
    read(FileSource([str(file)], written), written)
    (incident,) = written.incidents
    assert isinstance(incident, Incident) and str(file) in incident.message
    assert incident.start == len(written.values) == written.positions[Partition(str(file), 0)].next
    assert written.values == noise[: len(written.values)] and len(written.values) > 1000
    file.write_bytes(whole)
    read(FileSource([str(file)], written), written)
    assert written.values == noise
    assert len(written.incidents) == 1


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
def test_damaged_compression_is_an_incident_not_a_crash(tmp_path: Path, packed: str) -> None:
    whole = bytearray(PACKED[packed](os.urandom(3_000_000).hex().encode()))
    middle = len(whole) // 2
    whole[middle : middle + 5000] = bytes(5000)
    file, written = tmp_path / "log", Written()
    file.write_bytes(whole)
    read(FileSource([str(file)], written), written)
    assert [each.kind for each in written.incidents] == ["file_damaged"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    record = json.dumps({"text": "word " * 100}).encode()
    file = tmp_path / "log.json"
    with file.open("wb") as out:
        out.write(b"[" + record)
        for _ in range(100_000):
            out.write(b",\n" + record)
        out.write(b"]")
    source = FileSource([str(file)], Written())
    count = 0
    tracemalloc.start()
    while not source.exhausted:
        count += sum(len(batch.records) for batch in source.poll(1.0, 5000).batches)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_001
    assert peak < file.stat().st_size / 2


def test_stdin_is_read_as_it_comes() -> None:
    program = (
        "import sys\n"
        "from collectors.file import FileSource\n"
        "source = FileSource(['-'], lambda partition: None)\n"
        "while not source.exhausted:\n"
        "    for batch in source.poll(0.2, 100).batches:\n"
        "        for record in batch.records:\n"
        "            sys.stdout.write(f'{record.offset}:{record.value.decode()}\\n')\n"
        "            sys.stdout.flush()\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    for number in range(3):
        child.stdin.write(b'{"n": %d}\n' % number)
        child.stdin.flush()
        assert child.stdout.readline() == b'%d:{"n": %d}\n' % (number, number)
    child.stdin.close()
    assert child.wait(20) == 0


def test_what_came_through_a_pipe_is_kept_until_the_next_batch(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    source = FileSource([str(pipe)], Written())
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write('{{}}\\n' * 50)"])
    first = source.poll(10.0, 30).batches[0]
    source.seek(first.partition, first.start)
    again = source.poll(1.0, 30).batches[0]
    assert again.records == first.records and source.bytes_total is None
    while not source.exhausted:
        source.poll(1.0, 30)
    source.close()
    assert writer.wait(20) == 0


def test_paths_that_cannot_be_read_are_named_at_once(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(b"{}\n")
    with pytest.raises(HoneError, match=r"no such file: .*absent"):
        FileSource([str(good), str(tmp_path / "absent")], Written())
    with pytest.raises(HoneError, match="is a directory"):
        FileSource([str(tmp_path)], Written())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"{}\n")
    file.chmod(0)
    with pytest.raises(HoneError, match="permission"):
        FileSource([str(file)], Written())


def test_a_position_from_the_database_is_where_reading_begins(tmp_path: Path) -> None:
    file, written = tmp_path / "log", Written()
    file.write_bytes(b"\n".join(lines(10)))
    written.positions[Partition(str(file), 0)] = Position(4, None)
    read(FileSource([str(file)], written), written)
    assert written.values == lines(10)[4:]
    assert written.batches[0].start == 4
