package io.verbena.samples.interop;

import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.ReceiveBatch;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The one buffer that a ping-pong program sends from and receives to. The programs agree on what is
 * in it: filling, and with the option to check a zero at the start of each page.
 */
final class Message {
  private static final int PAGE = 4096;

  /** What nobody sends, so that a message that did not come, or not wholly, shows. */
  private static final byte NOTHING = 0x55;

  private final MemoryRegion region;
  private final int headerBytes;
  private final MemorySegment bytes;
  private final byte filling;

  Message(MemoryRegion region, int headerBytes, byte filling) {
    this.region = region;
    this.headerBytes = headerBytes;
    this.bytes = region.memory().asSlice(headerBytes);
    this.filling = filling;
    bytes.fill(NOTHING);
  }

  /** Sends the message, within the request if it is short enough. */
  void send(QueuePair pair) throws VerbsException {
    SendBatch sends = pair.sends().signaled();
    int length = (int) bytes.byteSize();
    if (length <= pair.inlineBytes()) {
      sends.inline();
    }
    if (!sends.send(Pingpong.SEND, region, headerBytes, length).submit()) {
      throw new IllegalStateException("a message was sent before the last one was done");
    }
  }

  /** Posts receives for that many messages; all go to the same place. */
  void receive(ReceiveBatch receives, int count) throws VerbsException {
    for (int i = 0; i < count; i++) {
      receives.receive(Pingpong.RECEIVE, region, 0, (int) region.length());
    }
    if (!receives.submit()) {
      throw new IllegalStateException("more receives were posted than the queue has room for");
    }
  }

  /** Puts in what the first message says. */
  void write(boolean marked) {
    bytes.fill(filling);
    for (long at = 0; marked && at < bytes.byteSize(); at += PAGE) {
      bytes.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
    }
  }

  /** Looks at every byte of what came from the peer, which has the option to check, too. */
  void check() throws IOException {
    for (long at = 0; at < bytes.byteSize(); at++) {
      int expected = at % PAGE == 0 ? 0 : filling;
      int found = bytes.get(ValueLayout.JAVA_BYTE, at);
      if (found != expected) {
        throw new IOException(
            "invalid data in page %d: byte %d is 0x%02x, not 0x%02x"
                .formatted(at / PAGE, at, found & 0xff, expected));
      }
    }
  }
}
