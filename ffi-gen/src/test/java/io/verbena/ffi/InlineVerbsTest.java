package io.verbena.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.ffi.verbs.ibv_context;
import io.verbena.ffi.verbs.ibv_context_ops;
import io.verbena.ffi.verbs.ibv_port_attr;
import io.verbena.ffi.verbs.verbs_context;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Runs without libibverbs: the function tables are made here. */
class InlineVerbsTest {
  @Test
  void shouldCallThroughTheTableOfTheContext() {
    try (Arena arena = Arena.ofConfined()) {
      AtomicLong seen = new AtomicLong();
      MemorySegment context = ibv_context.allocate(arena);
      MemorySegment ops = ibv_context.ops(context);
      ibv_context_ops.post_send(
          ops,
          ibv_context_ops.post_send.allocate(
              (pair, request, refused) -> {
                seen.set(pair.address() + request.address() + refused.address());
                return 12;
              },
              arena));
      ibv_context_ops.post_recv(
          ops, ibv_context_ops.post_recv.allocate((pair, request, refused) -> 22, arena));
      ibv_context_ops.req_notify_cq(
          ops,
          ibv_context_ops.req_notify_cq.allocate(
              (queue, solicited) -> (int) queue.address() + solicited, arena));

      assertEquals(12, InlineVerbs.postSend(InlineVerbs.postSend(context), 100, 20, 3));
      assertEquals(123, seen.get());
      assertEquals(22, InlineVerbs.postRecv(InlineVerbs.postRecv(context), 1, 2, 3));
      assertEquals(41, InlineVerbs.reqNotifyCq(InlineVerbs.reqNotifyCq(context), 40, 1));
    }
  }

  @Test
  void shouldPassArgumentsOfCriticalCallsInOrder() {
    // A critical call must not come back to Java: C functions with the right kind of arguments.
    MemorySegment abs = Linker.nativeLinker().defaultLookup().findOrThrow("abs");
    assertEquals(5, InlineVerbs.pollCq(abs, -5, 1, 2));
    assertEquals(6, InlineVerbs.postSendCritical(abs, -6, 1, 2));
    assertEquals(7, InlineVerbs.postRecvCritical(abs, -7, 1, 2));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memset = Linker.nativeLinker().defaultLookup().findOrThrow("memset");
      MemorySegment bytes = arena.allocate(16);
      assertEquals((int) bytes.address(), InlineVerbs.pollCq(memset, bytes.address(), 0x55, 8));
      assertEquals(0x5555555555555555L, bytes.get(ValueLayout.JAVA_LONG, 0));
      assertEquals(0, bytes.get(ValueLayout.JAVA_LONG, 8));
    }
  }

  @Test
  void shouldFindThePollFunctionOfTheContext() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment context = ibv_context.allocate(arena);
      ibv_context_ops.poll_cq(ibv_context.ops(context), MemorySegment.ofAddress(0x1234));
      assertEquals(0x1234, InlineVerbs.pollCq(context).address());
    }
  }

  @Test
  void shouldAskTheExtendedTableOnlyForWhatIsThere() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment surrounding = verbs_context.allocate(arena);
      MemorySegment context = verbs_context.context(surrounding);
      long queryPort = verbs_context.query_port$offset();
      long queryDevice = verbs_context.query_device_ex$offset();
      verbs_context.query_port(surrounding, MemorySegment.ofAddress(11));
      verbs_context.query_device_ex(surrounding, MemorySegment.ofAddress(22));

      // An old context, which nothing surrounds.
      assertEquals(0, InlineVerbs.extended(context, queryDevice));

      // A provider that is older than query_port.
      ibv_context.abi_compat(context, MemorySegment.ofAddress(-1));
      verbs_context.sz(surrounding, verbs_context.sizeof() - queryDevice);
      assertEquals(22, InlineVerbs.extended(context, queryDevice));
      assertEquals(0, InlineVerbs.extended(context, queryPort));

      verbs_context.sz(surrounding, verbs_context.sizeof());
      assertEquals(11, InlineVerbs.extended(context, queryPort));

      // A provider that leaves it out.
      verbs_context.query_port(surrounding, MemorySegment.NULL);
      assertEquals(0, InlineVerbs.extended(context, queryPort));
    }
  }

  @Test
  void shouldQueryPortsThroughTheExtendedTable() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment surrounding = verbs_context.allocate(arena);
      MemorySegment context = verbs_context.context(surrounding);
      ibv_context.abi_compat(context, MemorySegment.ofAddress(-1));
      verbs_context.sz(surrounding, verbs_context.sizeof());
      verbs_context.query_port(
          surrounding,
          verbs_context.query_port.allocate(
              (asked, port, attributes, size) -> {
                assertEquals(context.address(), asked.address());
                assertEquals(ibv_port_attr.sizeof(), size);
                ibv_port_attr.lid(attributes.reinterpret(size), (short) (port * 100));
                return 0;
              },
              arena));
      MemorySegment attributes = ibv_port_attr.allocate(arena);
      attributes.fill((byte) -1);
      assertEquals(0, InlineVerbs.queryPort(context, (byte) 2, attributes));
      assertEquals(200, ibv_port_attr.lid(attributes));
      assertEquals(0, ibv_port_attr.state(attributes));
    }
  }
}
