package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.NetworkInterface;
import java.util.concurrent.TimeUnit;

/**
 * The network interface behind a port of the guest, to pull its cable: it is up again, and the port
 * active with the GID that it had, when this is closed. Only in the testbed's guest: a machine's
 * real network is none of a test's business.
 */
final class GuestLink implements AutoCloseable {
  private final DeviceFixture fixture;
  private final Gid gid;
  private final String name;

  private GuestLink(DeviceFixture fixture, Gid gid, String name) {
    this.fixture = fixture;
    this.gid = gid;
    this.name = name;
  }

  static GuestLink of(DeviceFixture fixture) throws IOException {
    assumeTrue(
        System.getenv("TESTBED_HOST") != null,
        "takes a network interface down: only in the testbed's guest");
    for (GidEntry entry : fixture.context.gids(fixture.port)) {
      if (entry.index() == fixture.gidIndex) {
        return new GuestLink(
            fixture, entry.gid(), NetworkInterface.getByIndex(entry.interfaceIndex()).getName());
      }
    }
    return fail("port " + fixture.port + " has no GID " + fixture.gidIndex);
  }

  void down() throws IOException {
    set("down");
    await(PortState.DOWN);
  }

  void up() throws IOException {
    set("up");
    await(PortState.ACTIVE);
  }

  private void set(String state) throws IOException {
    Process process =
        new ProcessBuilder("ip", "link", "set", name, state).redirectErrorStream(true).start();
    try {
      assertTrue(process.waitFor(20, TimeUnit.SECONDS), "ip does not end");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    }
    assertEquals(0, process.exitValue(), () -> "ip link set " + name + ' ' + state);
  }

  private void await(PortState state) throws IOException {
    long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
    while (!is(state)) {
      assertTrue(System.nanoTime() < deadline, () -> name + " does not bring the port to " + state);
      Thread.onSpinWait();
    }
  }

  private boolean is(PortState state) throws IOException {
    return fixture.context.port(fixture.port).state() == state
        && (state != PortState.ACTIVE
            || fixture.context.gid(fixture.port, fixture.gidIndex).equals(gid));
  }

  @Override
  public void close() throws IOException {
    up();
  }
}
