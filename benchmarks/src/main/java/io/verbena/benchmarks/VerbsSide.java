package io.verbena.benchmarks;

import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.Gid;
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
import java.net.Socket;

/**
 * A bare queue pair, as lean as the transport's RDMA lane is under its messages: short messages are
 * inline sends of which every 16th says that it is done, and a stream is read by its receiver with
 * several reads under way.
 */
final class VerbsSide extends BlockingSide {
  private static final int RECEIVES = 64;
  private static final int SENDS = 64;
  private static final int SIGNAL_INTERVAL = 16;
  private static final int READS = 8;
  private static final int SLOT_BYTES = 256;
  private static final int LARGEST = 1 << 20;
  private static final int RECEIVES_AT = SLOT_BYTES;
  private static final int BULK_AT = RECEIVES_AT + RECEIVES * SLOT_BYTES;

  private final Context context;
  private final CompletionQueue sendQueue;
  private final CompletionQueue receiveQueue;
  private final MemoryRegion region;
  private final QueuePair pair;
  private final long remoteBulk;
  private final int remoteKey;
  private int unsignaled;

  /** Connects to the other end, which does the same at the other side of the socket. */
  VerbsSide(RdmaPort port, Socket socket) throws IOException {
    context = Device.named(port.device()).open();
    ProtectionDomain domain = context.createDomain();
    sendQueue = context.createCompletionQueue(SENDS);
    receiveQueue = context.createCompletionQueue(RECEIVES);
    region =
        domain.allocate(BULK_AT + (long) READS * LARGEST, Access.LOCAL_WRITE, Access.REMOTE_READ);
    pair =
        domain.createQueuePair(
            QueuePairConfig.reliable(sendQueue)
                .withReceiveQueue(receiveQueue)
                .withSendDepth(SENDS)
                .withReceiveDepth(RECEIVES)
                .withInlineBytes(SLOT_BYTES / 2));
    QueuePairAddress mine = pair.address(port.number(), port.gidIndex());
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    out.writeInt(mine.number());
    out.writeInt(mine.packetSequence());
    out.writeInt(mine.lid());
    out.write(mine.gid().toBytes());
    out.writeInt(mine.mtuBytes());
    out.writeLong(region.address() + BULK_AT);
    out.writeInt(region.rkey());
    out.flush();
    DataInputStream in = new DataInputStream(socket.getInputStream());
    int number = in.readInt();
    int packetSequence = in.readInt();
    int lid = in.readInt();
    Gid gid = Gid.of(in.readNBytes(Gid.BYTES));
    int mtuBytes = in.readInt();
    remoteBulk = in.readLong();
    remoteKey = in.readInt();
    pair.connect(
        new QueuePairAddress(
            number,
            packetSequence,
            lid,
            gid,
            port.number(),
            port.gidIndex(),
            mtuBytes,
            mine.linkLayer()));
    for (int slot = 0; slot < RECEIVES; slot++) {
      receive(slot);
    }
    // Neither sends before both can receive.
    out.write(1);
    out.flush();
    in.readByte();
  }

  private void receive(int slot) throws VerbsException {
    done(
        pair.receives()
            .receive(slot, region, RECEIVES_AT + (long) slot * SLOT_BYTES, SLOT_BYTES)
            .submit());
  }

  private static void done(boolean room) {
    if (!room) {
      throw new IllegalStateException("the queue is full");
    }
  }

  @Override
  void send(int bytes, long value) throws VerbsException {
    region.memory().set(ValueLayout.JAVA_LONG_UNALIGNED, 0, value);
    SendBatch batch = pair.sends().inline();
    if (++unsignaled == SIGNAL_INTERVAL) {
      batch.signaled();
    }
    done(batch.send(0, region, 0, bytes).submit());
    if (unsignaled == SIGNAL_INTERVAL) {
      unsignaled = 0;
      take(sendQueue);
    }
  }

  private static Completions take(CompletionQueue queue) throws VerbsException {
    Completions taken = queue.poll();
    while (!taken.next()) {
      taken = queue.poll();
    }
    if (!taken.succeeded()) {
      throw taken.failure();
    }
    return taken;
  }

  @Override
  long next(int bytes) throws VerbsException {
    int slot = (int) take(receiveQueue).id();
    long at = RECEIVES_AT + (long) slot * SLOT_BYTES;
    long value = region.memory().get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    receive(slot);
    return value;
  }

  @Override
  public void stream(int bytes, int count) throws IOException {
    Side.check(count, next(Long.BYTES));
  }

  @Override
  public void sink(int bytes, int count) throws IOException {
    int posted = 0;
    for (int finished = 0; finished < count; finished++) {
      while (posted < count && posted - finished < READS) {
        long offset = (long) (posted % READS) * LARGEST;
        SendBatch batch = pair.sends().signaled();
        batch.read(1, region, BULK_AT + offset, bytes, remoteBulk + offset, remoteKey);
        done(batch.submit());
        posted++;
      }
      take(sendQueue);
    }
    send(Long.BYTES, count);
  }

  @Override
  public void close() {
    context.close();
  }
}
