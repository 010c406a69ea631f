package io.verbena;

import io.netty.buffer.ByteBufAllocator;
import io.verbena.TransportException.Kind;
import io.verbena.lane.Lane;
import io.verbena.lane.LaneLock;
import io.verbena.lane.rdma.RdmaLane;
import io.verbena.lane.tcp.Chunks;
import io.verbena.lane.tcp.TcpOptions;
import io.verbena.memory.RegisteredMemory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a program's endpoints and their memory live: over RDMA where both peers have it, over TCP
 * where they do not, with the reason.
 *
 * <p>Thread-safe. Owns its endpoints, listeners and memory, and closes them with itself. Traffic is
 * plaintext: use it on networks that you trust.
 */
public final class Transport implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Transport.class);

  private final TransportConfig config;
  private final UUID node = UUID.randomUUID();
  private final TransportMemory memory;
  private final Chunks chunks = new Chunks();
  private final Drivers drivers;
  private final OpenEndpoints endpoints = new OpenEndpoints();
  private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();
  private final PendingConnects connects = new PendingConnects();
  private final CountDownLatch freed = new CountDownLatch(1);
  private volatile boolean closed;

  private Transport(TransportConfig config, TransportMemory memory, Drivers drivers) {
    this.config = config;
    this.memory = memory;
    this.drivers = drivers;
  }

  /**
   * Opens a transport with {@link TransportConfig#defaults}.
   *
   * @return the transport, owned by the caller
   * @throws IOException if the system refuses what it needs
   */
  public static Transport open() throws IOException {
    return open(TransportConfig.defaults());
  }

  /**
   * Opens a transport.
   *
   * @param config how it behaves
   * @return the transport, owned by the caller
   * @throws TransportException with {@link Kind#RDMA_UNAVAILABLE} if RDMA is required and this
   *     machine cannot use it
   * @throws IOException if the system refuses what it needs
   */
  public static Transport open(TransportConfig config) throws IOException {
    TransportMemory memory = TransportMemory.open(config);
    try {
      return new Transport(config, memory, new Drivers(config.progress()));
    } catch (IOException | RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /**
   * Connects to a listener on a host and waits until the endpoint is ready. Of the addresses that
   * the host's name has, those reached over InfiniBand are tried first, then the others, each
   * within its share of the connect timeout.
   *
   * @param host name, or an address as text
   * @param port the listener's port, from 1 to 65535
   * @return the endpoint, owned by the caller and closed with this transport at the latest
   * @throws TransportException as {@link #connect(InetSocketAddress)}
   * @throws IOException if the system refuses what it needs
   */
  public Endpoint connect(String host, int port) throws IOException {
    return connect(InetSocketAddress.createUnresolved(host, port));
  }

  /**
   * Connects to a listener and waits until the endpoint is ready. An address that is resolved is
   * the only one that is tried, and its name is not looked up; an {@linkplain
   * InetSocketAddress#createUnresolved unresolved} one is what {@link #connect(String, int)} tries.
   *
   * @param address address and port
   * @return the endpoint, owned by the caller and closed with this transport at the latest
   * @throws TransportException if nobody is there, the peer is not Verbena, RDMA is required and
   *     not available, or the connect timeout is over
   * @throws IOException if the system refuses what it needs
   */
  public Endpoint connect(InetSocketAddress address) throws IOException {
    Objects.requireNonNull(address, "address");
    var failed = new ConnectFailureEvent();
    failed.begin();
    try {
      return dial(address);
    } catch (IOException | RuntimeException e) {
      failed.commit("", text(address), e, true);
      throw e;
    }
  }

  private Endpoint dial(InetSocketAddress address) throws IOException {
    long deadline = System.nanoTime() + config.connectTimeout().toNanos();
    try (var dialer = new Dialer(config.networkInterface(), connects)) {
      return establish(dialer.connect(address, deadline), deadline, true);
    } catch (IOException | RuntimeException e) {
      if (closed) {
        throw new TransportException(Kind.CLOSED, "the transport is closed", e);
      }
      if (e instanceof TransportException failure) {
        throw new TransportException(
            failure.kind(), "cannot connect to %s: %s".formatted(text(address), e.getMessage()), e);
      }
      throw e;
    }
  }

  /**
   * Listens for peers.
   *
   * @param address the local address; port 0 for any free one
   * @return the listener, owned by the caller and closed with this transport at the latest
   * @throws TransportException with {@link Kind#ADDRESS} if the address is in use or not ours
   * @throws IOException if the system refuses what it needs
   */
  public Listener listen(InetSocketAddress address) throws IOException {
    Objects.requireNonNull(address, "address");
    requireOpen();
    ServerSocketChannel server = ServerSocketChannel.open();
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      if (address.isUnresolved()) {
        throw new UnknownHostException("unknown host");
      }
      server.bind(address);
      var listener =
          new Listener(server, this::accepted, config.operationTimeout(), listeners::remove);
      return known(listener);
    } catch (TransportException e) {
      throw e;
    } catch (IOException e) {
      server.close();
      throw new TransportException(
          Kind.ADDRESS, "cannot listen on %s: %s".formatted(text(address), reason(e)), e);
    }
  }

  private Listener known(Listener listener) throws TransportException {
    listeners.add(listener);
    if (closed) {
      // Closing may have gone through the listeners before this one was among them.
      listener.close();
      requireOpen();
    }
    return listener;
  }

  /**
   * Where to get buffers for messages.
   *
   * @return an allocator whose direct buffers this transport sends without copying; closed with it.
   *     Buffers that are in use then stay valid until they are released
   */
  public ByteBufAllocator allocator() {
    return memory.buffers.of(null);
  }

  /**
   * Allocates zeroed memory for one-sided operations, registered with each adapter that has had a
   * usable port since this transport was opened and has not failed; with one that gets a usable
   * port later it is registered then. Grant it with {@link Endpoint#grant}.
   *
   * @param bytes size in bytes, at least 1
   * @return the memory, owned by the caller and freed with this transport at the latest
   * @throws IOException if it cannot be registered, with the likely cure
   */
  public RegisteredMemory allocate(long bytes) throws IOException {
    requireOpen();
    return memory.allocate(bytes);
  }

  /**
   * Why this transport's side cannot use RDMA, as things stand: adapters that have no usable port
   * are looked at again, once a second at most.
   *
   * @return the reason, or empty if it can
   */
  public Optional<String> rdmaUnavailable() {
    return memory.rdmaUnavailable();
  }

  /**
   * Moves the data of all endpoints without waiting, and calls their handlers: for {@link
   * Progress#CALLER}, where nothing moves while nobody calls.
   *
   * @return how much happened; 0 for nothing
   */
  public int poll() {
    return endpoints.poll();
  }

  /**
   * What the transport has done so far.
   *
   * @return a snapshot
   */
  public TransportCounters counters() {
    return endpoints.counters(memory.buffers);
  }

  private Endpoint accepted(SocketChannel channel) throws IOException {
    Ends ends = Ends.of(channel);
    var failed = new ConnectFailureEvent();
    failed.begin();
    try {
      return establish(channel, System.nanoTime() + config.connectTimeout().toNanos(), false);
    } catch (IOException | RuntimeException e) {
      failed.commit(ends.local().toString(), ends.remote().toString(), e, false);
      throw e;
    }
  }

  private Endpoint establish(SocketChannel channel, long deadline, boolean client)
      throws IOException {
    boolean established = false;
    try {
      var event = new ConnectEvent();
      event.begin();
      TcpOptions.set(channel);
      var outcome = new Handshake(channel, deadline, config, memory, chunks).run(node, client);
      Endpoint endpoint = register(channel, outcome, event, client);
      established = true;
      return endpoint;
    } finally {
      if (!established) {
        channel.close();
      }
    }
  }

  private Endpoint register(
      SocketChannel channel, Handshake.Outcome outcome, ConnectEvent connecting, boolean client)
      throws IOException {
    Lane lane = outcome.lane();
    EndpointCore core = null;
    Driver driver = Driver.NONE;
    Endpoint endpoint = null;
    try {
      Ends ends = Ends.of(channel);
      var conversation =
          new Conversation(
              ends,
              lane,
              outcome.limits(),
              memory.buffers.of(outcome.adapter()),
              config.receiveBufferBytes());
      driver = drivers.of(outcome.adapter());
      LaneLock lock = lane instanceof RdmaLane rdmaLane ? rdmaLane.lock() : new LaneLock();
      core = new EndpointCore(conversation, lock, outcome.report(), driver, config);
      if (driver instanceof SelectorDriver selector) {
        selector.use(core, channel);
      }
      endpoint = new Endpoint(core, memory.domain, ends.local(), ends.remote(), endpoints::remove);
    } finally {
      if (endpoint == null) {
        lane.close();
        if (core != null) {
          driver.detach(core);
        }
      }
    }
    endpoints.add(endpoint);
    driver.attach(core);
    Ends ends = core.conversation.ends;
    connecting.commit(ends, outcome.report(), client);
    LOG.info("{}: {}", ends, outcome.report());
    if (closed) {
      endpoint.close();
      throw new TransportException(Kind.CLOSED, "the transport is closed");
    }
    return endpoint;
  }

  private void requireOpen() throws TransportException {
    if (closed) {
      throw new TransportException(Kind.CLOSED, "the transport is closed");
    }
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  private static String reason(IOException e) {
    return e instanceof UnknownHostException || "Unresolved address".equals(e.getMessage())
        ? "unknown host"
        : String.valueOf(e.getMessage());
  }

  /**
   * Closes listeners and endpoints, each with its goodbye, and frees all memory. Idempotent. All
   * say goodbye beside each other, so that it waits for little more than the close timeout. Called
   * by a handler on a thread of the transport, it returns at once, and the rest is done by another
   * thread; with {@link Progress#CALLER} it waits like everywhere else.
   */
  @Override
  public void close() {
    boolean isAwaited = drivers.isOwnThread() || memory.isInUseByCurrentThread();
    boolean first;
    synchronized (freed) {
      first = !closed;
      closed = true;
    }
    if (first && isAwaited) {
      Thread.ofPlatform().name("verbena-close").start(this::free);
    } else if (first) {
      free();
    } else if (!isAwaited) {
      Threads.awaitUninterruptibly(freed);
    }
  }

  private void free() {
    try {
      freeAll();
    } finally {
      freed.countDown();
    }
  }

  private void freeAll() {
    // Beside each other: a peer that is slow to say goodbye must not hold up the others.
    List<Thread> closing =
        listeners.stream().map(each -> Thread.ofVirtual().start(each::close)).toList();
    connects.abort();
    endpoints.closeAll();
    // What their handshakes have made meanwhile they have closed: there is nobody to accept it.
    closing.forEach(Threads::joinUninterruptibly);
    drivers.close();
    memory.close();
  }
}
