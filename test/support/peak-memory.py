"""Runs a command and writes its wall-clock seconds and the peak resident memory (bytes) of its largest process to the file named first."""

import json
import resource
import subprocess
import sys
import time

started = time.monotonic()
status = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
seconds = time.monotonic() - started
with open(sys.argv[1], 'w') as result:
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    json.dump({'status': status, 'seconds': seconds, 'peak': peak}, result)
