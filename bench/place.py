"""Where it is measured: servers, sinks and proxies on loopback, the accounts
on them, and what each program is told of all that."""

import os
import re
import shutil
import subprocess
import time

import rows

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TESTS = os.path.join(ROOT, 'tests')
USER, HOST, PASSWORD = 'romeo', 'montague.lit', 'rosaline'
TO = 'juliet@capulet.lit'
IDLE = 5  # seconds


def wait_until(what, met):
    end = time.monotonic() + 30
    while not met():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)


class Child:
    """A process of ours that prints its port first and ends with its stdin."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Sink(Child):
    def ended(self, count):
        """Of the connection that has just ended: the share of sleep, and how
        many bytes were received, or else sent."""
        words = self.process.stdout.readline().split()
        if int(words[1]) != count:
            raise ValueError(f'{words[1]} messages, not {count}')
        return float(words[5]), int(words[3])


class Proxy(Child):
    """tests/stub/delay.py, and what it has counted since mark()."""

    def __init__(self, path, port, rtt):
        self.path, self.seen = path, 0
        super().__init__(f'{TESTS}/stub/delay.py', str(port), str(rtt),
                         'summary=' + path)

    def connections(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding='ascii') as file:
            return file.read().split('connection ')[1:]

    def mark(self):
        self.seen = len(self.connections())

    def settle(self):
        """Until what is under way has ended."""
        count = -1
        while count != len(self.connections()):
            count = len(self.connections())
            time.sleep(0.3)

    def since(self):
        """Round trips before the client's last words, bytes up and down."""
        wait_until('the proxy', lambda: len(self.connections()) > self.seen)
        trips = up = down = 0
        for text in self.connections()[self.seen:]:
            flights = [int(n) for n in re.findall(r'flight (\d+) up', text)]
            total = re.search(r'flights \d+ up (\d+) down (\d+)', text)
            trips = max(trips, (max(flights, default=1) - 1) / 2)
            up += int(total[1])
            down += int(total[2])
        return trips, up, down


class Place:
    def __init__(self, folder, lines):
        self.folder = folder
        build = os.path.abspath(os.environ.get('BUILD', ROOT + '/build'))
        self.bin = build + '/bin'
        self.meter = build + '/bench/meter'
        self.floor = build + '/bench/floor'
        self.sink_tool = build + '/bench/sink'
        self.lines = lines
        self.servers, self.sinks, self.proxies = {}, {}, {}
        self.broker = None
        self.primed = set()

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        # The servers' user must be able to enter.
        os.chmod(self.folder, 0o711)
        for kind in rows.ALL:
            os.mkdir(self.path(kind))
            subprocess.run([f'{TESTS}/servers/start', kind, self.path(kind),
                            'sasl2=yes', 'measured=yes'], check=True)
            with open(self.path(kind) + '/env', encoding='ascii') as file:
                self.servers[kind] = dict(
                    line.strip().split('=', 1) for line in file)
        if rows.mosquitto():
            self.start_broker()
        tls = self.path('prosody/tls')
        for name, count in (('sink', 0), ('source', self.lines)):
            self.sinks[name] = Sink(self.sink_tool, tls + '/server.pem',
                                    tls + '/server.key', str(count))
            self.servers[name] = self.servers['prosody']
        return self

    def __exit__(self, *_):
        for child in [*self.proxies.values(), *self.sinks.values()]:
            child.stop()
        if self.broker:
            self.broker.terminate()
            self.broker.wait()
        for kind in rows.ALL:
            subprocess.run([f'{TESTS}/servers/stop', self.path(kind)],
                           check=False)

    def start_broker(self):
        """mosquitto, with the certificate of the others."""
        port = Child('python3', '-c', 'import socket; s = socket.socket(); '
                     's.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        port.stop()
        folder = self.path('mosquitto')
        os.mkdir(folder)
        for name in ('ca.pem', 'server.pem', 'server.key'):
            shutil.copy(self.path('prosody/tls/' + name), folder)
        with open(folder + '/conf', 'w', encoding='ascii') as file:
            file.write(f'listener {port.port} 127.0.0.1\n'
                       f'cafile {folder}/ca.pem\n'
                       f'certfile {folder}/server.pem\n'
                       f'keyfile {folder}/server.key\n'
                       'allow_anonymous true\nuser root\n'
                       'max_queued_messages 0\nlog_dest none\n')
        self.broker = subprocess.Popen(
            [rows.mosquitto(), '-c', folder + '/conf'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.servers['mosquitto'] = {'XMPP_TLS_PORT': port.port,
                                     'XMPP_CA': folder + '/ca.pem'}
        probe = ['mosquitto_pub', '-p', str(port.port), '--cafile',
                 folder + '/ca.pem', '--insecure', '-t', 'x', '-n']
        wait_until('mosquitto', lambda: subprocess.run(
            probe, capture_output=True, check=False).returncode == 0)

    def port(self, server, kind):
        name = {'tls': 'XMPP_TLS_PORT', 'starttls': 'XMPP_PORT'}[kind]
        return int(self.servers[server][name])

    def proxy(self, server, kind, rtt):
        if (server, kind) not in self.proxies:
            self.proxies[server, kind] = Proxy(
                self.path(f'flights-{server}-{kind}'),
                self.port(server, kind), rtt)
        return self.proxies[server, kind]

    def names(self, row, server, port, **more):
        """What a row's command is filled in with."""
        config, rc = self.path('config.yaml'), self.path('sendxmpprc')
        given = self.path('stdin') if row.stdin else '/dev/null'
        ca = self.servers[server]['XMPP_CA']
        for path, text in (
                (config, f'default: me\naccounts:\n  me:\n'
                 f'    jid: {USER}@{HOST}\n    password: {PASSWORD}\n'
                 f'    ca_file: {ca}\n'),
                (rc, f'username: {USER}@{HOST}\npassword: {PASSWORD}\n'),
                (self.path('stdin'), row.stdin or '')):
            with open(path, 'w', encoding='ascii') as file:
                os.chmod(path, 0o600)
                file.write(text)
        return {'bin': self.bin, 'config': config, 'rc': rc, 'ca': ca,
                'port': port, 'user': USER, 'host': HOST, 'to': TO,
                'jid': f'{USER}@{HOST}', 'password': PASSWORD, 'stdin': given,
                **more}

    def environment(self, row, server, key):
        """With the state folder as the row wants it; where runs are to know
        of earlier ones it is one of the row's own."""
        state = self.path('state')
        if row.state == 'full':
            state = self.path(f'state-{row.name}-{server}-{key}')
        elif os.path.exists(state):
            shutil.rmtree(state)
        env = {name: value for name, value in os.environ.items()
               if not name.startswith('COUPLET_')}
        env.update(HOME=self.folder, XDG_STATE_HOME=state, LC_ALL='C.UTF-8',
                   SSL_CERT_FILE=self.servers[server]['XMPP_CA'])
        return env

    def wakeups(self):
        """How often an xrecv that gets nothing wakes in IDLE seconds."""
        row = rows.receiving_rows()[0]
        names = self.names(row, 'prosody', self.port('prosody', 'tls'),
                           count=1)
        command = [word.format(**names) for word in row.command]
        process = subprocess.Popen(
            command + ['-v'], env=self.environment(row, 'prosody', 'idle'),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

        def switches():
            with open(f'/proc/{process.pid}/status', encoding='ascii') as f:
                return int(re.search(r'\nvoluntary_ctxt_switches:\s+(\d+)',
                                     f.read())[1])

        while 'online as' not in process.stderr.readline():
            pass
        time.sleep(1)
        before = switches()
        time.sleep(IDLE)
        woken = switches() - before
        process.terminate()
        process.communicate()
        return woken
