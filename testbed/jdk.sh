# shellcheck shell=bash
# Finding a JDK and a Maven that are new enough. Works with bash 3.2, as macOS has it.

jdk_least=25

# Prints the major version of the JDK in folder $1; fails when there is none. Reading its `release` file takes no time,
# starting its JVM would.
jdk_version() {
  local version
  [[ -x $1/bin/java && -x $1/bin/javac && -r $1/release ]] || return 1
  version=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release")
  [[ -n $version ]] && printf '%s\n' "$version"
}

jdk_new_enough() {
  local version
  version=$(jdk_version "$1") && ((version >= jdk_least))
}

# Sets jdk_home and exports it as JAVA_HOME, which Maven and processes that we start use, too.
find_jdk() {
  local folder version best=""
  jdk_home=
  if [[ -n ${JAVA_HOME:-} ]] && jdk_new_enough "$JAVA_HOME"; then
    jdk_home=$JAVA_HOME
  elif folder=$(jdk_on_path) && jdk_new_enough "$folder"; then
    jdk_home=$folder
  else
    # The oldest that will do: it is the one that the build is known to work with.
    for folder in /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* "$HOME"/.jdks/* \
      "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
      version=$(jdk_version "$folder") || continue
      if ((version >= jdk_least)) && [[ -z $best || $version -lt $best ]]; then
        best=$version
        jdk_home=$folder
      fi
    done
  fi
  [[ -n $jdk_home ]] ||
    fail "no JDK $jdk_least or newer found: install one (https://adoptium.net, or: sdk install java 25-tem) or set JAVA_HOME to it"
  export JAVA_HOME=$jdk_home
}

# The folder of the JDK that the `java` on the PATH belongs to.
jdk_on_path() {
  local program link
  program=$(command -v java) || return 1
  while [[ -L $program ]]; do
    link=$(readlink "$program")
    [[ $link == /* ]] || link=$(dirname "$program")/$link
    program=$link
  done
  (cd "$(dirname "$program")/.." && pwd -P)
}

require_maven() {
  local version cure="install Maven 3.8.7 or newer (Debian and Ubuntu: apt-get install maven; otherwise https://maven.apache.org)"
  command -v mvn >/dev/null || fail "Maven is needed to build: $cure"
  version=$(mvn -B --version 2>/dev/null | sed -n 's/.*Apache Maven \([0-9]*\.[0-9]*\.[0-9]*\).*/\1/p')
  [[ $(printf '%s\n' 3.8.7 "$version" | sort -V | sed -n 1p) == 3.8.7 ]] ||
    fail "Maven ${version:-of unknown version} is too old: $cure"
}
