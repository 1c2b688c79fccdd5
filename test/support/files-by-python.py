"""Writes the regular files of every layer of a docker-save archive to FOLDER/LAYER/NUMBER, as Python's tarfile reads them; one JSON line each, paths in base64."""

import base64
import json
import os
import shutil
import sys
import tarfile


def raw(name):
    # mmdebstrap's names begin with `./`, which no tool shows.
    name = name[2:] if name.startswith('./') else name
    return base64.b64encode(name.encode('utf-8', 'surrogateescape')).decode()


with tarfile.open(sys.argv[1]) as archive:
    for index, name in enumerate(json.load(archive.extractfile('manifest.json'))[0]['Layers']):
        os.mkdir(os.path.join(sys.argv[2], str(index)))
        with tarfile.open(fileobj=archive.extractfile(name)) as layer:
            for number, member in enumerate(layer):
                if not member.isreg():
                    continue
                file = f'{index}/{number}'
                with open(os.path.join(sys.argv[2], file), 'wb') as copy:
                    shutil.copyfileobj(layer.extractfile(member), copy)
                print(json.dumps({'layer': index, 'path': raw(member.name), 'file': file}))
