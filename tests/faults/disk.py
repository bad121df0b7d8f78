# SPDX-License-Identifier: MIT
"""A small disk for the tools' state, which can be full."""

import asyncio
import os
import subprocess

from actors import Failure, within


class SmallDisk:
    """Room for about so many entries of the queue, of a page each. It is
    mounted where the tools alone see it, and is gone with the process that
    holds it."""

    def __init__(self, place, room):
        self.place = place
        self.room = room
        self.holder = None
        self.folder = place.home / 'state'

    @staticmethod
    def possible():
        return subprocess.run(
            [*alone(), 'mount', '-t', 'tmpfs', 'none', '/mnt'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False).returncode == 0

    async def __aenter__(self):
        self.folder.mkdir()
        self.holder = await asyncio.create_subprocess_exec(
            *alone(), 'sh', '-c', 'mount -t tmpfs -o "$1" none "$2" && '
            'echo mounted && read -r line', 'sh', f'size={4 * self.room}k',
            self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not await within(self.holder.stdout.readline(), 'no small disk'):
            raise Failure('no small disk')
        self.place.inside = ['nsenter', '-t', str(self.holder.pid), '-m', '-r',
                             f'--wd={self.place.home}']
        if os.getuid():
            self.place.inside += ['-U', '--preserve-credentials']
        return self

    async def grow(self):
        process = await asyncio.create_subprocess_exec(
            *self.place.inside, 'mount', '-o', 'remount,size=64m', self.folder)
        if await within(process.wait(), 'the small disk does not grow'):
            raise Failure('the small disk does not grow')

    async def __aexit__(self, *_):
        self.place.inside = []
        self.holder.stdin.close()
        await within(self.holder.wait(), 'the small disk stays')


def alone():
    return ['unshare', *([] if os.getuid() == 0 else ['-U', '-r']), '-m']
