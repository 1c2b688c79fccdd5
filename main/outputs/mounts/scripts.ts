import { optionsOf, type Form, type Overlay } from './layer-stack.ts'

/** What both begin with: they run from anywhere, in the folder that they lie in. */
const START = `#!/bin/sh
set -eu
CDPATH=
case $0 in */*) cd -- "\${0%/*}/" ;; esac
`

/** Mounts an image with what the computer has. It names no path but those below its own folder, so that it moves with it. */
export function mountScript(overlays: readonly Overlay[], form: Form): string {
  return `${START}
# Mounts the image on merged/; what is changed there lands in upper/.
# As root with the kernel's overlay, ${form === 'user' ? 'as another user with fuse-overlayfs.' : 'which only root can: its layers carry attributes of root.'}
overlay() {
  # mount(8) would pass long options on piece by piece, which older kernels cut.
  LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o "$1" "$2"
}
if command -v mountpoint >/dev/null && mountpoint -q merged; then
  echo "mounted already: $(pwd -P)/merged"
  exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
${asRoot(overlays, form)}${otherUser(overlays, form)}fi
echo "mounted: $(pwd -P)/merged"
`
}

/** All or none. */
function asRoot(overlays: readonly Overlay[], form: Form): string {
  return overlays
    .map((overlay, index) => {
      const line = `  overlay '${optionsOf(overlay, form)}' ${overlay.target}`
      return index === 0 ? `${line}\n` : `${line} || { umount ${overlays[0]?.target}; exit 1; }\n`
    })
    .join('')
}

function otherUser(overlays: readonly Overlay[], form: Form): string {
  const refuse = (why: string): string => `  echo "${why}" >&2\n  exit 1\n`
  if (form === 'root') return `else\n${refuse('Only root can mount these layers.')}`
  const lines = overlays.map(
    (overlay) => `  fuse-overlayfs -o '${fuseOptionsOf(overlay)}' ${overlay.target}\n`,
  )
  return `elif command -v fuse-overlayfs >/dev/null; then
  mkdir -p ${FUSE_WORK}
${lines.join('')}else
${refuse('Install fuse-overlayfs, or run this in a namespace of your own: unshare --user --map-root-user --mount')}`
}

/** A working folder of its own: what the kernel leaves in its, no user may open. */
const FUSE_WORK = 'fuse'

function fuseOptionsOf(overlay: Overlay): string {
  return optionsOf(overlay, 'root').replace(/workdir=work$/, `workdir=${FUSE_WORK}`)
}

/** Takes away the mount and nothing else. */
export function unmountScript(overlays: readonly Overlay[]): string {
  const targets = overlays.map(({ target }) => target).toReversed()
  return `${START}
# Unmounts the image; everything that was written stays.
for target in ${targets.join(' ')}; do
  if [ "$(id -u)" -eq 0 ]; then
    umount "$target"
  elif command -v fusermount3 >/dev/null; then
    fusermount3 -u "$target"
  else
    fusermount -u "$target"
  fi
done
`
}
