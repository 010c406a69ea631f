package io.verbena.verbs;

import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An object of libibverbs: knows what it needs and what needs it, and closes the latter first.
 *
 * <p>Most objects form a tree below their context, but a queue pair needs its domain and its
 * completion queues alike: so each object has any number of <em>owners</em>, and each owner knows
 * its <em>dependents</em> in the order in which they were made. One lock for the whole tree (the
 * context's) makes creating, querying, modifying and closing safe against each other. The hot path
 * takes no lock, see {@link UseGuard}; nothing that holds a guard waits for the lock.
 */
abstract class NativeObject extends UseGuard implements AutoCloseable {
  /** Of the whole tree; never held while waiting for a completion or for a peer. */
  final ReentrantLock lock;

  /** Of the C object; only to be used while it is certain to be there. */
  final MemorySegment handle;

  /** All of the tree but the root, by the address of the C object; read without the lock. */
  private final Map<Long, NativeObject> byAddress;

  private final NativeObject[] owners;
  private final List<NativeObject> dependents = new ArrayList<>();
  private boolean released;

  /** Of a root: see {@link #mayStayMapped}. */
  private boolean mayBeKept;

  /** Makes a root. */
  NativeObject(MemorySegment handle) {
    this.handle = handle;
    this.owners = new NativeObject[0];
    this.lock = new ReentrantLock();
    this.byAddress = new ConcurrentHashMap<>();
  }

  /** Makes a dependent; the caller holds the lock and has checked that all owners are open. */
  NativeObject(MemorySegment handle, NativeObject... owners) {
    this.handle = handle;
    this.owners = owners;
    this.lock = owners[0].lock;
    this.byAddress = owners[0].byAddress;
  }

  /** Lets the owners close this: called once, by whoever made it, with the lock. */
  final <T extends NativeObject> T adopt(T dependent) {
    for (NativeObject owner : ((NativeObject) dependent).owners) {
      owner.dependents.add(dependent);
    }
    byAddress.put(((NativeObject) dependent).handle.address(), dependent);
    return dependent;
  }

  /** What of a kind depends on this; with the lock. */
  final <T extends NativeObject> Stream<T> dependents(Class<T> kind) {
    return dependents.stream().filter(kind::isInstance).map(kind::cast);
  }

  /**
   * The object of this tree that stands for a C object, which the caller knows to be there: an
   * address is given away again as soon as it is freed. Takes no lock.
   */
  final <T extends NativeObject> Optional<T> find(long address, Class<T> type) {
    NativeObject found = byAddress.get(address);
    return type.isInstance(found) ? Optional.of(type.cast(found)) : Optional.empty();
  }

  /** Changes an owner for another one of the same tree; with the lock. */
  final void move(NativeObject from, NativeObject to) {
    owners[Arrays.asList(owners).indexOf(from)] = to;
    from.dependents.remove(this);
    to.dependents.add(this);
  }

  /** For changes that would pull the ground from under dependents; with the lock. */
  final void requireNoDependents() {
    if (!dependents.isEmpty()) {
      throw new IllegalStateException(
          description()
              + " is used by "
              + dependents.getFirst().description()
              + ": close it first");
    }
  }

  /**
   * Whether this can still be used. Another thread may close it at any time.
   *
   * @return false as soon as closing has begun
   */
  public final boolean isOpen() {
    return !isClosed();
  }

  /**
   * Frees the object, after everything that depends on it, newest first. May be called from any
   * thread, at any time and more than once; a thread that waits in {@code await} wakes up, other
   * threads that use the object get an {@code IllegalStateException}. Returns when the object is
   * gone.
   *
   * @throws UncheckedIOException with the {@link VerbsException} if the device refuses; the object
   *     counts as closed all the same, and all others are closed
   */
  @Override
  public void close() {
    List<VerbsException> failures = new ArrayList<>();
    lock.lock();
    try {
      release(failures);
    } finally {
      lock.unlock();
    }
    VerbsException failure = first(failures);
    if (failure != null) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Closes this and all that depends on it; with the lock. */
  final void release(List<VerbsException> failures) {
    if (released) {
      return;
    }
    released = true;
    while (!dependents.isEmpty()) {
      dependents.removeLast().release(failures);
    }
    shut();
    UseGuard[] guards = guards();
    for (UseGuard guard : guards) {
      guard.shut();
    }
    wakeSleepers();
    awaitIdle(users());
    VerbsException failure = destroy();
    if (failure != null) {
      failures.add(failure);
      if (mayStayMapped()) {
        root().mayBeKept = true;
      }
    }
    for (NativeObject owner : owners) {
      owner.dependents.remove(this);
    }
    byAddress.remove(handle.address(), this);
    afterDestroy(failures);
  }

  /** Everything that calls without the lock use to reach the C object. */
  UseGuard[] guards() {
    return new UseGuard[0];
  }

  /** Everything whose running calls may be reading the C object: they end before it is freed. */
  UseGuard[] users() {
    return guards();
  }

  /** Wakes up threads that sleep inside; whoever comes now finds this closed. */
  void wakeSleepers() {}

  /** Closes what only this object used. */
  void afterDestroy(List<VerbsException> failures) {}

  /** Frees the C object: no dependents are left and no thread is using it. */
  abstract @Nullable VerbsException destroy();

  /**
   * Whether memory of the device may stay mapped if the C object cannot be destroyed: the mapping
   * keeps the device's file, and so all that was made through it, even after the file is closed.
   */
  boolean mayStayMapped() {
    return true;
  }

  /** Of a root: whether the device may keep what was made through it after it is closed. */
  final boolean mayBeKept() {
    return mayBeKept;
  }

  private NativeObject root() {
    NativeObject root = this;
    while (root.owners.length > 0) {
      root = root.owners[0];
    }
    return root;
  }

  /** One failure that tells of all; null if there is none. */
  static @Nullable VerbsException first(List<VerbsException> failures) {
    if (failures.isEmpty()) {
      return null;
    }
    VerbsException first = failures.getFirst();
    failures.stream().skip(1).forEach(first::addSuppressed);
    return first;
  }

  /** The failure of a destroying verb, if there is one. */
  final @Nullable VerbsException destroyed(String verb, int result) {
    return result == 0 ? null : VerbsException.of(verb, description(), Math.abs(result));
  }

  /** For operations that hold the lock, or a guard that {@link #users} has. */
  final void requireOpen() {
    if (isClosed()) {
      throw closed();
    }
  }

  /**
   * What this is, for messages and logs.
   *
   * @return a few words with the object's size or number
   */
  @Override
  public final String toString() {
    return description();
  }
}
