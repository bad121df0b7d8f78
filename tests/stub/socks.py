#!/usr/bin/python3
"""A SOCKS 5 proxy on loopback that leads wherever it is told, or misbehaves.

usage: socks.py PORT [KEY=VALUE ...]

It prints the port that it listens on, and connects whoever asks to PORT of
127.0.0.1, whatever host was asked for. It ends on SIGTERM or SIGINT.

log=FILE        a line for each thing that a client says:
                    methods 0 2 · user USER PASSWORD · connect KIND HOST PORT
listen=ADDRESS  127.0.0.1 by default
at=PORT         listens there, rather than where the kernel says
user=, password=    what it wants to be told; it takes no one else then
ask=yes         wants to be told some user, where one is offered
reply=N         answers a request so (RFC 1928 6)
bound=name|ipv6 the kind of address in its answers
slowly=yes      sends each byte of an answer by itself
fault=WHAT      at=method, auth or reply, instead of the answer there:
    close-method close-auth close-reply     closes the connection
    silent-method silent-auth silent-reply  says nothing any more
    half-method half-auth half-reply        sends one byte and closes
    bad-method bad-auth bad-reply           another version
    http            an HTTP proxy's answer to the first bytes
    method=N        chooses a method that may not have been offered
    kind            an address of no known kind
    bare-reply      a refusal without what follows its code, and closes
"""

import asyncio
import os
import signal
import socket
import struct
import sys

KEYS = {'log': os.devnull, 'listen': '127.0.0.1', 'at': '0', 'user': '',
        'password': '', 'ask': '', 'reply': '0', 'bound': '', 'slowly': '',
        'fault': ''}
BOUND = {'': b'\x01' + bytes(6), 'ipv6': b'\x04' + bytes(18),
         'name': b'\x03\x0averona.lit' + bytes(2)}
HTTP = b'HTTP/1.1 400 Bad Request\r\n\r\n'


class Over(Exception):
    """The conversation ends here."""


class Client:
    def __init__(self, proxy, reader, writer):
        self.proxy = proxy
        self.options = proxy.options
        self.reader = reader
        self.writer = writer

    def log(self, *words):
        print(*words, file=self.proxy.log, flush=True)

    async def say(self, data):
        if self.options['slowly']:
            for byte in data:
                self.writer.write(bytes([byte]))
                await self.writer.drain()
        else:
            self.writer.write(data)
            await self.writer.drain()

    async def answer(self, step, data):
        """What is to be said at a step, or the fault that is wanted there."""
        fault = self.options['fault']
        if fault == 'http' and step == 'method':
            await self.say(HTTP)
            raise Over
        if fault == f'close-{step}':
            raise Over
        if fault == f'silent-{step}':
            await self.reader.read()
            raise Over
        if fault == f'half-{step}':
            await self.say(data[:1])
            raise Over
        if fault == f'bad-{step}':
            data = b'\x04' + data[1:]
        await self.say(data)

    async def authenticate(self, methods):
        wanted = self.options['user'], self.options['password']
        method = 2 if wanted[0] or self.options['ask'] else 0
        if method not in methods:
            method = 0xff
        fault = self.options['fault']
        if fault.startswith('method='):
            method = int(fault[7:])
        await self.answer('method', bytes([5, method]))
        if method == 0xff:
            raise Over
        if method != 2:
            return
        version, size = await self.reader.readexactly(2)
        user = (await self.reader.readexactly(size)).decode()
        size, = await self.reader.readexactly(1)
        password = (await self.reader.readexactly(size)).decode()
        self.log('user', user, password)
        good = version == 1 and (not wanted[0] or (user, password) == wanted)
        await self.answer('auth', bytes([1, 0 if good else 1]))
        if not good:
            raise Over

    async def request(self):
        version, command, _, kind = await self.reader.readexactly(4)
        if kind == 3:
            size, = await self.reader.readexactly(1)
            name = 'name'
            host = (await self.reader.readexactly(size)).decode()
        else:
            family = {1: socket.AF_INET, 4: socket.AF_INET6}[kind]
            name = {1: 'ipv4', 4: 'ipv6'}[kind]
            size = {1: 4, 4: 16}[kind]
            host = socket.inet_ntop(family,
                                    await self.reader.readexactly(size))
        port, = struct.unpack('>H', await self.reader.readexactly(2))
        if (version, command) != (5, 1):
            raise Over
        self.log('connect', name, host, port)

    async def talk(self):
        version, count = await self.reader.readexactly(2)
        methods = await self.reader.readexactly(count)
        if version != 5:
            raise Over
        self.log('methods', *methods)
        await self.authenticate(methods)
        await self.request()
        reply = int(self.options['reply'])
        bound = BOUND[self.options['bound']]
        if self.options['fault'] == 'kind':
            bound = b'\x07' + bound[1:]
        if self.options['fault'] == 'bare-reply':
            await self.say(bytes([5, reply]))
            raise Over
        if reply:
            await self.answer('reply', bytes([5, reply, 0]) + bound)
            raise Over
        server = await asyncio.open_connection('127.0.0.1', self.proxy.port)
        try:
            await self.answer('reply', b'\x05\x00\x00' + bound)
            await asyncio.gather(pump(self.reader, server[1]),
                                 pump(server[0], self.writer))
        finally:
            server[1].close()

    async def run(self):
        try:
            await self.talk()
        except (Over, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


class Proxy:
    def __init__(self, port, options):
        self.port = port
        self.options = options
        self.log = open(options['log'], 'a', encoding='utf-8')

    async def accept(self, reader, writer):
        await Client(self, reader, writer).run()

    async def serve(self):
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        server = await asyncio.start_server(
            self.accept, self.options['listen'], int(self.options['at']))
        print(server.sockets[0].getsockname()[1], flush=True)
        await ended.wait()


def main():
    options = dict(KEYS)
    for word in sys.argv[2:]:
        key, _, value = word.partition('=')
        if key not in KEYS:
            sys.exit(f"socks.py: unknown key '{key}'")
        options[key] = value
    if len(sys.argv) < 2:
        sys.exit('usage: socks.py PORT [KEY=VALUE ...]')
    asyncio.run(Proxy(int(sys.argv[1]), options).serve())


if __name__ == '__main__':
    main()
