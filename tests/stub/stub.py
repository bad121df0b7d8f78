#!/usr/bin/python3
"""A fake XMPP server that does what a real one will not do on demand.

usage: stub.py [--background] [--record] DIR [SCENARIO | KEY=VALUE] ...

It listens on 127.0.0.1, at a port that the kernel chooses, and serves
montague.lit and capulet.lit (domain=A,B adds others) with the accounts
romeo (rosaline) and juliet (wherefore). When it is ready it writes
DIR/stub.env (STUB_PORT, STUB_CA, STUB_PID) and prints the port. It ends on
SIGTERM, when stdin (a pipe, socket or terminal) closes, or after life=600
seconds. --background returns when it is ready; kill $STUB_PID ends it.
--record writes the bytes of each connection, decrypted, to DIR/cN.recv and
DIR/cN.sent. README lists the scenarios and the log.
"""

import asyncio
import collections
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import warnings

sys.dont_write_bytecode = True  # not into the source tree
import scenarios  # noqa: E402
from session import Session  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Stub:
    def __init__(self, folder, options, record):
        self.folder = folder
        self.options = options
        self.healthy = scenarios.parse([])
        # A connection after the first times=N is served without faults, but
        # on the same terms.
        for key in ('tls', 'certs', 'domains', 'users', 'deliver', 'keep',
                    'failed_h', 'resumed', 'previd', 'deaf', 'sasl2', 'fast',
                    'inline_sm', 'cb'):
            setattr(self.healthy, key, getattr(options, key))
        if options.keep_answers == 'yes':
            self.healthy.answers = options.answers
        self.record = record
        self.began = time.monotonic()
        self.connections = 0
        self.sessions = set()  # the tasks of those that are there
        self.tokens = {}
        self.mailbox = collections.deque(range(1, options.deliver + 1))
        self.logfile = open(os.path.join(folder, 'stub.log'), 'w',
                            buffering=1, encoding='utf-8')
        self.certs = options.certs or folder
        self.sock = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.port = self.sock.getsockname()[1]

    def log(self, *words):
        when = time.monotonic() - self.began
        text = ' '.join(str(word) for word in words if word != '')
        self.logfile.write(f'{when:.3f} {text}\n')

    def recorder(self, number):
        """A function that keeps the bytes of a connection, or None."""
        if not self.record:
            return None

        def keep(direction, data):
            name = f'c{number}.{direction}'
            with open(os.path.join(self.folder, name), 'ab') as file:
                file.write(data)
        return keep

    def certificate(self, name):
        return os.path.join(self.certs, name)

    def tls(self, session):
        """A context for one connection, and the path of its certificate."""
        options = session.options
        path = self.certificate(options.cert + '.pem')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path, self.certificate(options.cert + '.key'))
        if options.tls_version:
            set_version(context, options.tls_version)
        if options.alpn == 'yes':
            context.set_alpn_protocols(['xmpp-client'])
        if options.client_cert != 'no' or 'EXTERNAL' in options.mechs:
            context.load_verify_locations(self.certificate('ca.pem'))
            context.verify_mode = (ssl.CERT_REQUIRED
                                   if options.client_cert == 'need'
                                   else ssl.CERT_OPTIONAL)

        def note_name(_, name, __):
            session.server_name = name
        context.sni_callback = note_name
        return context, path

    async def serve(self):
        loop = asyncio.get_running_loop()
        self.sock.setblocking(False)
        while True:
            sock, peer = await loop.sock_accept(self.sock)
            sock.setblocking(False)
            self.connections += 1
            self.log(f'c{self.connections}', 'connected', peer[1])
            session = Session(self, sock, self.connections)
            session.task = asyncio.create_task(session.run())
            self.sessions.add(session.task)
            session.task.add_done_callback(self.sessions.discard)

    async def run(self, watch_stdin):
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, ended.set)
        if watch_stdin:
            loop.add_reader(0, drain, ended)
        server = asyncio.create_task(self.serve())
        loop.call_later(self.options.life, ended.set)
        await ended.wait()
        server.cancel()
        self.log('stub ends', f'connections={self.connections}')

    def serve_until_end(self, watch_stdin):
        asyncio.run(self.run(watch_stdin))

    def write_env(self, pid):
        path = os.path.join(self.folder, 'stub.env')
        with open(path + '.new', 'w', encoding='utf-8') as file:
            file.write(f'STUB_PORT={self.port}\n'
                       f'STUB_CA={quote(self.certificate("ca.pem"))}\n'
                       f'STUB_CERTS={quote(self.certs)}\n'
                       f'STUB_LOG={quote(self.logfile.name)}\n'
                       f'STUB_PID={pid}\n')
        os.rename(path + '.new', path)


def set_version(context, text):
    """Exactly this version of TLS, however old."""
    name = 'TLSv' + text.replace('.', '_')
    version = ssl.TLSVersion[name.removesuffix('_0')]
    if text < '1.2':
        context.set_ciphers('DEFAULT@SECLEVEL=0')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        context.minimum_version = context.maximum_version = version


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def drain(ended):
    if not os.read(0, 4096):
        ended.set()


def has_end():
    """Whether stdin is something whose end means something."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0)


def detach(folder):
    """The child goes on without anything of the caller's; the parent gets
    its process id."""
    pid = os.fork()
    if not pid:
        os.setsid()
        detach_output(folder)
    return pid


def detach_output(folder, name='stub.err'):
    null = os.open(os.devnull, os.O_RDWR)
    errors = os.open(os.path.join(folder, name),
                     os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.dup2(errors, 2)
    os.close(null)
    os.close(errors)


def close_inherited(keep):
    """bats waits for all that holds its descriptors."""
    for name in os.listdir('/proc/self/fd'):
        if int(name) > 2 and int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:
                pass


def fail(text, status):
    sys.stderr.write(f'stub.py: {text}\n')
    sys.exit(status)


def prepare(arguments):
    """A stub from the words of a command line; ValueError says what is wrong
    with them."""
    words = [word for word in arguments if not word.startswith('--')]
    flags = {word for word in arguments if word.startswith('--')}
    if not words or flags - {'--background', '--record'}:
        raise ValueError('usage: stub.py [--background] [--record] DIR '
                         'SCENARIO ...')
    folder = os.path.abspath(words[0])
    options = scenarios.parse(words[1:])
    os.makedirs(folder, exist_ok=True)
    stub = Stub(folder, options, '--record' in flags)
    # It is what `certs` makes last.
    if not os.path.exists(stub.certificate('ca.pem')):
        subprocess.run([os.path.join(HERE, 'certs'), stub.certs], check=True)
    stub.log('stub', *words[1:])
    return stub


def main():
    try:
        stub = prepare(sys.argv[1:])
    except ValueError as wrong:
        fail(wrong, 64)
    background = '--background' in sys.argv
    pid = detach(stub.folder) if background else 0
    if pid:
        stub.write_env(pid)
        return
    if background:
        close_inherited({stub.sock.fileno(), stub.logfile.fileno()})
    else:
        stub.write_env(os.getpid())
        print(stub.port, flush=True)
    stub.serve_until_end(not background and has_end())


if __name__ == '__main__':
    main()
