package io.verbena.verbs;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a {@link MemoryRegion} may be used for, or which remote operations a {@link QueuePair}
 * serves; stands for {@code enum ibv_access_flags}, see {@code man ibv_reg_mr}. Give least access:
 * whoever learns the region's remote key can use every right that it has.
 */
public enum Access {
  /**
   * The adapter may write: needed for receives, for the target of a read or an atomic, and by every
   * right that lets a peer write.
   */
  LOCAL_WRITE(1),
  /** Peers may write; needs {@link #LOCAL_WRITE}. */
  REMOTE_WRITE(1 << 1),
  /** Peers may read. */
  REMOTE_READ(1 << 2),
  /** Peers may fetch-and-add and compare-and-swap; needs {@link #LOCAL_WRITE}. */
  REMOTE_ATOMIC(1 << 3),
  /** Memory windows may be bound to the region. */
  WINDOW_BIND(1 << 4),
  /** Addresses in the region count from zero instead of from its virtual address. */
  ZERO_BASED(1 << 5),
  /** Pages are faulted in on demand instead of pinned, where the device can; else refused. */
  ON_DEMAND(1 << 6),
  /** The memory consists of huge pages; needs {@link #ON_DEMAND}. */
  HUGE_PAGES(1 << 7),
  /** PCI writes may be reordered: faster on some machines; devices that cannot ignore it. */
  RELAXED_ORDERING(1 << 20);

  /** From {@code IBV_ACCESS_OPTIONAL_FIRST} on, devices that lack a flag ignore it. */
  private static final int OPTIONAL = 0x3ff << 20;

  private static final int WINDOW_RIGHTS =
      REMOTE_READ.flag | REMOTE_WRITE.flag | REMOTE_ATOMIC.flag | ZERO_BASED.flag;

  private final int flag;

  Access(int flag) {
    this.flag = flag;
  }

  /**
   * Whether these flags need {@code ibv_reg_mr_iova2}: {@code ibv_reg_mr} refuses optional ones.
   */
  static boolean hasOptional(int flags) {
    return (flags & OPTIONAL) != 0;
  }

  static boolean isLocalWrite(int flags) {
    return (flags & LOCAL_WRITE.flag) != 0;
  }

  static boolean needLocalWrite(int flags) {
    return (flags & (REMOTE_WRITE.flag | REMOTE_ATOMIC.flag)) != 0;
  }

  static boolean isZeroBased(int flags) {
    return (flags & ZERO_BASED.flag) != 0;
  }

  /** The rights of some flags; flags that have no constant here are left out. */
  static Set<Access> of(int flags) {
    Set<Access> rights = EnumSet.noneOf(Access.class);
    for (Access right : values()) {
      if ((flags & right.flag) != 0) {
        rights.add(right);
      }
    }
    return Collections.unmodifiableSet(rights);
  }

  static boolean isBindable(int flags) {
    return (flags & WINDOW_BIND.flag) != 0;
  }

  static int flags(Iterable<Access> rights) {
    int flags = 0;
    for (Access right : rights) {
      flags |= right.flag;
    }
    return flags;
  }

  /** The flags of a memory window, which has fewer rights than a region. */
  static int windowFlags(Iterable<Access> rights) {
    int flags = flags(rights);
    if ((flags & ~WINDOW_RIGHTS) != 0) {
      throw new IllegalArgumentException(
          "a memory window has REMOTE_READ, REMOTE_WRITE, REMOTE_ATOMIC and ZERO_BASED only, but"
              + " got "
              + rights);
    }
    return flags;
  }

  /**
   * The flags of a region, refused here where every device would refuse them with a bare EINVAL.
   */
  static int regionFlags(Iterable<Access> rights) {
    int flags = flags(rights);
    if ((flags & LOCAL_WRITE.flag) == 0
        && (flags & (REMOTE_WRITE.flag | REMOTE_ATOMIC.flag)) != 0) {
      throw new IllegalArgumentException(
          "REMOTE_WRITE and REMOTE_ATOMIC need LOCAL_WRITE beside them, but got " + rights);
    }
    if ((flags & HUGE_PAGES.flag) != 0 && (flags & ON_DEMAND.flag) == 0) {
      throw new IllegalArgumentException(
          "HUGE_PAGES means something with ON_DEMAND only, but got " + rights);
    }
    return flags;
  }
}
