# SPDX-License-Identifier: MIT
"""A TCP proxy on loopback that breaks what goes through it when it is told.

It listens on .port and passes on to the port it was made for, each piece after
.delay seconds, in order. What comes while it is silent in a direction ('up' is
from the client) is swallowed for good, though TCP has acknowledged it.
While it is shut it takes no connection.
"""

import asyncio
import socket
import struct

CHUNK = 16384


class Proxy:
    def __init__(self, target):
        self.target = target
        self.delay = 0
        self.silent = set()
        self.shut = False
        self.port = None
        self.connections = set()
        self.accepted = 0
        self.server = None

    async def start(self):
        self.server = await asyncio.start_server(self.accept, '127.0.0.1', 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self.server.close()
        self.cut('reset')
        await self.quiet()

    async def accept(self, reader, writer):
        self.accepted += 1
        if self.shut:
            close(writer, 'reset')
            return
        try:
            far = await asyncio.open_connection('127.0.0.1', self.target)
        except OSError:
            close(writer, 'reset')
            return
        ends = (writer, far[1])
        self.connections.add(ends)
        try:
            await asyncio.gather(self.carry(reader, far[1], 'up'),
                                 self.carry(far[0], writer, 'down'))
        except OSError:
            pass
        finally:
            for end in ends:
                await finish(end)
            self.connections.discard(ends)

    async def carry(self, reader, writer, direction):
        """The two halves of a direction: the delay must not slow it down."""
        queue = asyncio.Queue(64)
        task = asyncio.create_task(self.deliver(queue, writer, direction))
        loop = asyncio.get_running_loop()
        try:
            data = b'-'
            while data and not task.done():
                data = await reader.read(CHUNK)
                await queue.put((loop.time() + self.delay, data))
            await task
        finally:
            task.cancel()

    async def deliver(self, queue, writer, direction):
        loop = asyncio.get_running_loop()
        while True:
            due, data = await queue.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if not data:
                if direction not in self.silent:
                    writer.write_eof()
                return
            if direction in self.silent:
                continue
            writer.write(data)
            await writer.drain()

    def cut(self, how):
        """End all connections, with FIN or with RST; what is in the proxy on
        its way is lost. Gives them, for quiet()."""
        for ends in self.connections:
            for end in ends:
                close(end, how)
        return set(self.connections)

    async def quiet(self, those=None):
        """Until no connection is left, or none of those."""
        while self.connections if those is None else self.connections & those:
            await asyncio.sleep(0.02)


async def finish(writer):
    """What was taken from one side still reaches the other."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 5)
    except (OSError, asyncio.TimeoutError):
        writer.transport.abort()


def close(writer, how):
    sock = writer.get_extra_info('socket')
    if how == 'reset' and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack('ii', 1, 0))
    # Not close(), which would write first what waits.
    writer.transport.abort()
