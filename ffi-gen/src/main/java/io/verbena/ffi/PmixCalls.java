package io.verbena.ffi;

import io.verbena.ffi.pmix.PMIx;
import io.verbena.ffi.pmix.pmix_byte_object;
import io.verbena.ffi.pmix.pmix_value;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * What PMIx leaves to macros of C. Calling it is allowed only if {@link Native#LIBPMIX} is there.
 */
public final class PmixCalls {
  private PmixCalls() {}

  /**
   * What {@code PMIx_Get} gave.
   *
   * @param out where it left its pointer
   * @return a {@code pmix_value_t}, for {@link #release}
   */
  public static MemorySegment value(MemorySegment out) {
    return out.get(ValueLayout.ADDRESS, 0).reinterpret(pmix_value.sizeof());
  }

  /**
   * Copies the bytes of a value of type {@code PMIX_BYTE_OBJECT}.
   *
   * @param value a {@code pmix_value_t}
   * @param most how many bytes are believed
   * @return the bytes
   * @throws IllegalArgumentException if there are more
   */
  public static byte[] bytes(MemorySegment value, int most) {
    MemorySegment object = pmix_value.data.bo(pmix_value.data(value));
    long length = pmix_byte_object.size(object);
    if (length < 0 || length > most) {
      throw new IllegalArgumentException("a value of %d bytes".formatted(length));
    }
    return pmix_byte_object.bytes(object).reinterpret(length).toArray(ValueLayout.JAVA_BYTE);
  }

  /**
   * Frees a value that {@code PMIx_Get} gave, as {@code PMIX_VALUE_RELEASE} does.
   *
   * @param value a {@code pmix_value_t}; dead afterwards
   */
  public static void release(MemorySegment value) {
    try {
      Handles.DESTRUCT.invokeExact(value);
      Handles.FREE.invokeExact(value);
    } catch (Throwable e) {
      throw ErrnoCalls.rethrow(e);
    }
  }

  /**
   * What a status means, see {@code PMIx_Error_string(3)}.
   *
   * @param status of a call
   * @return for people, such as {@code PMIX_ERR_TIMEOUT (-24)}
   */
  public static String text(int status) {
    MemorySegment text = PMIx.PMIx_Error_string(status);
    return "%s (%d)".formatted(text.reinterpret(Long.MAX_VALUE).getString(0), status);
  }

  /** Needs libpmix. */
  private static final class Handles {
    private static final FunctionDescriptor OF_POINTER =
        FunctionDescriptor.ofVoid(ValueLayout.ADDRESS);

    static final MethodHandle DESTRUCT =
        Linker.nativeLinker()
            .downcallHandle(
                SymbolLookup.libraryLookup(Native.LIBPMIX.libraryName(), Arena.global())
                    .findOrThrow("PMIx_Value_destruct"),
                OF_POINTER);
    static final MethodHandle FREE =
        Linker.nativeLinker()
            .downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow("free"), OF_POINTER);
  }
}
