package io.verbena.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import org.jspecify.annotations.Nullable;

/** Finds out, once, why a library cannot be used. Touches no generated class. */
final class LibraryProbe {
  private static final String NO_SUCH_FILE =
      ": cannot open shared object file: No such file or directory";

  private final String library;
  private final String oldestRelease;
  private final String newestSymbol;
  private boolean probed;
  private @Nullable String cause;

  /**
   * A probe that has not looked yet.
   *
   * @param library the name for the dynamic linker
   * @param oldestRelease the first release with all that the bindings call
   * @param newestSymbol a function that it has and its predecessors have not
   */
  LibraryProbe(String library, String oldestRelease, String newestSymbol) {
    this.library = library;
    this.oldestRelease = oldestRelease;
    this.newestSymbol = newestSymbol;
  }

  /** Null when the library can be used. */
  synchronized @Nullable String cause() {
    if (!probed) {
      String platform = platformCause(System.getProperty("os.name"), System.getProperty("os.arch"));
      cause = platform != null ? platform : libraryCause();
      probed = true;
    }
    return cause;
  }

  /** Why the bindings are wrong on a platform: their layouts hold for Linux on x86-64 only. */
  static @Nullable String platformCause(String osName, String osArchitecture) {
    if (!osName.equals("Linux")) {
      String family = osName.startsWith("Windows") ? "Windows" : osName;
      return "this is " + family.replace("Mac OS X", "macOS") + ": RDMA needs Linux";
    }
    if (!osArchitecture.equals("amd64") && !osArchitecture.equals("x86_64")) {
      return "this JVM is for " + osArchitecture + ": Verbena's bindings are for 64-bit x86";
    }
    return null;
  }

  private @Nullable String libraryCause() {
    try {
      SymbolLookup found = SymbolLookup.libraryLookup(library, Arena.global());
      return found.find(newestSymbol).isPresent()
          ? null
          : library + " is older than " + oldestRelease + " (it has no " + newestSymbol + ")";
    } catch (IllegalArgumentException e) {
      String reason = DynamicLinker.reasonFor(library);
      boolean absent = reason == null || reason.equals(library + NO_SUCH_FILE);
      return library + (absent ? " is not installed" : " cannot be loaded (" + reason + ")");
    } catch (IllegalCallerException e) {
      Module module = LibraryProbe.class.getModule();
      return "native access is denied to Verbena: start java with --enable-native-access="
          + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    } catch (UnsupportedOperationException e) {
      return "this JVM has no native linker";
    }
  }
}
