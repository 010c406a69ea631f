#!/bin/bash
# Runs in both of two guests: in the first the tests that need two, in the second the programs that they talk with.
# usage: two-hosts.sh JAVA_COMMAND...   (with the class path; what is to be run comes here)

tests_are_over=$TESTBED_OUT/tests-are-over
doctor_is_wanted=$TESTBED_OUT/doctor-is-wanted

if [[ $TESTBED_HOST == 2 ]]; then
  programs=()
  "$@" io.verbena.verbs.PeerProgram 7480 &
  programs+=($!)
  "$@" io.verbena.rdmacm.CmPeerProgram 7481 &
  programs+=($!)
  "$@" io.verbena.EchoPeerProgram 7482 &
  programs+=($!)
  doctor=""
  while [[ ! -e $tests_are_over ]] && kill -0 "${programs[@]}" 2>/dev/null; do
    if [[ -z $doctor && -e $doctor_is_wanted ]]; then
      # Not at once: four JVMs that start on emulated processors keep the first test waiting for too long.
      "$@" io.verbena.DoctorPeerProgram 7483 &
      doctor=$!
      programs+=("$doctor")
    fi
    sleep 0.2
  done
  kill "${programs[@]}" 2>/dev/null
  exit 0
fi

# run_tests REPORTS OPTION...
run_tests() {
  local reports=$TESTBED_OUT/$1
  shift
  "${java[@]}" -Dverbena.peer.port=7480 -Dverbena.cm.peer.port=7481 -Dverbena.echo.port=7482 -Dverbena.doctor.port=7483 \
    org.junit.platform.console.ConsoleLauncher execute "$@" --include-tag rdma-two-hosts \
    --details=testfeed --disable-banner --disable-ansi-colors --reports-dir "$reports"
}

java=("$@")
status=0
# Apart, because librdmacm keeps a device open as long as its process lives, and a test of the verbs takes it away.
# The doctor's look at a peer tries rdma_cm, too.
run_tests verbs --select-package io.verbena --exclude-package io.verbena.rdmacm \
  --exclude-classname '.*\.TwoHostDoctorTest' || status=$?
: >"$doctor_is_wanted"
run_tests rdmacm --select-package io.verbena.rdmacm --select-class io.verbena.TwoHostDoctorTest || status=$?
: >"$tests_are_over"
exit "$status"
