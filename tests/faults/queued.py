# SPDX-License-Identifier: MIT
"""What cannot be sent waits on disk, and is sent from there."""

import asyncio

import judge
from actors import Receiver, Sender
from disk import SmallDisk
from interrupted import cut_line
from scenarios import arrived, finish, scenario, sending, stop

QUEUE = ('xsend --queue', 'xqueue run')


async def start(run):
    receiver = Receiver(run.place)
    sender = Sender(run.place, run.rng, '--queue')
    await receiver.start()
    return receiver, sender


async def send_queue(run):
    """xqueue run until nothing waits, where its own line may break."""
    cuts = [run.rng.uniform(0, 0.4) for _ in range(run.rng.randint(0, 2))]
    run.note(f'xqueue is cut {len(cuts)} times')
    for wait in cuts:
        task = asyncio.create_task(
            run.place.ask('xqueue', '-a', 'romeo', 'run'))
        await asyncio.sleep(wait)
        await cut_line(run, None)
        status, _ = await task
        run.find(judge.exit_status('xqueue run', status, [0, 2, 75]))
    status, _ = await run.place.ask('xqueue', '-a', 'romeo', 'run')
    run.find(judge.exit_status('xqueue run', status, [0]))
    run.find([f'waits still: {text!r}' for text in await waiting(run)])


async def waiting(run):
    """The bodies that wait, in their order."""
    status, out = await run.place.ask(
        'xqueue', '-a', 'romeo', 'list')
    run.find(judge.exit_status('xqueue list', status, [0]))
    entries = [line.split('\t') for line in out.splitlines()]
    return [fields[6] for fields in entries if fields[1] == 'waiting']


def numbers(bodies):
    return {int(body.split()[1]) for body in bodies}


async def all_there(run, receiver):
    """Each line, in order, and a double has the same id."""
    await stop(run, receiver)
    arrived(run, run.lines)


async def cut_and_queued(run):
    moment = run.rng.uniform(0, run.seconds)
    run.note(f'at {moment:.3f}')
    receiver, sender = await start(run)
    status = await sending(run, sender, [moment],
                           lambda: cut_line(run, sender))
    waits = await waiting(run)
    run.note(f'ended with {status}, {len(waits)} wait')
    run.find(judge.exit_status('xsend', status, [3 if waits else 0]))
    await send_queue(run)
    await all_there(run, receiver)


@scenario(needs=QUEUE)
async def queue_cut(run):
    """The connection of xsend --queue breaks, and xqueue run sends the rest,
    though its own may break as well."""
    await cut_and_queued(run)


@scenario(sm='no', needs=QUEUE)
async def queue_cut_fence(run):
    """The same without stream management."""
    await cut_and_queued(run)


@scenario(needs=QUEUE)
async def queue_killed(run):
    """xsend --queue is cut, and killed while it queues: what arrived and what
    waits are the first lines that it was given, without a gap, and the run
    that goes on behind them brings the others."""
    moment, later = run.rng.uniform(0, run.seconds), run.rng.uniform(0, 0.5)
    run.note(f'at {moment:.3f}, killed {later:.3f} later')
    receiver, sender = await start(run)

    async def cut_and_kill():
        await cut_line(run, sender)
        await asyncio.sleep(later)
        sender.kill()
    status = await sending(run, sender, [moment], cut_and_kill)
    await finish(run, receiver, 'the first run is over')
    there = numbers(await waiting(run))
    run.note(f'ended with {status}, waiting: {judge.ranges(sorted(there))}')
    there |= judge.behind(receiver.records, 0)
    first = max(there, default=0) + 1
    run.find([f'neither sent nor queued: {n}'
              for n in range(1, first) if n not in there])
    await send_queue(run)
    if first <= len(run.lines):
        status = await sender.run(run.texts(first), run.seconds / 4)
        run.find(judge.exit_status('xsend again', status, [0]))
    await all_there(run, receiver)


@scenario(needs=QUEUE, possible=SmallDisk.possible)
async def queue_full(run):
    """The connection of xsend --queue breaks, and its disk is soon full: the
    status is 74, and each line that is neither sent nor queued is told of;
    these are sent when there is room again."""
    moment, room = run.rng.uniform(0, run.seconds), run.rng.randint(20, 200)
    run.note(f'at {moment:.3f}, room for about {room}')
    async with SmallDisk(run.place, room) as disk:
        receiver, sender = await start(run)
        status = await sending(run, sender, [moment],
                               lambda: cut_line(run, sender))
        await finish(run, receiver, 'the first run is over')
        waits = numbers(await waiting(run))
        there = waits | judge.behind(receiver.records, 0)
        lost = [n for n in run.lines if n not in there]
        run.note(f'ended with {status}, {len(waits)} wait, '
                 f'lost: {judge.ranges(lost)}')
        run.find(judge.told(lost, status, sender.said()))
        await disk.grow()
        await send_queue(run)
        if lost:
            status = await sender.run([run.lines[n] for n in lost],
                                      run.seconds / 4)
            run.find(judge.exit_status('xsend again', status, [0]))
        await all_there(run, receiver)
