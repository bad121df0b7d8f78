#!/usr/bin/env python3
"""memory.py SECRET [KEY=BASE64...] PID... : where a secret is in memory.

For each process a line 'PID FORM COUNT ...' with the forms that are there and
how often, in all memory that it may write: text, the secret as it is; base64,
of its bytes wherever they begin in what was encoded; KEY, the bytes given.
With PLACES in the environment each place follows."""

import base64
import os
import re
import sys


def forms(secret, keys):
    raw = secret.encode()
    yield "text", raw
    # Three bytes make four characters: what the secret's own bits decide.
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + raw + bytes(3))
        first = -(-8 * shift // 6)
        last = 8 * (shift + len(raw)) // 6
        yield "base64", text[first:last]
    for key in keys:
        name, value = key.split("=", 1)
        yield name, base64.b64decode(value)


def contents(pid):
    """(ADDRESS, NAME, BYTES) of each mapping that the process may write."""
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            place, mode, *rest = line.split()
            begin, end = (int(x, 16) for x in place.split("-"))
            if not mode.startswith("rw"):
                continue
            try:
                mem.seek(begin)
                yield begin, rest[-1], mem.read(end - begin)
            except OSError:
                continue  # the kernel's own


def main():
    keys = [arg for arg in sys.argv[2:] if "=" in arg]
    needles = list(forms(sys.argv[1], keys))
    for pid in sys.argv[2 + len(keys):]:
        found, places = {}, []
        for begin, name, content in contents(pid):
            for form, needle in needles:
                for hit in re.finditer(re.escape(needle), content):
                    at = hit.start()
                    found[form] = found.get(form, 0) + 1
                    places.append((form, hex(begin + at), name,
                                   content[max(0, at - 60):at + 90]))
        print(pid, *(f"{form} {n}" for form, n in found.items()))
        if os.environ.get("PLACES"):
            print(*places, sep="\n")


main()
