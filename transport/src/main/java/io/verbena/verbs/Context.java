package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_ah_attr;
import io.verbena.ffi.verbs.ibv_device_attr;
import io.verbena.ffi.verbs.ibv_gid;
import io.verbena.ffi.verbs.ibv_gid_entry;
import io.verbena.ffi.verbs.ibv_port_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An opened adapter; stands for {@code struct ibv_context}, see {@code man ibv_open_device}.
 *
 * <p>Threads: any; the calls of one context and of all that it owns wait for each other, except
 * posting, polling and awaiting. Ownership: by the caller; closing it closes everything that was
 * made with it.
 */
public final class Context extends NativeObject {
  private final Device device;
  private final boolean criticalPost;
  private @Nullable DeviceAttributes attributes;
  private @Nullable AsyncEvents events;
  private int nextTag;

  Context(Device device, MemorySegment handle) {
    super(handle);
    this.device = device;
    this.criticalPost = Provider.postsWithoutSystemCall(InlineVerbs.postSend(handle));
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
   * What the adapter can do; asked once, the answer does not change. See {@code man
   * ibv_query_device}.
   *
   * @return the limits and capabilities
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the context is closed
   */
  public DeviceAttributes attributes() throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      DeviceAttributes known = attributes;
      if (known == null) {
        MemorySegment attr = ibv_device_attr.allocate(arena);
        int result = Verbs.ibv_query_device(handle, attr);
        if (result != 0) {
          throw VerbsException.of("ibv_query_device", device.name(), Math.abs(result));
        }
        known = Snapshots.device(attr);
        attributes = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
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
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requirePort(number);
      MemorySegment attr = ibv_port_attr.allocate(arena);
      int result = InlineVerbs.queryPort(handle, (byte) number, attr);
      if (result != 0) {
        throw VerbsException.of(
            "ibv_query_port", device.name() + ", port=" + number, Math.abs(result));
      }
      return Snapshots.port(number, attr);
    } finally {
      lock.unlock();
    }
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
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requirePort(port);
      int capacity = 0;
      for (int i = 1; i <= portCount(); i++) {
        capacity += port(i).gidTableLength();
      }
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment entries = ibv_gid_entry.allocateArray(Math.max(1, capacity), arena);
      long count =
          ErrnoCalls.queryGidTable(capture, handle, entries, capacity, 0, ibv_gid_entry.sizeof());
      if (count < 0) {
        throw VerbsException.of("ibv_query_gid_table", device.name(), (int) -count);
      }
      List<GidEntry> found = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        MemorySegment entry = ibv_gid_entry.asSlice(entries, i);
        if (ibv_gid_entry.port_num(entry) == port) {
          found.add(Snapshots.gid(entry));
        }
      }
      return List.copyOf(found);
    } finally {
      lock.unlock();
    }
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
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requirePort(port);
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment key = arena.allocate(ValueLayout.JAVA_SHORT);
      if (ErrnoCalls.queryPkey(capture, handle, (byte) port, index, key) != 0) {
        throw VerbsException.of(
            "ibv_query_pkey", "port=" + port + ", index=" + index, ErrnoCalls.errno(capture));
      }
      return Short.reverseBytes(key.get(ValueLayout.JAVA_SHORT, 0)) & 0xffff;
    } finally {
      lock.unlock();
    }
  }

  /** One GID, read by its place; empty places give {@link Gid#ZERO}. */
  Gid gid(int port, int index) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment gid = ibv_gid.allocate(arena);
      if (ErrnoCalls.queryGid(capture, handle, (byte) port, index, gid) != 0) {
        throw VerbsException.of(
            "ibv_query_gid", "port=" + port + ", index=" + index, ErrnoCalls.errno(capture));
      }
      return Gid.of(ibv_gid.raw(gid).toArray(ValueLayout.JAVA_BYTE));
    }
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
    lock.lock();
    try {
      CompletionChannel channel = createCompletionChannel();
      CompletionQueue queue = null;
      try {
        queue = adopt(CompletionQueue.create(channel, entries, true));
        return queue;
      } finally {
        if (queue == null) {
          channel.close();
        }
      }
    } finally {
      lock.unlock();
    }
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
    lock.lock();
    try {
      requireOpen();
      if (channel.context() != this) {
        throw new IllegalArgumentException(
            "the completion channel is of another context: create one with this context");
      }
      channel.requireOpen();
      return adopt(CompletionQueue.create(channel, entries, false));
    } finally {
      lock.unlock();
    }
  }

  /** The way back to the sender of a datagram. */
  AddressVector sender(MemorySegment completion, MemorySegment routeHeader, int port)
      throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requirePort(port);
      MemorySegment attr = ibv_ah_attr.allocate(arena);
      int result = Verbs.ibv_init_ah_from_wc(handle, (byte) port, completion, routeHeader, attr);
      if (result != 0) {
        throw VerbsException.of(
            "ibv_init_ah_from_wc",
            device.name() + ", port=" + port,
            // The function has no error number of its own: mostly it just says -1.
            result < -1 ? -result : Cures.EINVAL,
            "pass the first byte of the receive, and the port that it came in by");
      }
      return AddressVector.of(attr);
    } finally {
      lock.unlock();
    }
  }

  /** Whether posting may be a critical call. */
  boolean criticalPost() {
    return criticalPost;
  }

  /** A number that tells apart queue pairs that get the same number one after the other. */
  int nextTag() {
    nextTag = nextTag + 1 & 0xffff;
    return nextTag;
  }

  private void requirePort(int number) throws VerbsException {
    requireOpen();
    if (number < 1 || number > portCount()) {
      throw new IllegalArgumentException(
          device.name() + " has no port " + number + ": its ports are 1 to " + portCount());
    }
  }

  @Override
  String description() {
    return "the context of " + device.name();
  }

  @Override
  @Nullable VerbsException destroy() {
    return destroyed("ibv_close_device", Verbs.ibv_close_device(handle));
  }
}
