package io.verbena.collective;

import io.verbena.collective.peer.PeerFailure;
import io.verbena.collective.peer.Peers;
import io.verbena.collective.peer.Receive;
import io.verbena.collective.peer.Send;
import io.verbena.collective.peer.Transfer;
import org.jspecify.annotations.Nullable;

/** A message from one rank to another, on either side. */
final class Message extends Work {
  private final Staging memory;
  private Elements elements = Elements.none();
  private int peer;
  private long context;
  private long tag;
  private boolean sends;
  private boolean done;
  private Received received = new Received(0, 0, 0);

  Message(Peers peers, Group group) {
    super(peers, group);
    memory = new Staging(peers);
  }

  void prepareSend(Elements data, int destination, int withTag) {
    prepare(true, data, destination, withTag);
  }

  void prepareReceive(Elements into, int source, int withTag) {
    prepare(false, into, source, withTag == Messages.ANY_TAG ? Receive.ANY_TAG : withTag);
  }

  void prepare(boolean isSend, Elements data, int rank, long withTag) {
    sends = isSend;
    elements = data;
    peer = rank == Messages.ANY_SOURCE ? Receive.ANY_PEER : group.world(rank);
    tag = withTag;
  }

  void begin(long inContext) {
    context = inContext;
    begin();
  }

  @Override
  void launch() {
    done = false;
    Transfer transfer = sends ? idleSend() : idleReceive();
    transfer.address(peer, context, tag);
    transfer.use(memory.of(elements), 0, elements.bytes());
    if (sends) {
      memory.load();
      start((Send) transfer);
    } else {
      start((Receive) transfer);
    }
  }

  @Override
  @Nullable PeerFailure loss() {
    // Whoever is lost might have been the one to send it.
    return peer == Receive.ANY_PEER ? group.loss(peers) : null;
  }

  @Override
  boolean proceed() {
    return done;
  }

  @Override
  void arrived(Transfer transfer, boolean success) {
    done = success;
    if (success && !sends) {
      int source = group.rankOf(transfer.peer());
      long size = elements.layout().byteSize();
      received = new Received(source, (int) transfer.tag(), transfer.length() / size);
    }
  }

  @Override
  boolean store() {
    return sends || memory.store(received.count());
  }

  Received received() {
    return received;
  }

  @Override
  void free() {
    memory.free();
  }
}
