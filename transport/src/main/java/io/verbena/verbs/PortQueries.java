package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_ah_attr;
import io.verbena.ffi.verbs.ibv_gid;
import io.verbena.ffi.verbs.ibv_gid_entry;
import io.verbena.ffi.verbs.ibv_port_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Asks a context about its ports, with the lock, after looking whether there is such a port. */
final class PortQueries {
  private interface Query<T> {
    T ask(Arena arena, MemorySegment capture) throws VerbsException;
  }

  private final Context context;

  PortQueries(Context context) {
    this.context = context;
  }

  private <T> T ask(int port, Query<T> query) throws VerbsException {
    context.lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      context.requireOpen();
      int count = context.portCount();
      if (port < 1 || port > count) {
        throw new IllegalArgumentException(
            context.device().name() + " has no port " + port + ": its ports are 1 to " + count);
      }
      return query.ask(arena, ErrnoCalls.capture(arena));
    } finally {
      context.lock.unlock();
    }
  }

  PortAttributes port(int number) throws VerbsException {
    return ask(
        number,
        (arena, _) -> {
          MemorySegment attr = ibv_port_attr.allocate(arena);
          int result = InlineVerbs.queryPort(context.handle, (byte) number, attr);
          if (result != 0) {
            throw VerbsException.of(
                "ibv_query_port", context.device().name() + ", port=" + number, Math.abs(result));
          }
          return Snapshots.port(number, attr);
        });
  }

  List<GidEntry> gids(int port) throws VerbsException {
    return ask(
        port,
        (_, _) -> {
          int capacity = 0;
          for (int i = 1; i <= context.portCount(); i++) {
            capacity += port(i).gidTableLength();
          }
          return gids(port, capacity);
        });
  }

  /** The entries of one port; the library has one table for all ports. */
  List<GidEntry> gids(int port, int capacity) throws VerbsException {
    return ask(
        port,
        (arena, capture) -> {
          MemorySegment entries = ibv_gid_entry.allocateArray(Math.max(1, capacity), arena);
          long count =
              ErrnoCalls.queryGidTable(
                  capture, context.handle, entries, capacity, 0, ibv_gid_entry.sizeof());
          if (count < 0) {
            throw VerbsException.of("ibv_query_gid_table", context.device().name(), (int) -count);
          }
          List<GidEntry> found = new ArrayList<>();
          for (long i = 0; i < count; i++) {
            MemorySegment entry = ibv_gid_entry.asSlice(entries, i);
            if (ibv_gid_entry.port_num(entry) == port) {
              found.add(Snapshots.gid(entry));
            }
          }
          return List.copyOf(found);
        });
  }

  Gid gid(int port, int index) throws VerbsException {
    return ask(
        port,
        (arena, capture) -> {
          MemorySegment gid = ibv_gid.allocate(arena);
          if (ErrnoCalls.queryGid(capture, context.handle, (byte) port, index, gid) != 0) {
            throw VerbsException.of("ibv_query_gid", place(port, index), ErrnoCalls.errno(capture));
          }
          return Gid.of(ibv_gid.raw(gid).toArray(ValueLayout.JAVA_BYTE));
        });
  }

  GidEntry gidEntry(int port, int index) throws VerbsException {
    return ask(
        port,
        (arena, capture) -> {
          MemorySegment entry = ibv_gid_entry.allocate(arena);
          int result =
              ErrnoCalls.queryGidEx(
                  capture, context.handle, port, index, entry, 0, ibv_gid_entry.sizeof());
          if (result != 0) {
            throw VerbsException.of("ibv_query_gid_ex", place(port, index), Math.abs(result));
          }
          return Snapshots.gid(entry);
        });
  }

  int pkey(int port, int index) throws VerbsException {
    return ask(
        port,
        (arena, capture) -> {
          MemorySegment key = arena.allocate(ValueLayout.JAVA_SHORT);
          if (ErrnoCalls.queryPkey(capture, context.handle, (byte) port, index, key) != 0) {
            throw VerbsException.of(
                "ibv_query_pkey", place(port, index), ErrnoCalls.errno(capture));
          }
          return Short.reverseBytes(key.get(ValueLayout.JAVA_SHORT, 0)) & 0xffff;
        });
  }

  OptionalInt pkeyIndex(int port, int pkey) throws VerbsException {
    return ask(
        port,
        (_, _) -> {
          int length = port(port).pkeyTableLength();
          for (int i = 0; i < length; i++) {
            if (pkey(port, i) == (pkey & 0xffff)) {
              return OptionalInt.of(i);
            }
          }
          return OptionalInt.empty();
        });
  }

  /** The way back to the sender of a datagram. */
  AddressVector sender(MemorySegment completion, MemorySegment routeHeader, int port)
      throws VerbsException {
    return ask(
        port,
        (arena, _) -> {
          MemorySegment attr = ibv_ah_attr.allocate(arena);
          int result =
              Verbs.ibv_init_ah_from_wc(context.handle, (byte) port, completion, routeHeader, attr);
          if (result != 0) {
            throw VerbsException.of(
                "ibv_init_ah_from_wc",
                context.device().name() + ", port=" + port,
                // The function has no error number of its own: mostly it just says -1.
                result < -1 ? -result : Cures.EINVAL,
                "pass the first byte of the receive, and the port that it came in by");
          }
          return AddressVector.of(attr);
        });
  }

  private static String place(int port, int index) {
    return "port=" + port + ", index=" + index;
  }
}
