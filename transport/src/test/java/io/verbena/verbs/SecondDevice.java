package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * One more soft-RoCE device, on a network interface that leads nowhere: enough for queue pairs of
 * one process. Only in the testbed's guest. Gone when this is closed.
 */
public final class SecondDevice implements AutoCloseable {
  /** What the device is called. */
  public static final String NAME = "rxe-second";

  /** The network interface that it is on. */
  public static final String INTERFACE = "second0";

  /** The address of that interface. */
  public static final String ADDRESS = "10.79.0.1";

  private SecondDevice() {}

  /** Adds it. */
  public static SecondDevice add() throws IOException {
    assumeTrue(System.getenv("TESTBED_HOST") != null, "adds a device: only in the testbed's guest");
    run("ip", "link", "add", INTERFACE, "type", "dummy");
    run("ip", "address", "add", ADDRESS + "/24", "dev", INTERFACE);
    run("ip", "link", "set", INTERFACE, "up");
    run("rdma", "link", "add", NAME, "type", "rxe", "netdev", INTERFACE);
    return new SecondDevice();
  }

  /** Takes its network interface down, and so its port. */
  public static void down() throws IOException {
    run("ip", "link", "set", INTERFACE, "down");
  }

  /** Takes it up again: its port is active soon. */
  public static void up() throws IOException {
    run("ip", "link", "set", INTERFACE, "up");
  }

  Context open() throws IOException {
    return Device.named(NAME).open();
  }

  @Override
  public void close() throws IOException {
    run("rdma", "link", "delete", NAME);
    run("ip", "link", "delete", INTERFACE);
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      assertTrue(process.waitFor(20, TimeUnit.SECONDS), "does not end");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    }
    assertEquals(0, process.exitValue(), () -> String.join(" ", command));
  }
}
