# shellcheck shell=bash
# `verbena test`: Maven's tests here, the RDMA tests in a guest or two, one summary.
# shellcheck disable=SC2154  # verbena_root, testbed_home, jdk_home and the packages are set by the launcher

test_usage() {
  cat <<'USAGE'
usage: verbena test [--no-rdma]

Builds everything and runs all tests: those that need no RDMA on this machine, those that do in a guest with soft-RoCE,
those that spoil the network in two guests (see testbed/README.md). The last line is "N passed, N failed, N skipped".
Installs what that takes: QEMU, RDMA's tools, and the launchers mpirun (Open MPI), mpiexec (MPICH) and srun (Slurm).

  --no-rdma    leave out the guest, for a quick look: the RDMA tests are then not run; nothing is installed, and a launcher
               that is missing is not tested
  -h, --help   this text

Maven's whole output is in target/test.log; the guest's reports and its console log are in target/testbed/.
VERBENA_TEST_TIMEOUT is the deadline of the RDMA tests in seconds (default 2400).

Exit status: 0 all passed, 1 a test failed, no RDMA test was run, or the guest did not come up, 2 for wrong use or a missing
prerequisite.
USAGE
}

test_command() {
  local rdma=1 problems=() maven_status=0 guest_status=0 two_guests_status=0 guest_counts="" two_hosts_counts="" launchers=()
  while (($#)); do
    case $1 in
      -h | --help)
        test_usage
        return 0
        ;;
      --no-rdma) rdma=0 ;;
      *) fail "test: unknown option $1 (see verbena test --help)" ;;
    esac
    shift
  done

  test_log=$verbena_root/target/test.log
  test_reports=$verbena_root/target/testbed
  find_jdk
  require_maven
  if ((rdma)); then
    load_testbed test
    ensure_packages "the tests need" "${testbed_packages[@]}" "${launcher_packages[@]}"
    # Installed, so that a test that misses one is not skipped but fails.
    launchers=(-Dverbena.launchers.required=true)
  fi
  rm -rf "$verbena_root"/*/target/{surefire,failsafe}-reports "$verbena_root"/*/target/test-classpath.txt "$test_reports"
  mkdir -p "$test_reports"

  say "running Maven's tests ..."
  test_maven ${launchers[@]+"${launchers[@]}"} || maven_status=$?
  if ((rdma)); then
    if test_compiled; then
      test_classes
      say "running the RDMA tests in a guest ..."
      (test_in_guest) || guest_status=$?
      say "running those that need two hosts in two guests ..."
      (test_in_two_guests) || two_guests_status=$?
    else
      problems+=("the RDMA tests were not run, because the build did not get to them")
    fi
  fi

  test_results >"$test_reports/results.txt"
  guest_counts=$(test_guest_results | cut -f 1 | grep -cE '^(passed|failed)$' || true)
  if ((maven_status)) && ! test_failures_in "$verbena_root"/*/target/{surefire,failsafe}-reports; then
    problems+=("Maven failed, not for a test: its errors are above, all of its output in $test_log")
  fi
  test_guest_problem "$guest_status" "$test_reports" "the guest"
  test_guest_problem "$two_guests_status" "$test_reports/two-hosts" "one of two guests"
  if ((rdma && guest_counts == 0)); then problems+=("no RDMA test was run"); fi
  two_hosts_counts=$(test_read_reports "$test_reports/two-hosts" | cut -f 1 | grep -cE '^(passed|failed)$' || true)
  if ((rdma && two_hosts_counts == 0)); then problems+=("no RDMA test was run with two hosts"); fi
  test_summary "$rdma" "$guest_counts" ${problems[@]+"${problems[@]}"}
}

# test_guest_problem STATUS REPORTS WHO: adds to `problems` of test_command what the reports do not say.
test_guest_problem() {
  if (($1 >= 124)); then
    problems+=("$3 did not come up, or did not end: its console log is in $2")
  elif (($1)) && ! test_failures_in "$2"; then
    problems+=("the RDMA tests ended with status $1 and no failed test to show for it")
  fi
}

# test_maven OPTION...: runs Maven; shows the modules, test classes and errors as they come, without Maven's advice about its
# own options.
test_maven() {
  local pipe=$verbena_root/target/test.pipe status=0 show
  rm -f "$pipe"
  mkfifo "$pipe"
  tee "$test_log" <"$pipe" |
    grep --line-buffered -E '^\[INFO\] (Building [^j]|Running |Tests run: .* in |BUILD )|^\[WARNING\] .*Tests run|^\[ERROR\]' |
    grep --line-buffered -vE '^\[ERROR\] *($|-> \[|\[Help|See |To see|Re-run|For more|After correcting|mvn <args>)' |
    sed -u -E -e 's/^\[(INFO|WARNING)\] //' -e 's/ -> \[Help.*//' &
  show=$!
  (cd "$verbena_root" && exec mvn -B -ntp --fail-at-end verify -Dverbena.excludedGroups=rdma "$@") </dev/null >"$pipe" 2>&1 &
  test_process=$!
  trap 'kill "$test_process" 2>/dev/null; rm -f "$verbena_root/target/test.pipe"; exit 130' INT
  trap 'kill "$test_process" 2>/dev/null; rm -f "$verbena_root/target/test.pipe"; exit 143' TERM
  wait "$test_process" || status=$?
  trap - INT TERM
  wait "$show" || true
  rm -f "$pipe"
  ((status == 0)) || test_stack_traces
  return "$status"
}

# The failed tests' messages and stack traces, which Maven prints between its own lines.
test_stack_traces() {
  awk '
    /^\[ERROR\] .* <<< (FAILURE|ERROR)!/ && !/Tests run:/ { left = 30; print ""; sub(/^\[ERROR\] /, ""); print; next }
    /^\[/ || /^$/ { left = 0 }
    left-- > 0 { print "  " $0 }
  ' "$test_log"
}

# test_java FOLDER: sets test_command_line to a JVM that has all tests, and leaves what it says on a crash in FOLDER.
test_java() {
  # TieredStopAtLevel=1: on the emulated CPU the optimising compiler costs more than it wins back in a test run.
  test_command_line=("$jdk_home/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${test_archive[@]+"${test_archive[@]}"}
    -XX:ErrorFile="$1/hs_err_%p.log" --enable-native-access=ALL-UNNAMED -Dverbena.rdma.required=true -cp "$test_class_path")
}

# A subshell's body: it sets traps of its own.
test_in_guest() {
  cd "$verbena_root" || exit
  test_java "$test_reports"
  testbed_command --out "$test_reports" --timeout "${VERBENA_TEST_TIMEOUT:-2400}" -- \
    "${test_command_line[@]}" org.junit.platform.console.ConsoleLauncher execute \
    --scan-classpath "$test_scanned" \
    --include-tag rdma --exclude-tag rdma-two-hosts \
    --details=testfeed --disable-banner --disable-ansi-colors --reports-dir "$test_reports"
}

# Likewise.
test_in_two_guests() {
  cd "$verbena_root" || exit
  test_java "$test_reports/two-hosts"
  testbed_command --hosts 2 --out "$test_reports/two-hosts" --timeout "${VERBENA_TEST_TIMEOUT:-600}" -- \
    "$testbed_home/two-hosts.sh" "${test_command_line[@]}"
}

# Whether Maven got as far as compiling all tests.
test_compiled() {
  local module
  for module in transport samples; do
    [[ -f $verbena_root/$module/target/test-classpath.txt && -d $verbena_root/$module/target/test-classes ]] || return 1
  done
}

# Each test case of the reports below the given folders, as report.awk prints it.
test_read_reports() {
  local reports=() report
  while IFS= read -r report; do reports+=("$report"); done < <(find "$@" -name 'TEST-*.xml' 2>/dev/null | sort)
  ((${#reports[@]} == 0)) || awk -f "$testbed_home/report.awk" "${reports[@]}"
}

test_guest_results() { test_read_reports "$test_reports"; }

test_results() {
  test_read_reports "$verbena_root"/*/target/{surefire,failsafe}-reports
  test_guest_results
}

test_failures_in() {
  local count
  # Not grep -q: it would end before the reports are read, which pipefail takes for a failure.
  count=$(test_read_reports "$@" | grep -c '^failed' || true)
  ((count))
}

# test_summary RDMA GUEST_COUNT PROBLEM...: returns 1 when something is wrong.
test_summary() {
  local rdma=$1 guest_count=$2 results=$test_reports/results.txt passed failed skipped problem
  shift 2
  passed=$(grep -c '^passed' "$results" || true)
  failed=$(grep -c '^failed' "$results" || true)
  skipped=$(grep -c '^skipped' "$results" || true)
  echo
  if ((skipped)); then
    echo "Skipped:"
    awk -F '\t' '$1 == "skipped" { print "  " $2 ": " $3 }' "$results"
  fi
  if ((failed)); then
    echo "Failed:"
    awk -F '\t' '$1 == "failed" { print "  " $2 ": " $3 }' "$results"
  fi
  if ((rdma)); then
    echo "RDMA tests run in the guest: $guest_count"
  else
    echo "RDMA tests were not run (--no-rdma)"
  fi
  for problem in "$@"; do echo "Problem: $problem"; done
  echo "$passed passed, $failed failed, $skipped skipped"
  (($# == 0 && failed == 0))
}
