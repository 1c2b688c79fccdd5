"""What Python's fnmatch and re find among the names in a docker-save archive.

The queries come as a JSON list on standard input; for each, one line is printed: a list of [layer, name in base64], as the tars have it.
"""

import base64
import fnmatch
import json
import re
import sys
import tarfile


def names(archive):
    for index, name in enumerate(json.load(archive.extractfile('manifest.json'))[0]['Layers']):
        with tarfile.open(fileobj=archive.extractfile(name)) as layer:
            for member in layer:
                path = member.name[2:] if member.name.startswith('./') else member.name
                # The root has no name.
                path = '' if path == '.' else path
                raw = path.encode('utf-8', 'surrogateescape')
                if not path.rsplit('/', 1)[-1].startswith('.wh.'):
                    yield index, raw, raw.decode('utf-8', 'replace')


def matcher(query):
    pattern = query['pattern']
    flags = re.IGNORECASE if query.get('ignoreCase') else 0
    if query.get('regex'):
        return re.compile(pattern, flags).search
    # The module's own way to a regular expression, so that case can be left out of it on any system.
    match = re.compile(fnmatch.translate(pattern), flags).match
    return lambda path: match(path) or match(path.rsplit('/', 1)[-1])


with tarfile.open(sys.argv[1]) as archive:
    entries = list(names(archive))
for query in json.load(sys.stdin):
    matches = matcher(query)
    found = [[layer, base64.b64encode(raw).decode()] for layer, raw, path in entries if matches(path)]
    print(json.dumps(found))
