#!/usr/bin/env bash
# Unpacks Debian packages of a suite into a folder, without installing them.
#
#   fetch-headers.sh SUITE FOLDER PACKAGE...
#
# SUITE need not be the suite of this system: its index is kept in an apt state of its own, away from the system's.
# The archive's address and the keys that it is trusted by are those of the system's own apt configuration. FOLDER
# appears whole or not at all, with the packages' versions in FOLDER/versions.
#
# Exit status: 0 FOLDER is there; 2 misuse; 3 this machine cannot fetch it, and the last line on standard error says why.
set -euo pipefail

unavailable() {
  echo "$1" >&2
  exit 3
}

[[ $# -ge 3 ]] || { echo "usage: fetch-headers.sh SUITE FOLDER PACKAGE..." >&2; exit 2; }
suite=$1
folder=$2
shift 2
packages=("$@")

[[ -d $folder ]] && exit 0
for tool in apt-get apt-config dpkg-deb; do
  command -v "$tool" >/dev/null || unavailable "$tool is not installed: only Debian and its derivatives have it"
done
# shellcheck source=/dev/null
codename=$(. /etc/os-release && [[ ${ID-} == debian ]] && echo "${VERSION_CODENAME-}") ||
  unavailable "this is not Debian: its archive does not serve $suite"

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,tree,download}
: >"$work/status"
# After the system's own settings, so that its hooks and its extra indexes are left out and its proxy is not.
cat >"$work/apt.conf" <<EOF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "$work/state";
Dir::State::lists "$work/state/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Cache::archives "$work/cache/archives";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
EOF

# Which archive the system gets its own suite from: apt tells, whatever the format of its configuration.
archive=$(apt-get -o Dir::State::lists="$work/state/lists" update --print-uris 2>"$work/log" |
  sed -n "s|^'\(.*\)/dists/$codename/InRelease' .*|\1|p" | sed -n 1p) || true
[[ -n $archive ]] || unavailable "apt is not configured with an archive of $codename"

# The value of Signed-By for that archive, in either format; nothing means apt's trusted.gpg.d.
signed_by() {
  local parts list
  eval "$(apt-config shell parts Dir::Etc::sourceparts/d list Dir::Etc::sourcelist/f)"
  { find "$list" "$parts" -name '*.list' -o -name '*.sources' 2>/dev/null || true; } | sort | xargs -r -d '\n' cat |
    awk -v archive="$archive" '
      BEGIN { RS = ""; FS = "\n" }
      !index($0, archive) { next }
      { for (i = 1; i <= NF; i++) {
          if ($i ~ /^Signed-By: *\//) { sub(/^Signed-By: */, "", $i); print $i }
          if ($i ~ /^deb .*signed-by=/ && index($i, archive)) { sub(/.*signed-by=/, "", $i); sub(/[],  ].*/, "", $i); print $i } } }'
}

# update KEYRING NAME...: makes the index of those suites that of our apt state.
update() {
  local keyring=$1 name
  shift
  : >"$work/sources.list"
  for name in "$@"; do
    echo "deb ${keyring:+[signed-by=$keyring] }$archive $name main" >>"$work/sources.list"
  done
  apt-get -c "$work/apt.conf" -q --error-on=any update >"$work/log" 2>&1
}

# What apt complained of last, in a line.
complaint() {
  sed -n 's/^[EW]: *//p' "$work/log" | sed -n 1p
}

download() {
  (cd "$work/download" && apt-get -c "$work/apt.conf" -q download "$@" >"$work/log" 2>&1)
}

keyring=$(signed_by | sed -n 1p)
if ! update "$keyring" "$suite"; then
  grep -q NO_PUBKEY "$work/log" || unavailable "apt cannot read $suite of $archive: $(complaint)"
  # The suite is younger than the keys here. The keys' own package, from the suite that they do trust, has newer ones.
  if ! update "$keyring" "$codename" "$codename-updates" || ! download debian-archive-keyring; then
    unavailable "this system's keys are older than $suite: upgrade debian-archive-keyring"
  fi
  dpkg-deb -x "$work"/download/*.deb "$work/keys"
  rm "$work"/download/*.deb
  keyring=$work/keys/usr/share/keyrings/debian-archive-keyring.gpg
  update "$keyring" "$suite" || unavailable "this system's keys are older than $suite: $(complaint)"
fi
download "${packages[@]}" ||
  unavailable "apt cannot download ${packages[*]} of $suite: $(complaint)"

for package in "$work"/download/*.deb; do
  dpkg-deb -x "$package" "$work/tree"
  # shellcheck disable=SC2016 # dpkg's own placeholders
  dpkg-deb --show --showformat '${Package} ${Version}\n' "$package" >>"$work/tree/versions"
done
# Whoever is first wins; mv -T onto another run's finished folder fails, and that folder is as good.
mv -T "$work/tree" "$folder" 2>/dev/null || [[ -d $folder ]]
