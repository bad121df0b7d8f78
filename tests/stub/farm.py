#!/usr/bin/python3
"""Stub servers without the start of a Python for each.

usage: farm.py FOLDER

It has loaded all that a stub needs, and forks one for whoever asks: at a port
of 127.0.0.1, which is in FOLDER/farm with our process id when this returns.
A request is words that end with NUL, the last one empty: the folder to be in,
and what stub.py takes. The answer is a line: ok, or the exit status and what
is wrong. It ends on SIGTERM, and soon after FOLDER has gone.
"""

import os
import signal
import socket
import sys

import stub

PATIENCE = 5  # seconds between two looks whether FOLDER is still there


def request(client):
    data = b''
    while not data.endswith(b'\0\0'):
        piece = client.recv(65536)
        if not piece:
            raise ValueError('half a request')
        data += piece
    return data[:-2].decode('utf-8', 'surrogateescape').split('\0')


def become(client):
    """In a child: the stub that was asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    try:
        folder, *words = request(client)
        os.chdir(folder)
        server = stub.prepare(words)
        stub.detach_output(server.folder)
        server.write_env(os.getpid())
    except (OSError, ValueError) as wrong:
        text = f'64 {wrong}'.replace('\n', ' ')
        client.sendall(text.encode() + b'\n')
        return
    client.sendall(b'ok\n')
    client.close()
    server.serve_until_end(False)


def listen(folder):
    door = socket.create_server(('127.0.0.1', 0), backlog=64)
    door.settimeout(PATIENCE)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    path = os.path.join(folder, 'farm')
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(f'{door.getsockname()[1]} {os.getpid()}\n')
    return door, path


def main():
    folder = os.path.abspath(sys.argv[1])
    ready, told = os.pipe()
    if os.fork():
        os.close(told)
        os.read(ready, 1)
        return
    os.setsid()
    door, path = listen(folder)
    stub.detach_output(folder, 'farm.err')
    stub.close_inherited({door.fileno(), told})
    os.rename(path + '.new', path)
    os.close(told)
    while os.path.isdir(folder):
        try:
            client, _ = door.accept()
        except TimeoutError:
            continue
        client.settimeout(None)
        if os.fork() == 0:
            door.close()
            become(client)
            os._exit(0)
        client.close()


if __name__ == '__main__':
    main()
