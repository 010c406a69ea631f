package io.verbena.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.Progress;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import java.io.IOException;

/** Over the TCP lane, with plain {@code send} and {@code receive}. */
final class VerbenaSide implements Side {
  private final Endpoint endpoint;
  private final ByteBufAllocator allocator;

  VerbenaSide(Transport transport, Endpoint endpoint) {
    this.endpoint = endpoint;
    this.allocator = transport.allocator();
  }

  static Transport openTransport(Progress progress) throws IOException {
    return Transport.open(TransportConfig.defaults().withRdma(RdmaMode.OFF).withProgress(progress));
  }

  @Override
  public int ping(int bytes, long[] roundTripNanos, long deadline) throws IOException {
    long value = 0;
    int count = 0;
    while (value != LAST) {
      long start = System.nanoTime();
      value = count == roundTripNanos.length - 1 || start - deadline > 0 ? LAST : count;
      endpoint.send(message(bytes, value));
      ByteBuf reply = endpoint.receive();
      Side.check(value, reply.readLong());
      reply.release();
      roundTripNanos[count] = System.nanoTime() - start;
      count++;
    }
    return count;
  }

  private ByteBuf message(int bytes, long value) {
    return allocator.directBuffer(bytes).writeLong(value).writerIndex(bytes);
  }

  @Override
  public void echo(int bytes) throws IOException {
    long value = 0;
    while (value != LAST) {
      ByteBuf message = endpoint.receive();
      value = message.getLong(message.readerIndex());
      endpoint.send(message);
    }
  }

  @Override
  public void stream(int bytes, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      endpoint.send(message(bytes, i));
    }
    endpoint.receive().release();
  }

  @Override
  public void sink(int bytes, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      ByteBuf message = endpoint.receive();
      Side.check(i, message.readLong());
      message.release();
    }
    endpoint.send(message(Long.BYTES, count));
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
