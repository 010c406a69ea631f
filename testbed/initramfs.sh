# shellcheck shell=bash
# The initramfs: a static busybox, guest/init, and the kernel modules that the guest uses.
# shellcheck disable=SC2154  # testbed_home is set by the launcher, testbed_cache by kernel.sh

# Loaded by guest/init.
boot_modules=(virtio_pci 9p 9pnet_virtio overlay)

# rdma_rxe cannot add a link unless the crypto API knows crc32.
device_modules=(virtio_net virtio_rng crc32_generic crc32-pclmul rdma_rxe ib_uverbs rdma_ucm)

# Present in the guest's /lib/modules, loaded by the kernel or by modprobe when a test asks: faults and fake interfaces.
extra_modules=(sch_netem sch_prio sch_tbf cls_u32 nf_tables nft_numgen nft_limit nft_ct tun veth dummy bridge)

# Different for every change of what goes into an initramfs.
initramfs_key() {
  cat "$testbed_home/initramfs.sh" "$testbed_home/guest/init" | sha256sum | cut -c 1-12
}

# build_initramfs KERNEL_VERSION FILE
build_initramfs() {
  local version=$1 file=$2 root modules
  say "building the guest's initramfs (once) ..."
  testbed_work=$(mktemp -d "$testbed_cache/.new.XXXXXX")
  root=$testbed_work/root
  modules=lib/modules/$version
  mkdir -p "$testbed_work/package" "$root"/{bin,dev,proc,sys,lower,upper,root} "$root/$modules"

  dpkg-deb --fsys-tarfile "$testbed_cache/$version/package.deb" | tar -xC "$testbed_work/package" ./lib/modules
  depmod -b "$testbed_work/package" "$version"
  copy_modules "$version" "$testbed_work/package" "$root"
  depmod -b "$root" "$version"

  cp /bin/busybox "$root/bin/busybox"
  install -m 755 "$testbed_home/guest/init" "$root/init"
  ordered_modules "$version" "$root" "${boot_modules[@]}" "${device_modules[@]}" >"$root/modules"

  # Not compressed: the emulated CPU would take longer to unpack it than the disk takes to read it.
  (cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$testbed_work/initramfs"
  mv "$testbed_work/initramfs" "$file"
  rm -rf "$testbed_work"
  # What older scripts built; a run that has just started may still want it.
  find "${file%/*}" -name "initramfs-*" ! -name "${file##*/}" -mtime +1 -delete
}

# Paths of the modules and what they depend on, in the order in which insmod must load them.
ordered_modules() {
  local version=$1 root=$2 module
  shift 2
  for module in "$@"; do
    modprobe -d "$root" -S "$version" --show-depends "$module"
  done | awk -v root="$root" '$1 == "insmod" && !seen[$2]++ { sub("^" root, "", $2); print $2 }'
}

copy_modules() {
  local version=$1 from=$2 to=$3 module
  ordered_modules "$version" "$from" "${boot_modules[@]}" "${device_modules[@]}" "${extra_modules[@]}" |
    while IFS= read -r module; do
      install -m 644 -D "$from$module" "$to$module"
    done
  cp "$from/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$to/lib/modules/$version/"
}
