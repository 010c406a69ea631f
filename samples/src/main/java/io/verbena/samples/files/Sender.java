package io.verbena.samples.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.TransportException;
import io.verbena.samples.Printable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.CRC32C;

/** Sends one file. Succeeds only when the receiver has said that the file is there. */
final class Sender {
  /** How long a disk may take to have all of a big file. */
  private static final Duration DISK_PATIENCE = Duration.ofMinutes(10);

  private final Endpoint receiver;
  private final ByteBufAllocator allocator;
  private final PrintStream out;

  Sender(Endpoint receiver, ByteBufAllocator allocator, PrintStream out) {
    this.receiver = receiver;
    this.allocator = allocator;
    this.out = out;
  }

  /** Returns the checksum. */
  int send(Path path, String name) throws IOException {
    try (FileChannel file = FileChannel.open(path)) {
      var offer = new Offer(name, file.size());
      ByteBuf first = allocator.directBuffer();
      offer.writeTo(first);
      send(first);
      consent(receiver.receive());
      int checksum;
      try {
        checksum = sendContent(file, offer);
      } catch (TransportException e) {
        throw reason(e);
      }
      consent(receiver.receive(DISK_PATIENCE));
      return checksum;
    }
  }

  private int sendContent(FileChannel file, Offer offer) throws IOException {
    var checksum = new CRC32C();
    var progress = new ProgressBar(offer.name(), offer.size(), out);
    for (long sent = 0; sent < offer.size(); ) {
      int length = (int) Math.min(Offer.CHUNK_BYTES, offer.size() - sent);
      // The file is read into registered memory: over RDMA the receiver's adapter fetches it there.
      ByteBuf chunk = allocator.directBuffer(length);
      try {
        while (chunk.readableBytes() < length) {
          int missing = length - chunk.readableBytes();
          if (chunk.writeBytes(file, sent + chunk.readableBytes(), missing) < 0) {
            throw new IOException(offer.name() + " became shorter while it was sent");
          }
        }
      } catch (IOException | RuntimeException e) {
        chunk.release();
        throw e;
      }
      checksum.update(chunk.nioBuffer());
      send(chunk);
      sent += length;
      progress.show(sent);
    }
    if (offer.size() == 0) {
      progress.show(0);
    }
    int sum = (int) checksum.getValue();
    send(allocator.directBuffer(Integer.BYTES).writeInt(sum));
    return sum;
  }

  /** Waits while the receiver's disk is behind. */
  private void send(ByteBuf message) throws TransportException {
    try {
      receiver.send(message);
    } catch (TransportException | RuntimeException e) {
      message.release(); // only a send that succeeds takes the message
      throw e;
    }
  }

  private static void consent(ByteBuf answer) throws IOException {
    try {
      if (!answer.isReadable() || answer.readByte() != 1) {
        throw new IOException("the receiver refuses: " + Printable.of(answer.toString(UTF_8)));
      }
    } finally {
      answer.release();
    }
  }

  /** A receiver that gives up says why, and closes: what it said can be received after that. */
  private IOException reason(TransportException failure) {
    try {
      consent(receiver.receive());
    } catch (TransportException e) {
      return failure;
    } catch (IOException refusal) {
      return refusal;
    }
    return failure;
  }
}
