package io.verbena.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Proves the layouts and constants of the bindings with the C compiler and the real headers. */
@DisplayName("The bindings agree with the headers of")
class AbiTest {
  /**
   * Structs that rdma-core 56 has longer than we do, with new members after all of ours. A struct
   * belongs here only if the library never writes past the end of one that we allocated.
   */
  private static final Map<String, String> GROWN_IN_56 =
      Map.of(
          // InlineVerbs.queryPort passes the size of ours along, as C programs do; the exported
          // function without a size fills the shorter one of the first release.
          "size of struct ibv_port_attr", "expected 52, is 56",
          // Allocated by the library; wr_flush was added after the pointers that we call.
          "size of struct ibv_qp_ex", "expected 352, is 360");

  /** What a release says of itself. */
  private static final Map<String, String> VERSION_OF_PMIX_5 =
      Map.of(
          "value of PMIX_VERSION_MAJOR", "expected 4, is 5",
          "value of PMIX_VERSION_MINOR", "expected 2, is 0",
          "value of PMIX_VERSION_RELEASE", "expected 2, is 7");

  @Test
  @DisplayName("this system's libc")
  void libc() throws Exception {
    compare(GeneratedPackage.LIBC, "libc.h", List.of(Path.of("jextract")), "libc", Map.of());
  }

  @Test
  @DisplayName("rdma-core 44 (Debian 12): libibverbs")
  void verbs44() throws Exception {
    compare("bookworm", "libibverbs-dev", "44.", GeneratedPackage.VERBS, Map.of());
  }

  @Test
  @DisplayName("rdma-core 44 (Debian 12): librdmacm")
  void rdmacm44() throws Exception {
    compare("bookworm", "librdmacm-dev", "44.", GeneratedPackage.RDMACM, Map.of());
  }

  @Test
  @DisplayName("PMIx 4.2 (Debian 12)")
  void pmix42() throws Exception {
    compare("bookworm", "libpmix-dev", "4.2.", GeneratedPackage.PMIX, Map.of());
  }

  @Test
  @DisplayName("rdma-core 56 (Debian 13): libibverbs")
  void verbs56() throws Exception {
    compare("trixie", "libibverbs-dev", "56.", GeneratedPackage.VERBS, GROWN_IN_56);
  }

  @Test
  @DisplayName("rdma-core 56 (Debian 13): librdmacm")
  void rdmacm56() throws Exception {
    compare("trixie", "librdmacm-dev", "56.", GeneratedPackage.RDMACM, Map.of());
  }

  @Test
  @DisplayName("PMIx 5.0 (Debian 13)")
  void pmix50() throws Exception {
    compare("trixie", "libpmix-dev", "5.0.", GeneratedPackage.PMIX, VERSION_OF_PMIX_5);
  }

  @Test
  @DisplayName("a header that differs: each difference is found and named")
  void differencesAreNamed() throws Exception {
    requireCompiler();
    List<AbiCheck> wrong =
        List.of(
            new AbiCheck("size of struct pollfd", "sizeof(struct pollfd)", 9),
            new AbiCheck("offset of struct pollfd.gone", "offsetof(struct pollfd, gone)", 4),
            new AbiCheck("offset of struct pollfd.revents", "offsetof(struct pollfd, revents)", 6),
            new AbiCheck("value of EGONE", "(int) (EGONE)", 3));
    Map<String, String> found =
        new AbiProgram(List.of("poll.h", "errno.h"), List.of(), wrong).mismatches(file("wrong"));
    assertEquals("expected 9, is 8", found.get("size of struct pollfd"));
    assertTrue(found.get("offset of struct pollfd.gone").contains("gone"), found::toString);
    assertTrue(found.get("value of EGONE").contains("EGONE"), found::toString);
    assertEquals(3, found.size(), found::toString);
  }

  private static void compare(
      String suite,
      String packageName,
      String version,
      GeneratedPackage generated,
      Map<String, String> allowed)
      throws Exception {
    DebianHeaders headers;
    try {
      headers = DebianHeaders.of(suite);
    } catch (DebianHeaders.UnavailableException e) {
      throw skip(e);
    }
    assertTrue(headers.version(packageName).startsWith(version), headers.version(packageName));
    Map<GeneratedPackage, String> header =
        Map.of(
            GeneratedPackage.VERBS, "infiniband/verbs.h",
            GeneratedPackage.RDMACM, "rdma/rdma_cma.h",
            GeneratedPackage.PMIX, "pmix.h");
    String name = suite + "-" + generated.headerClass();
    compare(generated, header.get(generated), headers.includeFolders(), name, allowed);
  }

  private static void compare(
      GeneratedPackage generated,
      String header,
      List<Path> includeFolders,
      String name,
      Map<String, String> allowed)
      throws Exception {
    requireCompiler();
    List<AbiCheck> checks = new ArrayList<>(LayoutChecks.of(generated));
    checks.addAll(ConstantChecks.of(generated));
    Map<String, String> found =
        new HashMap<>(
            new AbiProgram(List.of(header), includeFolders, checks).mismatches(file(name)));
    System.out.println(name + ": " + checks.size() + " checks");
    allowed.forEach(
        (what, difference) -> {
          if (!found.remove(what, difference)) {
            found.put(what, "allowed to be: " + difference + "; " + found.get(what));
          }
        });
    if (!found.isEmpty()) {
      fail(
          found.entrySet().stream()
              .map(mismatch -> mismatch.getKey() + ": " + mismatch.getValue())
              .sorted()
              .collect(Collectors.joining("\n", found.size() + " mismatches:\n", "")));
    }
  }

  private static Path file(String name) {
    return Path.of("target", "abi", name).toAbsolutePath();
  }

  private static void requireCompiler() throws Exception {
    try {
      DebianHeaders.requireCompiler();
    } catch (DebianHeaders.UnavailableException e) {
      throw skip(e);
    }
  }

  /** Where these tests have to run, being unable to run them is a failure. */
  private static AssertionError skip(DebianHeaders.UnavailableException unavailable) {
    if ("true".equals(System.getenv("CI"))) {
      return new AssertionError(unavailable.getMessage(), unavailable);
    }
    return Assumptions.abort(unavailable.getMessage());
  }
}
