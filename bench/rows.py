"""The programs that are measured: a row each, by the command that sends one
message, or many. A command is a list in which {name} is filled in by run."""

import os
import shutil
import subprocess

PEER = os.path.join(os.path.dirname(__file__), '..', 'tests', 'peer.py')
ALL = ('prosody', 'ejabberd')


class Row:
    """name: of the row. of: the program. port: which of the server's it
    wants, tls or starttls. state: what xsend knows of earlier runs: None
    (nothing is kept), empty, or full. status: how it ends when all is well,
    as of wait(2)."""

    def __init__(self, name, of, command, port='tls', state=None, servers=ALL,
                 stdin=None, status=0):
        self.name, self.of, self.command = name, of, command
        self.port, self.state, self.servers = port, state, servers
        self.stdin, self.status = stdin, status


def help_of(tool):
    return subprocess.run([tool, '--help'], capture_output=True, text=True,
                          check=True).stdout


def has_slixmpp():
    return subprocess.run(['/usr/bin/python3', '-c', 'import slixmpp'],
                          capture_output=True, check=False).returncode == 0


def xsend(tls, *more):
    return ['{bin}/xsend', '-C', '{config}', '--tls', tls, '-H',
            '127.0.0.1:{port}', *more, '-m', 'hi', '{to}']


def own_rows(bin_folder):
    """As many as the build at hand has: with what is remembered between runs
    there are four ways to log in."""
    if '--no-fast' not in help_of(bin_folder + '/xsend'):
        return [Row('xsend', 'xsend', xsend('direct')),
                Row('xsend, STARTTLS', 'xsend', xsend('starttls'),
                    port='starttls')]
    return [
        Row('xsend, first login', 'xsend', xsend('direct'), state='empty'),
        Row('xsend, by password', 'xsend', xsend('direct', '--no-fast'),
            state='full'),
        Row('xsend, by token', 'xsend', xsend('direct'), state='full'),
        Row('xsend, by token, STARTTLS', 'xsend', xsend('starttls'),
            port='starttls', state='full'),
    ]


def peer_rows():
    """Other programs, and the names of those that are not here."""
    rows, missing = [], []

    def add(name, there, *row, **more):
        if there:
            rows.append(Row(name, *row, **more))
        else:
            missing.append(name)

    # Not another one that a PATH may have: Debian's is what is compared with.
    add('go-sendxmpp', os.path.exists('/usr/bin/go-sendxmpp'), 'go-sendxmpp',
        ['/usr/bin/go-sendxmpp', '-f', '{rc}', '-t', '-j', '127.0.0.1:{port}',
         '{to}'], stdin='hi')
    add('sendxmpp', shutil.which('sendxmpp'), 'sendxmpp',
        ['sendxmpp', '-u', '{user}', '-p', '{password}', '-o', '{host}', '-a',
         '{ca}', '-t', '-j', '127.0.0.1:{port}', '{to}'],
        port='starttls', stdin='hi')
    add('slixmpp', has_slixmpp(), 'slixmpp',
        ['/usr/bin/python3', PEER, '{jid}', '{password}', '{port}', '{ca}',
         'send', '{to}', 'chat', 'hi'], port='starttls')
    add('mosquitto_pub -q 1',
        shutil.which('mosquitto_pub') and mosquitto(), 'mosquitto_pub',
        ['mosquitto_pub', '-h', '127.0.0.1', '-p', '{port}', '--cafile',
         '{ca}', '--insecure', '-q', '1', '-t', 'bench', '-m', 'hi'],
        servers=('mosquitto',))
    return rows, missing


def mosquitto():
    return shutil.which('mosquitto') or shutil.which('/usr/sbin/mosquitto')


def sending_rows():
    return [
        Row('xsend -l', 'xsend',
            ['{bin}/xsend', '-C', '{config}', '--tls', 'direct', '-H',
             '127.0.0.1:{port}', '-l', '{to}']),
        Row('go-sendxmpp -i', 'go-sendxmpp',
            ['/usr/bin/go-sendxmpp', '-f', '{rc}', '-t', '-j',
             '127.0.0.1:{port}', '-i', '{to}'],
            status=256),  # the end of its input is an error to it
        Row('mosquitto_pub -l -q 1', 'mosquitto_pub',
            ['mosquitto_pub', '-h', '127.0.0.1', '-p', '{port}', '--cafile',
             '{ca}', '--insecure', '-q', '1', '-t', 'bench', '-l'],
            servers=('mosquitto',)),
    ]


def receiving_rows():
    return [Row('xrecv -o ' + form, 'xrecv',
                ['{bin}/xrecv', '-C', '{config}', '--tls', 'direct', '-H',
                 '127.0.0.1:{port}', '-o', form, '-c', '{count}'])
            for form in ('text', 'xml', 'json')]
