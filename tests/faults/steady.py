# SPDX-License-Identifier: MIT
"""Runs in which nothing may be lost or doubled by anybody."""

import asyncio

from actors import Receiver, Sender
from scenarios import arrived, confirmed, scenario, stop


def all_well(run, sender, status):
    """Each line once, in order, and 0."""
    arrived(run, ())
    confirmed(run, sender, status)


async def undisturbed(run, *faults):
    """A run in which nothing is lost to anybody, beside these faults."""
    receiver = Receiver(run.place)
    sender = Sender(run.place, run.rng)
    await receiver.start()
    tasks = [asyncio.create_task(fault(run, receiver)) for fault in faults]
    status = await sender.run(run.texts(), run.seconds)
    for task in tasks:
        await task
    await stop(run, receiver)
    all_well(run, sender, status)


@scenario()
async def plain(run):
    """No fault at all."""
    await undisturbed(run)


@scenario(sm='no')
async def plain_fence(run):
    """No fault, and no stream management."""
    await undisturbed(run)


async def slow_lines(run, _receiver):
    steps = [(wait, run.rng.choice(['romeo', 'juliet']),
              run.rng.choice([0, 0.02, 0.1, 0.4]))
             for wait in run.moments(6)]
    for _, who, delay in steps:
        run.note(f'delay {who} {delay}')
    for wait, who, delay in steps:
        await asyncio.sleep(wait)
        run.place.proxies[who].delay = delay


async def sleepy(run, receiver):
    steps = [(wait, run.rng.uniform(0.05, 0.5)) for wait in run.moments(3)]
    for _, pause in steps:
        run.note(f'the reader sleeps {pause:.2f}')
    for wait, pause in steps:
        await asyncio.sleep(wait)
        receiver.pause()
        await asyncio.sleep(pause)
        receiver.read_on()


@scenario()
async def delay(run):
    """Both lines become slow and quick again, and the reader sleeps."""
    await undisturbed(run, slow_lines, sleepy)


@scenario(sm='no')
async def delay_fence(run):
    """The same without stream management."""
    await undisturbed(run, slow_lines, sleepy)
