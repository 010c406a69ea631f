package io.verbena.samples;

import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionListener;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.ConnectionParameters;
import io.verbena.rdmacm.ConnectionRequest;
import io.verbena.rdmacm.Route;
import io.verbena.verbs.Access;
import io.verbena.verbs.AddressHandle;
import io.verbena.verbs.AsyncEvent;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.MemoryWindow;
import io.verbena.verbs.MemoryWindowType;
import io.verbena.verbs.PortChoice;
import io.verbena.verbs.PortWishes;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.SharedReceiveQueue;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * What else the verbs can do, a method for each: {@code docs/verbs.md} shows them. Both ends are in
 * this process, connected through the adapter.
 */
public final class VerbsTour {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int HALF = 4096;
  private static final int COUNTER = 2 * HALF - Long.BYTES;

  private final Context context;
  private final InetAddress local;
  private final int port;
  private final int gidIndex;
  private final ProtectionDomain domain;
  private final CompletionQueue queue;
  private final MemoryRegion region;

  private VerbsTour(
      Context context, PortChoice choice, ProtectionDomain domain, MemoryRegion region)
      throws VerbsException {
    this.context = context;
    this.local = choice.gid().gid().inetAddress();
    this.port = choice.port().number();
    this.gidIndex = choice.gid().index();
    this.domain = domain;
    this.queue = context.createCompletionQueue(2048);
    this.region = region;
  }

  /**
   * Goes through all of them.
   *
   * @param args the name of the device; it must have an IP address, as RoCE has by itself
   * @throws IOException if something fails: says what
   */
  public static void main(String... args) throws IOException {
    PortChoice choice = Device.choose(PortWishes.none().withDevice(args[0]));
    try (Context context = choice.device().open();
        ProtectionDomain domain = context.createDomain();
        MemoryRegion region =
            domain.allocate(
                2 * HALF,
                Access.LOCAL_WRITE,
                Access.REMOTE_READ,
                Access.REMOTE_WRITE,
                Access.REMOTE_ATOMIC)) {
      var tour = new VerbsTour(context, choice, domain, region);
      try (QueuePair left = domain.createQueuePair(tour.config());
          QueuePair right = domain.createQueuePair(tour.config())) {
        QueuePairAddress leftAddress = left.address(tour.port, tour.gidIndex);
        left.connect(right.address(tour.port, tour.gidIndex));
        right.connect(leftAddress);
        tour.messages(left, right);
        tour.gather(left, right);
        tour.count(left);
        tour.lend(left, right);
        tour.fail(left);
      }
      tour.share();
      tour.datagrams();
      tour.events();
      tour.connectByAddress();
    }
  }

  private QueuePairConfig config() {
    return QueuePairConfig.reliable(queue).withSendElements(2).withInlineBytes(64);
  }

  private void messages(QueuePair left, QueuePair right) throws VerbsException {
    // snippet messages
    right.receives().receive(1, region, HALF, 1024).receive(2, region, HALF + 1024, 1024).submit();
    region.memory().setString(0, "two messages, one doorbell");
    left.sends()
        .inline()
        .send(3, region, 0, 16)
        .signaled()
        .sendImmediate(4, region, 0, 64, 42)
        .submit();
    // end
    done(3);
  }

  private void gather(QueuePair left, QueuePair right) throws VerbsException {
    right.receives().receive(1, region, HALF, 1024).submit();
    // snippet gather
    left.sends().signaled().send(2, region, 0, 16).append(region, 512, 100).submit();
    // end
    done(2);
  }

  private void count(QueuePair left) throws VerbsException {
    // snippet atomics
    left.sends()
        .fetchAndAdd(1, region, 0, region.address() + COUNTER, region.rkey(), 5)
        .signaled()
        .compareAndSwap(2, region, 8, region.address() + COUNTER, region.rkey(), 5, 77)
        .submit();
    // end
    done(1);
    System.out.println("it was " + region.memory().get(ValueLayout.JAVA_LONG, 8) + ", now 77");
  }

  private void lend(QueuePair left, QueuePair right) throws VerbsException {
    // snippet window
    try (MemoryRegion bindable =
            domain.allocate(HALF, Access.LOCAL_WRITE, Access.REMOTE_WRITE, Access.WINDOW_BIND);
        MemoryWindow window = domain.createMemoryWindow(MemoryWindowType.TYPE_2)) {
      right.sends().signaled().bind(1, window, bindable, 1024, 512, Access.REMOTE_WRITE).submit();
      done(1);
      long start = bindable.address() + 1024; // for the peer, with window.rkey()
      left.sends().signaled().write(2, region, 0, 64, start, window.rkey()).submit();
      done(1);
      right.sends().signaled().invalidate(3, window).submit();
      done(1);
    }
    // end
  }

  private void fail(QueuePair left) throws VerbsException {
    // snippet failure
    left.sends().write(1, region, 0, 64, region.address(), region.rkey() + 77).submit();
    queue.await(PATIENCE);
    Completions done = queue.poll();
    while (done.next()) {
      if (!done.succeeded()) {
        System.out.println(done.status() + ": " + done.failure().getMessage());
      }
    }
    System.out.println("the queue pair is in " + left.state());
    // end
  }

  private void share() throws VerbsException {
    // snippet shared
    try (SharedReceiveQueue shared = domain.createSharedReceiveQueue(256, 1);
        QueuePair one = domain.createQueuePair(config().withSharedReceiveQueue(shared));
        QueuePair two = domain.createQueuePair(config().withSharedReceiveQueue(shared))) {
      for (int i = 0; i < 16; i++) {
        shared.receives().receive(i, region, HALF + i * 64L, 64);
      }
      shared.receives().submit();
      shared.arm(4); // an event when fewer than 4 are left
      // end
      QueuePairAddress address = one.address(port, gidIndex);
      one.connect(two.address(port, gidIndex));
      two.connect(address);
      one.sends().signaled().send(1, region, 0, 32).submit();
      two.sends().signaled().send(2, region, 0, 32).submit();
      done(4);
    }
  }

  private void datagrams() throws VerbsException {
    int queueKey = 0x1234;
    // snippet datagrams
    try (QueuePair sender = domain.createQueuePair(QueuePairConfig.datagram(queue));
        QueuePair receiver = domain.createQueuePair(QueuePairConfig.datagram(queue))) {
      QueuePairAddress there = receiver.address(port, gidIndex);
      sender.address(port, gidIndex);
      receiver.activate(queueKey);
      sender.activate(queueKey);
      receiver.receives().receive(1, region, HALF, Completions.ROUTE_HEADER_BYTES + 64).submit();
      try (AddressHandle handle = sender.createAddressHandle(there)) {
        sender.sends().to(handle, there.number(), queueKey).signaled().send(2, region, 0, 64);
        sender.sends().submit();
        done(2);
      }
      // end
    }
  }

  private void events() throws VerbsException {
    // snippet events
    Optional<AsyncEvent> event = context.events().await(Duration.ZERO);
    if (event.isPresent()) {
      switch (event.get()) {
        case AsyncEvent.OfPort(var type, var number) ->
            System.out.println("port " + number + ": " + type);
        default -> System.out.println(event.get());
      }
    }
    // end
  }

  private void connectByAddress() throws IOException {
    // snippet listen
    try (ConnectionManager manager = ConnectionManager.open();
        ConnectionListener listener = manager.listen(new InetSocketAddress(local, 0))) {
      // end
      Thread client = Thread.ofPlatform().start(() -> dial(listener.localAddress()));
      // snippet accept
      ConnectionRequest request = listener.await(PATIENCE).orElseThrow();
      try (ProtectionDomain mine = request.context().createDomain();
          CompletionQueue done = request.context().createCompletionQueue(256);
          QueuePair pair = mine.createQueuePair(QueuePairConfig.reliable(done));
          Connection connection = request.accept(pair, ConnectionParameters.defaults(), PATIENCE)) {
        System.out.println("connected with " + connection.remoteAddress());
        connection.awaitDisconnect(PATIENCE);
      }
      // end
      join(client);
    }
  }

  private static void dial(InetSocketAddress there) {
    // snippet dial
    try (ConnectionManager manager = ConnectionManager.open();
        Route route = manager.resolve(there, PATIENCE);
        ProtectionDomain mine = route.context().createDomain();
        CompletionQueue done = route.context().createCompletionQueue(256);
        QueuePair pair = mine.createQueuePair(QueuePairConfig.reliable(done));
        Connection connection = route.connect(pair, ConnectionParameters.defaults(), PATIENCE)) {
      System.out.println(connection + " is " + pair.state());
    } catch (IOException e) {
      System.out.println("no connection: " + e.getMessage());
    }
    // end
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void done(int count) throws VerbsException {
    for (int seen = 0; seen < count; ) {
      if (!queue.await(PATIENCE)) {
        throw new IllegalStateException("only " + seen + " of " + count + " completions came");
      }
      Completions done = queue.poll();
      while (done.next()) {
        if (!done.succeeded()) {
          throw done.failure();
        }
        System.out.println(done.kind() + " " + done.id() + " is done");
        seen++;
      }
    }
  }
}
