# shellcheck shell=bash
# shellcheck disable=SC2034  # other scripts use the lists
# The Debian packages that the testbed and the tests need, and how they get onto the machine.

# ibverbs-providers holds the user-space half of soft-RoCE; libibverbs only recommends it, and we install no recommends.
# strace is for the test that the doctor only reads.
# gcc and libc6-dev are for the tests that compare our struct layouts with what a C compiler says.
testbed_packages=(
  qemu-system-x86 cpio kmod busybox-static
  rdma-core ibverbs-providers ibverbs-utils rdmacm-utils perftest iproute2
  gcc libc6-dev strace
)

# Launchers of parallel programs, which start processes of the tests: Open MPI, MPICH's Hydra, and Slurm, whose PMIx server
# opens libpmix.so by this name, which only libpmix-dev has; that brings the library itself, whose package has several names. Both MPIs may be on a machine: Debian calls theirs mpirun.openmpi and mpiexec.hydra.
launcher_packages=(openmpi-bin mpich slurmctld slurmd slurm-client munge libpmix-dev)

# missing_packages PACKAGE...
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
  done
}

# True when apt has never fetched its lists, or not for a day. Every fetch passes through `partial`; the dates of the
# lists themselves are the archive's.
apt_lists_stale() {
  local lists=/var/lib/apt/lists
  [[ -z $(find "$lists" -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null) ||
    -z $(find "$lists/partial" -maxdepth 0 -mtime -1 2>/dev/null) ]]
}

apt_update() {
  say "refreshing the package lists (apt-get update) ..."
  apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null
}

# ensure_packages WHO PACKAGE...: does nothing, fast and offline, when nothing is missing.
ensure_packages() {
  local who=$1 missing=() log
  shift
  { command -v dpkg-query && command -v apt-get; } >/dev/null ||
    fail "the testbed needs Debian or one of its children: it boots Debian's kernel and installs packages with apt"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) ||
    fail "packages are missing; install them with: apt-get install --no-install-recommends ${missing[*]}"

  log=$(mktemp)
  if apt_lists_stale; then apt_update 2>"$log" || true; fi
  say "installing what $who: ${missing[*]} ..."
  # Lists can be out of date at any age: an archive forgets old versions. So fetch them anew before giving up.
  if ! install_packages "${missing[@]}" >"$log" 2>&1; then
    apt_update 2>>"$log" || true
    if ! install_packages "${missing[@]}" >"$log" 2>&1; then
      tail -n 15 "$log" >&2
      rm -f "$log"
      fail "apt could not install ${missing[*]}; its last lines are above"
    fi
  fi
  rm -f "$log"
}

install_packages() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" </dev/null
}
