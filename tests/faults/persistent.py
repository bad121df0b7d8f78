# SPDX-License-Identifier: MIT
"""A sender that tries again by itself, and a receiver that connects again."""

import asyncio
import signal

import judge
from actors import Failure, Receiver, Sender, until, within
from interrupted import cut_line
from scenarios import finish, scenario, sending

RETRY = ('xsend --retry',)


async def persistent(run, fault, most=3, resumed=False):
    """Some faults while the sender goes on by itself: each line arrives, in
    order, twice where the server does not know the session again."""
    moments = run.moments(run.rng.randint(1, most))
    run.note(f'{len(moments)} faults')
    receiver = Receiver(run.place)
    sender = Sender(run.place, run.rng, '--retry', '60', '--trace', 'trace')
    await receiver.start()
    status = await sending(run, sender, moments, lambda: fault(run, sender))
    await persisted(run, sender, receiver, status,
                    len(moments) if resumed else 0)


async def persisted(run, sender, receiver, status, resumed=0):
    """What a server took and did not keep when it was killed is its loss;
    resumed is how often the receiver's session was."""
    run.find(judge.exit_status('xsend', status, [0]))
    await finish(run, receiver)
    run.find(judge.exit_status(
        'xrecv', await receiver.end(signal.SIGTERM), [-signal.SIGTERM]))
    run.records = receiver.records
    run.arrived()
    run.find(judge.order_resumed(run.place.kind, run.records, resumed)
             if resumed else judge.order_of(run.place.kind, run.records))
    run.find(judge.doubles(run.records, run.lines))
    run.find(judge.intact(run.records, run.lines))
    run.note(f'xsend says: {sender.said()}')


@scenario(needs=RETRY)
async def retry_cut(run):
    """The sender's connection breaks, and it resumes the session."""
    await persistent(run, cut_line)


@scenario(sm='no', needs=RETRY)
async def retry_cut_fence(run):
    """It breaks where nothing can be resumed: all unknown is sent again."""
    await persistent(run, cut_line)


async def break_receiver(run, _sender):
    proxy = run.place.proxies['juliet']
    how = run.rng.choice(['fin', 'reset'])
    run.note(f'{how} of the receiver')
    those = proxy.cut(how)
    await within(proxy.quiet(those), 'the proxy is not quiet')


@scenario(needs=('xrecv --no-reconnect', *RETRY))
async def receiver_cut(run):
    """The receiver's connection breaks, and it resumes the session: what it
    had not acknowledged comes again."""
    await persistent(run, break_receiver, resumed=True)


@scenario(needs=('xrecv --no-reconnect', *RETRY), listed=False)
async def silence(run):
    """The receiver's line falls silent both ways for good, and the session
    notices that: it connects again, and nothing is missing. Takes 150 s."""
    receiver = Receiver(run.place)
    sender = Sender(run.place, run.rng, '--retry', '60', '--trace', 'trace')
    await receiver.start()
    proxy = run.place.proxies['juliet']
    task = asyncio.create_task(sender.run(run.texts(), run.seconds))
    await asyncio.sleep(*run.moments(1))
    proxy.silent = {'up', 'down'}
    status = await task
    await until(lambda: 'reconnecting' in receiver.said(),
                'the silence is not noticed', 300)
    run.note(receiver.said())
    proxy.silent = set()
    await persisted(run, sender, receiver, status)


async def kill_server(run, sender, pause=None):
    """At once, and back some time later."""
    if pause is None:
        pause = run.rng.uniform(0, 1)
    run.note(f'the server is gone for {pause:.2f}')
    await script(run, 'kill')
    run.served = sender.acknowledged()
    await asyncio.sleep(pause)
    await script(run, 'restart')


async def script(run, name):
    process = await run.place.script(name)
    if await within(process.wait(), f'servers/{name} does not end'):
        raise Failure(f'servers/{name}: status {process.returncode}')


@scenario(needs=RETRY, listed=False)
async def server_killed_at_4(run):
    """1,000 lines a second, killed at 4 seconds, back at 6. All arrive but for
    what the server had taken and not passed on in that moment, which is little
    where the machine keeps up. The receiver is back before the sender, as
    ejabberd ends one to whom more than 5,000 come at once, from offline
    storage."""
    await run.place.kept()
    run.seconds = len(run.lines) / 1000
    receiver = Receiver(run.place)
    sender = Sender(run.place, run.rng, '--retry', '60', '--trace', 'trace')
    await receiver.start()
    task = asyncio.create_task(sender.run(run.texts(), run.seconds))
    await asyncio.sleep(4)
    line = run.place.proxies['romeo']
    line.shut = True
    run.passed_on = len(receiver.records)
    await kill_server(run, sender, 2)
    await until(lambda: receiver.said().count('online as') > 1,
                'xrecv does not come back')
    line.shut = False
    status = await task
    await persisted(run, sender, receiver, status)
