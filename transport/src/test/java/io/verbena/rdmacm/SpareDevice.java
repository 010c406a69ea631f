package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A soft-RoCE device of a test's own, over an interface of its own, to be taken away. Only in the
 * testbed's guest: what devices a machine has is none of a test's business.
 */
final class SpareDevice implements AutoCloseable {
  static final String NAME = "rxe_spare";
  static final String ADDRESS = "10.99.0.1";
  private static final String INTERFACE = "spare0";
  private static final int PATIENCE_SECONDS = 20;

  private @Nullable Process removal;

  SpareDevice() throws IOException {
    assumeTrue(
        System.getenv("TESTBED_HOST") != null,
        "adds and removes an RDMA device: only in the testbed's guest");
    run("ip", "link", "add", INTERFACE, "type", "dummy");
    boolean ready = false;
    try {
      run("ip", "address", "add", ADDRESS + "/24", "dev", INTERFACE);
      run("ip", "link", "set", INTERFACE, "up");
      run("rdma", "link", "add", NAME, "type", "rxe", "netdev", INTERFACE);
      ready = true;
    } finally {
      if (!ready) {
        run("ip", "link", "delete", INTERFACE);
      }
    }
  }

  /** Asks the kernel to take it away, which it does when no process has it open any more. */
  void startRemoving() throws IOException {
    removal = start("rdma", "link", "delete", NAME);
  }

  /** Whether the kernel still waits for somebody who has it open. */
  boolean isBeingRemoved() {
    Process process = removal;
    return process != null && process.isAlive();
  }

  /** Ends when it has gone. */
  void awaitRemoval() throws IOException {
    Process process = Objects.requireNonNull(removal, "startRemoving() comes first");
    assertTrue(ends(process), NAME + " does not go away: a process still has it open");
    assertEquals(0, process.exitValue(), "rdma link delete");
  }

  @Override
  public void close() throws IOException {
    if (removal == null) {
      startRemoving();
    }
    // While the device is there, deleting the interface would block everybody else's "ip", too:
    // rather leave both to the end of the guest.
    awaitRemoval();
    run("ip", "link", "delete", INTERFACE);
  }

  private static void run(String... command) throws IOException {
    Process process = start(command);
    String text = String.join(" ", command);
    assertTrue(ends(process), () -> text + " does not end");
    assertEquals(0, process.exitValue(), text);
  }

  private static boolean ends(Process process) throws IOException {
    try {
      return process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static Process start(String... command) throws IOException {
    return new ProcessBuilder(command).inheritIO().start();
  }
}
