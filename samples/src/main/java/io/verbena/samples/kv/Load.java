package io.verbena.samples.kv;

import io.verbena.Transport;
import io.verbena.samples.demo.Timing;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Measures gets by message and by read, first of values that stay, then of values that another
 * client puts anew all the time. All bytes of a value are the same: one that were mixed of two
 * would be seen.
 */
final class Load {
  private final Transport transport;
  private final InetSocketAddress address;
  private final int keys;
  private final int size;
  private final int millis;
  private volatile boolean writing = true;

  Load(Transport transport, InetSocketAddress address, int keys, int size, int millis) {
    this.transport = transport;
    this.address = address;
    this.keys = keys;
    this.size = size;
    this.millis = millis;
  }

  void run() throws IOException {
    try (var client = new KvClient(transport, address);
        var writer = new KvClient(transport, address)) {
      System.out.println("link: " + client.server().link());
      for (int i = 0; i < keys; i++) {
        client.put(key(i), value(0));
      }
      System.out.printf("%d values of %d bytes are put%n", keys, size);
      System.out.println(Timing.header());
      measure(client, "");
      long before = client.torn();
      try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
        CompletableFuture<Long> puts = CompletableFuture.supplyAsync(() -> writeOn(writer), thread);
        try {
          measure(client, ", while written");
        } finally {
          writing = false;
        }
        System.out.printf("%d puts went on meanwhile%n", result(puts));
      }
      System.out.printf(
          "reads that were torn, and made again: %d; keys not in the table, asked for by message:"
              + " %d%n",
          client.torn() - before, client.asked());
      System.out.println("every value was right");
    }
  }

  private void measure(KvClient client, String when) throws IOException {
    int[] next = {0};
    Timing asked =
        Timing.of(millis, millis, () -> check(client.getByMessage(key(next[0]++ % keys))));
    System.out.println(asked.row("get by message" + when, size));
    Timing read = Timing.of(millis, millis, () -> check(client.getByRead(key(next[0]++ % keys))));
    System.out.println(read.row("get by read" + when, size));
  }

  private long writeOn(KvClient writer) {
    try {
      long puts = 0;
      while (writing) {
        writer.put(key((int) (puts % keys)), value((byte) puts));
        puts++;
      }
      return puts;
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private static long result(CompletableFuture<Long> puts) throws IOException {
    try {
      return puts.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
    }
  }

  private static String key(int number) {
    return "load-" + number;
  }

  private byte[] value(int content) {
    var value = new byte[size];
    Arrays.fill(value, (byte) content);
    return value;
  }

  private void check(byte @Nullable [] value) throws IOException {
    if (value == null || value.length != size) {
      throw new IOException("a value is lost, or has another length");
    }
    for (byte each : value) {
      if (each != value[0]) {
        throw new IOException("a value is mixed of two");
      }
    }
  }
}
