package io.verbena.verbs;

import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.InlineVerbs;
import io.verbena.ffi.verbs.ibv_gid;
import io.verbena.ffi.verbs.ibv_gid_entry;
import io.verbena.ffi.verbs.ibv_port_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Asks a context about its ports; the caller holds the lock and has checked the port's number. */
final class PortQueries {
  private PortQueries() {}

  static PortAttributes port(Context context, int number) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = ibv_port_attr.allocate(arena);
      int result = InlineVerbs.queryPort(context.handle, (byte) number, attr);
      if (result != 0) {
        throw VerbsException.of(
            "ibv_query_port", context.device().name() + ", port=" + number, Math.abs(result));
      }
      return Snapshots.port(number, attr);
    }
  }

  /** The entries of one port; the library has one table for all ports. */
  static List<GidEntry> gids(Context context, int port, int capacity) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
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
    }
  }

  static Gid gid(Context context, int port, int index) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment gid = ibv_gid.allocate(arena);
      if (ErrnoCalls.queryGid(capture, context.handle, (byte) port, index, gid) != 0) {
        throw VerbsException.of("ibv_query_gid", place(port, index), ErrnoCalls.errno(capture));
      }
      return Gid.of(ibv_gid.raw(gid).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  static GidEntry gidEntry(Context context, int port, int index) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment entry = ibv_gid_entry.allocate(arena);
      int result =
          ErrnoCalls.queryGidEx(
              capture, context.handle, port, index, entry, 0, ibv_gid_entry.sizeof());
      if (result != 0) {
        throw VerbsException.of("ibv_query_gid_ex", place(port, index), Math.abs(result));
      }
      return Snapshots.gid(entry);
    }
  }

  static int pkey(Context context, int port, int index) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment key = arena.allocate(ValueLayout.JAVA_SHORT);
      if (ErrnoCalls.queryPkey(capture, context.handle, (byte) port, index, key) != 0) {
        throw VerbsException.of("ibv_query_pkey", place(port, index), ErrnoCalls.errno(capture));
      }
      return Short.reverseBytes(key.get(ValueLayout.JAVA_SHORT, 0)) & 0xffff;
    }
  }

  private static String place(int port, int index) {
    return "port=" + port + ", index=" + index;
  }
}
