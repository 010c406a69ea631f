#!/bin/bash
# Runs in both of two guests: in the first the tests that need two, in the second the program that they talk with.
# usage: two-hosts.sh JAVA_COMMAND...   (with the class path; what is to be run comes here)

tests_are_over=$TESTBED_OUT/tests-are-over

if [[ $TESTBED_HOST == 2 ]]; then
  "$@" io.verbena.verbs.PeerProgram 7480 &
  program=$!
  while [[ ! -e $tests_are_over ]] && kill -0 "$program" 2>/dev/null; do sleep 0.2; done
  kill "$program" 2>/dev/null
  exit 0
fi

"$@" -Dverbena.peer.port=7480 org.junit.platform.console.ConsoleLauncher execute \
  --select-package io.verbena --include-tag rdma-two-hosts \
  --details=testfeed --disable-banner --disable-ansi-colors --reports-dir "$TESTBED_OUT"
status=$?
: >"$tests_are_over"
exit "$status"
