#!/usr/bin/python3
"""Sessions in which one byte of what the server says is another, is missing, or
is there twice too many: no crash, no hang, no success that is none.

usage: mutate.py FOLDER COUNT SEED [DIR]

COUNT sessions in all, of several kinds in turn, at the stub without TLS; with
DIR (tests/servers/start, tls=no) at that real server. Each goes through a line
of ours that spoils the byte, and that closes when no byte moves and the client
sleeps. SEED and the number of a session make it the same again, as far as what
both sides draw lets it."""

import asyncio
import base64
import os
import random
import re
import shutil
import subprocess
import sys
from xml.parsers import expat

sys.dont_write_bytecode = True  # not into the source tree
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import run  # noqa: E402

AT_ONCE = 8
LOOK = 0.1  # seconds between two looks whether anything moves
WATCHDOG = 300
SM = 'urn:xmpp:sm:3'
SEPARATOR = '\f'  # which is in no namespace
# What a server can bring about: never 71, and no signal.
STATUSES = {0, 1, 2, 68, 69, 75, 76, 77}


class Kind:
    """words: of the stub; tool: the command; proves: whether its success may
    be one. At a real server too if that has what it needs."""

    def __init__(self, name, words, tool, proves, real=False):
        self.name, self.words, self.tool = name, words, tool
        self.proves, self.real = proves, real
        self.length = 0


def sleeps(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            return file.read().rpartition(')')[2].split()[0] == 'S'
    except OSError:
        return False


class Spoilt:
    """A connection: which byte becomes what, and all that went through. genuine
    is what the server said, got what the client got."""

    def __init__(self, at, spoil):
        self.at, self.spoil, self.pid = at, spoil, None
        self.sent = self.got = self.genuine = b''

    async def outward(self, reader, writer):
        while data := await reader.read(65536):
            self.sent += data
            writer.write(data)

    async def inward(self, reader, writer):
        while data := await reader.read(65536):
            at = self.at - len(self.genuine)
            self.genuine += data
            if 0 <= at < len(data):
                data = data[:at] + self.spoil(data[at:at + 1]) + data[at + 1:]
            self.got += data
            writer.write(data)

    async def idle(self, pumps, looks):
        """Until one ends, or the client has slept through some looks without
        a byte in between: on a machine with much to do it is never taken for
        asleep while it waits for its turn."""
        still, seen = 0, 0
        while still < looks:
            done, _ = await asyncio.wait(
                pumps, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return
            moved = len(self.sent) + len(self.got)
            asleep = moved == seen and sleeps(self.pid)
            still, seen = still + 1 if asleep else 0, moved


class Line:
    """Where clients come in on their way to the server, one at a time."""

    def __init__(self, upstream, looks):
        self.upstream, self.looks = upstream, looks

    async def open(self):
        self.server = await asyncio.start_server(self.serve, '127.0.0.1', 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        spoilt = self.next
        there, back = await asyncio.open_connection(*self.upstream)
        pumps = [asyncio.create_task(spoilt.outward(reader, back)),
                 asyncio.create_task(spoilt.inward(there, writer))]
        try:
            await spoilt.idle(pumps, self.looks)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            writer.close()
            back.close()


# --- what a success rests on ------------------------------------------------

def elements(stream):
    """The elements of the last stream in it, as (name, attributes), as far as
    it is well-formed."""
    found, depth = [], 0

    def start(name, attributes):
        nonlocal depth
        depth += 1
        if depth == 2:
            found.append((name.replace(SEPARATOR, ' '), attributes))

    def end(_):
        nonlocal depth
        depth -= 1
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(stream[stream.rindex(b'<?xml'):], False)
    except (expat.ExpatError, ValueError):
        pass
    return found


def same_proof(seen):
    """Whether the server's signature came as it was."""
    def signature(data):
        text = re.search(rb'<success[^>]*>([^<]*)<', data)
        return text and base64.b64decode(text[1])
    try:
        return signature(seen.got) == signature(seen.genuine)
    except ValueError:
        return False


def acknowledged(seen, _):
    """The message was sent, and the server says that it has it: <a/>, or an
    answer to a ping behind it."""
    before, message, after = seen.sent.partition(b'<message ')
    pings = re.findall(rb'<iq [^>]*id=["\']([^"\']+)["\'][^>]*><ping', after)
    pings = {ping.decode() for ping in pings}
    for name, attributes in elements(seen.got):
        if (name == f'{SM} a' and b'<enable ' in before
                and re.fullmatch('[0-9]+', attributes.get('h', ''))
                and int(attributes['h']) >= 1):
            return bool(message) and same_proof(seen)
        if (name == 'jabber:client iq' and attributes.get('id') in pings
                and attributes.get('type') in ('result', 'error')):
            return bool(message) and same_proof(seen)
    return False


def printed(seen, out):
    """One record, and a message that was there for it."""
    return out.count(b'\n') == 1 and same_proof(seen) and any(
        name == 'jabber:client message' for name, _ in elements(seen.got))


def answered(seen, _):
    """A result to what was asked."""
    asked = {text.decode() for text in re.findall(
        rb'<iq [^>]*id=["\']([^"\']+)["\']', seen.sent)}
    return same_proof(seen) and any(
        name == 'jabber:client iq' and attributes.get('type') == 'result'
        and attributes.get('id') in asked - {'bind'}
        for name, attributes in elements(seen.got))


SEND = 'xsend -m hi --bounce-wait 0 juliet@capulet.lit'
KINDS = [
    Kind('send', [], SEND, acknowledged, real=True),
    Kind('send without acknowledgements', ['no-sm'], SEND, acknowledged),
    Kind('receive', ['deliver=1'], 'xrecv --no-reconnect -c 1 -o text',
         printed),
    Kind('contacts', ['contact=juliet@capulet.lit'], 'xroster', answered,
         real=True),
    Kind('ping', ['peer=answer'], 'xping -c 1 montague.lit', answered,
         real=True),
]


# --- one session --------------------------------------------------------------

def draw(seed, number, length):
    """Where, and what a byte becomes there."""
    dice = random.Random(f'{seed}-{number}')
    at = dice.randrange(length)
    how = dice.randrange(5)
    other = bytes([dice.randrange(256)])
    mark = dice.choice([b'<', b'>', b'&', b'"', b"'", b'/', b' ', b'\n', b'=',
                        b'0', b'9', b'\0', b'\xc3'])
    bit = 1 << dice.randrange(8)
    ways = [(f'becomes {other}', lambda _: other),
            (f'becomes {mark}', lambda _: mark),
            (f'with bit {bit}', lambda was: bytes([was[0] ^ bit])),
            ('is missing', lambda _: b''),
            (f'behind {mark}', lambda was: mark + was)]
    return at, *ways[how]


def command(kind, line, folder):
    words = kind.tool.split()
    return [os.path.join(run.BIN, words[0]), '-C', '/dev/null', '--tls', 'none',
            '-u', 'romeo@montague.lit', '-H', f'127.0.0.1:{line.port}',
            '--connect-timeout', '60', *words[1:]]


def environment(folder):
    env = run.environment(folder, 'rosaline')
    for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS'):
        if name in env:
            env[name] += ':exitcode=99'
    return env


async def finish(process):
    """Its output and status; None when it had to be killed."""
    try:
        out, err = await asyncio.wait_for(process.communicate(), WATCHDOG)
        return out, err, process.returncode
    except TimeoutError:
        # It may be the whole machine that stood still.
        status = process.returncode
        if status is None:
            process.kill()
        out, err = await process.communicate()
        return out, err, status


def complaints(kind, seen, out, err, status):
    text = err.decode('utf-8', 'backslashreplace')
    name = kind.tool.split()[0]
    if status not in STATUSES:
        yield f'status {status}'
    if status == 0 and not kind.proves(seen, out):
        yield 'a success that is none'
    if status and not text:
        yield f'status {status} without a word'
    if re.search('(?m)^(?!%s: )|[\0-\x09\x0b-\x1f\x7f-\x9f]' % name,
                 text.removesuffix('\n')) and text:
        yield 'stderr is not clean'


async def session(kind, line, folder, at, what, spoil):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    line.next = seen = Spoilt(at, spoil)
    process = await asyncio.create_subprocess_exec(
        *command(kind, line, folder), cwd=folder, env=environment(folder),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    seen.pid = process.pid
    out, err, status = await finish(process)
    wrong = list(complaints(kind, seen, out, err, status))
    if wrong:
        around = seen.genuine[max(0, at - 40):at + 40]
        print(f'# {kind.name}: byte {at} of {around} {what}: '
              f'{", ".join(wrong)}\n#   status {status}, {out!r:.200}, '
              f'{err!r:.1000}', flush=True)
    return status, not wrong, len(seen.got)


class Counts(dict):
    def add(self, status):
        self[status] = self.get(status, 0) + 1

    def __str__(self):
        return ', '.join(f'{status}: {count}' for status, count in
                         sorted(self.items(), key=str))


async def measure(kind, upstream, looks, folder):
    """The session as it should be, for its length."""
    line = Line(upstream, looks)
    await line.open()
    status, good, kind.length = await session(
        kind, line, f'{folder}/reference', -1, 'is as it is', lambda was: was)
    if status != 0 or not good:
        sys.exit(f'mutate.py: {kind.name}: the session ends with {status} as '
                 'it is')


async def worker(numbers, kinds, upstreams, looks, folder, seed, counts):
    bad = 0
    lines = {}
    for kind in kinds:
        lines[kind] = Line(upstreams[kind], looks)
        await lines[kind].open()
    while numbers:
        number = numbers.pop()
        kind = kinds[number % len(kinds)]
        status, good, _ = await session(
            kind, lines[kind], folder, *draw(seed, number, kind.length))
        counts.add(status)
        bad += not good
    return bad


def real_server(folder):
    with open(os.path.join(folder, 'env'), encoding='utf-8') as file:
        env = dict(re.findall(r"^(?:export )?(\w+)='?([^'\n]*)", file.read(),
                              re.M))
    return env['XMPP_HOST'], int(env['XMPP_PORT'])


async def main():
    folder, count, seed, *real = sys.argv[1:]
    folder = os.path.abspath(folder)
    kinds = [kind for kind in KINDS if kind.real or not real]
    upstreams = {}
    # A real server's turn is not ours to see.
    looks = 30 if real else 10
    for kind in kinds:
        if real:
            upstreams[kind] = real_server(real[0])
            continue
        stub = run.start(f'{folder}/stub-{len(upstreams)}',
                         [*kind.words, 'no-tls'])
        upstreams[kind] = '127.0.0.1', stub.port
    for kind in kinds:
        await measure(kind, upstreams[kind], looks, folder)
    counts, numbers = Counts(), list(range(int(count)))
    bad = await asyncio.gather(*(
        worker(numbers, kinds, upstreams, looks, f'{folder}/{n}', seed, counts)
        for n in range(AT_ONCE)))
    print(f'# {count} sessions, seed {seed}: {sum(bad)} bad; how they ended: '
          f'{counts}')
    return 1 if sum(bad) else 0


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
