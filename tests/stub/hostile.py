"""Stanzas that no server should send."""

import functools


def message(inner, start='', identity='bad'):
    return (f"<message from='juliet@capulet.lit/balcony' id='{identity}'"
            f"{start}>{inner}</message>").encode()


def body(inner):
    return message(f'<body>{inner}</body>')


def big(value):
    """A message of exactly VALUE bytes."""
    return body('x' * max(0, int(value) - len(body(''))))


def deep(value):
    """Elements nested VALUE deep, the message being the first."""
    inner = int(value) - 1
    return message("<n xmlns='urn:stub'>" + '<n>' * (inner - 1)
                   + '</n>' * inner)


def many_children(value):
    return message("<n xmlns='urn:stub'/>" * int(value))


@functools.cache  # a stub may do it to many
def many_attributes(value):
    names = ''.join(f" a{n}='{n}'" for n in range(int(value)))
    return message(f"<n xmlns='urn:stub'{names}/>")


def long_name(value):
    return message(f"<{'n' * int(value)} xmlns='urn:stub'/>")


ENTITIES = ("<!DOCTYPE m [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>"
            "<!ENTITY c '&b;&b;&b;&b;&b;&b;'>]>")

MAKERS = {
    'malformed': lambda _: message('<body>one</nobody>'),
    'doctype': lambda _: ENTITIES.encode() + body('&c;'),
    'entity': lambda _: body('&c;'),
    'comment': lambda _: message('<!-- no --><body>one</body>'),
    'pi': lambda _: message('<?stub no?><body>one</body>'),
    'cdata': lambda _: body('<![CDATA[<message>]]>'),
    'bad-utf8': lambda _: body('@').replace(b'@', b'\xc3('),
    'nul': lambda _: body('\0'),
    'control': lambda _: body('&#1;'),
    'prefix': lambda _: message('<x:body>one</x:body>'),
    'text': lambda _: b'text between the stanzas',
    'half': lambda _: body('one')[:-15],
    'junk': lambda _: b'HTTP/1.1 400 Bad Request\r\n\r\n',
    'big-stanza': big,
    'deep': deep,
    'many-children': many_children,
    'many-attributes': many_attributes,
    'long-name': long_name,
}
