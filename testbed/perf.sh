# shellcheck shell=bash
# `verbena perf ... --against` perftest, rstream and queue-pairs need an RDMA device: on a machine without one they run in a guest.
# shellcheck disable=SC2154  # testbed_home, verbena_root are set by the launcher

# Whether the command line asks for a peer that needs RDMA.
needs_rdma() {
  [[ " $* " =~ \ --against[=\ ](perftest|rstream|queue-pairs)\  ]]
}

rdma_device_here() { compgen -G '/sys/class/infiniband/*' >/dev/null; }

# perf_in_guest ARGUMENT...: the same command in a guest; what --json asks for is brought out of it.
perf_in_guest() {
  local arguments=() json="" status=0 folder
  folder=$(mktemp -d "${TMPDIR:-/tmp}/verbena-perf.XXXXXX")
  while (($#)); do
    case $1 in
      --json)
        (($# > 1)) || fail "perf: --json needs a value"
        json=$2
        shift
        ;;
      --json=*) json=${1#--json=} ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  if [[ -n $json ]]; then
    { : >>"$json"; } 2>/dev/null || fail "perf: --json: cannot write $json"
    arguments+=(--json "$folder/results.json")
  fi
  say "no RDMA device here: measuring in a guest with soft-RoCE, whose processor is emulated (see testbed/README.md);"
  say "only the ratios mean something"
  testbed_command --out "$folder" --timeout 3600 -- "$verbena_root/verbena" perf "${arguments[@]}" || status=$?
  if [[ -s $folder/results.json ]]; then cp "$folder/results.json" "$json"; fi
  rm -rf -- "$folder"
  return "$status"
}

# On a machine with a device: the peers, if they are missing and apt can bring them. Else the benchmark says what is missing.
ensure_rdma_peers() {
  command -v ib_send_lat >/dev/null && command -v rstream >/dev/null && return 0
  ((EUID == 0)) && command -v apt-get >/dev/null || return 0
  say "installing perftest and rdmacm-utils ..."
  install_packages perftest rdmacm-utils >/dev/null 2>&1 ||
    { apt_update && install_packages perftest rdmacm-utils; } >/dev/null 2>&1 || true
}

# Whether the command line asks for UCX as the peer.
against_ucx() {
  [[ " $* " == *" --against ucx "* || " $* " == *" --against=ucx "* ]]
}

# The same for UCX's program.
ensure_ucx() {
  command -v ucx_perftest >/dev/null && return 0
  ((EUID == 0)) && command -v apt-get >/dev/null || return 0
  say "installing ucx-utils ..."
  install_packages ucx-utils >/dev/null 2>&1 || { apt_update && install_packages ucx-utils; } >/dev/null 2>&1 || true
}

# Whether the command line asks for Open MPI as the peer: the first one of the collectives.
against_openmpi() {
  [[ " $* " == *" collectives "* && ! " $* " =~ \ --against[=\ ]memcpy\  ]]
}

# The same for Open MPI, and for the compiler of its programs.
ensure_openmpi() {
  command -v mpirun.openmpi >/dev/null && command -v mpicc.openmpi >/dev/null && return 0
  ((EUID == 0)) && command -v apt-get >/dev/null || return 0
  say "installing openmpi-bin and libopenmpi-dev ..."
  install_packages openmpi-bin libopenmpi-dev gcc libc6-dev >/dev/null 2>&1 ||
    { apt_update && install_packages openmpi-bin libopenmpi-dev gcc libc6-dev; } >/dev/null 2>&1 || true
}
