package io.verbena.samples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.BufferPoolMetrics;
import io.verbena.memory.BufferRanges;
import io.verbena.memory.MemoryConfig;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.PageKind;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.PortChoice;
import io.verbena.verbs.PortWishes;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.SendBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/** What memory an adapter reaches, chapter by chapter of the guide; with an adapter or without. */
public final class MemoryTour {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int MEBIBYTE = 1 << 20;

  private final MemoryDomain domain;
  private final RegisteredByteBufAllocator allocator;

  private MemoryTour(MemoryDomain domain, RegisteredByteBufAllocator allocator) {
    this.domain = domain;
    this.allocator = allocator;
  }

  /**
   * Takes the tour.
   *
   * @param args the name of a device, or nothing to do without
   * @throws IOException with the reason, if something does not work
   */
  public static void main(String... args) throws IOException {
    if (args.length == 0) {
      tour(null);
      recorded();
      return;
    }
    PortChoice choice = Device.choose(PortWishes.none().withDevice(args[0]));
    try (Context context = choice.device().open();
        ProtectionDomain protectionDomain = context.createDomain()) {
      tour(protectionDomain);
      send(choice, context, protectionDomain);
    }
  }

  private static void tour(@Nullable ProtectionDomain protectionDomain) throws IOException {
    // snippet memory-open
    try (var domain = new MemoryDomain(protectionDomain); // null: plain memory, for TCP
        var allocator = new RegisteredByteBufAllocator(domain)) {
      // end
      var tour = new MemoryTour(domain, allocator);
      tour.buffers();
      tour.grants();
      tour.pages();
      tour.pool();
    }
  }

  private void buffers() {
    // snippet memory-buffer
    ByteBuf message = allocator.directBuffer(); // grows as it is written to
    message.writeLong(42).writeCharSequence("in place", UTF_8);
    System.out.println("ours: " + allocator.owns(message.slice(8, 8)));
    message.release();
    // end

    ByteBuf foreign = Unpooled.copiedBuffer("from elsewhere", UTF_8);
    // snippet memory-foreign
    var ranges = new BufferRanges(4); // to be used again
    ByteBuf registered = allocator.register(foreign, ranges); // copies: it is not ours
    System.out.println("in " + ranges.count() + " piece, copied: " + allocator.metrics().copies());
    registered.release();
    // end
  }

  private static void send(PortChoice choice, Context context, ProtectionDomain protectionDomain)
      throws IOException {
    int port = choice.port().number();
    int gid = choice.gid().index();
    CompletionQueue queue = context.createCompletionQueue(16);
    QueuePairConfig config =
        QueuePairConfig.reliable(queue).withSendDepth(4).withReceiveDepth(1).withSendElements(4);
    try (var domain = new MemoryDomain(protectionDomain);
        var allocator = new RegisteredByteBufAllocator(domain);
        RegisteredMemory target = domain.allocate(4096);
        QueuePair pair = protectionDomain.createQueuePair(config);
        QueuePair peer = protectionDomain.createQueuePair(config)) {
      QueuePairAddress address = pair.address(port, gid);
      pair.connect(peer.address(port, gid));
      peer.connect(address);
      RemoteMemory remote = target.grant(RemoteAccess.WRITE);
      CompositeByteBuf buffer = allocator.compositeDirectBuffer();
      buffer.addComponent(true, allocator.directBuffer().writeBytes("head, ".getBytes(UTF_8)));
      buffer.addComponent(true, allocator.directBuffer().writeBytes("body".getBytes(UTF_8)));
      // snippet memory-locate
      var ranges = new BufferRanges(4); // as many as a request has elements
      if (!allocator.locate(buffer, ranges)) {
        throw new IOException("not registered here, or in too many pieces: see register");
      }
      SendBatch batch = pair.sends().signaled();
      for (int i = 0; i < ranges.count(); i++) {
        MemoryRegion region = ranges.region(i);
        if (region == null) {
          throw new IOException("there is no adapter");
        }
        if (i == 0) {
          batch.write(
              1, region, ranges.offset(0), ranges.length(0), remote.address(), remote.key());
        } else {
          batch.append(region, ranges.offset(i), ranges.length(i));
        }
      }
      batch.submit(); // the buffer is the adapter's until the completion is polled
      // end
      queue.await(PATIENCE);
      Completions done = queue.poll();
      while (done.next()) {
        System.out.println("written: " + done.succeeded());
      }
      buffer.release();
      System.out.println("the peer has: " + target.segment().getString(0));
    }
  }

  private void grants() throws IOException {
    // snippet memory-grant
    RegisteredMemory page = domain.allocate(4096);
    RemoteMemory read = page.grant(RemoteAccess.READ);
    ByteBuf message = allocator.directBuffer();
    read.writeTo(message); // send it to the peer, who does this:
    RemoteMemory remote = RemoteMemory.readFrom(message);
    System.out.println("granted: " + remote.slice(1024, 512).length() + " of " + remote.length());
    // end
    message.release();
    // snippet memory-revoke
    page.revoke(read); // this grant alone; close ends all, deregisters and frees
    page.close();
    // end
  }

  private void pages() throws IOException {
    // snippet memory-pages
    MemoryConfig config =
        MemoryConfig.defaults()
            .withPages(PageKind.HUGE) // or else transparent ones, or else the usual
            .withAlignment(4096)
            .withTouched(true);
    try (RegisteredMemory table = domain.allocate(8 << 20, config)) {
      System.out.println("pages: " + (table.pages() == PageKind.HUGE ? "huge" : "not huge"));
    }
    // end
  }

  private void pool() {
    // snippet memory-pool
    BufferPoolConfig config =
        BufferPoolConfig.defaults().withSlabs(MEBIBYTE, 16 * MEBIBYTE).withCeiling(64 * MEBIBYTE);
    try (var pool = new RegisteredByteBufAllocator(domain, config)) {
      pool.directBuffer(1024).release(); // stays registered, for the next one
      System.out.println("given back: " + pool.trim());
      BufferPoolMetrics metrics = pool.metrics();
      System.out.println(metrics.registrations() + " slab, now " + metrics.registeredBytes());
      // end
      full(pool);
    }
  }

  private static void full(RegisteredByteBufAllocator pool) {
    // snippet memory-full
    try {
      pool.directBuffer(128 << 20).release();
    } catch (OutOfRegisteredMemoryException e) {
      System.out.println("refused: " + e.getMessage()); // with what helps
    }
    // end
  }

  private static void recorded() throws IOException {
    // snippet memory-record
    try (var recording = new Recording()) {
      recording.enable("io.verbena.Slab");
      recording.enable("io.verbena.RefusedGrowth");
      recording.enable("io.verbena.Refusal");
      recording.start();
      tour(null);
      recording.stop();
      Path file = Files.createTempFile("verbena", ".jfr");
      recording.dump(file);
      for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
        if (event.getEventType().getName().equals("io.verbena.Slab")) {
          System.out.println("recorded: " + event.getLong("length") + " in " + event.getDuration());
        }
      }
      Files.delete(file);
    }
    // end
  }
}
