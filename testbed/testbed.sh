# shellcheck shell=bash
# `verbena testbed`: boot one or two guests, run a command in each, end them.

testbed_usage() {
  cat <<'USAGE'
usage: verbena testbed [--hosts 1|2] [--memory MB] [--out DIR] [--timeout SECONDS] -- COMMAND [ARGUMENT...]

Boots one or two Linux guests with soft-RoCE, the kernel's RDMA over Ethernet in software, and runs COMMAND in each,
in this folder. The guests see the files of this machine; what they write is forgotten, but for DIR.

  --hosts 1|2         how many guests; two are joined by a network of their own (default 1)
  --memory MB         memory of each guest (default 4096; 1536 with two hosts)
  --out DIR           a folder that the command may write to, as $TESTBED_OUT; the console log is left there, too
  --timeout SECONDS   deadline for the command (default 900)
  -h, --help          this text

The command sees TESTBED_HOST (1 or 2), TESTBED_HOSTS, TESTBED_OUT, TESTBED_ADDRESS (of its RDMA interface) and, with
two hosts, TESTBED_PEER_ADDRESS, TESTBED_CONTROL_ADDRESS and TESTBED_PEER_CONTROL_ADDRESS; besides, from here, PATH,
HOME, JAVA_HOME, CI and everything that starts with VERBENA_.

Exit status: the command's own (with two hosts the first that is not zero), 2 for wrong use or a missing prerequisite,
124 when the command was not done at its deadline, 125 when a guest did not come up or died.
USAGE
}

testbed_command() {
  run_hosts=1 run_memory="" run_out="" run_timeout=900 run_command=()
  while (($#)); do
    case $1 in
      -h | --help)
        testbed_usage
        return 0
        ;;
      --hosts | --memory | --out | --timeout)
        (($# > 1)) || fail "testbed: $1 needs a value"
        testbed_option "$1" "$2"
        shift 2
        ;;
      --hosts=* | --memory=* | --out=* | --timeout=*)
        testbed_option "${1%%=*}" "${1#*=}"
        shift
        ;;
      --)
        shift
        run_command=("$@")
        break
        ;;
      *) fail "testbed: unknown option $1 (the command goes after --; see verbena testbed --help)" ;;
    esac
  done
  ((${#run_command[@]})) || fail "testbed: no command given (verbena testbed -- COMMAND...)"
  build_for_guest "${run_command[@]}"
  run_testbed
}

testbed_option() {
  case $1 in
    --hosts)
      [[ $2 == [12] ]] || fail "testbed: --hosts is 1 or 2, not '$2'"
      run_hosts=$2
      ;;
    --memory)
      [[ $2 =~ ^[0-9]{3,6}$ ]] || fail "testbed: --memory is a number of megabytes, at least 512, not '$2'"
      ((10#$2 >= 512)) || fail "testbed: --memory is a number of megabytes, at least 512, not '$2'"
      run_memory=$2
      ;;
    --timeout)
      [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || fail "testbed: --timeout is a number of seconds, not '$2'"
      run_timeout=$2
      ;;
    --out)
      { mkdir -p -- "$2" && [[ -w $2 ]]; } 2>/dev/null || fail "testbed: cannot write to the folder '$2' (--out)"
      run_out=$(cd -- "$2" && pwd -P)
      ;;
  esac
}

# Returns the exit status that testbed_usage promises. The variables run_* are the call's.
run_testbed() {
  local boot_seconds=${VERBENA_TESTBED_BOOT_SECONDS:-90} host folder started status=0

  : "${run_memory:=$((run_hosts == 1 ? 4096 : 1536))}"
  run_pids=() run_copiers=() run_folder='' testbed_work=''
  trap end_run EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # shellcheck disable=SC2154  # set by packages.sh
  ensure_packages "the testbed needs" "${testbed_packages[@]}"
  ensure_kernel
  run_folder=$(mktemp -d "${TMPDIR:-/tmp}/verbena-testbed.XXXXXX")
  if [[ -z $run_out ]]; then
    run_out=$run_folder/results
    mkdir "$run_out"
  fi

  started=$SECONDS
  for ((host = 1; host <= run_hosts; host++)); do
    folder=$run_folder/$host
    mkdir "$folder"
    write_job "$host" "$folder"
    start_machine "$host" "$folder"
    run_pids[host]=$!
    # The second connects to sockets of the first.
    if ((host < run_hosts)); then wait_for_file "$run_folder/control.socket" "${run_pids[host]}"; fi
    copy_output "$host" "$folder/out" &
    run_copiers+=($!)
    copy_output "$host" "$folder/err" >&2 &
    run_copiers+=($!)
  done

  watch_guests "$started" "$boot_seconds" || status=$?
  stop_guests
  wait "${run_copiers[@]}" || true
  if ((status >= 124)) && [[ -n $run_reason ]]; then show_consoles; fi
  end_run
  trap - EXIT HUP INT TERM
  return "$status"
}

wait_for_file() {
  while [[ ! -e $1 ]] && kill -0 "$2" 2>/dev/null; do sleep 0.05; done
}

# Follows one of a guest's output files until its machine is gone, and then to its end.
copy_output() {
  local host=$1 file=$2 line
  if ((run_hosts == 1)); then
    exec tail -q -c +1 -s 0.2 --pid="${run_pids[host]}" -f "$file"
  fi
  tail -q -c +1 -s 0.2 --pid="${run_pids[host]}" -f "$file" | while IFS= read -r line || [[ -n $line ]]; do
    printf '[%s] %s\n' "$host" "$line"
  done
}

# Waits until every command has ended, a guest is gone, or a deadline has passed. Sets run_reason in the bad cases.
watch_guests() {
  local booted=$1 boot_seconds=$2 host folder up finished began="" status
  run_reason=
  while :; do
    up=0 finished=0
    for ((host = 1; host <= run_hosts; host++)); do
      folder=$run_folder/$host
      if [[ -e $folder/up ]]; then up=$((up + 1)); fi
      if [[ -e $folder/status ]]; then
        finished=$((finished + 1))
      elif ! kill -0 "${run_pids[host]}" 2>/dev/null; then
        run_reason="guest $host died"
        [[ -e $folder/up ]] || run_reason="guest $host did not come up"
        return 125
      elif [[ ! -e $folder/up ]] && ((SECONDS - booted > boot_seconds)); then
        run_reason="guest $host did not come up in $boot_seconds s"
        return 125
      elif [[ -n $began ]] && ((SECONDS - began > run_timeout)); then
        run_reason="the command was not done after $run_timeout s (guest $host)"
        return 124
      fi
    done
    ((finished < run_hosts)) || break
    if [[ -z $began ]] && ((up == run_hosts)); then
      began=$SECONDS
      for ((host = 1; host <= run_hosts; host++)); do : >"$run_folder/$host/go"; done
    fi
    sleep 0.1
  done
  for ((host = 1; host <= run_hosts; host++)); do
    status=$(<"$run_folder/$host/status")
    ((status == 0)) || return "$status"
  done
}

stop_guests() {
  local pid
  for pid in "${run_pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${run_pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}

show_consoles() {
  local host
  for ((host = 1; host <= run_hosts; host++)); do
    say "--- console of guest $host, last lines ---"
    cat "$run_folder/qemu-$host.log" >&2
    tail -n 60 "$run_folder/console-$host.log" 2>/dev/null | tr -d '\r' >&2
  done
  say "verbena testbed: $run_reason"
}

# Leaves nothing behind, however the run ends.
end_run() {
  local pid
  stop_guests
  for pid in "${run_copiers[@]}"; do kill "$pid" 2>/dev/null || true; done
  if [[ -n $testbed_work ]]; then rm -rf -- "$testbed_work"; fi
  if [[ -d $run_folder ]]; then
    if [[ $run_out != "$run_folder/results" ]]; then
      cp "$run_folder"/console-*.log "$run_out" 2>/dev/null || true
    fi
    rm -rf -- "$run_folder"
  fi
}
