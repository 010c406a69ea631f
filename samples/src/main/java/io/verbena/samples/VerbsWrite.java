package io.verbena.samples;

import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.PortChoice;
import io.verbena.verbs.PortWishes;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.VerbsException;
import java.time.Duration;

/**
 * The verbs themselves: the adapter writes from one half of a page to the other, by a queue pair
 * that is connected to itself.
 */
public final class VerbsWrite {
  private VerbsWrite() {}

  /**
   * Writes once.
   *
   * @param args the name of the device
   * @throws VerbsException if there is no such device, or it refuses
   */
  public static void main(String... args) throws VerbsException {
    String name = args[0];
    // snippet verbs
    PortChoice choice = Device.choose(PortWishes.none().withDevice(name));
    try (Context context = choice.device().open();
        ProtectionDomain domain = context.createDomain();
        CompletionQueue queue = context.createCompletionQueue(256);
        MemoryRegion region = domain.allocate(4096, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
        QueuePair pair = domain.createQueuePair(QueuePairConfig.reliable(queue))) {
      // Two peers would send each other their addresses; this queue pair talks to itself.
      pair.connect(pair.address(choice.port().number(), choice.gid().index()));

      region.memory().setString(0, "written by the adapter");
      pair.sends()
          .signaled()
          .write(1, region, 0, 64, region.address() + 2048, region.rkey())
          .submit();

      queue.await(Duration.ofSeconds(5));
      Completions done = queue.poll();
      while (done.next()) {
        if (!done.succeeded()) {
          throw done.failure();
        }
        System.out.println(done.kind() + " " + done.id() + " is done");
      }
      System.out.println("the other half: " + region.memory().getString(2048));
    }
    // end
  }
}
