"""One JSON line for every entry of every layer of a docker-save archive, as Python's tarfile reads it; names in base64."""

import base64
import hashlib
import json
import sys
import tarfile

TYPES = {
    tarfile.REGTYPE: 'file',
    tarfile.AREGTYPE: 'file',
    tarfile.DIRTYPE: 'directory',
    tarfile.SYMTYPE: 'symlink',
    tarfile.LNKTYPE: 'link',
    tarfile.FIFOTYPE: 'fifo',
    tarfile.CHRTYPE: 'char',
    tarfile.BLKTYPE: 'block',
}


def raw(name):
    # mmdebstrap's names begin with `./`, which no tool shows.
    name = name[2:] if name.startswith('./') else name
    return base64.b64encode(name.encode('utf-8', 'surrogateescape')).decode()


with tarfile.open(sys.argv[1]) as archive:
    for index, name in enumerate(json.load(archive.extractfile('manifest.json'))[0]['Layers']):
        with tarfile.open(fileobj=archive.extractfile(name)) as layer:
            for member in layer:
                line = {
                    'layer': index,
                    'path': raw(member.name),
                    'type': TYPES[member.type],
                    'size': member.size,
                    # Engines before 25 put the file type into the mode, too.
                    'mode': '%04o' % (member.mode & 0o7777),
                    'uid': member.uid,
                    'gid': member.gid,
                    'mtime': int(member.mtime),
                }
                if member.isreg():
                    line['sha256'] = hashlib.sha256(layer.extractfile(member).read()).hexdigest()
                if member.issym() or member.islnk():
                    line['linkname'] = raw(member.linkname)
                print(json.dumps(line))
