package io.verbena.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.ffi.verbs.ibv_context;
import io.verbena.ffi.verbs.verbs_context;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs without libibverbs: the function tables are made here. */
class ExtendedVerbsTest {
  private static final MemorySegment ATTRIBUTES = MemorySegment.ofAddress(0xa0);
  private static final MemorySegment OBJECT = MemorySegment.ofAddress(0xb0);
  private static final int EOPNOTSUPP = 95;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment surrounding = verbs_context.allocate(arena);
  private final MemorySegment context = verbs_context.context(surrounding);
  private final MemorySegment capture = ErrnoCalls.capture(arena);
  private final List<String> calls = new ArrayList<>();

  @BeforeEach
  void makeTable() {
    ibv_context.abi_compat(context, MemorySegment.ofAddress(-1));
    verbs_context.sz(surrounding, verbs_context.sizeof());
  }

  @AfterEach
  void free() {
    arena.close();
  }

  private MemorySegment created(
      String function, MemorySegment given, MemorySegment attributes, long result) {
    assertEquals(context.address(), given.address());
    calls.add(function + " " + Long.toHexString(attributes.address()));
    return MemorySegment.ofAddress(result);
  }

  @Test
  void shouldCallEachFunctionOfXrcThroughItsOwnPlaceInTheTable() {
    verbs_context.open_xrcd(
        surrounding,
        verbs_context.open_xrcd.allocate((c, a) -> created("open_xrcd", c, a, 1), arena));
    verbs_context.create_srq_ex(
        surrounding,
        verbs_context.create_srq_ex.allocate((c, a) -> created("create_srq_ex", c, a, 2), arena));
    verbs_context.create_qp_ex(
        surrounding,
        verbs_context.create_qp_ex.allocate((c, a) -> created("create_qp_ex", c, a, 3), arena));
    verbs_context.close_xrcd(
        surrounding,
        verbs_context.close_xrcd.allocate(
            domain -> {
              calls.add("close_xrcd " + Long.toHexString(domain.address()));
              return 16;
            },
            arena));
    verbs_context.get_srq_num(
        surrounding,
        verbs_context.get_srq_num.allocate(
            (queue, number) -> {
              calls.add("get_srq_num " + Long.toHexString(queue.address()));
              number.reinterpret(4).set(ValueLayout.JAVA_INT, 0, 0x123456);
              return 0;
            },
            arena));
    MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);

    assertEquals(1, ExtendedVerbs.openXrcd(capture, context, ATTRIBUTES).address());
    assertEquals(2, ExtendedVerbs.createSrqEx(capture, context, ATTRIBUTES).address());
    assertEquals(3, ExtendedVerbs.createQpEx(capture, context, ATTRIBUTES).address());
    assertEquals(16, ExtendedVerbs.closeXrcd(context, OBJECT));
    assertEquals(0, ExtendedVerbs.getSrqNum(context, OBJECT, number));
    assertEquals(0x123456, number.get(ValueLayout.JAVA_INT, 0));
    assertEquals(
        List.of(
            "open_xrcd a0",
            "create_srq_ex a0",
            "create_qp_ex a0",
            "close_xrcd b0",
            "get_srq_num b0"),
        calls);
  }

  @Test
  void shouldFailLikeTheInlineFunctionsWhereTheProviderHasNoXrc() {
    assertEquals(0, ExtendedVerbs.openXrcd(capture, context, ATTRIBUTES).address());
    assertEquals(EOPNOTSUPP, ErrnoCalls.errno(capture));
    assertEquals(0, ExtendedVerbs.createSrqEx(capture, context, ATTRIBUTES).address());
    assertEquals(EOPNOTSUPP, ExtendedVerbs.closeXrcd(context, OBJECT));
    assertEquals(EOPNOTSUPP, ExtendedVerbs.getSrqNum(context, OBJECT, ATTRIBUTES));
  }
}
