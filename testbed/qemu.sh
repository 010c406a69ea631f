# shellcheck shell=bash
# Starting a guest: its job, which tells guest/boot what to do, and its machine.
# shellcheck disable=SC2154  # the variables named run_*, testbed_* are set by testbed.sh and kernel.sh

# write_job HOST FOLDER: what guest/boot reads, as bash source, so that any argument survives.
write_job() {
  local host=$1 folder=$2 peer=$((3 - $1)) environment=() name
  environment=(
    "PATH=$PATH:/usr/sbin:/sbin" "HOME=$HOME" USER=root LOGNAME=root LANG=C.UTF-8 TERM=dumb
    "TESTBED_HOST=$host" "TESTBED_HOSTS=$run_hosts" "TESTBED_OUT=$run_out" "TESTBED_ADDRESS=10.77.0.$host"
  )
  if ((run_hosts == 2)); then
    environment+=("TESTBED_PEER_ADDRESS=10.77.0.$peer"
      "TESTBED_CONTROL_ADDRESS=10.78.0.$host" "TESTBED_PEER_CONTROL_ADDRESS=10.78.0.$peer")
  fi
  for name in JAVA_HOME CI "${!VERBENA_@}"; do
    [[ -z ${!name+set} ]] || environment+=("$name=${!name}")
  done
  cp "$testbed_home/guest/boot" "$folder/boot"
  : >"$folder/out"
  : >"$folder/err"
  {
    printf 'TESTBED_HOST=%q TESTBED_HOSTS=%q TESTBED_OUT=%q\n' "$host" "$run_hosts" "$run_out"
    printf 'job_folder=%q job_dump_seconds=%q\n' "$PWD" "$((run_timeout > 20 ? run_timeout - 10 : run_timeout))"
    printf 'job_environment=('
    printf '%q ' "${environment[@]}"
    printf ')\njob_command=('
    printf '%q ' "${run_command[@]}"
    printf ')\n'
  } >"$folder/job"
}

# start_machine HOST FOLDER: starts qemu in the background; its process id is then $!.
start_machine() {
  local host=$1 folder=$2 processors=2 arguments=()
  ((run_hosts == 1)) || processors=1
  arguments=(
    # -erms,-fsrm: emulated byte by byte, which makes clearing and copying memory five times slower than without them.
    # No KVM: it is missing or broken in just the places that need this testbed (containers, virtual machines).
    -accel "tcg,thread=multi" -cpu "max,-erms,-fsrm" -smp "$processors" -m "$run_memory"
    -nodefaults -no-user-config -display none -monitor none -no-reboot
    -kernel "$testbed_kernel" -initrd "$testbed_initramfs"
    # panic=-1 and -no-reboot: a panic ends qemu at once. oops=panic: so does an error in the RDMA driver, which
    # would otherwise leave the test hanging. no5lvl: one level less for each emulated page walk.
    -append "console=ttyS0 panic=-1 oops=panic no5lvl mitigations=off tsc=reliable clocksource=tsc tsc_early_khz=$testbed_tsc_khz random.trust_cpu=on"
    -serial "file:$(quoted "$run_folder/console-$host.log")"
    -device "virtio-rng-pci"
    -virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap"
    -virtfs "local,path=$(quoted "$folder"),mount_tag=job,security_model=none"
    -virtfs "local,path=$(quoted "$run_out"),mount_tag=out,security_model=none,multidevs=remap"
  )
  # Unix sockets in the run's own folder, relative to it because of their limited length: no port to collide with.
  # host_mtu: frames of 4200 bytes, for RoCE's path MTU of 4096. romfile: nobody boots from these.
  if ((run_hosts == 1)); then
    arguments+=(-netdev "user,id=n0,restrict=on")
  elif ((host == 1)); then
    arguments+=(-netdev "stream,id=n0,server=on,addr.type=unix,addr.path=rdma.socket"
      -netdev "stream,id=n1,server=on,addr.type=unix,addr.path=control.socket")
  else
    arguments+=(-netdev "stream,id=n0,server=off,addr.type=unix,addr.path=rdma.socket"
      -netdev "stream,id=n1,server=off,addr.type=unix,addr.path=control.socket")
  fi
  arguments+=(-device "virtio-net-pci,netdev=n0,host_mtu=4200,romfile=,mac=52:54:00:77:00:0$host")
  if ((run_hosts == 2)); then
    arguments+=(-device "virtio-net-pci,netdev=n1,host_mtu=4200,romfile=,mac=52:54:00:78:00:0$host")
  fi
  # pdeathsig: should the launcher be killed outright, the guest goes with it.
  (
    cd "$run_folder" || exit
    exec setpriv --pdeathsig KILL qemu-system-x86_64 "${arguments[@]}"
  ) </dev/null >"$run_folder/qemu-$host.log" 2>&1 &
}

# A comma separates qemu's options; doubled it stands for itself.
quoted() { printf '%s' "${1//,/,,}"; }
