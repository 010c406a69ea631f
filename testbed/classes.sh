# shellcheck shell=bash
# The tests' classes as the guest wants them: in jars, and in an archive of class data (CDS). A JVM maps that in place of
# reading, parsing and verifying thousands of classes, which on the emulated CPU is a third of what a short program takes.
# shellcheck disable=SC2034,SC2154  # verbena_root, jdk_home, test_reports are set by the launcher and test.sh, which uses what is set here

# Sets test_class_path, test_scanned (where tests are looked for) and test_archive (flags; none if there is no archive).
test_classes() {
  # Not in the folder of --out, of which a guest keeps nothing in memory.
  local folder=$verbena_root/target/testbed-classes places=() place module jar
  rm -rf "$folder"
  mkdir -p "$folder"
  test_class_path="" test_scanned="" test_archive=()
  for module in "$verbena_root"/{transport,samples}/target; do
    IFS=: read -r -a places <<<"$module/test-classes:$module/classes:$(<"$module/test-classpath.txt")"
    for place in "${places[@]}"; do
      if [[ -d $place ]]; then
        # An archive knows of no class in a folder.
        jar=${place%/target/*}
        jar=$folder/${jar##*/}-${place##*/}.jar
        [[ -e $jar ]] || test_pack "$place" "$jar" >>"$folder/ours"
        [[ $place != */test-classes ]] || test_scanned+=${test_scanned:+:}$jar
        place=$jar
      fi
      test_class_path+=${test_class_path:+:}$place
    done
  done
  if test_archive_classes "$folder" >"$test_reports/archive.log" 2>&1; then
    # Relocating (the default) would touch the whole archive at every start.
    test_archive=("-XX:SharedArchiveFile=$folder/classes.jsa" -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0)
  else
    say "the guest's JVMs start without an archive of their classes, slower; $test_reports/archive.log says why"
  fi
}

# test_pack CLASSES JAR: prints the classes. Not compressed: unpacking would cost the guest.
test_pack() {
  "$jdk_home/bin/jar" --create --no-compress --file "$2" -C "$1" .
  (cd "$1" && find . -name '*.class' ! -name '*-info.class')
}

test_archive_classes() {
  # As in the guest: an archive is for one collector and one class path.
  local folder=$1 java=("$jdk_home/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
    --enable-native-access=ALL-UNNAMED -cp "$test_class_path")
  # A test that needs no RDMA shows what the others take from the JDK, JUnit and Netty, and the JDK's lambdas. Whether it
  # passes is Maven's business.
  "${java[@]}" -XX:DumpLoadedClassList="$folder/loaded" org.junit.platform.console.ConsoleLauncher execute \
    --select-class io.verbena.TcpMixedMessageTest --details=none --disable-banner || true
  { sed -e '/^#/d' -e 's/ id: .*//' "$folder/loaded" && sed -e 's,^\./,,' -e 's,\.class$,,' "$folder/ours"; } |
    awk '!seen[$0]++' >"$folder/list"
  "${java[@]}" -Xshare:dump -XX:SharedClassListFile="$folder/list" -XX:SharedArchiveFile="$folder/classes.jsa" || return
  # Fails where the guest's JVMs would quietly go on without.
  "${java[@]}" -Xshare:on -XX:SharedArchiveFile="$folder/classes.jsa" -version
}
