#!/usr/bin/python3
"""A peer made with slixmpp, for peers.bats.

usage: peer.py JID PASSWORD PORT CA send TO TYPE BODY
       peer.py JID PASSWORD PORT CA receive N
       peer.py JID PASSWORD PORT CA room ROOM NICK N BODY

receive prints 'ready', then FROM<TAB>TYPE<TAB>SUBJECT<TAB>BODY lines. room does
so in a room, where it says BODY when it is in, after 'ready'.
"""

import inspect
import os
import sys

import slixmpp


class Peer(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca, action):
        # The SCRAM of some of its versions is refused by every server.
        super().__init__(jid, password, sasl_mech='PLAIN')
        self.ca_certs = ca
        self.action = action
        count = {'receive': 1, 'room': 3}.get(action[0])
        self.left = int(action[count]) if count else 0
        self.register_plugin('xep_0045')
        self.add_event_handler('session_start', self.start)
        self.add_event_handler('message', self.print)
        self.add_event_handler('failed_auth', lambda _: os._exit(77))

    async def start(self, _):
        if self.action[0] == 'send':
            _, to, kind, body = self.action
            self.send_message(mto=to, mbody=body, mtype=kind)
            await self.disconnect(wait=2)
        elif self.action[0] == 'room':
            _, room, nick, _, body = self.action
            self.add_event_handler(f'muc::{room}::got_online', self.entered)
            joined = self['xep_0045'].join_muc(room, nick)
            if inspect.isawaitable(joined):
                await joined
        else:
            self.send_presence()
            print('ready', flush=True)

    def entered(self, presence):
        _, room, nick, _, body = self.action
        if presence['from'].resource == nick:
            print('ready', flush=True)
            self.send_message(mto=room, mbody=body, mtype='groupchat')

    def print(self, message):
        if self.action[0] == 'room' and not message['body']:
            return
        print(message['from'].bare, message['type'], message['subject'],
              repr(message['body']), sep='\t', flush=True)
        self.left -= 1
        if self.left == 0:
            self.disconnect()


jid, password, port, ca, *action = sys.argv[1:]
peer = Peer(jid, password, ca, action)
peer.enable_direct_tls = False
# Newer versions take host and port, and leave the loop to us.
if 'host' in inspect.signature(peer.connect).parameters:
    peer.connect('127.0.0.1', int(port))
    peer.loop.run_until_complete(peer.disconnected)
else:
    peer.connect(address=('127.0.0.1', int(port)))
    peer.process(forever=False)
