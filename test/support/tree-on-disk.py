"""One JSON line for every path below a folder, as lstat and the file's own bytes say; names in base64, because they are bytes."""

import base64
import hashlib
import json
import os
import stat
import sys

TYPES = {
    stat.S_IFREG: 'file',
    stat.S_IFDIR: 'directory',
    stat.S_IFLNK: 'symlink',
    stat.S_IFIFO: 'fifo',
    stat.S_IFCHR: 'char',
    stat.S_IFBLK: 'block',
}


def text(raw):
    return base64.b64encode(raw).decode()


def describe(path, name):
    info = os.lstat(path)
    kind = TYPES[stat.S_IFMT(info.st_mode)]
    line = {
        'path': text(name),
        'type': kind,
        'mode': '%04o' % stat.S_IMODE(info.st_mode),
        'uid': info.st_uid,
        'gid': info.st_gid,
        'mtime': info.st_mtime_ns if WITH_NANOSECONDS else int(info.st_mtime),
    }
    if kind != 'directory':
        line['inode'] = info.st_ino
    if kind == 'symlink':
        line['linkname'] = text(os.readlink(path))
    if kind in ('char', 'block'):
        line['device'] = {'major': os.major(info.st_rdev), 'minor': os.minor(info.st_rdev)}
    if kind == 'file':
        digest = hashlib.sha256()
        with open(path, 'rb') as content:
            while chunk := content.read(1 << 20):
                digest.update(chunk)
        line['size'] = info.st_size
        line['sha256'] = digest.hexdigest()
    xattrs = {key: text(os.getxattr(path, key, follow_symlinks=False)) for key in os.listxattr(path, follow_symlinks=False)}
    if xattrs:
        line['xattrs'] = xattrs
    return line


WITH_NANOSECONDS = 'nanoseconds' in sys.argv[2:]
root = os.fsencode(sys.argv[1])
for folder, folders, files in os.walk(root):
    for name in folders + files:
        path = os.path.join(folder, name)
        print(json.dumps(describe(path, os.path.relpath(path, root))))
