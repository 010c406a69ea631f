package io.verbena.samples.demo;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Transport;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the demo does with its second process: tells each step, checks it, and measures. */
final class Demo {
  private static final int SMALL = 64;
  private static final int STREAMED = 64 << 10;
  private static final int LARGE = 64 << 20;
  private static final int MEMORY = 1 << 20;
  private static final int ADDITIONS = 1000;

  /** On an emulated processor the JIT compiler needs that long; elsewhere it is never reached. */
  private static final long FIRST_WARM_UP_MILLIS = 12_000;

  /** How long a measurement takes at most. */
  private static final long LATENCY_MILLIS = 1500;

  private static final long SHORT_MILLIS = 400;
  private static final long STREAM_MILLIS = 1000;

  private final Transport transport;
  private final Endpoint endpoint;
  private final PrintStream out;
  private final List<String> rows = new ArrayList<>();
  private long seed = System.nanoTime();

  Demo(Transport transport, Endpoint endpoint, PrintStream out) {
    this.transport = transport;
    this.endpoint = endpoint;
    this.out = out;
  }

  void run() throws IOException {
    out.println("link: " + endpoint.link());
    pingPong();
    stream();
    largeMessage();
    remoteMemory();
    out.println();
    out.println(Timing.header());
    rows.forEach(out::println);
  }

  private void begin(String step) {
    out.print(step + " ... ");
    out.flush();
  }

  private void end(String result) {
    out.println(result);
  }

  private void pingPong() throws IOException {
    begin("messages of 64 bytes, to and fro");
    ByteBuf[] message = {
      Request.ECHO.writeTo(transport.allocator().directBuffer(SMALL)).writeZero(SMALL - 1)
    };
    Timing timing =
        Timing.of(
            FIRST_WARM_UP_MILLIS,
            LATENCY_MILLIS,
            () -> {
              endpoint.send(message[0]);
              message[0] = endpoint.receive();
            });
    check(message[0].readableBytes() == SMALL, "an echo of 64 bytes came with another length");
    message[0].release();
    rows.add(timing.row("message of 64 B, there and back", 0));
    end(timing.count() + " round trips");
  }

  private void stream() throws IOException {
    begin("messages of 64 KiB, one after the other");
    streamFor(SHORT_MILLIS);
    long began = System.nanoTime();
    long bytes = streamFor(STREAM_MILLIS);
    double seconds = (System.nanoTime() - began) / 1e9;
    rows.add(Timing.row("messages of 64 KiB, streamed", bytes, seconds));
    end(bytes / STREAMED + " of them arrived");
  }

  private long streamFor(long millis) throws IOException {
    ByteBuf message =
        Request.COUNT.writeTo(transport.allocator().directBuffer(STREAMED)).writeZero(STREAMED - 1);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long sent = 0;
    while (System.nanoTime() - deadline < 0) {
      endpoint.send(message.retainedDuplicate());
      sent += STREAMED;
    }
    message.release();
    long arrived = ask(Request.TOTAL);
    check(arrived == sent, sent + " bytes were sent and " + arrived + " arrived");
    return sent;
  }

  private void largeMessage() throws IOException {
    begin("a message of 64 MiB in each direction");
    ByteBuf message = DemoPeer.message(transport, LARGE, ++seed);
    endpoint.send(request(Request.CHECK_MESSAGE).writeLong(seed));
    long began = System.nanoTime();
    endpoint.send(message);
    endpoint.receive().release();
    double seconds = (System.nanoTime() - began) / 1e9;
    checkContent(receiveLong(), "the message of 64 MiB that was sent");
    ByteBuf answer = endpoint.receive();
    check(answer.readableBytes() == LARGE, "a message of 64 MiB came with another length");
    checkContent(
        Pattern.mismatch(DemoPeer.segment(answer), ++seed), "the message of 64 MiB that came");
    answer.release();
    rows.add(Timing.row("message of 64 MiB, one way", LARGE, seconds));
    end("every byte is right");
  }

  private void remoteMemory() throws IOException {
    int content = MEMORY - Long.BYTES;
    endpoint.send(request(Request.GRANT).writeLong(MEMORY).writeLong(++seed));
    ByteBuf answer = endpoint.receive();
    RemoteMemory remote = RemoteMemory.readFrom(answer);
    answer.release();
    try (RegisteredMemory local = transport.allocate(MEMORY)) {
      MemorySegment bytes = local.segment().asSlice(0, content);

      begin("memory of the other process, 1 MiB: read");
      endpoint.read(local, 0, remote, 0, content).await();
      checkContent(Pattern.mismatch(bytes, seed), "the remote memory that was read");
      end("every byte is right");

      begin("memory of the other process, 1 MiB: written");
      Pattern.fill(bytes, ++seed);
      endpoint.write(local, 0, remote, 0, content).await();
      endpoint.send(request(Request.CHECK_MEMORY).writeLong(seed));
      checkContent(receiveLong(), "the remote memory that was written");
      end("every byte is right");

      begin("fetch-and-add on a counter of the other process");
      for (int i = 0; i < ADDITIONS; i++) {
        long before = endpoint.fetchAdd(remote, content, 3).await();
        check(before == 3L * i, "addition " + i + " found " + before + " in the counter");
      }
      long counter = ask(Request.COUNTER);
      check(counter == 3L * ADDITIONS, "the counter ended at " + counter);
      end(ADDITIONS + " additions, the sum is right");

      begin("latency of remote memory");
      measureRemoteMemory(local, remote, content);
      end("done");
    }
  }

  private void measureRemoteMemory(RegisteredMemory local, RemoteMemory remote, int content)
      throws IOException {
    rows.add(
        timing(() -> endpoint.write(local, 0, remote, 0, SMALL).await())
            .row("remote write of 64 B", 0));
    rows.add(
        timing(() -> endpoint.read(local, 0, remote, 0, SMALL).await())
            .row("remote read of 64 B", 0));
    rows.add(timing(() -> endpoint.fetchAdd(remote, content, 1).await()).row("fetch-and-add", 0));
    rows.add(
        timing(() -> endpoint.write(local, 0, remote, 0, content).await())
            .row("remote write of 1 MiB", content));
    rows.add(
        timing(() -> endpoint.read(local, 0, remote, 0, content).await())
            .row("remote read of 1 MiB", content));
  }

  private static Timing timing(Timing.Round round) throws IOException {
    return Timing.of(SHORT_MILLIS, SHORT_MILLIS, round);
  }

  private ByteBuf request(Request request) {
    return request.writeTo(transport.allocator().directBuffer());
  }

  private long ask(Request request) throws IOException {
    endpoint.send(request(request));
    return receiveLong();
  }

  private long receiveLong() throws IOException {
    ByteBuf answer = endpoint.receive();
    try {
      check(answer.readableBytes() == Long.BYTES, "an answer came with another length");
      return answer.readLong();
    } finally {
      answer.release();
    }
  }

  private static void checkContent(long mismatch, String what) throws DemoFailure {
    check(mismatch < 0, what + " is wrong from byte " + mismatch + " on");
  }

  private static void check(boolean holds, String failure) throws DemoFailure {
    if (!holds) {
      throw new DemoFailure(failure);
    }
  }
}
