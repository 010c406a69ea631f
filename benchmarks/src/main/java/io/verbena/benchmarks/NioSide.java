package io.verbena.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * The least that Java can do over TCP: one direct buffer, a non-blocking channel without Nagle's
 * delay, and reading until something is there. No framing, no buffers to hand over, no checks.
 */
final class NioSide extends BlockingSide {
  /** Reads between two looks at the clock, and how long a message may take. */
  private static final int READS_PER_CHECK = 1 << 16;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final int LONGEST_MESSAGE = 1 << 20;

  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(LONGEST_MESSAGE);

  NioSide(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
  }

  @Override
  public void stream(int bytes, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      send(bytes, i);
    }
    Side.check(count, next(Long.BYTES));
  }

  @Override
  public void sink(int bytes, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Side.check(i, next(bytes));
    }
    send(Long.BYTES, count);
  }

  @Override
  void send(int bytes, long value) throws IOException {
    buffer.clear().limit(bytes).putLong(0, value);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  @Override
  long next(int bytes) throws IOException {
    buffer.clear().limit(bytes);
    long start = 0;
    for (int reads = 1; buffer.hasRemaining(); reads++) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the other process closed the connection");
      }
      if (reads % READS_PER_CHECK == 0) {
        long now = System.nanoTime();
        start = start == 0 ? now : start;
        if (now - start > PATIENCE_NANOS) {
          throw new IOException("no message came for 30 s");
        }
      }
    }
    return buffer.getLong(0);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
