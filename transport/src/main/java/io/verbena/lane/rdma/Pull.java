package io.verbena.lane.rdma;

import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.SendBatch;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The reading of one advertised message: as many requests as it has pieces, or more where a piece
 * is long. They are posted as the send queue has room; the last of each lot is signaled. Used over
 * and over.
 */
final class Pull {
  /** Longest request: so long that its overhead is nothing, and nobody waits long behind it. */
  private static final int LONGEST_READ = 1 << 20;

  private final long[] addresses = new long[Advertisement.MOST_PIECES];
  private final int[] lengths = new int[Advertisement.MOST_PIECES];
  private final int[] keys = new int[Advertisement.MOST_PIECES];
  private @Nullable MemoryRegion region;
  private long offset;
  private int count;
  private int piece;
  private int doneOfPiece;

  /** The lane's next one. */
  @Nullable Pull next;

  long cookie;

  /** A signaled request is under way. */
  boolean isWaiting;

  void start(long newCookie, MemoryRegion target, long at, ByteBuffer payload) {
    cookie = newCookie;
    region = target;
    offset = at;
    count = Advertisement.count(payload);
    for (int i = 0; i < count; i++) {
      addresses[i] = Advertisement.address(payload, i);
      lengths[i] = Advertisement.length(payload, i);
      keys[i] = Advertisement.key(payload, i);
    }
    piece = 0;
    doneOfPiece = 0;
    isWaiting = false;
  }

  boolean isPosted() {
    return piece == count;
  }

  /**
   * Adds requests to a batch.
   *
   * @param room how many, at least 1
   * @param largest bytes of one request at most
   */
  void add(SendBatch batch, long id, int room, long largest) {
    MemoryRegion target = region;
    if (target == null) {
      throw new IllegalStateException("not started");
    }
    int longest = (int) Math.min(LONGEST_READ, largest);
    for (int left = room; left > 0 && !isPosted(); left--) {
      int length = Math.min(lengths[piece] - doneOfPiece, longest);
      boolean endsPiece = doneOfPiece + length == lengths[piece];
      if (left == 1 || (endsPiece && piece + 1 == count)) {
        batch.signaled();
      }
      batch.read(id, target, offset, length, addresses[piece] + doneOfPiece, keys[piece]);
      offset += length;
      doneOfPiece += length;
      if (endsPiece) {
        piece++;
        doneOfPiece = 0;
      }
    }
  }

  void clear() {
    region = null;
    next = null;
  }
}
