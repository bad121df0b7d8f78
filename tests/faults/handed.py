# SPDX-License-Identifier: MIT
"""What is received goes to a command, or to a file before a slow reader."""

import asyncio
import re
import signal

import judge
from actors import Failure, Receiver, Sender, until
from catchup import kept, kill
from judge import Record
from scenarios import arrived, refused, scenario, sending, stop

# Deals with a record by a line in the file done, and fails as fail/N says.
DEAL = """#!/bin/sh
IFS= read -r record || exit 1
set -- $XMPP_BODY
how=
[ ! -e "fail/$2" ] || { read -r how <"fail/$2" && rm "fail/$2"; }
case $how in
exit) exit 3 ;;
kill) kill -KILL $$ ;;
esac
printf '%s\\n' "$record" >>done
case $how in
late*exit) exit 3 ;;
late*kill) kill -KILL $$ ;;
esac
"""


class Handler(Receiver):
    """xrecv --exec, with a command that writes down what it has dealt with."""

    def __init__(self, place, *options):
        super().__init__(place, '--exec', './deal', *options)
        self.read = 0
        (place.home / 'deal').write_text(DEAL, 'utf-8')
        (place.home / 'deal').chmod(0o755)
        (place.home / 'done').touch()

    def look(self):
        with open(self.place.home / 'done', 'rb') as file:
            file.seek(self.read)
            data = file.read()
        whole = data[:data.rfind(b'\n') + 1]
        self.read += len(whole)
        self.records += [Record(line.decode())
                         for line in whole.split(b'\n')[:-1]]

    def has(self, body):
        self.look()
        return super().has(body)

    async def each(self, run, jobs, late=()):
        """Where several run at once, one that is run again may come behind
        the mark, and so may the second time of those that had dealt with a
        line before. What is missing for ever is for the judge."""
        def done():
            self.look()
            numbers = [record.number for record in self.records]
            return (not judge.missing(self.records, run.lines) and
                    all(numbers.count(number) > 1 for number in late))
        try:
            await until(done, '', 30 if jobs > 1 else 0)
        except Failure:
            pass

    def complained(self):
        return '\n'.join(line for line in super().complained().splitlines()
                         if not re.search('status (3|137); again|: Killed$',
                                          line))


def spool_waits(path):
    """The lines in a spool that are not taken."""
    data = path.read_bytes()
    slots = [data[at:at + 60].split() for at in (16, 76)]
    _, taken, _, _ = max(slots)
    at, found = int(taken, 16), []
    while at < len(data):
        length = int(data[at:at + 8], 16)
        found.append(Record(data[at + 18:at + 18 + length].decode()).number)
        at += 18 + length
    return [number for number in found if number is not None]


# What a command does with the records that are in fail/: exits with 3, or is
# killed, before it has dealt with one or after that.
WAYS = ['exit', 'kill', 'late exit', 'late kill']


async def restart(run, receiver):
    """A command that had just been begun may have the cursor's lock still."""
    await receiver.start()
    while 'another process has it' in receiver.said():
        run.find(judge.exit_status('xrecv', await receiver.end(None), [75]))
        await receiver.start()


def spoil(run, most):
    """Commands fail, once each; gives the lines that are dealt with twice."""
    folder = run.place.home / 'fail'
    folder.mkdir()
    late = set()
    for number in run.rng.sample(list(run.lines), run.rng.randint(1, most)):
        how = run.rng.choice(WAYS)
        run.note(f'line {number}: {how}')
        (folder / str(number)).write_text(how + '\n', 'utf-8')
        if 'late' in how:
            late.add(number)
    return late


@scenario(needs=('xrecv --exec',))
async def exec_fails(run):
    """xrecv --exec: commands fail and are killed, and each line is dealt with
    by one that ends with 0, in order where there is one at a time; twice only
    what a command had dealt with before it failed."""
    run.shorten(150)
    jobs = run.rng.choice([1, 1, 4])
    run.note(f'{jobs} jobs')
    late = spoil(run, 2 * jobs)
    receiver = Handler(run.place, '--jobs', str(jobs))
    sender = Sender(run.place, run.rng)
    await receiver.start()
    status = await sender.run(run.texts(), run.seconds)
    await receiver.each(run, jobs, late)
    await stop(run, receiver)
    run.find(judge.exit_status('xsend', status, [0]))
    arrived(run, late, None if jobs == 1 else [])


@scenario(mam='yes', needs=('xrecv --exec', 'xrecv --since'))
async def exec_killed(run):
    """xrecv --exec --since last is killed, and another goes on: each line is
    dealt with, and twice only from where the cursor is."""
    run.shorten(150)
    jobs = run.rng.choice([1, 4])
    moments = run.moments(run.rng.randint(1, 2))
    run.note(f'{jobs} jobs, killed {len(moments)} times')
    receiver = Handler(run.place, '--jobs', str(jobs), '--since', 'last')
    sender = Sender(run.place, run.rng)
    await receiver.start()
    await receiver.says('the archive is read')
    twice = set()

    async def replace():
        run.find(judge.exit_status('xrecv', await receiver.end(signal.SIGKILL),
                                   [-signal.SIGKILL]))
        # Commands that run may be the first to have dealt with what is
        # behind.
        receiver.look()
        known = kept(run, receiver)
        most = max(judge.behind(receiver.records, 0), default=0)
        twice.update(n for n in run.lines if known < n <= most + jobs)
        await restart(run, receiver)
    status = await sending(run, sender, moments, replace)
    await receiver.each(run, jobs)
    await stop(run, receiver)
    run.find(judge.exit_status('xsend', status, [0]))
    arrived(run, twice, None if jobs == 1 else [])


async def end_one_way(run, receiver):
    """Killed, told to end, or the reader goes; gives what may come again: of
    what was printed that which the spool has as not taken, and when it was
    killed, what the cursor does not have."""
    how = run.rng.choice(['kill', 'end', 'reader'])
    if run.rng.random() < 0.5:
        receiver.pause()
        await asyncio.sleep(run.rng.uniform(0, 0.2))
    if how == 'kill':
        known = await kill(run, receiver)
    elif how == 'end':
        run.find(judge.exit_status(
            'xrecv', await receiver.killed(signal.SIGTERM),
            [-signal.SIGTERM]))
        known = kept(run, receiver)
    else:
        receiver.leave()
        run.find(judge.exit_status(
            'xrecv', await receiver.end(None), [141, -signal.SIGPIPE]))
        known = kept(run, receiver)
    waits = spool_waits(run.place.home / 'spool')
    run.note(f'{how}: the cursor is behind {known}, '
             f'waiting: {judge.ranges(waits)}')
    again = judge.behind(receiver.records, min(waits, default=501) - 1)
    if how == 'kill':
        again |= judge.behind(receiver.records, known)
        again |= {number for number in waits if number > known}
    return again


@scenario(mam='yes', needs=('xrecv --spool', 'xrecv --since'))
async def spool_ended(run):
    """xrecv --spool --since last is killed or ended, or its reader goes, and
    another goes on: nothing is missing, in order; again comes only what the
    file had as not taken, or, killed, what the cursor did not have."""
    moments = run.moments(run.rng.randint(1, 3))
    receiver = Receiver(run.place, '--spool', 'spool', '--since', 'last')
    sender = Sender(run.place, run.rng)
    await receiver.start()
    await receiver.says('the archive is read')
    twice = set()

    async def replace():
        twice.update(await end_one_way(run, receiver))
        await receiver.start()
    status = await sending(run, sender, moments, replace)
    await stop(run, receiver)
    # ejabberd sends back what a session that ends had not acknowledged, though
    # the archive has it.
    back = refused(run, sender, status)
    if run.place.kind == 'prosody':
        run.find([f'refused: {number}' for number in sorted(back)])
    arrived(run, twice)
