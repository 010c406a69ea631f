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
 * Holds a shared arena by a thread. Java has no public method for that, but it refuses to close a
 * shared arena while a native call that was given memory of it is running. So each hold is a thread
 * in such a call, parked: it calls a native stub that leads straight back into Java. A thread is
 * much for what it does, but big memory is registered seldom.
 */
final class ParkedHold implements ArenaHold {
  private static final long STACK_BYTES = 256 * 1024;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final MemorySegment memory;
  private final Keeper keeper;
  private volatile @Nullable Throwable failure;

  private ParkedHold(MemorySegment memory) {
    this.memory = memory;
    this.keeper = new Keeper(this);
  }

  /** Returns when the arena is held. */
  static ParkedHold of(MemorySegment memory) {
    ParkedHold hold = new ParkedHold(memory);
    hold.keeper.start();
    await(hold.begun);
    Throwable failure = hold.failure;
    if (failure != null) {
      throw ErrnoCalls.rethrow(failure);
    }
    return hold;
  }

  /** What is at those addresses next is the business of whoever frees the memory. */
  @Override
  public boolean vacate() {
    close();
    return false;
  }

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
    final ParkedHold hold;

    Keeper(ParkedHold hold) {
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
                    ParkedHold.class,
                    "inside",
                    MethodType.methodType(void.class, MemorySegment.class));
        return Linker.nativeLinker().upcallStub(target, DESCRIPTOR, Arena.global());
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("inside(MemorySegment) is a method of this class", e);
      }
    }
  }
}
