"""What is wrong with a folder of HTML pages, a line each: elements that do not
nest, links and pictures that lead nowhere, anchors that are not there, what is
loaded from elsewhere, scripts.
usage: site.py FOLDER
"""
import html.parser
import pathlib
import sys

VOID = {'br', 'img', 'link', 'meta', 'hr'}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.open, self.ids, self.links, self.wrong = [], set(), [], []
        self.feed(path.read_text(encoding='utf-8'))
        self.close()
        self.wrong += [f'<{tag}> is not closed' for tag in self.open]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if 'id' in attrs:
            if attrs['id'] in self.ids:
                self.wrong.append(f'id {attrs["id"]} twice')
            self.ids.add(attrs['id'])
        to = attrs.get('href', attrs.get('src'))
        if tag == 'script' or any(name.startswith('on') for name in attrs):
            self.wrong.append('a script')
        if to is not None and not (tag == 'a' and to.startswith('https://')):
            self.links.append(to)

    def handle_endtag(self, tag):
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(f'line {self.getpos()[0]}: </{tag}>')


def main(folder):
    pages = {path.name: Page(path) for path in folder.glob('*.html')}
    wrong = [] if pages else [f'{folder}: no pages']
    for name, page in sorted(pages.items()):
        wrong += [f'{name}: {what}' for what in page.wrong]
        for to in page.links:
            file, _, anchor = to.partition('#')
            file = file or name
            if not (folder / file).is_file():
                wrong.append(f'{name}: {to} leads nowhere')
            elif anchor and anchor not in pages[file].ids:
                wrong.append(f'{name}: {to} has no such anchor')
    for path in folder.glob('*.css'):
        if 'url(' in path.read_text() or '@import' in path.read_text():
            wrong.append(f'{path.name}: loads something')
    print(*wrong, sep='\n', end='\n' if wrong else '')
    return bool(wrong)


sys.exit(main(pathlib.Path(sys.argv[1])))
