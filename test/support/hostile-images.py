"""Writes the docker-save archives into a folder that take a program apart that trusts them: much from little, long, many, deep."""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

folder = sys.argv[1]
ZEROS = 3 << 30


class Hashing(io.RawIOBase):
    """Passes what is written on, and knows its digest."""

    def __init__(self, target):
        self.target = target
        self.digest = hashlib.sha256()

    def writable(self):
        return True

    def write(self, data):
        self.digest.update(data)
        self.target.write(data)
        return len(data)


class Zeros(io.RawIOBase):
    def readable(self):
        return True

    def read(self, size=-1):
        return bytes(size)


def entry(name, kind=tarfile.REGTYPE, size=0, **more):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size
    for key, value in more.items():
        setattr(info, key, value)
    return info


def image(name, fill, packed=False):
    """An archive of one layer that `fill` writes; compressed inside where `packed`."""
    layer_path = os.path.join(folder, 'layer')
    with (gzip.open(layer_path, 'wb', compresslevel=1) if packed else open(layer_path, 'wb')) as raw:
        layer = Hashing(raw)
        with tarfile.open(fileobj=layer, mode='w|', format=tarfile.PAX_FORMAT) as tar:
            fill(tar)
        diff_id = 'sha256:' + layer.digest.hexdigest()
    config = json.dumps({
        'architecture': 'amd64',
        'os': 'linux',
        'config': {},
        'rootfs': {'type': 'layers', 'diff_ids': [diff_id]},
        'history': [{'created_by': name}],
    }).encode()
    manifest = json.dumps([{'Config': 'config.json', 'RepoTags': ['hostile:' + name], 'Layers': ['layer.tar']}]).encode()
    with tarfile.open(os.path.join(folder, name + '.tar'), 'w') as archive:
        archive.add(layer_path, 'layer.tar')
        for path, content in (('config.json', config), ('manifest.json', manifest)):
            archive.addfile(entry(path, size=len(content)), io.BytesIO(content))
    os.remove(layer_path)


def many(tar):
    for number in range(100_000):
        tar.addfile(entry('empty/%06d' % number))


def deep(tar):
    path = ''
    for number in range(1_500):
        path += 'd/'
        tar.addfile(entry(path, tarfile.DIRTYPE))


image('zeros', lambda tar: tar.addfile(entry('zeros', size=ZEROS), Zeros()), packed=True)
image('pax', lambda tar: tar.addfile(entry('long', pax_headers={'comment': 'x' * (2 << 20)})))
image('many', many)
image('deep', deep)
