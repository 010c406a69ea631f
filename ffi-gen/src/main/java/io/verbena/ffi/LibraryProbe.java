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
  private @Nullable Finding found;

  private record Finding(Availability availability, @Nullable String cause) {}

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
  @Nullable String cause() {
    return look().cause;
  }

  Availability availability() {
    return look().availability;
  }

  private synchronized Finding look() {
    Finding known = found;
    if (known == null) {
      String platform = platformCause(System.getProperty("os.name"), System.getProperty("os.arch"));
      known = platform == null ? library() : new Finding(Availability.WRONG_PLATFORM, platform);
      found = known;
    }
    return known;
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

  private Finding library() {
    try {
      SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
      return symbols.find(newestSymbol).isPresent()
          ? new Finding(Availability.AVAILABLE, null)
          : new Finding(
              Availability.TOO_OLD,
              library + " is older than " + oldestRelease + " (it has no " + newestSymbol + ")");
    } catch (IllegalArgumentException e) {
      String reason = DynamicLinker.reasonFor(library);
      return reason == null || reason.equals(library + NO_SUCH_FILE)
          ? new Finding(Availability.ABSENT, library + " is not installed")
          : new Finding(Availability.BROKEN, library + " cannot be loaded (" + reason + ")");
    } catch (IllegalCallerException e) {
      Module module = LibraryProbe.class.getModule();
      return new Finding(
          Availability.DENIED,
          "native access is denied to Verbena: start java with --enable-native-access="
              + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
    } catch (UnsupportedOperationException e) {
      return new Finding(Availability.WRONG_PLATFORM, "this JVM has no native linker");
    }
  }
}
