# SPDX-License-Identifier: MIT
"""A sender that is not asked to try again, whose reports are checked and
whose rest is sent by a rerun; a receiver that ends, with another behind it."""

import asyncio
import signal

import judge
from actors import Receiver, Sender, within
from scenarios import arrived, finish, refused, scenario, sending, stop


async def rerun(run, receiver, sender, status):
    """It ended early: what it says is true, and a run from the line that it
    names brings the rest."""
    await finish(run, receiver, 'the first run is over')
    before = {r.number for r in judge.lines_of(receiver.records)}
    said = judge.first_unconfirmed(sender.said())
    reached = max(before, default=0)
    if status == 0 and sender.fed < len(run.lines):
        run.find([f'xsend: 0 after {sender.fed} lines of {len(run.lines)}'])
    # Without its word nothing is unknown: then no line more has arrived
    # than are confirmed, and it goes on behind them.
    first = said or reached + 1
    run.note(f'ended with {status} at {said}, {reached} had arrived')
    if first > reached + 1:
        run.find([f'xsend: unknown from {first} on, {reached} arrived'])
    run.find(judge.missing(receiver.records, range(1, reached + 1)))
    run.find(judge.doubles(receiver.records, ()))
    if status != 0:
        status = await sender.run(run.texts(first), run.seconds / 4)
        run.find(judge.exit_status('xsend again', status, [0]))
        run.find(judge.quiet('xsend again', sender.said()))
    await stop(run, receiver)
    run.find(judge.missing(run.records, run.lines))
    run.find(judge.order(run.records))
    run.find(judge.doubles(run.records, range(first, reached + 1),
                           same_id=False))
    run.find(judge.intact(run.records, run.lines))


async def interrupted(run, fault, allowed):
    """One fault of the sender at some time, and a rerun by hand. allowed is
    the statuses that may be, None of a lost connection."""
    moment = run.rng.uniform(0, run.seconds)
    run.note(f'at {moment:.3f}')
    receiver = Receiver(run.place)
    sender = Sender(run.place, run.rng)
    await receiver.start()
    status = await sending(run, sender, [moment], lambda: fault(run, sender))
    # Some went through where the first that is unknown is not line 1.
    if allowed is None:
        some = (judge.first_unconfirmed(sender.said()) or 1) > 1
        allowed = [0, 2 if some else 75]
    run.find(judge.exit_status('xsend', status, allowed))
    if status == 0:
        run.find(judge.quiet('xsend', sender.said()))
    await rerun(run, receiver, sender, status)


async def cut_line(run, _sender):
    """Both ways at once, or silently in one of them or both, and then so."""
    proxy = run.place.proxies['romeo']
    how = run.rng.choice(['fin', 'reset'])
    silent = run.rng.choice([(), ('up',), ('down',), ('up', 'down')])
    pause = run.rng.uniform(0.01, 0.5)
    run.note(f'{how}, silent before: {"+".join(silent) or "no"}')
    if silent:
        proxy.silent = set(silent)
        await asyncio.sleep(pause)
    those = proxy.cut(how)
    await within(proxy.quiet(those), 'the proxy is not quiet')
    proxy.silent = set()


async def kill_sender(_run, sender):
    sender.kill()


async def end_sender(run, sender):
    number = run.rng.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    run.note(number.name)
    sender.kill(number)


@scenario()
async def cut(run):
    """The sender's connection breaks."""
    await interrupted(run, cut_line, None)


@scenario(sm='no')
async def cut_fence(run):
    """The same without stream management."""
    await interrupted(run, cut_line, None)


SIGNALS = [0, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP]


@scenario()
async def sender_ended(run):
    """The sender is told to end."""
    await interrupted(run, end_sender, SIGNALS)


@scenario(sm='no')
async def sender_ended_fence(run):
    """The same without stream management."""
    await interrupted(run, end_sender, SIGNALS)


@scenario()
async def sender_killed(run):
    """The sender is killed, and says nothing: what arrived is what it was
    given first, once and in order."""
    await interrupted(run, kill_sender, [0, -signal.SIGKILL])


async def unsent_sent(run, fault):
    """One fault, and all of the rest by what --unsent left and by the lines
    that were not read: nothing is missing, and a double has the same id."""
    moment = run.rng.uniform(0, run.seconds)
    run.note(f'at {moment:.3f}')
    receiver = Receiver(run.place)
    sender = Sender(run.place, run.rng, '--unsent', 'rest')
    await receiver.start()
    status = await sending(run, sender, [moment], lambda: fault(run, sender))
    run.note(f'ended with {status}: {sender.said()}')
    rest = run.place.home / 'rest'
    if status == 0 and (rest.exists() or sender.fed < len(run.lines)):
        run.find([f'xsend: 0 after {sender.fed} lines'])
    await finish(run, receiver, 'the first run is over')
    first = judge.first_unread(sender.said()) or sender.fed + 1
    # A signal may come before there is any word to say.
    if not judge.lines_of(receiver.records) and not rest.exists():
        first = 1
    if rest.exists():
        run.find(judge.exit_status('xsend -x', await resend(run, rest), [0]))
    if first <= len(run.lines):
        status = await sender.run(run.texts(first), run.seconds / 4)
        run.find(judge.exit_status('xsend again', status, [0]))
    await stop(run, receiver)
    arrived(run, range(1, first))


async def resend(run, rest):
    with open(rest, 'rb') as file:
        process = await run.place.start('xsend', '-a', 'romeo', '-x',
                                        stdin=file)
    return await within(process.wait(), 'xsend -x does not end')


async def cut_or_end(run, sender):
    await run.rng.choice([cut_line, end_sender])(run, sender)


@scenario(needs=('xsend --unsent',))
async def unsent(run):
    """The sender is cut or told to end, and its rest is sent."""
    await unsent_sent(run, cut_or_end)


@scenario(sm='no', needs=('xsend --unsent',))
async def unsent_fence(run):
    """The same without stream management."""
    await unsent_sent(run, cut_or_end)


async def replaced(run, end):
    """Receivers end at some time, each with another behind it, while the
    sender goes on; end() ends one and says what it may have exited with."""
    place = run.place
    moments = run.moments(run.rng.randint(1, 3))
    run.note(f'{len(moments)} receivers end')
    receiver = Receiver(place)
    sender = Sender(place, run.rng)
    await receiver.start()

    async def replace():
        await end(run, receiver)
        await receiver.start()
    status = await sending(run, sender, moments, replace)
    await stop(run, receiver)
    back = refused(run, sender, status)
    run.find(judge.intact(run.records, run.lines))
    run.find(judge.order_of(run.place.kind, run.records))
    run.find(judge.doubles(run.records, run.lines))
    return back


async def reader_goes(run, receiver):
    if run.rng.random() < 0.5:
        receiver.pause()
        await asyncio.sleep(run.rng.uniform(0, 0.2))
    receiver.leave()
    status = await receiver.end(None)
    run.find(judge.exit_status('xrecv', status, [141, -signal.SIGPIPE]))


@scenario()
async def reader_gone(run):
    """The reader of what is received goes, and there is another. Prosody
    stores again what was not read; ejabberd may lose it or send it back."""
    back = await replaced(run, reader_goes)
    if run.place.kind == 'prosody':
        run.find(judge.missing(run.records, run.lines))
        run.find([f'refused: {number}' for number in sorted(back)])
