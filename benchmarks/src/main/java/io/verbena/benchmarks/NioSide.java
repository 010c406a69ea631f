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
final class NioSide implements Side {
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
  public int ping(int bytes, long[] roundTripNanos, long deadline) throws IOException {
    long value = 0;
    int count = 0;
    while (value != LAST) {
      long start = System.nanoTime();
      value = count == roundTripNanos.length - 1 || start - deadline > 0 ? LAST : count;
      write(bytes, value);
      Side.check(value, read(bytes));
      roundTripNanos[count] = System.nanoTime() - start;
      count++;
    }
    return count;
  }

  @Override
  public void echo(int bytes) throws IOException {
    long value = 0;
    while (value != LAST) {
      value = read(bytes);
      write(bytes, value);
    }
  }

  @Override
  public void stream(int bytes, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      write(bytes, i);
    }
    Side.check(count, read(Long.BYTES));
  }

  @Override
  public void sink(int bytes, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Side.check(i, read(bytes));
    }
    write(Long.BYTES, count);
  }

  private void write(int bytes, long value) throws IOException {
    buffer.clear().limit(bytes).putLong(0, value);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private long read(int bytes) throws IOException {
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
