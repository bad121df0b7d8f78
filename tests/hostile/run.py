#!/usr/bin/python3
"""Plays hostile servers to our programs, several at once: the tables of
cases.py, each row a server (words of the stub), a command, and what it has to
say.

usage: run.py FOLDER TABLE...

BIN, BUILD and STUB_CERTS are the runner's. A row fails when its status, stderr, stdout or
the stub's log is another, when it took more memory than MEMORY_KB, or is not
over in WATCHDOG seconds. The failures are printed as TAP's comments."""

import asyncio
import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # not into the source tree
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, '..', 'stub'))
import cases  # noqa: E402
import stub  # noqa: E402

MEMORY_KB = 40 * 1024
WATCHDOG = 240  # seconds, on a machine that has others to run
AT_ONCE = 8
BIN = os.environ['BIN']
CERTS = os.environ['STUB_CERTS']
MEASURE = os.path.join(os.environ['BUILD'], 'tests/bin/measure')
# Theirs is another memory.
BOUNDED = not (os.environ.get('COUPLET_WRAP') or 'ASAN_OPTIONS' in os.environ)


def start(folder, words):
    """A stub of this process, with the certificates that all have."""
    played = stub.prepare([folder, f'certs={CERTS}', *words])
    played.server = asyncio.create_task(played.serve())
    return played


async def finish(played):
    """What the client left behind is read first."""
    played.server.cancel()
    if played.sessions:
        _, left = await asyncio.wait(played.sessions, timeout=20)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
    played.sock.close()
    played.logfile.close()


def environment(folder, password):
    keep = ('PATH', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS')
    return {**{key: os.environ[key] for key in keep if key in os.environ},
            'HOME': folder, 'TMPDIR': folder, 'LC_ALL': 'C.UTF-8',
            **({'COUPLET_PASSWORD': password} if password else {})}


def command(case, played, folder):
    words = shlex.split(case.run)
    wrap = shlex.split(os.environ.get('COUPLET_WRAP', ''))
    return [MEASURE, os.path.join(folder, 'kb'), *wrap,
            os.path.join(BIN, words[0]), '-C', '/dev/null',
            '-u', 'romeo@montague.lit', '-H', f'127.0.0.1:{played.port}',
            '--ca-file', played.certificate('ca.pem'),
            '--connect-timeout', '60',
            *(word.replace('@/', folder + '/') for word in words[1:])]


async def run_tool(case, played, folder):
    """Its status; None when it did not end."""
    with contextlib.ExitStack() as stack:
        in_, out, err = (stack.enter_context(
            open(os.path.join(folder, name), mode))
            for name, mode in (('in', 'rb'), ('out', 'wb'), ('err', 'wb')))
        process = subprocess.Popen(
            command(case, played, folder), cwd=folder, stdout=out, stderr=err,
            stdin=in_, env=environment(folder, case.password),
            start_new_session=True)
    loop = asyncio.get_running_loop()
    done = loop.run_in_executor(None, process.wait)
    try:
        return await asyncio.wait_for(asyncio.shield(done), WATCHDOG)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await done
        return None


def read(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8',
              errors='backslashreplace') as file:
        return file.read()


def plain(text, played):
    """As the tables have it: without the port and the program's name."""
    text = text.replace(f'127.0.0.1:{played.port}', '@')
    return re.sub(r'^x[a-z]+: ', '', text, flags=re.M).removesuffix('\n')


def differs(what, wanted, text):
    same = (wanted.search(text) if isinstance(wanted, re.Pattern)
            else wanted == text)
    wanted = getattr(wanted, 'pattern', wanted)
    return [] if same else [f'{what} {text!r:.2000}', f'  not {wanted!r:.2000}']


def wrongs(case, status, played, folder):
    """What is not as the row says: lines of text."""
    found = differs('status', case.status, status)
    found += differs('stderr', case.err, plain(read(folder, 'err'), played))
    found += differs('stdout', case.out, read(folder, 'out'))
    log = read(folder, 'stub.log')
    for pattern, count in case.log.items():
        found += differs(f'lines of the log with {pattern!r}', count,
                         len(re.findall(pattern, log)))
    if status is not None and BOUNDED:
        memory = int(read(folder, 'kb'))
        if memory > MEMORY_KB:
            found.append(f'memory {memory} KB')
    return found


async def play(case, number, folder, gate):
    folder = os.path.join(folder, str(number))
    async with gate:
        os.mkdir(folder)
        for name, data in {**case.files, 'in': case.stdin}.items():
            with open(os.path.join(folder, name), 'wb') as file:
                file.write(data.encode() if isinstance(data, str) else data)
        words = [word.replace('@/', folder + '/')
                 for word in shlex.split(case.stub)]
        played = start(folder, words)
        began = time.monotonic()
        try:
            status = await run_tool(case, played, folder)
        finally:
            await finish(played)
        found = wrongs(case, status, played, folder)
    if os.environ.get('VERBOSE'):
        print(f'# {time.monotonic() - began:.2f} s: {case.stub:.300}',
              flush=True)
    if found:
        print(f'# {case.stub:.300} -- {case.run}')
        print(''.join(f'#   {line}\n' for line in found), end='', flush=True)
    return not found


async def main():
    folder, *tables = sys.argv[1:]
    folder = os.path.abspath(folder)
    rows = [row for table in tables for row in cases.TABLES[table]]
    gate = asyncio.Semaphore(AT_ONCE)
    good = await asyncio.gather(*(play(row, number, folder, gate)
                                  for number, row in enumerate(rows)))
    print(f'# {sum(good)} of {len(rows)} rows')
    return 0 if all(good) and rows else 1


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
