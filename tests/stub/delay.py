#!/usr/bin/python3
"""A TCP proxy on loopback that makes a far server of a near one.

usage: delay.py PORT MS [summary=FILE] [cut-after=BYTES] [cut-after-up=BYTES]
                        [cut=fin|reset|stall] [times=N]

It prints the port that it listens on, and passes what comes there on to PORT,
each direction MS/2 later, in order. A direction is cut for good after so many
bytes: cut-after counts what the server sent, cut-after-up what the client
sent; then both sides are closed (cut=fin, reset), or nothing more passes in
that direction (stall). times=N: only the first N connections are cut.
SIGUSR1 cuts all connections that there are, as cut= has it. It ends on
SIGTERM, SIGINT, or when stdin (a pipe, socket or terminal) closes.

FILE gets the flights of each connection, again whenever one ends:
	connection 1
	flight 1 up 305 0.000
	flight 2 down 1250 0.051
	flights 2 up 305 down 1250
A flight is what one side sent before it could see anything of the other
side's next one; two are a round trip. Times are in seconds since the
connection began, when the flight's first byte came to the proxy. The TCP
handshake is answered at once and not counted: add one round trip for it.
"""

import asyncio
import os
import signal
import socket
import stat
import struct
import sys

CHUNK = 65536
KEYS = {'summary': '', 'cut-after': '', 'cut-after-up': '', 'cut': 'fin',
        'times': '1000000000'}


class Proxy:
    def __init__(self, port, milliseconds, options):
        self.port = port
        self.delay = milliseconds / 2000
        self.options = options
        self.connections = []
        self.live = set()

    async def accept(self, sock):
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(sock)
            connection = Connection(self, client)
            self.connections.append(connection)
            self.live.add(connection)
            connection.task = asyncio.create_task(connection.run())

    def cut_all(self):
        for connection in list(self.live):
            connection.task.cancel()

    def summarise(self):
        path = self.options['summary']
        if not path:
            return
        with open(path + '.new', 'w', encoding='ascii') as file:
            for number, connection in enumerate(self.connections, 1):
                file.write(f'connection {number}\n' + connection.summary())
        os.rename(path + '.new', path)


class Connection:
    """Two sockets, and for each direction what is under way in it."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.number = len(proxy.connections) + 1
        self.sockets = {'up': client, 'down': None}
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        # The last flight that has reached each side, by the direction in
        # which that side sends.
        self.seen = {'up': 0, 'down': 0}
        self.flights = []  # [number, direction, bytes, when]
        self.totals = {'up': 0, 'down': 0}

    async def run(self):
        server = socket.socket()
        self.sockets['down'] = server
        for sock in self.sockets.values():
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        how = 'fin'
        try:
            await self.loop.sock_connect(server,
                                         ('127.0.0.1', self.proxy.port))
            how = await self.pass_on()
        except OSError:
            how = 'reset'
        except asyncio.CancelledError:
            how = self.proxy.options['cut']
        finally:
            self.proxy.live.discard(self)
            for sock in self.sockets.values():
                close(sock, how)
            self.proxy.summarise()

    async def pass_on(self):
        """Until both directions have ended or one is cut; then how."""
        tasks = []
        for direction in ('up', 'down'):
            queue = asyncio.Queue(1000)
            tasks.append(asyncio.create_task(self.read(direction, queue)))
            tasks.append(asyncio.create_task(self.write(direction, queue)))
        try:
            for done in asyncio.as_completed(tasks):
                how = await done
                if how:
                    return how
            return 'fin'
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def read(self, direction, queue):
        data = b'-'
        while data:
            data = await self.loop.sock_recv(self.sockets[direction], CHUNK)
            number = self.seen[direction] + 1
            self.count(number, direction, len(data))
            due = self.loop.time() + self.proxy.delay
            await queue.put((due, number, data))

    async def write(self, direction, queue):
        other = 'down' if direction == 'up' else 'up'
        sock = self.sockets[other]
        left = self.allowance(direction)
        while True:
            due, number, data = await queue.get()
            await asyncio.sleep(due - self.loop.time())
            if not data:
                sock.shutdown(socket.SHUT_WR)
                return None
            self.seen[other] = max(self.seen[other], number)
            await self.loop.sock_sendall(sock, data[:left])
            left -= len(data)
            if left <= 0:
                return await self.cut(queue)

    def allowance(self, direction):
        key = 'cut-after' if direction == 'down' else 'cut-after-up'
        if self.number > int(self.proxy.options['times']):
            return 1 << 62
        return int(self.proxy.options[key] or 1 << 62)

    async def cut(self, queue):
        """What follows the last byte that may pass."""
        if self.proxy.options['cut'] != 'stall':
            return self.proxy.options['cut']
        while (await queue.get())[2]:
            pass
        return 'reset'

    def count(self, number, direction, size):
        if not size:
            return
        self.totals[direction] += size
        for flight in reversed(self.flights):
            if flight[:2] == [number, direction]:
                flight[2] += size
                return
            if flight[0] < number - 1:
                break
        when = self.loop.time() - self.began
        self.flights.append([number, direction, size, when])

    def summary(self):
        lines = [f'flight {number} {direction} {size} {when:.3f}\n'
                 for number, direction, size, when in self.flights]
        most = max((flight[0] for flight in self.flights), default=0)
        return (''.join(lines) + f'flights {most} up {self.totals["up"]} '
                f'down {self.totals["down"]}\n')


def close(sock, how):
    if how == 'reset':
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack('ii', 1, 0))
    sock.close()


def drain(ended):
    if not os.read(0, 4096):
        ended.set()


def has_end():
    """Whether stdin is something whose end means something."""
    mode = os.fstat(0).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0)


async def serve(proxy):
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, proxy.cut_all)
    if has_end():
        loop.add_reader(0, drain, ended)
    sock = socket.create_server(('127.0.0.1', 0), backlog=128)
    sock.setblocking(False)
    task = asyncio.create_task(proxy.accept(sock))
    print(sock.getsockname()[1], flush=True)
    await ended.wait()
    task.cancel()
    proxy.summarise()


def main():
    options = dict(KEYS)
    for word in sys.argv[3:]:
        key, _, value = word.partition('=')
        if key not in KEYS:
            sys.exit(f"delay.py: unknown key '{key}'")
        options[key] = value
    if len(sys.argv) < 3:
        sys.exit('usage: delay.py PORT MS [KEY=VALUE ...]')
    proxy = Proxy(int(sys.argv[1]), float(sys.argv[2]), options)
    asyncio.run(serve(proxy))


if __name__ == '__main__':
    main()
