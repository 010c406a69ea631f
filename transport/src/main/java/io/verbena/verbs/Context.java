package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.ibv_context;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An opened adapter; stands for {@code struct ibv_context}, see {@code man ibv_open_device}.
 *
 * <p>Threads: any; the calls of one context and of all that it owns wait for each other, except
 * posting, polling and awaiting. Ownership: by the caller; closing it closes everything that was
 * made with it.
 */
public final class Context extends NativeObject {
  /**
   * A context that somebody forgets stays open, and what it has registered stays in the adapter's
   * reach: so none of it may be collected.
   */
  private static final Set<Context> OPEN = ConcurrentHashMap.newKeySet();

  private final Device device;
  private final Provider.Traits traits;
  private final DeviceQueries deviceQueries = new DeviceQueries(this);
  private final PortQueries portQueries = new PortQueries(this);
  private final RetiredAddresses addresses = new RetiredAddresses();
  private @Nullable AsyncEvents events;
  private int nextTag;

  Context(Device device, MemorySegment handle) {
    super(handle);
    this.device = device;
    this.traits = Provider.traits(Provider.of(InlineVerbs.postSend(handle).address()));
    OPEN.add(this);
  }

  /**
   * The adapter that was opened.
   *
   * @return the value that {@link Device#open} was called on
   */
  public Device device() {
    return device;
  }

  /**
   * Asks the adapter something: when another call has failed, this tells a refusal from the end.
   *
   * @return false once the adapter has failed or was removed; what refuses this question for
   *     another reason, such as a lack of memory, is still there
   * @throws IllegalStateException if the context is closed
   */
  public boolean isAnswering() {
    try {
      port(1);
      return true;
    } catch (VerbsException e) {
      return !Cures.isEnd(e.errno());
    }
  }

  /**
   * What the adapter can do; asked once, the answer does not change. See {@code man
   * ibv_query_device}.
   *
   * @return the limits and capabilities
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the context is closed
   */
  public DeviceAttributes attributes() throws VerbsException {
    return extendedAttributes().base();
  }

  /**
   * What the adapter can do beyond {@link #attributes}; asked once, the answer does not change. See
   * {@code man ibv_query_device_ex}.
   *
   * @return the limits and capabilities
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the context is closed
   */
  public ExtendedDeviceAttributes extendedAttributes() throws VerbsException {
    return deviceQueries.attributes();
  }

  /**
   * Reads the adapter's clock, which timestamps of completions count in; see {@code man
   * ibv_query_rt_values_ex}.
   *
   * @return ticks, see {@link ExtendedDeviceAttributes#clockKilohertz}
   * @throws VerbsException with EOPNOTSUPP if the adapter has no clock that programs can read
   * @throws IllegalStateException if the context is closed
   */
  public long clockTicks() throws VerbsException {
    return deviceQueries.clockTicks();
  }

  /**
   * How many ports the adapter has.
   *
   * @return the number of the last port: they count from 1
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the context is closed
   */
  public int portCount() throws VerbsException {
    return attributes().portCount();
  }

  /**
   * The state of a port; see {@code man ibv_query_port}.
   *
   * @param number the port, counted from 1
   * @return a snapshot
   * @throws VerbsException if the device does not answer
   * @throws IllegalArgumentException if there is no such port
   * @throws IllegalStateException if the context is closed
   */
  public PortAttributes port(int number) throws VerbsException {
    return portQueries.port(number);
  }

  /**
   * The addresses of a port; see {@code man ibv_query_gid_table}. Choose by address and type: the
   * order says nothing.
   *
   * @param port the port, counted from 1
   * @return the entries that are not empty, by index
   * @throws VerbsException if the device does not answer
   * @throws IllegalArgumentException if there is no such port
   * @throws IllegalStateException if the context is closed
   */
  public List<GidEntry> gids(int port) throws VerbsException {
    return portQueries.gids(port);
  }

  /**
   * A partition key of a port; see {@code man ibv_query_pkey}.
   *
   * @param port the port, counted from 1
   * @param index the place in the table, from 0 to below {@link PortAttributes#pkeyTableLength}
   * @return 16 bits; the highest says full membership
   * @throws VerbsException if there is no such place
   * @throws IllegalArgumentException if there is no such port
   * @throws IllegalStateException if the context is closed
   */
  public int pkey(int port, int index) throws VerbsException {
    return portQueries.pkey(port, index);
  }

  /**
   * The place of a partition key in a port's table; see {@code man ibv_get_pkey_index}. Places
   * differ between ports and may change, see {@link AsyncEventType#PKEY_CHANGE}.
   *
   * @param port the port, counted from 1
   * @param pkey 16 bits; the highest, which says full membership, counts
   * @return the place; empty if the port does not have the key
   * @throws VerbsException if the device does not answer
   * @throws IllegalArgumentException if there is no such port
   * @throws IllegalStateException if the context is closed
   */
  public OptionalInt pkeyIndex(int port, int pkey) throws VerbsException {
    return portQueries.pkeyIndex(port, pkey);
  }

  /**
   * One GID, read by its place; see {@code man ibv_query_gid}.
   *
   * @param port the port, counted from 1
   * @param index the place in the table, from 0 to below {@link PortAttributes#gidTableLength}
   * @return the GID; {@link Gid#ZERO} if the place is empty
   * @throws VerbsException if there is no such place
   * @throws IllegalArgumentException if there is no such port
   * @throws IllegalStateException if the context is closed
   */
  public Gid gid(int port, int index) throws VerbsException {
    return portQueries.gid(port, index);
  }

  /**
   * One GID with its type and network interface, read by its place; see {@code man
   * ibv_query_gid_ex}.
   *
   * @param port the port, counted from 1
   * @param index the place in the table, from 0 to below {@link PortAttributes#gidTableLength}
   * @return the entry
   * @throws VerbsException if there is no such place, or it is empty
   * @throws IllegalArgumentException if there is no such port
   * @throws IllegalStateException if the context is closed
   */
  public GidEntry gidEntry(int port, int index) throws VerbsException {
    return portQueries.gidEntry(port, index);
  }

  /**
   * Creates a protection domain; see {@code man ibv_alloc_pd}.
   *
   * @return a domain to close after use
   * @throws VerbsException if the device refuses
   * @throws IllegalStateException if the context is closed
   */
  public ProtectionDomain createDomain() throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment domain = ErrnoCalls.allocPd(capture, handle);
      if (domain.address() == 0) {
        throw VerbsException.of("ibv_alloc_pd", device.name(), ErrnoCalls.errno(capture));
      }
      return adopt(new ProtectionDomain(this, domain));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Opens an XRC domain of this context's own; see {@code man ibv_open_xrcd}.
   *
   * @return a domain to close after use
   * @throws VerbsException with EOPNOTSUPP if the adapter lacks {@link
   *     DeviceCapability#EXTENDED_RELIABLE}, or if it refuses
   * @throws IllegalStateException if the context is closed
   */
  public XrcDomain openXrcDomain() throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(XrcDomain.open(this));
    } finally {
      lock.unlock();
    }
  }

  /**
   * What the adapter reports without being asked: failures, ports that come and go, its removal.
   *
   * @return the context's one stream; a new one if the last one was closed
   * @throws VerbsException if the limit of open files refuses
   * @throws IllegalStateException if the context is closed
   */
  public AsyncEvents events() throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      AsyncEvents stream = events;
      if (stream == null || !stream.isOpen()) {
        stream = adopt(AsyncEvents.create(this));
        events = stream;
      }
      return stream;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates a completion channel, on which a thread can sleep for several completion queues; see
   * {@code man ibv_create_comp_channel}.
   *
   * @return a channel to close after use
   * @throws VerbsException if the device or the limit of open files refuses
   * @throws IllegalStateException if the context is closed
   */
  public CompletionChannel createCompletionChannel() throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(CompletionChannel.create(this));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates a completion queue with a channel of its own; see {@code man ibv_create_cq}.
   *
   * @param entries the completions that it must hold, at least 1: the sum of the depths of the
   *     queues that complete there
   * @return a queue to close after use
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if {@code entries} is not positive
   * @throws IllegalStateException if the context is closed
   */
  public CompletionQueue createCompletionQueue(int entries) throws VerbsException {
    return createCompletionQueue(CompletionQueueConfig.of(entries));
  }

  /**
   * Creates a completion queue on a channel; see {@code man ibv_create_cq}.
   *
   * @param entries the completions that it must hold, at least 1: the sum of the depths of the
   *     queues that complete there
   * @param channel where its events go
   * @return a queue to close after use
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if {@code entries} is not positive or the channel is of
   *     another context
   * @throws IllegalStateException if the context or the channel is closed
   */
  public CompletionQueue createCompletionQueue(int entries, CompletionChannel channel)
      throws VerbsException {
    return createCompletionQueue(CompletionQueueConfig.of(entries).withChannel(channel));
  }

  /**
   * Creates a completion queue; see {@code man ibv_create_cq} and {@code man ibv_create_cq_ex},
   * which is used where the configuration needs it.
   *
   * @param config what it is made of
   * @return a queue to close after use
   * @throws VerbsException if the device refuses, or has no timestamps but they are asked for
   * @throws IllegalArgumentException if there is no such completion vector, or the channel is of
   *     another context
   * @throws IllegalStateException if the context or the channel is closed
   */
  public CompletionQueue createCompletionQueue(CompletionQueueConfig config) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      return adopt(CompletionQueueCreation.create(this, config));
    } finally {
      lock.unlock();
    }
  }

  /**
   * How many interrupts can bring completion events; queues are spread over them with {@link
   * CompletionQueueConfig#withVector}.
   *
   * @return at least 1
   */
  public int completionVectors() {
    lock.lock();
    try {
      requireOpen();
      return ibv_context.num_comp_vectors(handle);
    } finally {
      lock.unlock();
    }
  }

  /** The way back to the sender of a datagram. */
  AddressVector sender(MemorySegment completion, MemorySegment routeHeader, int port)
      throws VerbsException {
    return portQueries.sender(completion, routeHeader, port);
  }

  /** Of all threads that may be posting to queue pairs of this context; with the lock. */
  UseGuard[] postingGuards() {
    return dependents(ProtectionDomain.class)
        .flatMap(domain -> domain.dependents(QueuePair.class))
        .map(QueuePair::sends)
        .toArray(UseGuard[]::new);
  }

  /** Which addresses are not to be used again yet; with the lock. */
  RetiredAddresses addresses() {
    return addresses;
  }

  /** What its provider is like. */
  Provider.Traits traits() {
    return traits;
  }

  /** A number that tells apart queue pairs that get the same number one after the other. */
  int nextTag() {
    nextTag = nextTag + 1 & 0xffff;
    return nextTag;
  }

  /** A tag that no other shared receive queue has: nothing else tells their receives apart. */
  int nextSharedTag() {
    for (int i = 0; i <= 0xffff; i++) {
      int tag = nextTag();
      if (dependents(ProtectionDomain.class)
          .flatMap(domain -> domain.dependents(SharedReceiveQueue.class))
          .noneMatch(queue -> queue.slots().tag() == tag)) {
        return tag;
      }
    }
    throw new IllegalStateException(
        "a context has at most 65536 shared receive queues: close some, or open the device again");
  }

  @Override
  String description() {
    return "the context of " + device.name();
  }

  @Override
  @Nullable VerbsException destroy() {
    OPEN.remove(this);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      if (ErrnoCalls.closeDevice(capture, handle) != 0) {
        return VerbsException.of("ibv_close_device", description(), ErrnoCalls.errno(capture));
      }
      if (!mayBeKept()) {
        MemoryRegion.letGo(this);
        addresses.clear();
      }
      return null;
    }
  }
}
