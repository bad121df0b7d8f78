#!/usr/bin/python3
"""A tiny name server on 127.0.0.1:53 (UDP), for a network namespace.

usage: dns.py ZONE LOG

ZONE is read anew for each question; its lines are
    NAME A|AAAA ADDRESS
    NAME CNAME NAME
    NAME SRV PRIORITY WEIGHT PORT TARGET
    NAME SERVFAIL|REFUSED|SILENT     for the name and all below it
What is not listed does not exist (NXDOMAIN), unless something below it does
(no data). LOG gets a line 'NAME TYPE' for each question. It prints its process
id and goes to the background once it can be asked.
"""

import os
import socket
import struct
import sys

sys.dont_write_bytecode = True

TYPES = {'A': 1, 'CNAME': 5, 'AAAA': 28, 'SRV': 33}
STATUS = {'SERVFAIL': 2, 'REFUSED': 5, 'SILENT': None}
NXDOMAIN = 3


def read_zone(path):
    with open(path, encoding='ascii') as file:
        return [line.split() for line in file if line.strip()]


def encode_name(name):
    labels = [label.encode('ascii') for label in name.split('.') if label]
    return b''.join(bytes([len(label)]) + label for label in labels) + b'\0'


def decode_question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode('ascii'))
        at += 1 + packet[at]
    kind, = struct.unpack('>H', packet[at + 1:at + 3])
    return '.'.join(labels).lower(), kind, packet[12:at + 5]


def record(name, kind, fields):
    if kind == 'A':
        data = socket.inet_aton(fields[0])
    elif kind == 'AAAA':
        data = socket.inet_pton(socket.AF_INET6, fields[0])
    elif kind == 'CNAME':
        data = encode_name(fields[0])
    else:
        data = struct.pack('>HHH', *map(int, fields[:3]))
        data += encode_name(fields[3])
    return encode_name(name) + struct.pack('>HHIH', TYPES[kind], 1, 60,
                                           len(data)) + data


def is_at_or_below(name, top):
    return name == top or name.endswith('.' + top)


def answer(zone, name, kind):
    """The status and the records for a question; status None is silence."""
    records = []
    for _ in range(8):
        for row in zone:
            if row[1] in STATUS and is_at_or_below(name, row[0]):
                return STATUS[row[1]], []
        alias = [row for row in zone if row[0] == name and row[1] == 'CNAME']
        if not alias:
            break
        records.append(record(name, 'CNAME', alias[0][2:]))
        name = alias[0][2]
    records += [record(name, row[1], row[2:]) for row in zone
                if row[0] == name and TYPES.get(row[1]) == kind]
    exists = any(is_at_or_below(row[0], name) for row in zone)
    return 0 if records or exists else NXDOMAIN, records


def serve(sock, zone, log):
    while True:
        packet, peer = sock.recvfrom(4096)
        name, kind, question = decode_question(packet)
        text = {value: key for key, value in TYPES.items()}.get(kind, kind)
        log.write(f'{name} {text}\n')
        status, records = answer(read_zone(zone), name, kind)
        if status is None:
            continue
        head = packet[:2] + struct.pack('>HHHHH', 0x8580 | status, 1,
                                        len(records), 0, 0)
        sock.sendto(head + question + b''.join(records), peer)


def main():
    zone, path = map(os.path.abspath, sys.argv[1:])
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(('127.0.0.1', 53))
    log = open(path, 'a', buffering=1, encoding='ascii')
    pid = os.fork()
    if pid:
        print(pid)
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    # bats waits for all that holds its descriptors.
    for name in os.listdir('/proc/self/fd'):
        if int(name) > 2 and int(name) not in (sock.fileno(), log.fileno()):
            try:
                os.close(int(name))
            except OSError:
                pass
    serve(sock, zone, log)


if __name__ == '__main__':
    main()
