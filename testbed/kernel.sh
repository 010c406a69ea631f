# shellcheck shell=bash
# The guest's kernel and initramfs, kept in a cache:
#   CACHE/6.1.0-NN-amd64/package.deb         Debian's kernel package, as downloaded
#   CACHE/6.1.0-NN-amd64/vmlinuz             its kernel
#   CACHE/6.1.0-NN-amd64/initramfs-HASH      built from its modules; HASH is of the scripts that build it
# The package stays, so that a change of our scripts needs no download.

# shellcheck disable=SC2034,SC2154  # testbed_home is set by the launcher, what is set here is used by qemu.sh
testbed_cache=${XDG_CACHE_HOME:-$HOME/.cache}/verbena/testbed

# Sets testbed_kernel, testbed_initramfs and testbed_tsc_khz. Asks apt only when nothing is cached.
ensure_kernel() {
  local version
  version=$(newest_cached_kernel)
  if [[ -z $version ]]; then
    download_kernel
    version=$(newest_cached_kernel)
  fi
  testbed_kernel=$testbed_cache/$version/vmlinuz
  testbed_initramfs=$testbed_cache/$version/initramfs-$(initramfs_key)
  [[ -f $testbed_initramfs ]] || build_initramfs "$version" "$testbed_initramfs"
  testbed_tsc_khz=$(host_tsc_khz)
}

newest_cached_kernel() {
  local kernel
  for kernel in "$testbed_cache"/6.1.0-*-amd64/vmlinuz; do
    if [[ -f $kernel ]]; then basename "$(dirname "$kernel")"; fi
  done | sort -V | tail -n 1
}

newest_offered_kernel() {
  apt-cache pkgnames linux-image-6.1.0- | grep -E '^linux-image-6\.1\.0-[0-9]+-amd64$' | sort -V | tail -n 1
}

# Builds beside the final place and renames: of two that start at once, one wins and both use the same.
download_kernel() {
  local package version
  if apt_lists_stale; then refresh_lists_for_kernel; fi
  package=$(newest_offered_kernel)
  if [[ -z $package ]]; then
    refresh_lists_for_kernel
    package=$(newest_offered_kernel)
  fi
  [[ -n $package ]] || fail "apt offers no linux-image-6.1.0-*-amd64; the testbed needs Debian 12's archive in the apt sources"

  mkdir -p "$testbed_cache"
  testbed_work=$(mktemp -d "$testbed_cache/.new.XXXXXX")
  say "downloading the guest's kernel, $package (once, about 70 MB) ..."
  if ! fetch_package "$package" "$testbed_work"; then
    # The archive has replaced the version that the lists name.
    refresh_lists_for_kernel
    package=$(newest_offered_kernel)
    if ! fetch_package "$package" "$testbed_work"; then
      cat "$testbed_work/log" >&2
      rm -rf "$testbed_work"
      fail "apt could not download $package"
    fi
  fi
  version=${package#linux-image-}
  mv "$testbed_work"/*.deb "$testbed_work/package.deb"
  dpkg-deb --fsys-tarfile "$testbed_work/package.deb" | tar -xO "./boot/vmlinuz-$version" >"$testbed_work/vmlinuz"
  rm -f "$testbed_work/log"
  chmod 755 "$testbed_work"
  mv -T "$testbed_work" "$testbed_cache/$version" 2>/dev/null || rm -rf "$testbed_work"
}

refresh_lists_for_kernel() {
  # Only root may; otherwise try with the lists as they are.
  ((EUID != 0)) || apt_update 2>/dev/null || true
}

fetch_package() {
  # As root apt would rather download as its own user, who may not write into a private folder; it says so and goes on.
  (cd "$2" && apt-get -q download "$1") >"$2/log" 2>&1
}

# Prints the frequency of the host's time stamp counter; tsc-khz.c says why.
host_tsc_khz() {
  local source=$testbed_home/tsc-khz.c program
  program=$testbed_cache/tsc-khz-$(sha256sum <"$source" | cut -c 1-12)
  if [[ ! -x $program ]]; then
    gcc -O1 -o "$program.$$" "$source" || fail "gcc cannot compile $source; its complaint is above"
    mv "$program.$$" "$program"
  fi
  "$program"
}
