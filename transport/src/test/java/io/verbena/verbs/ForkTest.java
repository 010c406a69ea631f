package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.RdmaTest;
import io.verbena.ffi.verbs.Verbs;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Child processes do no harm to registered memory. */
@RdmaTest
class ForkTest {
  private static final int CHILDREN = 5;

  @Test
  void shouldBeSafeByTheKernelOrTheLibrary() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      assertTrue(fixture.context.isOpen());
      assertNotEquals(Verbs.IBV_FORK_DISABLED(), Verbs.ibv_is_fork_initialized());
    }
  }

  @Test
  void shouldGoOnWhileProcessesAreStarted() throws Exception {
    communicateAmongChildren();
  }

  @Test
  void shouldGoOnWhileProcessesAreForked() throws Exception {
    // The way of starting processes is chosen once: in a JVM of its own, with a true fork(2).
    ChildJvm.Ended ended =
        ChildJvm.run(
            ChildJvm.withFlags(List.of("-Djdk.lang.Process.launchMechanism=FORK"), Forking.class));
    assertEquals(0, ended.status(), ended.said());
    assertTrue(ended.said().contains("all children ended"), ended.said());
  }

  /** The JVM that forks. */
  static final class Forking {
    private Forking() {}

    public static void main(String[] arguments) throws Exception {
      communicateAmongChildren();
      System.out.println("all children ended");
    }
  }

  /**
   * Children live while the memory is written from both sides: with a copy-on-write that moves the
   * parent's page, the adapter and Java would see different bytes.
   */
  private static void communicateAmongChildren() throws Exception {
    try (LoopbackPair pair = new LoopbackPair()) {
      LoopbackPair.put(pair.left, 0, "before");
      for (int i = 0; i < CHILDREN; i++) {
        Process child = new ProcessBuilder("sleep", "30").start();
        try {
          assertTrue(child.isAlive());
          String text = "child " + i;
          LoopbackPair.put(pair.left, 0, text);
          LoopbackPair.put(pair.right, 0, "-------");
          pair.leftPair
              .sends()
              .signaled()
              .write(i, pair.left, 0, 7, pair.right.address(), pair.right.rkey())
              .submit();
          LoopbackPair.Done done = pair.leftDone();
          assertTrue(done.succeeded(), done::toString);
          assertEquals(text, LoopbackPair.get(pair.right, 0, 7));
          assertTrue(child.isAlive(), "the child must live while its parent's memory is written");
        } finally {
          child.destroyForcibly().waitFor();
        }
      }
    }
  }
}
