# SPDX-License-Identifier: MIT
"""A receiver that reads on in the archive, or takes its session up again."""

import asyncio
import signal

import judge
from actors import Receiver, Sender
from persistent import RETRY, kill_server
from scenarios import (arrived, confirmed, finish, scenario, sending,
                       stop)


def kept(run, receiver):
    """The last line that the cursor has."""
    return judge.number_of(receiver.records, run.place.cursor())


async def kill(run, receiver):
    """xrecv is killed, its reader reads what it had written; gives the last
    line that the cursor has."""
    run.find(judge.exit_status('xrecv', await receiver.killed(),
                               [-signal.SIGKILL]))
    return kept(run, receiver)


@scenario(mam='yes', needs=('xrecv --since',))
async def since_killed(run):
    """xrecv --since last is killed, and another goes on: nothing is missing,
    in order, and again comes only what the cursor did not have."""
    moments = run.moments(run.rng.randint(1, 3))
    receiver = Receiver(run.place, '--since', 'last')
    sender = Sender(run.place, run.rng)
    await receiver.start()
    await receiver.says('the archive is read')
    again = set()

    async def replace():
        known = await kill(run, receiver)
        run.note(f'killed, the cursor is behind {known}')
        again.update(judge.behind(receiver.records, known))
        await receiver.start()
    status = await sending(run, sender, moments, replace)
    await stop(run, receiver)
    confirmed(run, sender, status)
    arrived(run, again)
    run.find(judge.once(receiver.parts()))


@scenario(needs=('xrecv --durable',))
async def durable_killed(run):
    """xrecv --durable is killed, and another takes up its session: nothing is
    missing, in order, and again comes only what came last before."""
    moments = run.moments(run.rng.randint(1, 3))
    run.note(f'killed {len(moments)} times')
    receiver = Receiver(run.place, '--durable', 'reader')
    sender = Sender(run.place, run.rng)
    await receiver.start()

    async def replace():
        run.find(judge.exit_status('xrecv', await receiver.killed(),
                                   [-signal.SIGKILL]))
        await receiver.start()
    status = await sending(run, sender, moments, replace)
    await stop(run, receiver)
    confirmed(run, sender, status)
    arrived(run, run.lines, judge.order_resumed(run.place.kind, run.records,
                                                len(moments)))
    parts = receiver.parts()
    run.find(judge.once(parts))
    for before, after in zip(parts, parts[1:]):
        run.find(judge.last_again(before, after))


class Reader(Receiver):
    """One of the whole archive, past the proxy."""

    account = 'juliet-direct'


@scenario(mam='yes', needs=('xrecv --since', *RETRY))
async def server_killed(run):
    """The server is killed, once, and is back: what its archive has then has
    been received, by xrecv --since last, and what was received is in there
    but for what the killed server had not written down."""
    run.shorten(250)
    await run.place.kept()
    receiver = Receiver(run.place, '--since', 'last')
    sender = Sender(run.place, run.rng, '--retry', '60', '--trace', 'trace')
    await receiver.start()
    await receiver.says('the archive is read')
    task = asyncio.create_task(sender.run(run.texts(), run.seconds))
    await asyncio.sleep(*run.moments(1))
    await kill_server(run, sender)
    # More may have come to the receiver than the sender knows of.
    delivered = max(judge.behind(receiver.records, 0), default=0)
    run.find(judge.exit_status('xsend', await task, [0]))
    await finish(run, receiver)
    run.records = receiver.records
    run.find(judge.exit_status(
        'xrecv', await receiver.end(signal.SIGTERM), [-signal.SIGTERM]))
    run.arrived()
    run.find(judge.order(run.records))
    run.find(judge.doubles(run.records, run.lines))
    run.find(judge.intact(run.records, run.lines))
    await with_archive(run, max(run.served, delivered))


async def with_archive(run, lost):
    reader = Reader(run.place, '--since', '1d')
    await reader.start()
    await reader.expect('the end')
    await reader.end(signal.SIGTERM)
    run.find(judge.compared(run.records, reader.records, range(1, lost + 1)))
