package io.verbena.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Blocks that buffers have grown out of while somebody else had, or may have had, a reference to
 * them: the adapter of a peer may be reading a slice where it was when it was sent. They stay taken
 * until the buffer is released.
 *
 * <p>Knows addresses, not buffers, as {@link Holders} does; few buffers have such a block, and a
 * field of each would cost all of them 8 bytes.
 */
final class OutgrownBlocks {
  private final Map<Long, List<RegisteredByteBuf>> blocks = new ConcurrentHashMap<>();

  /**
   * Keeps a block.
   *
   * @param block with the only reference to it
   * @param before where the buffer was
   * @param now where it is
   */
  void keep(RegisteredByteBuf block, long before, long now) {
    List<RegisteredByteBuf> all = blocks.remove(before);
    if (all == null) {
      all = new ArrayList<>();
    }
    all.add(block);
    blocks.put(now, all);
  }

  /** Releases what was kept for the buffer that is at an address. */
  void release(long address) {
    List<RegisteredByteBuf> all = blocks.remove(address);
    if (all != null) {
      all.forEach(RegisteredByteBuf::release);
    }
  }
}
