"""
Writes to PATH a docker-save archive whose one layer holds COUNT small files, PER_FOLDER of them (a thousand unless said) to a folder, each
of SIZE bytes; unless that is said of sizes below 400.
"""

import hashlib
import io
import json
import os
import sys
import tarfile

path, count = sys.argv[1], int(sys.argv[2])
per_folder = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
fixed_size = int(sys.argv[4]) if len(sys.argv) > 4 else None
layer_path = path + '.layer'


def entry(name, kind, size=0):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    info.mtime = 1700000000
    return info.tobuf(tarfile.USTAR_FORMAT)


with open(layer_path, 'wb') as layer:
    for number in range(count):
        folder = 'srv/folder-%04d/' % (number // per_folder)
        if number % per_folder == 0:
            layer.write(entry(folder, tarfile.DIRTYPE))
        size = number % 400 if fixed_size is None else fixed_size
        layer.write(entry('%sfile-%06d.txt' % (folder, number), tarfile.REGTYPE, size))
        if size:
            layer.write((b'%06d\n' % number * 64)[:size].ljust(512, b'\0'))
    layer.write(bytes(1024))

digest = hashlib.sha256()
with open(layer_path, 'rb') as layer:
    while chunk := layer.read(1 << 20):
        digest.update(chunk)
config = json.dumps({
    'architecture': 'amd64',
    'os': 'linux',
    'config': {},
    'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + digest.hexdigest()]},
    'history': [{'created_by': 'COPY many /srv'}],
}).encode()
config_name = hashlib.sha256(config).hexdigest() + '.json'
manifest = json.dumps([{'Config': config_name, 'RepoTags': ['many:1'], 'Layers': ['layer/layer.tar']}]).encode()

with tarfile.open(path, 'w') as archive:
    archive.add(layer_path, 'layer/layer.tar')
    for name, content in ((config_name, config), ('manifest.json', manifest)):
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
os.remove(layer_path)
