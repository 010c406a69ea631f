package io.verbena.benchmarks;

import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Gid;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;

/**
 * One end of what {@link PerftestTwin} measures: a connected queue pair with two completion queues,
 * and memory of which the first half is sent from and the second half received into, as in
 * perftest. Its loops are perftest's, request by request; both ends call the same method with the
 * same count.
 *
 * <p>Threads: one.
 */
final class TwinEnd implements AutoCloseable {
  private static final int PAGE_BYTES = 4096;
  private static final int LINE_BYTES = 64;
  private static final int RECEIVE_DEPTH = 512;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();

  private final PerftestCase measured;
  private final int bytes;
  private final int half;
  private final boolean sleeping;
  private final ProtectionDomain domain;
  private final CompletionQueue sendQueue;
  private final CompletionQueue receiveQueue;
  private final MemoryRegion region;
  private final QueuePair pair;
  private final boolean inline;
  private long remoteAddress;
  private int remoteKey;

  TwinEnd(Context context, PerftestCase measured, int inlineBytes) throws VerbsException {
    this.measured = measured;
    this.bytes = measured.bytes();
    this.half = Math.max(PAGE_BYTES, bytes);
    this.sleeping = measured.work() == PerftestCase.Work.SEND_SLEEPING;
    this.inline = bytes <= inlineBytes;
    int depth = measured.isLatency() ? 1 : PerftestCase.STREAM_DEPTH;
    domain = context.createDomain();
    sendQueue = context.createCompletionQueue(depth);
    receiveQueue = context.createCompletionQueue(RECEIVE_DEPTH);
    region =
        domain.allocate(
            2L * half,
            Access.LOCAL_WRITE,
            Access.REMOTE_WRITE,
            Access.REMOTE_READ,
            Access.REMOTE_ATOMIC);
    pair =
        domain.createQueuePair(
            QueuePairConfig.reliable(sendQueue)
                .withReceiveQueue(receiveQueue)
                .withSendDepth(depth)
                .withReceiveDepth(RECEIVE_DEPTH)
                .withInlineBytes(inline ? bytes : 0));
  }

  /** Connects to the other end, which does the same at the other side of the streams. */
  void connect(int port, int gidIndex, DataInputStream in, DataOutputStream out)
      throws IOException {
    QueuePairAddress mine = pair.address(port, gidIndex);
    out.writeInt(mine.number());
    out.writeInt(mine.packetSequence());
    out.writeInt(mine.lid());
    out.write(mine.gid().toBytes());
    out.writeInt(mine.mtuBytes());
    out.writeLong(region.address() + half);
    out.writeInt(region.rkey());
    out.flush();
    int number = in.readInt();
    int packetSequence = in.readInt();
    int lid = in.readInt();
    Gid gid = Gid.of(in.readNBytes(Gid.BYTES));
    int mtuBytes = in.readInt();
    remoteAddress = in.readLong();
    remoteKey = in.readInt();
    LinkLayer link = mine.linkLayer();
    pair.connect(
        new QueuePairAddress(number, packetSequence, lid, gid, port, gidIndex, mtuBytes, link));
  }

  /** Comes before the other end begins. */
  void prepare(int count) throws VerbsException {
    BYTE.setRelease(region.memory(), half + bytes - 1L, (byte) 0);
    if (measured.work() == PerftestCase.Work.SEND || sleeping) {
      for (int i = 0; i < Math.min(RECEIVE_DEPTH, count); i++) {
        receive();
      }
    }
  }

  private void receive() throws VerbsException {
    if (!pair.receives().receive(0, region, half, bytes).submit()) {
      throw new IllegalStateException("the receive queue is full");
    }
  }

  private void sent(boolean room) {
    if (!room) {
      throw new IllegalStateException("the send queue is full");
    }
  }

  /** Takes one completion. */
  private void complete(CompletionQueue queue) throws VerbsException {
    if (sleeping && !queue.await(PATIENCE)) {
      throw new IllegalStateException("nothing came in " + PATIENCE);
    }
    Completions done = queue.poll();
    while (!done.next()) {
      done = queue.poll();
    }
    if (!done.succeeded()) {
      throw done.failure();
    }
  }

  /** The next request: signaled, and inline if the device and the length allow. */
  private SendBatch next() {
    SendBatch sends = pair.sends().signaled();
    return inline ? sends.inline() : sends;
  }

  /** The end that is {@code first} sends, the other sends back. */
  void send(boolean first, int count, long[] began) throws VerbsException {
    int sent = 0;
    int received = 0;
    while (sent < count || received < count) {
      if (received < count && !(first && sent == 0)) {
        complete(receiveQueue);
        received++;
        if (received + RECEIVE_DEPTH <= count) {
          receive();
        }
      }
      if (sent < count) {
        began[sent++] = System.nanoTime();
        sent(next().send(0, region, 0, bytes).submit());
        complete(sendQueue);
      }
    }
  }

  /** The end that is {@code first} writes; the other sees the last byte change and writes back. */
  void write(boolean first, int count, long[] began) throws VerbsException {
    long last = bytes - 1L;
    int sent = 0;
    int seen = 0;
    while (sent < count || seen < count) {
      if (seen < count && !(first && sent == 0)) {
        seen++;
        byte expected = (byte) seen;
        while ((byte) BYTE.getAcquire(region.memory(), half + last) != expected) {
          // The adapter, or the kernel, writes it.
        }
      }
      if (sent < count) {
        began[sent++] = System.nanoTime();
        BYTE.set(region.memory(), last, (byte) sent);
        sent(next().write(0, region, 0, bytes, remoteAddress, remoteKey).submit());
        complete(sendQueue);
      }
    }
  }

  void read(int count, long[] began) throws VerbsException {
    for (int i = 0; i < count; i++) {
      began[i] = System.nanoTime();
      sent(pair.sends().signaled().read(0, region, 0, bytes, remoteAddress, remoteKey).submit());
      complete(sendQueue);
    }
  }

  void fetchAndAdd(int count, long[] began) throws VerbsException {
    for (int i = 0; i < count; i++) {
      began[i] = System.nanoTime();
      sent(pair.sends().signaled().fetchAndAdd(0, region, 0, remoteAddress, remoteKey, 1).submit());
      complete(sendQueue);
    }
  }

  /** Keeps the send queue full; returns the nanoseconds until all writes have completed. */
  long stream(int count) throws VerbsException {
    int length = measured.listLength();
    int moderation = measured.moderation();
    SendBatch sends = pair.sends();
    int posted = 0;
    int completed = 0;
    long start = System.nanoTime();
    while (posted < count || completed < count) {
      while (posted < count && posted - completed + length <= PerftestCase.STREAM_DEPTH) {
        for (int i = 0; i < length; i++, posted++) {
          if (posted % moderation == moderation - 1 || posted == count - 1) {
            sends.signaled();
          }
          long offset = offset(posted);
          sends.write(0, region, offset, bytes, remoteAddress + offset, remoteKey);
        }
        sent(sends.submit());
      }
      Completions done = sendQueue.poll();
      while (done.next()) {
        if (!done.succeeded()) {
          throw done.failure();
        }
        completed += moderation;
      }
    }
    return System.nanoTime() - start;
  }

  /** Short writes move through a page, a cache line each. */
  private long offset(int request) {
    return bytes <= PAGE_BYTES / 2 ? (long) request * LINE_BYTES % PAGE_BYTES : 0;
  }

  @Override
  public void close() {
    pair.close();
    sendQueue.close();
    receiveQueue.close();
    domain.close();
  }
}
