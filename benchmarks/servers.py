"""Servers that benchmarks need: a real Elasticsearch node, and a proxy that answers late."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks.harness import PYTHON, ROOT


@contextlib.contextmanager
def elasticsearch() -> Iterator[str]:
    """Address of a fresh node; it is the one of the test suite."""
    from ca_platform_tests.services.elasticsearch import ElasticsearchServer

    server = ElasticsearchServer()
    server.start()
    try:
        yield server.url
    finally:
        server.remove()


def store_environment(url: str) -> dict[str, str]:
    """Environment that turns a shop's settings to this Elasticsearch."""
    return {"CA_DOCUMENT_STORE__KIND": "elasticsearch", "CA_DOCUMENT_STORE__HOSTS": f'["{url}"]'}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_port_later() -> Callable[[], int]:
    """The smallest measured child: for trying the machinery itself."""
    return free_port


def wait_for_port(port: int, patience: float = 60.0) -> None:
    """Return when somebody listens on a local port."""
    give_up_at = time.monotonic() + patience
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def background(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    """A server process that listens on ``port`` while the block runs."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for_port(port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.contextmanager
def delayed(url: str, milliseconds: float) -> Iterator[str]:
    """Address of a proxy to ``url`` whose answers come so much later."""
    target, port = int(url.rsplit(":", 1)[1]), free_port()
    command = [PYTHON, "-m", "benchmarks.servers", str(port), str(target), str(milliseconds / 1000)]
    with background(command, port):
        yield f"http://127.0.0.1:{port}"


async def _serve(port: int, target: int, delay: float) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        remote_reader, remote_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_pass_on(reader, remote_writer, 0.0), _pass_on(remote_reader, writer, delay))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Copy one direction; every piece waits for ``delay`` and pieces overlap, so that only the latency grows."""
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    clock = asyncio.get_running_loop().time

    async def send() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(due - clock(), 0))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    async def receive() -> None:
        data = b"-"
        while data:
            try:
                data = await reader.read(65_536)
            except OSError:
                data = b""
            await queue.put((clock() + delay, data))

    with contextlib.suppress(OSError):
        await asyncio.gather(send(), receive())


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
