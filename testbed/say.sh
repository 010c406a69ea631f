# shellcheck shell=bash
# One voice for every script: progress and complaints go to stderr, because stdout belongs to the command that runs.

say() { printf '%s\n' "$*" >&2; }

# A prerequisite is missing or the call was wrong: one sentence, exit status 2.
fail() {
  say "verbena: $*"
  exit 2
}
