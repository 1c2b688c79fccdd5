/** What lies in the folder, for whoever finds it. */
export const README = `Container images as folders that overlay mounts, written by Occystrap.

layers/   One folder for each layer, in overlay's own form: a deleted file is a
          character device 0:0, a directory that hides what lies below it has
          the attribute overlay.opaque. Images share their layers. Do not change
          them: what you change in merged/ lands in upper/ instead.
images/   One folder for each image, named by the first 12 digits of its ID:
            config.json   the image's config as it came
            layers.json   its ID, its name, its layers (base first)
            merged/       where it is mounted
            upper/        what was changed since
            work/, fuse/  overlay's and fuse-overlayfs's own
            l/            short names for the layers, the uppermost first
            mount.sh      mounts the image
            umount.sh     unmounts it

  sh images/<ID>/mount.sh
  sh images/<ID>/umount.sh

Root mounts with the kernel's overlay. Layers that another user wrote are mounted
by fuse-overlayfs, or by the kernel inside a namespace:
  unshare --user --map-root-user --mount
  sh images/<ID>/mount.sh
Change an image by one of these ways only: they do not keep changes in the same form.

An overlay takes at most 500 layers. Of an image with more the lowest are mounted
on base/, which the overlay on merged/ takes for one layer.

"occystrap unmount <this folder>" unmounts all images in it.

The export may be run again, for this image or for others: layers that are here
already are used as they are, and upper/ is left as it is.
`
