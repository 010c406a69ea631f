package io.verbena.samples;

import io.verbena.TransportException;
import java.io.IOException;
import java.util.Map;

/** How the command line says that something did not work: one line, and an exit status. */
public final class Complaints {
  private static final String VARIABLE = "VERBENA_DEBUG";

  /** It failed. */
  public static final int FAILED = 1;

  /** Wrong use. */
  public static final int MISUSE = 2;

  /** RDMA was required and is not available. */
  public static final int NO_RDMA = 3;

  /** This machine has no RDMA, or not the device that was named. */
  public static final class NoRdma extends IOException {
    private static final long serialVersionUID = 1L;

    NoRdma(String reason) {
      super("RDMA is not available: " + reason);
    }
  }

  private static boolean detailed;

  private Complaints() {}

  /**
   * Whether the environment asks for details; a child process finds out in this way.
   *
   * @return whether {@code VERBENA_DEBUG} is set, and not to 0
   */
  public static boolean areDetailsWanted() {
    String value = System.getenv(VARIABLE);
    return value != null && !value.isBlank() && !value.equals("0");
  }

  /**
   * From now on complaints come with their stack traces, and the library logs what it does; to be
   * called before the library is touched.
   */
  public static void showDetails() {
    detailed = true;
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
  }

  /**
   * Passes {@link #showDetails} on.
   *
   * @param environment of a process that will be started
   */
  public static void passOn(Map<String, String> environment) {
    if (detailed) {
      environment.put(VARIABLE, "1");
    }
  }

  /**
   * Tells the user about a failure.
   *
   * @param e what failed
   * @return the exit status
   */
  public static int report(Throwable e) {
    if (detailed) {
      e.printStackTrace();
    }
    // What the environment did is an IOException, and its message is meant to be read.
    System.err.println("verbena: " + (e instanceof IOException ? sentence(e) : bug(e)));
    return isAbsenceOfRdma(e) ? NO_RDMA : FAILED;
  }

  /**
   * Tells the user about wrong use.
   *
   * @param what what was wrong
   * @return the exit status
   */
  static int misuse(String what) {
    System.err.println("verbena: " + what + " (try ./verbena --help)");
    return MISUSE;
  }

  private static String sentence(Throwable e) {
    return String.valueOf(e.getMessage()).replace('\n', ' ');
  }

  private static String bug(Throwable e) {
    return "this is a bug: " + e + (detailed ? "" : " (--debug shows where)");
  }

  private static boolean isAbsenceOfRdma(Throwable e) {
    return e instanceof NoRdma
        || (e instanceof TransportException transport
            && transport.kind() == TransportException.Kind.RDMA_UNAVAILABLE);
  }
}
