package io.verbena.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The functions of a {@code struct ibv_cq_ex}, see {@code ibv_create_cq_ex(3)}: {@code static
 * inline} calls through pointers in the structure, with the rules of {@link InlineVerbs}. All are
 * critical: between start and end a provider may hold a lock, so the thread should not be stopped
 * there more often than it must.
 */
public final class ExtendedCompletions {
  private ExtendedCompletions() {}

  /**
   * Goes to the next completion, see {@code ibv_start_poll}.
   *
   * @param function the pointer in the structure
   * @param queue the address of the {@code struct ibv_cq_ex}
   * @param attributes the address of a {@code struct ibv_poll_cq_attr}
   * @return 0, and {@link #endPoll} must follow; {@code ENOENT} if there is none; else another
   *     error number
   */
  public static int startPoll(long function, long queue, long attributes) {
    try {
      return (int) Handles.START.invokeExact(function, queue, attributes);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Gives the completion back to the device, see {@code ibv_end_poll}.
   *
   * @param function the pointer in the structure
   * @param queue the address of the {@code struct ibv_cq_ex}
   */
  public static void endPoll(long function, long queue) {
    try {
      Handles.END.invokeExact(function, queue);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Reads an 8-bit field of the current completion.
   *
   * @param function the pointer in the structure, {@code read_*}
   * @param queue the address of the {@code struct ibv_cq_ex}
   * @return the field
   */
  public static byte readByte(long function, long queue) {
    try {
      return (byte) Handles.READ_BYTE.invokeExact(function, queue);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Reads a 32-bit field of the current completion.
   *
   * @param function the pointer in the structure, {@code read_*}
   * @param queue the address of the {@code struct ibv_cq_ex}
   * @return the field
   */
  public static int readInt(long function, long queue) {
    try {
      return (int) Handles.READ_INT.invokeExact(function, queue);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * Reads a 64-bit field of the current completion.
   *
   * @param function the pointer in the structure, {@code read_*}
   * @param queue the address of the {@code struct ibv_cq_ex}
   * @return the field
   */
  public static long readLong(long function, long queue) {
    try {
      return (long) Handles.READ_LONG.invokeExact(function, queue);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /** Apart, so that a JVM that denies native access can load the class above. */
  private static final class Handles {
    static final MethodHandle START =
        through(
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    static final MethodHandle END = through(FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
    static final MethodHandle READ_BYTE =
        through(FunctionDescriptor.of(ValueLayout.JAVA_BYTE, ValueLayout.JAVA_LONG));
    static final MethodHandle READ_INT =
        through(FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    static final MethodHandle READ_LONG =
        through(FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private static MethodHandle through(FunctionDescriptor descriptor) {
      MethodHandle handle =
          Linker.nativeLinker().downcallHandle(descriptor, Linker.Option.critical(false));
      try {
        return MethodHandles.filterArguments(
            handle,
            0,
            MethodHandles.lookup()
                .findStatic(
                    MemorySegment.class,
                    "ofAddress",
                    MethodType.methodType(MemorySegment.class, long.class)));
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("MemorySegment.ofAddress(long) is a public method", e);
      }
    }
  }
}
