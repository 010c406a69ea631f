package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.LoopbackPair.Done;
import io.verbena.verbs.PeerProgram.Request;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/**
 * A queue pair that is connected to one of a {@link PeerProgram}, and the TCP connection that tells
 * the program what to do.
 */
final class RemotePeer extends DeviceFixture {
  /** As often as this, some devices retry for ever. */
  static final int FOR_EVER = 7;

  final CompletionQueue queue;
  final MemoryRegion region;
  final QueuePair pair;
  final long remoteAddress;
  final int rkey;
  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  /** Connects; every kind of retry counts as often as given. */
  RemotePeer(InetSocketAddress program, int timeout, int retryCount) throws IOException {
    boolean ready = false;
    socket = PeerProgram.connect(program);
    try {
      in = new DataInputStream(socket.getInputStream());
      out = new DataOutputStream(socket.getOutputStream());
      ProtectionDomain domain = context.createDomain();
      queue = context.createCompletionQueue(512);
      region = domain.allocate(LoopbackPair.REGION_BYTES, Access.LOCAL_WRITE);
      pair = domain.createQueuePair(QueuePairConfig.reliable(queue));
      QueuePairAddress mine = pair.address(port, gidIndex);
      PeerProgram.write(out, mine);
      QueuePairAddress remote = PeerProgram.read(in);
      remoteAddress = in.readLong();
      rkey = in.readInt();
      assertEquals("connected", in.readUTF());
      connect(mine, remote, timeout, retryCount);
      ready = true;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  /** What {@link QueuePair#connect} does, but with a number of retries that it does not allow. */
  private void connect(QueuePairAddress mine, QueuePairAddress remote, int timeout, int retryCount)
      throws VerbsException {
    ConnectPlan plan =
        new ConnectPlan(
            QueuePairType.RELIABLE,
            mine,
            remote,
            ConnectOptions.defaults().withTimeout(timeout).withRnrRetry(retryCount),
            context.attributes(),
            context.port(port));
    pair.modify(plan.toInit());
    pair.modify(plan.toReceive());
    pair.modify(
        new QueuePairTransition.ToSend(plan.toSend().attributes().withRetryCount(retryCount)));
  }

  /** Posts a write of a number to an offset of the peer's memory. */
  void write(int offset, long value) throws VerbsException {
    region.memory().set(ValueLayout.JAVA_LONG, offset, value);
    assertTrue(
        pair.sends()
            .signaled()
            .write(offset, region, offset, Long.BYTES, remoteAddress + offset, rkey)
            .submit());
  }

  /** The next completion. */
  Done done() throws VerbsException {
    assertTrue(queue.await(LoopbackPair.PATIENCE), "no completion came");
    return LoopbackPair.done(queue, 1).getFirst();
  }

  /** Whether no completion comes for so long. */
  boolean isSilent(Duration duration) throws VerbsException {
    return !queue.await(duration);
  }

  /** Lets the peer post receives. */
  void receive(int count) throws IOException {
    ask(Request.RECEIVE);
    out.writeInt(count);
    assertTrue(in.readBoolean());
  }

  /** Reads from the peer's memory, as the peer sees it. */
  long peek(int offset) throws IOException {
    ask(Request.PEEK);
    out.writeInt(offset);
    return in.readLong();
  }

  /** Runs a command at the peer. */
  void shell(String command) throws IOException {
    ask(Request.SHELL);
    out.writeUTF(command);
    assertEquals(0, in.readInt(), command);
  }

  private void ask(Request request) throws IOException {
    out.writeUTF(request.name());
  }

  @Override
  public void close() {
    super.close();
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
