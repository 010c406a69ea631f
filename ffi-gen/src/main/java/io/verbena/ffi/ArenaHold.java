package io.verbena.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Keeps somebody else's arena from being closed: its {@code close()} throws {@code
 * IllegalStateException} as long as there is a hold, and so the memory stays where a device writes
 * to.
 *
 * <p>Java has no public method for that, but it refuses to close a shared arena while a native call
 * that was given memory of it is running. So each hold is a thread in such a call, parked: it calls
 * a native stub that leads straight back into Java. A thread is much for what it does, but big
 * memory is registered seldom.
 *
 * <p>Memory of {@link Arena#global}, of {@link Arena#ofAuto} and of a direct buffer cannot be
 * closed and needs no hold: it is enough to keep the segment reachable. A confined arena cannot be
 * held from another thread. Holds may be made and closed by any thread.
 */
public final class ArenaHold implements AutoCloseable {
  private static final long STACK_BYTES = 256 * 1024;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final MemorySegment memory;
  private final Keeper keeper;
  private volatile @Nullable Throwable failure;

  private ArenaHold(MemorySegment memory) {
    this.memory = memory;
    this.keeper = new Keeper(this);
  }

  /**
   * Whether memory is of an arena that only one thread can use and close.
   *
   * @param memory native memory
   * @return true if {@link #of} would refuse it
   */
  public static boolean isConfined(MemorySegment memory) {
    Thread stranger = Thread.ofPlatform().unstarted(() -> {});
    return !memory.isAccessibleBy(stranger);
  }

  /**
   * Holds the arena that memory is of.
   *
   * @param memory native memory, not of a confined arena
   * @return the hold; null if that arena can never be closed
   * @throws IllegalStateException if the arena is closed already
   * @throws WrongThreadException if it is a confined arena
   */
  public static @Nullable ArenaHold of(MemorySegment memory) {
    // The name tells an automatic arena, and a direct buffer that was not made of a segment; if it
    // ever changes, those are held for nothing.
    String scope = memory.scope().getClass().getSimpleName();
    if (memory.scope().equals(Arena.global().scope())
        || scope.equals("ImplicitSession")
        || scope.equals("HeapSession")) {
      return null;
    }
    ArenaHold hold = new ArenaHold(memory);
    hold.keeper.start();
    await(hold.begun);
    Throwable failure = hold.failure;
    if (failure != null) {
      throw ErrnoCalls.rethrow(failure);
    }
    return hold;
  }

  /** Lets go: when this returns, the arena can be closed. */
  @Override
  public void close() {
    released.countDown();
    boolean interrupted = false;
    while (true) {
      try {
        keeper.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void keep() {
    try {
      Handles.CALL.invokeExact(Handles.STUB, memory);
    } catch (Throwable e) {
      failure = e;
    } finally {
      begun.countDown();
    }
  }

  /** What the native stub leads to; an exception here would end the JVM, and there is none. */
  @SuppressWarnings("unused") // through STUB
  private static void inside(MemorySegment address) {
    if (Thread.currentThread() instanceof Keeper current) {
      current.hold.begun.countDown();
      await(current.hold.released);
    }
  }

  private static void await(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Keeper extends Thread {
    final ArenaHold hold;

    Keeper(ArenaHold hold) {
      super(null, hold::keep, "verbena-arena-hold", STACK_BYTES, false);
      this.hold = hold;
      setDaemon(true);
    }
  }

  private static final class Handles {
    private static final FunctionDescriptor DESCRIPTOR =
        FunctionDescriptor.ofVoid(ValueLayout.ADDRESS);

    static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(DESCRIPTOR);
    static final MemorySegment STUB = stub();

    private static MemorySegment stub() {
      try {
        MethodHandle target =
            MethodHandles.lookup()
                .findStatic(
                    ArenaHold.class,
                    "inside",
                    MethodType.methodType(void.class, MemorySegment.class));
        return Linker.nativeLinker().upcallStub(target, DESCRIPTOR, Arena.global());
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("inside(MemorySegment) is a method of this class", e);
      }
    }
  }
}
