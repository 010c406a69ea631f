package io.verbena;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the adapter away from two transports, with its descriptor: from then on each call of the
 * verbs fails, as with one that was pulled, and nobody is told. Says what still goes. A process of
 * its own: what is registered cannot be given back.
 */
final class LostAdapterProgram {
  private static final int BIG = 64 << 10;

  private static final MethodHandle DUP2 =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("dup2"),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

  private LostAdapterProgram() {}

  public static void main(String... arguments) throws IOException {
    TransportConfig config = EndpointPair.PATIENT;
    var tcp = new EndpointPair(config.withRdma(RdmaMode.OFF), config);
    RegisteredMemory memory = tcp.serverTransport.allocate(BIG);
    System.out.println("registered before: " + (memory.region() != null));
    RemoteMemory before = tcp.server.grant(memory, RemoteAccess.ATOMIC);
    System.out.println("key before: " + before.hasKey());
    var rdma = new EndpointPair(config);
    System.out.println("RDMA: " + (rdma.server.link() instanceof Link.Rdma));
    RegisteredMemory granted = rdma.serverTransport.allocate(BIG);

    System.out.println("taken away: " + (takeAway() > 0));
    memory.segment().set(ValueLayout.JAVA_LONG, 0, 7);
    RemoteMemory after = tcp.server.grant(memory, RemoteAccess.ATOMIC);
    System.out.println("key after: " + after.hasKey());
    System.out.println("added over TCP: " + tcp.client.fetchAdd(after, 0, 1).await());
    System.out.println("added with the key: " + tcp.client.fetchAdd(before, 0, 1).await());
    List<ByteBuf> buffers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      buffers.add(tcp.serverTransport.allocator().directBuffer(BIG).writeZero(BIG));
    }
    System.out.println("buffers: " + buffers.size());
    tcp.server.send(buffers.removeLast());
    System.out.println("received: " + tcp.client.receive().readableBytes());
    // Only now: this finds out for the whole transport that the adapter is gone.
    RegisteredMemory later = tcp.serverTransport.allocate(BIG);
    System.out.println("registered after: " + (later.region() != null));
    RemoteMemory ofLater = tcp.server.grant(later, RemoteAccess.ATOMIC);
    System.out.println("added to later memory: " + tcp.client.fetchAdd(ofLater, 0, 1).await());
    grantOverRdma(rdma, granted);
    grantOverRdma(rdma, rdma.serverTransport.allocate(BIG));
    System.out.println("revoked: " + revoke(memory, before) + ", " + revoke(memory, after));
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static void grantOverRdma(EndpointPair rdma, RegisteredMemory memory) throws IOException {
    try {
      System.out.println("granted over RDMA: " + rdma.server.grant(memory, RemoteAccess.READ));
    } catch (TransportException e) {
      System.out.println("refused over RDMA: " + e.kind() + ", " + e.getMessage());
    }
  }

  private static String revoke(RegisteredMemory memory, RemoteMemory remote) {
    try {
      return String.valueOf(memory.revoke(remote));
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Puts another file in the place of each descriptor of an adapter; returns how many. */
  private static int takeAway() throws IOException {
    int count = 0;
    int other = openNull();
    try (var open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      List<Path> all = new ArrayList<>();
      open.forEach(all::add);
      for (Path each : all) {
        if (isAdapter(each)) {
          replace(Integer.parseInt(each.getFileName().toString()), other);
          if (isAdapter(each)) {
            throw new IOException(each + " is still an adapter");
          }
          count++;
        }
      }
    }
    return count;
  }

  /** A descriptor that can only be read: each call of the verbs fails on it. */
  private static int openNull() throws IOException {
    var unclosed = new FileInputStream("/dev/null");
    try (var open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path each : open) {
        if (isNull(each)) {
          return Integer.parseInt(each.getFileName().toString());
        }
      }
    }
    throw new IOException("no descriptor of " + unclosed);
  }

  private static boolean isNull(Path descriptor) {
    try {
      String number = descriptor.getFileName().toString();
      List<String> flags = Files.readAllLines(Path.of("/proc/self/fdinfo", number));
      return Files.readSymbolicLink(descriptor).equals(Path.of("/dev/null"))
          && flags.stream().anyMatch(line -> line.matches("flags:\\s+[0-7]*0"));
    } catch (IOException e) {
      // It is that of the listing itself.
      return false;
    }
  }

  /** At once: nobody else can get the number in between. */
  private static void replace(int descriptor, int other) throws IOException {
    try {
      if ((int) DUP2.invokeExact(other, descriptor) != descriptor) {
        throw new IOException("dup2 failed for " + descriptor);
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isAdapter(Path descriptor) throws IOException {
    return Files.isSymbolicLink(descriptor)
        && Files.readSymbolicLink(descriptor).toString().startsWith("/dev/infiniband/uverbs");
  }
}
