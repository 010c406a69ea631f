package io.verbena.verbs;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_gid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The groups that a queue pair receives from: the kernel does not destroy a queue pair that still
 * belongs to one. All calls with the lock.
 */
final class MulticastGroups {
  private record Group(Gid gid, int lid) {}

  private final QueuePairStates pair;
  private final List<Group> groups = new ArrayList<>();

  MulticastGroups(QueuePairStates pair) {
    this.pair = pair;
  }

  void attach(Gid gid, int lid) throws VerbsException {
    if (pair.type() != QueuePairType.DATAGRAM) {
      throw new IllegalStateException(
          pair.description() + " is " + pair.type() + ": multicast is for DATAGRAM");
    }
    if (!gid.isMulticast()) {
      throw new IllegalArgumentException(
          gid + " is not a multicast group: those start with ff, or are ::ffff:224.0.0.0/100");
    }
    if (lid < 0 || lid > 0xffff) {
      throw new IllegalArgumentException("a LID has 16 bits: 0 to 65535, not " + lid);
    }
    Group group = new Group(gid, lid);
    if (groups.contains(group)) {
      throw new IllegalStateException(pair.description() + " is attached to " + gid + " already");
    }
    call("ibv_attach_mcast", group);
    groups.add(group);
  }

  void detach(Gid gid, int lid) throws VerbsException {
    Group group = new Group(gid, lid);
    if (!groups.contains(group)) {
      throw new IllegalStateException(pair.description() + " is not attached to " + gid);
    }
    call("ibv_detach_mcast", group);
    groups.remove(group);
  }

  /** From each group that lets go; the first refusal is thrown afterwards. */
  void detachAll() throws VerbsException {
    VerbsException refusal = null;
    while (!groups.isEmpty()) {
      try {
        call("ibv_detach_mcast", groups.removeLast());
      } catch (VerbsException e) {
        if (refusal == null) {
          refusal = e;
        } else {
          refusal.addSuppressed(e);
        }
      }
    }
    if (refusal != null) {
      throw refusal;
    }
  }

  private void call(String verb, Group group) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment gid = ibv_gid.allocate(arena);
      MemorySegment.copy(
          group.gid.toBytes(), 0, ibv_gid.raw(gid), ValueLayout.JAVA_BYTE, 0, Gid.BYTES);
      short lid = (short) group.lid;
      int result =
          verb.equals("ibv_attach_mcast")
              ? Verbs.ibv_attach_mcast(pair.handle, gid, lid)
              : Verbs.ibv_detach_mcast(pair.handle, gid, lid);
      if (result != 0) {
        throw VerbsException.of(verb, group.gid + ", lid=" + group.lid, Math.abs(result));
      }
    }
  }
}
