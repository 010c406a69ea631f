# shellcheck shell=bash
# Building what a command needs, and only when something changed. Works with bash 3.2, as macOS has it.
# shellcheck disable=SC2154  # verbena_root is set by the launcher

# ensure_built MODULE: samples or benchmarks, with what they depend on.
ensure_built() {
  local module=$1 state=$verbena_root/target/launcher
  if [[ -n ${TESTBED_HOST:-} ]]; then
    # Inside the testbed's guest. The host has built before it started the guest.
    [[ -f $verbena_root/$module/target/classpath.txt ]] ||
      fail "$module is not built; start the guest with: ./verbena testbed -- ./verbena ..."
    return 0
  fi
  if up_to_date "$module" "$state"; then return 0; fi
  require_maven
  mkdir -p "$state"
  # Two builds at once would destroy each other's work; the second then finds nothing left to do. mpirun starts many.
  exec 9>"$state/lock"
  lock 9 -n || {
    say "waiting for another build to end ..."
    lock 9 || say "cannot lock $state/lock: builds at once may fail"
  }
  if ! up_to_date "$module" "$state"; then build "$module" "$state"; fi
  exec 9>&-
}

# lock DESCRIPTOR [-n]: holds until the descriptor is closed; -n fails instead of waiting. macOS has no flock, but Perl.
lock() {
  if command -v flock >/dev/null; then
    flock ${2:+"$2"} "$1"
  else
    perl -e '
      use Fcntl ":flock";
      open(my $lock, ">&=", $ARGV[0]) or exit 1;
      flock($lock, @ARGV > 1 ? LOCK_EX | LOCK_NB : LOCK_EX) or exit 1' "$@"
  fi
}

up_to_date() {
  local module=$1 stamp=$2/$1.built folders=(ffi-gen transport) folder
  [[ -f $stamp && -f $verbena_root/$module/target/classpath.txt ]] || return 1
  folders+=("$module")
  for folder in "${folders[@]}"; do
    [[ -d $verbena_root/$folder/target/classes ]] || return 1
  done
  # A deleted file shows as a newer folder. What tests and documents say does not matter here.
  [[ -z $(cd "$verbena_root" && find pom.xml "${folders[@]}" \
    \( -name target -o -path '*/src/test' -o -path '*/jextract' -o -name '*.md' -o -name results \) -prune -o \
    \( -newer "$stamp" \( -type f -o -path '*/src/*' \) -print -quit \)) ]]
}

build() {
  local module=$1 state=$2 log=$verbena_root/target/build.log status=0 began=$SECONDS message
  # Taken before the build, so that what is edited meanwhile counts as newer.
  : >"$state/$module.building"
  message="building Verbena (the first time takes a minute or two)"
  [[ -t 2 ]] || say "$message ..."
  (cd "$verbena_root" && exec mvn -B -q -ntp -Pquick -pl "$module" -am package) </dev/null >"$log" 2>&1 9>&- &
  build_process=$!
  trap 'kill "$build_process" 2>/dev/null; exit 130' INT
  trap 'kill "$build_process" 2>/dev/null; exit 143' TERM
  while kill -0 "$build_process" 2>/dev/null; do
    if [[ -t 2 ]]; then printf '\r%s ... %d s ' "$message" "$((SECONDS - began))" >&2; fi
    sleep 0.3
  done
  wait "$build_process" || status=$?
  trap - INT TERM
  if [[ -t 2 ]]; then printf '\r%*s\r' 79 '' >&2; fi
  if ((status)); then
    # Maven ends with advice about its own options, which begins at "-> [Help".
    grep -E '^\[ERROR\]|^\[FATAL\]|^The JAVA_HOME' "$log" | sed -e 's/ -> \[Help.*//' -e '/^\[ERROR\] *$/,$d' |
      awk '!seen[$0]++' | head -n 40 >&2 || true
    fail "the build failed; all of its output is in $log"
  fi
  mv "$state/$module.building" "$state/$module.built"
}

# The class path that runs MODULE.
built_class_path() {
  printf '%s:%s' "$verbena_root/$1/target/classes" "$(<"$verbena_root/$1/target/classpath.txt")"
}

# A guest does not build (its writes are forgotten): bring up to date here what a command of ours will run there.
build_for_guest() {
  local word
  for word in "$@"; do
    if [[ $word =~ (^|[/[:space:]])verbena($|[[:space:]]) ]]; then
      find_jdk
      ensure_built samples
      if [[ " $* " == *" perf "* ]]; then ensure_built benchmarks; fi
      return
    fi
  done
}
