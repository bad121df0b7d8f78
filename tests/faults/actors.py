# SPDX-License-Identifier: MIT
"""Who takes part in a run: the server, its accounts, a sender, a receiver."""

import asyncio
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

from judge import Record
from proxy import Proxy

HERE = pathlib.Path(__file__).resolve().parent
SERVERS = HERE.parent / 'servers'
# Seconds in which anything has to happen.
DEADLINE = int(os.environ.get('FAULTS_DEADLINE', 120))


class Failure(Exception):
    """The run did not get to its end."""


class Place:
    """A folder, a running server, two accounts, and a proxy for each; their
    names in the configuration with '-direct' go past it."""

    def __init__(self, home, server):
        self.home = pathlib.Path(home)
        self.dir = server
        self.server = dict(
            line.split('=', 1) for line in shlex.split(
                (pathlib.Path(server) / 'env').read_text('utf-8')))
        self.kind = self.server['XMPP_KIND']
        self.bin = os.environ['BIN']
        self.inside = []  # a command before each, to run it elsewhere
        self.proxies = {}
        self.jids = {}
        self.env = {'HOME': home, 'LC_ALL': 'C.UTF-8',
                    'PATH': os.environ['PATH'], 'TMPDIR': home,
                    'XDG_STATE_HOME': home + '/state',
                    'COUPLET_CONFIG': home + '/config.yaml'}
        for name in ('FAKE', 'REAL'):
            if name in os.environ:
                self.env[name] = os.environ[name]

    async def settle(self):
        unique = f'{os.getpid()}-{time.time_ns()}'
        lines = ['default: romeo', 'accounts:']
        for name, host in (('romeo', 'montague.lit'),
                           ('juliet', 'capulet.lit')):
            jid = self.jids[name] = f'{name}-{unique}@{host}'
            subprocess.run([SERVERS / 'adduser', self.dir, jid, 'secret'],
                           check=True, timeout=DEADLINE)
            proxy = await Proxy(int(self.server['XMPP_PORT'])).start()
            self.proxies[name] = proxy
            for account, port in ((name, proxy.port),
                                  (name + '-direct', proxy.target)):
                lines += [f'  {account}:', f'    jid: {jid}',
                          '    password: secret',
                          f"    ca_file: '{self.server['XMPP_CA']}'",
                          f'    server: 127.0.0.1:{port}']
        config = self.home / 'config.yaml'
        config.write_text('\n'.join(lines) + '\n', 'utf-8')
        config.chmod(0o600)

    async def kept(self):
        """The server has written the accounts down, so that they are there
        when it is killed: ejabberd takes its time, and what only its log has
        it may lose."""
        if self.kind == 'ejabberd':
            users = [jid.split('@')[0].encode() for jid in self.jids.values()]
            await until(lambda: all(map(self.on_disk, users)),
                        'ejabberd does not write its accounts down')

    def on_disk(self, text):
        files = (pathlib.Path(self.dir) / 'data').glob('passwd*')
        return any(text in file.read_bytes() for file in files
                   if file.is_file())

    async def leave(self):
        for proxy in self.proxies.values():
            await proxy.stop()

    def script(self, name):
        """A script of tests/servers about our server, as a process."""
        return asyncio.create_subprocess_exec(SERVERS / name, self.dir)

    async def start(self, tool, *args, **files):
        return await asyncio.create_subprocess_exec(
            *self.inside, f'{self.bin}/{tool}', *args, env=self.env,
            cwd=self.home, **files)

    async def ask(self, tool, *args):
        """A run of a tool with no input: its status, and what it printed."""
        process = await self.start(
            tool, *args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        out, _ = await within(process.communicate(), f'{tool} does not end')
        return process.returncode, out.decode()

    def cursor(self):
        """The archive's id that juliet's cursor has."""
        file = self.home / f"state/couplet/cursor-{self.jids['juliet']}"
        return file.read_text('utf-8').split('\n')[1] if file.exists() else ''

    def has(self, tool, option):
        result = subprocess.run([f'{self.bin}/{tool}', '--help'],
                                env=self.env, stdout=subprocess.PIPE,
                                check=True, timeout=DEADLINE)
        return option in result.stdout.decode().split()


class Sender:
    """xsend -l, which is given numbered lines at a random pace."""

    def __init__(self, place, rng, *options):
        self.place = place
        self.rng = rng
        self.options = options
        self.process = None
        self.fed = 0
        self.errors = None

    async def run(self, lines, seconds):
        """Feed lines (number, text) within about so many seconds, wait for
        the end; gives the exit status."""
        with open(self.place.home / 'send.err', 'wb') as errors:
            self.process = await self.place.start(
                'xsend', '-a', 'romeo', '-l', *self.options,
                self.place.jids['juliet'], stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=errors)
        try:
            await self.feed(lines, seconds)
            await self.process.stdin.wait_closed()
        except (BrokenPipeError, ConnectionResetError):
            pass
        return await within(self.process.wait(), 'xsend does not end')

    async def feed(self, lines, seconds):
        pipe = self.process.stdin
        left = list(lines)
        pause = seconds / max(len(left) / 10, 1)
        while left:
            count = self.rng.randint(1, 19)
            piece, left = left[:count], left[count:]
            pipe.write(''.join(text + '\n' for text in piece).encode())
            await within(pipe.drain(), 'xsend does not read')
            self.fed += len(piece)
            await asyncio.sleep(self.rng.uniform(0, 2 * pause))
        pipe.close()

    def acknowledged(self):
        """By the server so far, of what was sent in the first session."""
        trace = (self.place.home / 'trace').read_text('utf-8', 'replace')
        counts = re.findall(r'<a [^>]*\bh=["\'](\d+)["\']', trace)
        return max(map(int, counts), default=0)

    def kill(self, number=signal.SIGKILL):
        if self.process and self.process.returncode is None:
            self.process.send_signal(number)

    def said(self):
        return (self.place.home / 'send.err').read_text('utf-8')


class Receiver:
    """xrecv -x, and the reader of what it prints; .began has how many records
    there were when each process began."""

    account = 'juliet'

    def __init__(self, place, *options):
        self.place = place
        self.options = options
        self.records = []
        self.began = []
        self.process = None
        self.whole = False  # the output is read to its end
        self.fd = -1
        self.half = b''
        self.news = asyncio.Event()

    async def start(self):
        self.leave()
        self.began.append(len(self.records))
        self.fd, write = os.pipe()
        errors = self.place.home / 'recv.err'
        errors.write_bytes(b'')
        with open(errors, 'ab') as file:
            self.process = await self.place.start(
                'xrecv', '-a', self.account, '-x', '-v', '--with-body',
                *self.options, stdin=subprocess.DEVNULL, stdout=write,
                stderr=file)
        os.close(write)
        self.half = b''
        self.whole = False
        self.read_on()
        await self.says('(online|resumed) as')

    async def says(self, pattern):
        await until(lambda: re.search(pattern, self.said()) or
                    self.process.returncode is not None,
                    f"xrecv does not say '{pattern}'")

    def read_on(self):
        asyncio.get_running_loop().add_reader(self.fd, self.take)

    def pause(self):
        """A reader that sleeps."""
        asyncio.get_running_loop().remove_reader(self.fd)

    def take(self):
        data = os.read(self.fd, 4096)
        if not data:
            self.pause()
            self.whole = True
        *lines, self.half = (self.half + data).split(b'\n')
        self.records += [Record(line.decode()) for line in lines]
        self.news.set()

    def leave(self):
        """The reader goes."""
        if self.fd >= 0:
            self.pause()
            os.close(self.fd)
            self.fd = -1

    async def end(self, number):
        """Send the signal, if one is named, read to the end; the status."""
        if number and self.process.returncode is None:
            self.process.send_signal(number)
        return await within(self.process.wait(), 'xrecv does not end')

    async def killed(self, number=signal.SIGKILL):
        """Ended by the signal; its reader reads all that it had written."""
        self.read_on()
        status = await self.end(number)
        await until(lambda: self.whole, 'the output has no end')
        self.leave()
        return status

    def parts(self):
        """The records of each process."""
        ends = self.began[1:] + [len(self.records)]
        return [self.records[a:b] for a, b in zip(self.began, ends)]

    def has(self, body):
        return any(record.body == body for record in self.records)

    async def expect(self, body):
        await until(lambda: self.has(body) or
                    self.process.returncode is not None,
                    f"'{body}' does not come")
        if not self.has(body):
            raise Failure(f'xrecv ended before {body!r}: {self.said()}')

    def said(self):
        return (self.place.home / 'recv.err').read_text('utf-8')

    def complained(self):
        """What it said besides what -v makes it say."""
        chatter = re.compile('xrecv: (account |connect|(online|resumed) as |'
                             'the archive is read|the server keeps the '
                             'session for |'
                             '[0-9]+ stanzas? did not pass the filters)')
        return '\n'.join(line for line in self.said().splitlines()
                         if not chatter.match(line))


async def mark(place, body):
    """A message past the proxies, behind all that the server has already."""
    process = await place.start('xsend', '-a', 'romeo-direct', '-m', body,
                                '--bounce-wait', '0', place.jids['juliet'])
    if await within(process.wait(), 'the mark is not sent'):
        raise Failure(f'the mark: exit status {process.returncode}')


async def within(waited, what):
    try:
        return await asyncio.wait_for(waited, DEADLINE)
    except asyncio.TimeoutError:
        raise Failure(what) from None


async def until(condition, what, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(what)
        await asyncio.sleep(0.02)
