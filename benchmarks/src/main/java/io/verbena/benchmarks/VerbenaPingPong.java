package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.Progress;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import java.io.IOException;

/**
 * Over the TCP lane, with plain {@code send} and {@code receive}; the caller makes the progress.
 */
final class VerbenaPingPong implements PingPong {
  private final Endpoint endpoint;
  private final ByteBufAllocator allocator;

  VerbenaPingPong(Transport transport, Endpoint endpoint) {
    this.endpoint = endpoint;
    this.allocator = transport.allocator();
  }

  static Transport openTransport() throws IOException {
    return Transport.open(
        TransportConfig.defaults().withRdma(RdmaMode.OFF).withProgress(Progress.CALLER));
  }

  @Override
  public int ping(long[] roundTripNanos, long deadline) throws IOException {
    long value = 0;
    int count = 0;
    while (value != LAST) {
      long start = System.nanoTime();
      value = count == roundTripNanos.length - 1 || start - deadline > 0 ? LAST : count;
      ByteBuf message = allocator.directBuffer(MESSAGE_BYTES);
      for (int k = 0; k < MESSAGE_LONGS; k++) {
        message.writeLong(value);
      }
      endpoint.send(message);
      ByteBuf reply = endpoint.receive();
      PingPong.check(value, reply.readLong());
      reply.release();
      roundTripNanos[count] = System.nanoTime() - start;
      count++;
    }
    return count;
  }

  @Override
  public void echo() throws IOException {
    long value = 0;
    while (value != LAST) {
      ByteBuf message = endpoint.receive();
      value = message.getLong(message.readerIndex());
      endpoint.send(message);
    }
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
