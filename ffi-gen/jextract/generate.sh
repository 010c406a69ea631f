#!/usr/bin/env bash
# Regenerates src/generated/java from C headers.
#
#   generate.sh JEXTRACT [HEADERS]
#
# JEXTRACT is the jextract program. HEADERS is a folder with usr/include in it: an unpacked Debian package is enough.
# Without it, the headers of this system are used. README.md says which versions to use.
set -euo pipefail

case $# in
  1 | 2) ;;
  *)
    echo "usage: generate.sh JEXTRACT [HEADERS]" >&2
    exit 2
    ;;
esac
jextract=$(command -v "$1") || {
  echo "there is no program $1" >&2
  exit 2
}
jextract=$(realpath "$jextract")
headers=$(realpath "${2:-/}")
headers=${headers%/}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
generated=$here/../src/generated/java

# With libclang 19 jextract 25 names unnamed unions "union (unnamed at ...)", in Java too, which does not compile.
version=$("$jextract" --version 2>&1)
if [[ $version != *"jextract 25"* || $version != *"clang version 14."* ]]; then
  printf 'jextract 25 with libclang 14 is needed, this is:\n%s\n' "$version" >&2
  exit 2
fi

pmix=
for folder in usr/include usr/lib/x86_64-linux-gnu/pmix2/include; do
  [[ -f $headers/$folder/pmix.h ]] && pmix=$headers/$folder
done
for header in "$headers/usr/include/infiniband/verbs.h" "$headers/usr/include/rdma/rdma_cma.h" "$pmix/pmix.h"; do
  [[ -f $header ]] || {
    echo "no ${header##*/} below $headers: unpack libibverbs-dev, librdmacm-dev and libpmix-dev there" >&2
    exit 2
  }
done

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

# generate PACKAGE CLASS ARGUMENTS FOLDER HEADER [OPTION...]: jextract finds the header from the folder that it is in.
generate() {
  local package=$1 class=$2 arguments=$3 folder=$4 header=$5
  shift 5
  echo "generating io.verbena.ffi.$package"
  (
    cd "$folder"
    "$jextract" --output "$output" -t "io.verbena.ffi.$package" --header-class-name "$class" "$@" \
      -I "$headers/usr/include" "@$here/args/$arguments" "$header"
  )
}

generate verbs Verbs verbs.args "$headers/usr/include" infiniband/verbs.h -l :libibverbs.so.1
generate rdmacm RdmaCm rdmacm.args "$headers/usr/include" rdma/rdma_cma.h -l :librdmacm.so.1
generate libc LibC libc.args "$here" libc.h
generate pmix PMIx pmix.args "$pmix" pmix.h -l :libpmix.so.2

# Only now, so that a failure leaves what was there.
rm -rf "$generated/io"
cp -R "$output/io" "$generated/"
echo "done: see git diff, then run the ABI test"
