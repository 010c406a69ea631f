package io.verbena.memory;

import io.verbena.RdmaDevice;
import io.verbena.verbs.Context;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@link PeerReadableSourceTest} runs as a user who may lock {@link #LIMIT} bytes. */
final class PeerReadableProgram {
  static final int LIMIT = 256 << 10;

  private static final int TOO_MUCH = 2 * LIMIT;
  private static final int SOME = LIMIT / 2;

  private PeerReadableProgram() {}

  public static void main(String... arguments) throws IOException {
    List<RegisteredMemory> taken = new ArrayList<>();
    try (Context context = RdmaDevice.find().open();
        ProtectionDomain protection = context.createDomain()) {
      var modest = new PeerReadableSource(protection, SOME);
      System.out.println("too much at first: " + take(modest, TOO_MUCH, taken));
      System.out.println("nothing of the attempt stays pinned: " + pinnedKilobytes());
      System.out.println("less: " + take(modest, SOME, taken));
      System.out.println("too much later: " + take(modest, LIMIT, taken));
      System.out.println("less again: " + take(modest, SOME, taken));
      taken.forEach(RegisteredMemory::close);
      taken.clear();

      var hopeless = new PeerReadableSource(protection, TOO_MUCH);
      System.out.println("not even the first slab: " + take(hopeless, TOO_MUCH, taken));
      System.out.println("nor anything later: " + take(hopeless, SOME, taken));
      taken.forEach(RegisteredMemory::close);
      System.out.println("pinned: " + pinnedKilobytes());
    }
  }

  private static String take(PeerReadableSource source, long bytes, List<RegisteredMemory> taken)
      throws IOException {
    try {
      RegisteredMemory memory = source.allocate(bytes);
      taken.add(memory);
      return memory.region() == null ? "plain" : "registered";
    } catch (VerbsException e) {
      return "refused, " + e.errnoName();
    }
  }

  private static String pinnedKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmPin:"))
        .map(line -> line.replaceAll("\\D", ""))
        .findFirst()
        .orElse("?");
  }
}
