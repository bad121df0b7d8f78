"""What was measured, as tables and a chart."""

import os
import platform
import statistics
import subprocess
import sys

from place import HERE, IDLE, ROOT

PACKAGES = ('prosody', 'ejabberd', 'mosquitto', 'go-sendxmpp', 'sendxmpp',
            'python3-slixmpp', 'mosquitto-clients', 'libssl3', 'libssl3t64',
            'libexpat1', 'libstrophe0')

ABOUT = '''\
# What it costs, measured

Written by `make bench`; `bench/README.md` says how it is done. Figures are
the median of all runs, with the least and the most in brackets; the programs
took turns, so what disturbed one disturbed the others.

'''

BUDGETS = '''

## Budgets

Of CPU the least of all runs counts, of round trips and memory the most. 8 ms
are for the machine on which mosquitto_pub took 9, so the share of what that
takes here is given, too: it does not depend on how fast a machine starts
programs.

'''

MESSAGE = '''\

## One message

From the start of the program to its end, with the server's word that it has
the message where the program asks for it. Near: on loopback. Far: through a
proxy that delays each direction by {half} ms; its kernel answers the TCP
handshake and acknowledges what is sent, so one round trip was added for the
former, and what Nagle's algorithm costs on a real path is not in it (a server
with it on, as Prosody is by default, takes one more that no client can
avoid). Round trips are half of the flights that the proxy saw before the
client's last one, and one for TCP. *floor* loads OpenSSL, makes a context for
TLS and ends: what this machine takes for that is in every other line, too.

'''

MANY = '''\

## {lines} messages

Sent as lines of 73 bytes, or received as messages of {size} bytes, over TLS.
The server of xsend, xrecv and go-sendxmpp is `bench/sink.c`; *idle* is the
share of the time in which that one slept, that is, waited for the client.

'''


def progress(what, number, of):
    print(f'\r\x1b[K{what}: {number + 1} of {of}', end='', file=sys.stderr,
          flush=True)


def spread(numbers, digits=0):
    if not numbers:
        return '-'
    middle = statistics.median(numbers)
    return (f'{middle:.{digits}f} ({min(numbers):.{digits}f}'
            f'–{max(numbers):.{digits}f})')


def table(head, lines):
    text = '| ' + ' | '.join(head) + ' |\n|' + '---|' * len(head) + '\n'
    return text + ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines)


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return '?'


def machine():
    model = '?'
    with open('/proc/cpuinfo', encoding='ascii') as file:
        for line in file:
            if line.startswith('model name'):
                model = line.split(':', 1)[1].strip()
                break
    with open('/etc/debian_version', encoding='ascii') as file:
        debian = file.read().strip()
    return (f'{model}, {os.cpu_count()} processors, load '
            f'{os.getloadavg()[1]:.1f}; Linux {platform.release()}, Debian '
            f'{debian}, {platform.machine()}')


def versions():
    found = subprocess.run(
        ['dpkg-query', '-Wf',
         '${db:Status-Status} ${Package} ${Version}\n', *PACKAGES],
        capture_output=True, text=True, check=False).stdout
    own = first_line('git', '-C', ROOT, 'log', '-1', '--format=%cs %h')
    there = [line.split()[1:] for line in found.splitlines()
             if line.startswith('installed ')]
    names = {name for name, _ in there}
    for kind in ('prosody', 'ejabberd'):
        if kind not in names:
            there.append([kind, served(kind)])
    return 'couplet of ' + own + ', ' + ', '.join(
        ' '.join(pair) for pair in sorted(there))


def served(kind):
    """The version of a server that tests/servers/fetch has unpacked."""
    tree = first_line(f'{ROOT}/tests/servers/fetch', kind)
    try:
        with open(tree + '/.packages', encoding='ascii') as file:
            for line in file:
                words = line.replace('=', ' ').replace('_', ' ').split()
                if words and words[0] == kind:
                    return words[1]
    except OSError:
        pass
    return '?'


def message_table(messages, floor):
    lines = [(r.row.name, r.server, spread(r.took['wall']),
              spread(r.took['far']), f"{max(r.took['trips']):g}",
              f"{statistics.median(r.took['up']):.0f} / "
              f"{statistics.median(r.took['down']):.0f}",
              spread(r.took['cpu'], 1), spread(r.took['memory'], 1))
             for r in messages]
    lines.append(('floor', '-', '-', '-', '-', '-',
                  spread(floor.took['cpu'], 1),
                  spread(floor.took['memory'], 1)))
    return table(('program', 'server', 'near, ms', 'far, ms', 'round trips',
                  'bytes up / down', 'CPU, ms', 'memory, MB'), lines)


def many_table(results):
    return table(
        ('program', 'server', 'CPU, s', 'wall, s', 'messages/s', 'idle, %',
         'memory, MB'),
        [(r.row.name, r.server, spread(r.took['cpu'], 2),
          spread(r.took['wall'], 2), spread(r.took['rate']),
          spread(r.took.get('idle', [])), spread(r.took['memory'], 1))
         for r in results])


def ratio(number, of):
    return number / of if number and of else None


def beyond(number, floor):
    return number - floor if number else None


def budget_table(messages, sending, receiving, floor, wakeups, lines):
    """The budgets, and whether they were met: by the least CPU, since the rest
    is what else the machine did, and the most of all others."""
    def of(results, name, number, least=False):
        found = [n for r in results if r.row.name == name
                 for n in r.took[number]]
        return (min(found) if least else max(found)) if found else None

    token, first = 'xsend, by token', 'xsend, first login'
    rows = [
        ('first login, round trips', 5, of(messages, first, 'trips')),
        ('by password, mechanism remembered, round trips', 4,
         of(messages, 'xsend, by password', 'trips')),
        ('by token, round trips', 3, of(messages, token, 'trips')),
        ('by token, STARTTLS, round trips', 4,
         of(messages, token + ', STARTTLS', 'trips')),
        ('by token, CPU, ms', 8, of(messages, token, 'cpu', True)),
        ("the same as a share of mosquitto_pub's", 8 / 9,
         ratio(of(messages, token, 'cpu', True),
               of(messages, 'mosquitto_pub -q 1', 'cpu', True))),
        ('the same beyond what the floor takes, ms', None,
         beyond(of(messages, token, 'cpu', True), min(floor.took['cpu']))),
        ('by token, memory, MB', 9, of(messages, token, 'memory')),
        ('by token, near, ms', 15, of(messages, token, 'wall', True)),
        (f'{lines:,} sent, CPU, s', 0.15 * lines / 1e5,
         of(sending, 'xsend -l', 'cpu', True)),
        ('the same, memory, MB', 12, of(sending, 'xsend -l', 'memory'))]
    for form in ('text', 'xml', 'json'):
        rows.append((f'{lines:,} received and printed as {form}, CPU, s',
                     0.3 * lines / 1e5,
                     of(receiving, 'xrecv -o ' + form, 'cpu', True)))
    rows.append(('the same, memory, MB', 12,
                 max(max(r.took['memory']) for r in receiving)))
    rows.append((f'wake-ups in {IDLE} s of waiting', 0, wakeups))
    return table(('what', 'budget', 'measured', ''), [
        (what, '-' if budget is None else f'{budget:.2g}',
         '-' if got is None else f'{got:.3g}',
         '' if None in (got, budget) else 'met' if got <= budget
         else '**not met**')
        for what, budget, got in rows])


CHART = '''\
set terminal svg size 820,{height} font "sans-serif,13" background "white"
set output "{out}"
set termoption noenhanced
set rmargin 4
set title "One message over a path of {rtt} ms"
set xlabel "ms until the program has ended"
set xrange [0:*]
set yrange [{rows}-0.4:-0.6]
set grid x
set border 3
set tics nomirror
unset key
set style fill solid 0.8 border
plot "{data}" using 2:0:(0):2:($0-0.35):($0+0.35):(\
strstrt(stringcolumn(1), "xsend,") == 1 || stringcolumn(1)[1:7] eq "xsend (" \
? 0x3366aa : 0x999999):ytic(1) title "ms" with boxxyerror linecolor \
rgb variable
'''


def chart(messages, rtt):
    """The medians of all rows; False without gnuplot."""
    data, out = HERE + '/chart.dat', HERE + '/chart.svg'
    with open(data, 'w', encoding='utf-8') as file:
        for r in messages:
            file.write(f'"{r.row.name} ({r.server})" '
                       f'{statistics.median(r.took["far"]):.0f}\n')
    script = CHART.format(height=90 + 26 * len(messages), out=out, rtt=rtt,
                          rows=len(messages), data=data)
    try:
        return subprocess.run(['gnuplot'], input=script, text=True,
                              check=False).returncode == 0
    except FileNotFoundError:
        return False
    finally:
        os.remove(data)


def write(messages, sending, receiving, floor, wakeups, missing, lines, rtt,
          rounds):
    size = statistics.median(
        n for r in receiving for n in r.took['bytes']) / lines
    text = ABOUT + machine() + '.\n\n' + versions() + '.\n\n' + (
        f'Runs: {rounds[0]} near, {rounds[1]} far, {rounds[2]} of {lines} '
        'messages.')
    if missing:
        text += ' Not installed, and left out: ' + ', '.join(missing) + '.'
    text += BUDGETS + budget_table(messages, sending, receiving, floor,
                                   wakeups, lines)
    text += MESSAGE.format(half=rtt // 2) + message_table(messages, floor)
    text += MANY.format(lines=f'{lines:,}', size=round(size))
    text += many_table(sending + receiving)
    with open(HERE + '/RESULTS.md', 'w', encoding='utf-8') as file:
        file.write(text)
    print('\r\x1b[K' + text)
    if not chart(messages, rtt):
        print('bench: no gnuplot, so the chart is not drawn', file=sys.stderr)
