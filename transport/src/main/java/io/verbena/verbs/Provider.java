package io.verbena.verbs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What depends on the provider, the user-space driver. Mostly whether posting may be a critical
 * call: only if the provider rings a doorbell in mapped memory. Others, soft-RoCE among them, make
 * a system call, and a critical call would hold up every safepoint of the JVM meanwhile. Nothing in
 * libibverbs tells the difference, so the provider is known by the library file that its {@code
 * post_send} is in.
 */
final class Provider {
  /** Overrides the decision: {@code true} or {@code false}. */
  static final String OVERRIDE = "verbena.post.critical";

  /** {@code true}: queue pairs are created for {@code ibv_wr_*} and posted to through it. */
  static final String EXTENDED = "verbena.post.extended";

  /** Ring a mapped doorbell, by their source in rdma-core; not siw, rxe, hfi1verbs, ipathverbs. */
  private static final Set<String> DOORBELL =
      Set.of(
          "mlx5",
          "mlx4",
          "bnxt_re",
          "irdma",
          "efa",
          "erdma",
          "hns",
          "mana",
          "cxgb4",
          "ocrdma",
          "qedr",
          "vmw_pvrdma");

  /** Posts sends by a system call, but puts receives into a mapped ring. */
  private static final String SOFT_ROCE = "rxe";

  /** {@code librxe-rdmav34.so}, {@code libmlx5.so.1.24.44.0}. */
  private static final Pattern LIBRARY =
      Pattern.compile("lib(\\w+?)(-rdmav\\d+)?\\.so[.\\d]*( \\(deleted\\))?");

  /**
   * What a context asks for again and again.
   *
   * @param criticalSend whether posting sends may be a critical call
   * @param criticalReceive whether posting receives may be a critical call
   * @param invalidateFlags any of these in a receive's flags: its message has ended a memory window
   */
  record Traits(boolean criticalSend, boolean criticalReceive, int invalidateFlags) {}

  private Provider() {}

  static Traits traits(String provider) {
    return new Traits(
        sendsWithoutSystemCall(provider),
        receivesWithoutSystemCall(provider),
        invalidateFlags(provider));
  }

  /** Not unless asked for: each {@code ibv_wr_*} is a call of its own, see decision 4. */
  static boolean postsExtended() {
    return Boolean.getBoolean(EXTENDED);
  }

  /**
   * What a receive has in its flags if its message has ended a memory window: soft-RoCE hands out
   * the kernel's bit, which has another place than the library's and means a checksum there, of
   * which soft-RoCE has none.
   */
  static int invalidateFlags(String provider) {
    return provider.equals(SOFT_ROCE)
        ? Abi.WC_WITH_INVALIDATE | Abi.WC_KERNEL_WITH_INVALIDATE
        : Abi.WC_WITH_INVALIDATE;
  }

  /** The provider of a function; empty if unknown. */
  static String of(long function) {
    try {
      return name(Files.readAllLines(Path.of("/proc/self/maps")), function);
    } catch (IOException e) {
      return "";
    }
  }

  static boolean sendsWithoutSystemCall(String provider) {
    return overridden(DOORBELL.contains(provider));
  }

  static boolean receivesWithoutSystemCall(String provider) {
    return overridden(DOORBELL.contains(provider) || provider.equals(SOFT_ROCE));
  }

  private static boolean overridden(boolean decision) {
    String override = System.getProperty(OVERRIDE);
    return override == null ? decision : Boolean.parseBoolean(override);
  }

  /** The provider whose library is mapped at an address; empty if unknown. */
  static String name(List<String> maps, long address) {
    for (String line : maps) {
      // 7f0a0000-7f0a1000 r-xp 00001000 08:01 1234   /usr/lib/x86_64-linux-gnu/libibverbs/lib...
      String[] fields = line.trim().split("\\s+", 6);
      int dash = fields[0].indexOf('-');
      if (fields.length < 6 || dash < 0) {
        continue;
      }
      long from = Long.parseUnsignedLong(fields[0], 0, dash, 16);
      long to = Long.parseUnsignedLong(fields[0], dash + 1, fields[0].length(), 16);
      if (Long.compareUnsigned(address, from) >= 0 && Long.compareUnsigned(address, to) < 0) {
        Matcher library = LIBRARY.matcher(fields[5].substring(fields[5].lastIndexOf('/') + 1));
        return library.matches() ? library.group(1) : "";
      }
    }
    return "";
  }
}
