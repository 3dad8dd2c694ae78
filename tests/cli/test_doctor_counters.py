"""The counters: a file, another machine over a real socket, a screen; and which disk a file may be on."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from agent.doctor.plug import count, disks, wire
from agent.doctor.plug.count import Count
from agent.doctor.plug.count_for_another import LINES_MAX, CountForAnother
from agent.doctor.plug.counters import CounterLost, CounterRefused, FileCounter, LineCounter, ScreenCounter

BOOT = "boot-1"
SECRET = "ABCD-EFGH-JKMN-PQRS"


async def counted(counter: FileCounter | LineCounter, trial: str, *numbers: int, end: bool = False) -> None:
    await counter.open()
    try:
        await counter.begin(trial, BOOT, "lane-1")
        for number in numbers:
            await counter.acknowledged(number)
        if end:
            await counter.end(trial)
    finally:
        await counter.close()


# --- a file ---


async def test_a_file_has_a_line_for_each_number_and_goes_on_with_the_next_trial(tmp_path: Path) -> None:
    file = tmp_path / "count"
    await counted(FileCounter(file), "KXQR", 1, 4, end=True)
    assert file.read_bytes().count(b"\n") == 9  # its name, begin, four numbers, end, and two empty ones
    await counted(FileCounter(file), "ABCD", 2)
    assert count.read(file.read_bytes()) == [
        Count("KXQR", 4, BOOT, "lane-1", ended=True),
        Count("ABCD", 2, BOOT, "lane-1"),
    ]
    assert await FileCounter(file).newest() == Count("ABCD", 2, BOOT, "lane-1")


async def test_a_number_is_synced_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    sync = os.fsync

    def synced(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    counter = FileCounter(tmp_path / "count")
    await counter.open()
    await counter.begin("KXQR", BOOT, "lane-1")
    for number in (1, 2, 9):
        await counter.acknowledged(number)
        assert sizes[-1] == (tmp_path / "count").stat().st_size
    assert len(sizes) == 4
    await counter.close()


async def test_a_file_that_is_no_counters_is_not_written_to(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_bytes(b"Dear all,\n")
    with pytest.raises(CounterRefused, match="not a counter's file"):
        await FileCounter(file).open()
    assert file.read_bytes() == b"Dear all,\n"


async def test_a_stick_that_is_gone_or_full_is_named(tmp_path: Path) -> None:
    counter = FileCounter(tmp_path / "gone" / "count")
    await counter.open()
    with pytest.raises(CounterLost, match="No such file"):
        await counter.begin("KXQR", BOOT, "lane-1")
    with pytest.raises(CounterLost, match="directory"):
        await FileCounter(tmp_path).open()
    if sys.platform == "linux":
        full = FileCounter(Path("/dev/full"))
        with pytest.raises(CounterLost, match="No space left"):
            await full.begin("KXQR", BOOT, "lane-1")
        await full.close()


# --- another machine ---


async def test_two_machines_count_together(tmp_path: Path) -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        await counted(LineCounter("127.0.0.1", server.port, SECRET), "KXQR", 1, 7)
        again = LineCounter("127.0.0.1", server.port, "abcd efgh jkmn pqrs")
        await again.open()
        assert await again.newest() == Count("KXQR", 7, BOOT, "lane-1")
        await again.begin("ABCD", "boot-2", "lane-2")
        assert await again.newest() == Count("KXQR", 7, BOOT, "lane-1")  # nothing was acknowledged in the new one yet
        await again.acknowledged(1)
        assert await again.newest() == Count("ABCD", 1, "boot-2", "lane-2")
        await again.end("ABCD")
        assert await again.newest() == Count("ABCD", 1, "boot-2", "lane-2", ended=True)
        await again.close()
        assert [(one.trial, one.number) for one in server.counts] == [("KXQR", 7), ("ABCD", 1)]


async def test_whoever_does_not_know_the_secret_counts_nothing() -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        stranger = LineCounter("127.0.0.1", server.port, "0000-0000-0000-0000")
        with pytest.raises(CounterLost, match="secret"):
            await stranger.open()
        for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\n", b"x" * 10_000, b"a" * 32 + b"\n" + b"begin KXQR b\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(noise)
            said = await reader.read()
            assert said.startswith(wire.GREETING.encode())
            assert len(said) < 60
            writer.close()
            await writer.wait_closed()
        await counted(LineCounter("127.0.0.1", server.port, SECRET), "KXQR", 3)
        assert [(one.trial, one.number) for one in server.counts] == [("KXQR", 3)]


async def test_a_recorded_conversation_said_again_counts_nothing() -> None:
    """A third between the two records every byte, and says the same to the counter later."""
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        recorded = bytearray()

        async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server.port)

            async def pass_on(
                source: asyncio.StreamReader, target: asyncio.StreamWriter, keep: bytearray | None
            ) -> None:
                while some := await source.read(4_096):
                    if keep is not None:
                        keep += some
                    target.write(some)
                target.close()
                await target.wait_closed()

            await asyncio.gather(pass_on(reader, far_writer, recorded), pass_on(far_reader, writer, None))

        async with await asyncio.start_server(between, "127.0.0.1", 0) as third:
            port = third.sockets[0].getsockname()[1]
            await counted(LineCounter("127.0.0.1", port, SECRET), "KXQR", 5)
        server.counts.clear()
        assert b"acked KXQR 5" in recorded
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(bytes(recorded))
        await reader.read()
        writer.close()
        await writer.wait_closed()
        assert server.counts == []


async def test_a_number_of_a_trial_that_it_has_not_begun_is_said_to_be_unknown() -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        counter = LineCounter("127.0.0.1", server.port, SECRET)
        await counter.open()
        await counter.begin("KXQR", BOOT, "lane-1")
        other = LineCounter("127.0.0.1", server.port, SECRET)
        await counted(other, "ABCD", 1)
        with pytest.raises(CounterLost, match="answered 'unknown'"):
            await counter.acknowledged(1)
        await counter.close()


@pytest.mark.parametrize("command", ["sell everything", "begin kxqr b m", "begin KXQR b", "acked KXQR x", "newest now"])
async def test_a_sealed_line_that_is_no_command_ends_the_line(command: str) -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        counter = LineCounter("127.0.0.1", server.port, SECRET)
        await counter.open()
        await counter.begin("KXQR", BOOT, "lane-1")
        with pytest.raises(CounterLost, match="hung up"):
            await counter._ask(command)
        assert server.counts == [Count("KXQR", 0, BOOT, "lane-1")]


async def test_a_number_never_goes_back() -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        counter = LineCounter("127.0.0.1", server.port, SECRET)
        await counter.open()
        await counter.begin("KXQR", BOOT, "lane-1")
        await counter.acknowledged(9)
        with pytest.raises(CounterLost, match="KXQR 9"):
            await counter.acknowledged(3)
        await counter.close()


async def test_silence_is_hung_up_on_so_that_cut_lines_do_not_add_up() -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET, silence_s=0.05) as server:
        silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(LINES_MAX + 2)]
        for reader, writer in silent:
            await reader.read()
            writer.close()
            await writer.wait_closed()
        await counted(LineCounter("127.0.0.1", server.port, SECRET), "KXQR", 1)


async def test_more_lines_than_it_takes_are_turned_away() -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        held = [LineCounter("127.0.0.1", server.port, SECRET) for _ in range(LINES_MAX)]
        for counter in held:
            await counter.open()
        with pytest.raises(CounterLost):
            await LineCounter("127.0.0.1", server.port, SECRET).open()
        for counter in held:
            await counter.close()


async def test_where_nobody_counts_the_next_step_is_named() -> None:
    async with CountForAnother("127.0.0.1", 0, SECRET) as server:
        port = server.port
    with pytest.raises(CounterLost, match="no counter at") as caught:
        await LineCounter("127.0.0.1", port, SECRET).open()
    assert "--count-for-another" in caught.value.hint


async def test_what_answers_and_is_no_counter_is_named() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as other:
        with pytest.raises(CounterLost, match="not `stillopen doctor"):
            await LineCounter("127.0.0.1", other.sockets[0].getsockname()[1], SECRET).open()


# --- a screen ---


async def test_a_screen_shows_now_and_then() -> None:
    shown: list[tuple[str, int]] = []
    time = 0.0
    counter = ScreenCounter(lambda trial, number: shown.append((trial, number)), clock=lambda: time)
    await counter.open()
    await counter.begin("KXQR", BOOT, "lane-1")
    for number in range(1, 12):
        time += 0.125
        await counter.acknowledged(number)
    await counter.end("KXQR")
    await counter.close()
    assert shown == [("KXQR", 1), ("KXQR", 5), ("KXQR", 9)]
    assert await counter.newest() is None


# --- which disk ---


def test_a_file_on_the_disk_under_test_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CounterRefused, match="same disk"):
        disks.check_elsewhere(tmp_path / "count", tmp_path)
    with pytest.raises(CounterRefused, match="cannot be used"):
        disks.check_elsewhere(tmp_path / "gone" / "count", tmp_path)


SHM = Path("/dev", "shm")
linux = pytest.mark.skipif(not SHM.is_dir(), reason="needs a second file system that is always there")


@linux
def test_a_file_in_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CounterRefused, match="tmpfs"):
        disks.check_elsewhere(SHM / "count", tmp_path, mounts="1 2 0:3 / /dev/shm rw - tmpfs tmpfs rw\n")


@linux
def test_a_file_on_another_partition_of_the_same_disk_is_refused(tmp_path: Path) -> None:
    mounts = "1 2 8:1 / / rw - ext4 /dev/sda1 rw\n"
    sys_folder = tmp_path / "sys"
    disk = sys_folder / "devices" / "sda"
    for number, path in enumerate((tmp_path, SHM)):
        partition = disk / f"sda{number}"
        partition.mkdir(parents=True)
        (partition / "partition").write_text(f"{number}\n")
        link(sys_folder, path, partition)
    with pytest.raises(CounterRefused, match="another partition of the same disk"):
        disks.check_elsewhere(SHM / "count", tmp_path, mounts=mounts, sys=sys_folder)
    other = sys_folder / "devices" / "sdb"
    other.mkdir()
    link(sys_folder, SHM, other)
    assert disks.check_elsewhere(SHM / "count", tmp_path, mounts=mounts, sys=sys_folder) is True
    assert disks.check_elsewhere(SHM / "count", tmp_path, mounts=mounts, sys=tmp_path / "none") is False


def link(sys_folder: Path, path: Path, device: Path) -> None:
    number = path.stat().st_dev
    place = sys_folder / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(device)


@linux
def test_a_disk_says_what_it_is_through_whatever_lies_above_it(tmp_path: Path) -> None:
    sys_folder = tmp_path / "sys"
    disk, above = sys_folder / "devices" / "nvme0n1", sys_folder / "devices" / "dm-0"
    for name, content in {
        "device/model": "Fast SSD 500\n", "device/serial": " SN1 \n", "queue/write_cache": "write back\n",
        "nvme0n1p2/partition": "2\n",
    }.items():  # fmt: skip
        (disk / name).parent.mkdir(parents=True, exist_ok=True)
        (disk / name).write_text(content)
    (above / "slaves").mkdir(parents=True)
    (above / "slaves" / "nvme0n1p2").symlink_to(disk / "nvme0n1p2")
    link(sys_folder, tmp_path, above)
    found = disks.disk_of(tmp_path, sys=sys_folder)
    assert found == disks.Disk("nvme0n1", "Fast SSD 500", "SN1", "write back")
    assert found.title == "Fast SSD 500 SN1"
    (above / "slaves" / "sdb").symlink_to(disk)
    assert disks.disk_of(tmp_path, sys=sys_folder) is None  # two disks as one: neither is the one
    assert disks.disk_of(tmp_path, sys=tmp_path / "none") is None
    assert disks.Disk("sda").title is None
