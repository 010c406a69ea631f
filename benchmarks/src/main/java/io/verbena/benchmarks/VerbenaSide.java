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
final class VerbenaSide extends BlockingSide {
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
  void send(int bytes, long value) throws IOException {
    endpoint.send(message(bytes, value));
  }

  @Override
  long next(int bytes) throws IOException {
    ByteBuf message = endpoint.receive();
    long value = message.readLong();
    message.release();
    return value;
  }

  private ByteBuf message(int bytes, long value) {
    return allocator.directBuffer(bytes).writeLong(value).writerIndex(bytes);
  }

  /** What came goes back: there is no need for another buffer. */
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
      send(bytes, i);
    }
    endpoint.receive().release();
  }

  @Override
  public void sink(int bytes, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Side.check(i, next(bytes));
    }
    send(Long.BYTES, count);
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
