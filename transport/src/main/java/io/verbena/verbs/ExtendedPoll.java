package io.verbena.verbs;

import io.verbena.ffi.ExtendedCompletions;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_cq_ex;
import io.verbena.ffi.verbs.ibv_poll_cq_attr;
import io.verbena.ffi.verbs.ibv_wc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Polls an extended completion queue into the array that {@code ibv_poll_cq} would fill, and the
 * timestamps into one beside it: whoever reads completions need not know which kind of queue it is.
 *
 * <p>Each completion gets a start and an end of its own, and {@code ibv_next_poll} is not called:
 * in rdma-core 44, soft-RoCE's releases its lock when it finds nothing more, and the end that must
 * follow then drops a completion.
 */
final class ExtendedPoll {
  private static final int ENOENT = 2;
  private static final int RECEIVE = 128;

  private final MemorySegment queue;
  private final long address;
  private final MemorySegment array;
  private final MemorySegment attributes = ibv_poll_cq_attr.allocate(Arena.ofAuto());
  private final long[] timestamps = new long[Completions.LENGTH];
  private final CompletionTimestamp timestamp;

  private final long startPoll;
  private final long endPoll;
  private final long readOpcode;
  private final long readVendorError;
  private final long readByteLength;
  private final long readImmediate;
  private final long readPairNumber;
  private final long readSourcePair;
  private final long readFlags;
  private final long readSourceLid;
  private final long readServiceLevel;
  private final long readPathBits;
  private final long readTimestamp;

  /** A failure that came after completions, to be told by the next {@link #fill}; 0 if none. */
  private int failure;

  /**
   * For one queue.
   *
   * @param queue a {@code struct ibv_cq_ex} that was created with {@link #fields}
   * @param array room for {@link Completions#LENGTH} {@code struct ibv_wc}
   */
  ExtendedPoll(MemorySegment queue, MemorySegment array, CompletionTimestamp timestamp) {
    this.queue = queue;
    this.address = queue.address();
    this.array = array;
    this.timestamp = timestamp;
    this.startPoll = ibv_cq_ex.start_poll(queue).address();
    this.endPoll = ibv_cq_ex.end_poll(queue).address();
    this.readOpcode = ibv_cq_ex.read_opcode(queue).address();
    this.readVendorError = ibv_cq_ex.read_vendor_err(queue).address();
    this.readByteLength = ibv_cq_ex.read_byte_len(queue).address();
    this.readImmediate = ibv_cq_ex.read_imm_data(queue).address();
    this.readPairNumber = ibv_cq_ex.read_qp_num(queue).address();
    this.readSourcePair = ibv_cq_ex.read_src_qp(queue).address();
    this.readFlags = ibv_cq_ex.read_wc_flags(queue).address();
    this.readSourceLid = ibv_cq_ex.read_slid(queue).address();
    this.readServiceLevel = ibv_cq_ex.read_sl(queue).address();
    this.readPathBits = ibv_cq_ex.read_dlid_path_bits(queue).address();
    this.readTimestamp =
        switch (timestamp) {
          case NONE -> 0;
          case DEVICE_CLOCK -> ibv_cq_ex.read_completion_ts(queue).address();
          case WALL_CLOCK -> ibv_cq_ex.read_completion_wallclock_ns(queue).address();
        };
  }

  /** The {@code wc_flags} to create the queue with. */
  static int fields(CompletionTimestamp timestamp) {
    return Verbs.IBV_WC_STANDARD_FLAGS()
        | switch (timestamp) {
          case NONE -> 0;
          case DEVICE_CLOCK -> Verbs.IBV_WC_EX_WITH_COMPLETION_TIMESTAMP();
          case WALL_CLOCK -> Verbs.IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK();
        };
  }

  /** Takes completions: how many, or a negative error number; what {@code ibv_poll_cq} returns. */
  int fill() {
    if (failure != 0) {
      int told = failure;
      failure = 0;
      return -told;
    }
    for (int count = 0; count < Completions.LENGTH; count++) {
      int result = ExtendedCompletions.startPoll(startPoll, address, attributes.address());
      if (result != 0) {
        return result == ENOENT ? count : failed(count, Math.abs(result));
      }
      try {
        read(count);
      } finally {
        // The provider may hold a lock until then, that of every queue pair here.
        ExtendedCompletions.endPoll(endPoll, address);
      }
    }
    return Completions.LENGTH;
  }

  private int failed(int count, int errno) {
    if (count == 0) {
      return -errno;
    }
    failure = errno;
    return count;
  }

  /** Whether the last {@link #fill} ended with a failure and not because the queue was empty. */
  boolean failsNextTime() {
    return failure != 0;
  }

  private void read(int place) {
    long entry = place * ibv_wc.sizeof();
    int status = ibv_cq_ex.status(queue);
    array.set(ValueLayout.JAVA_LONG, entry + ibv_wc.wr_id$offset(), ibv_cq_ex.wr_id(queue));
    put(entry + ibv_wc.status$offset(), status);
    put(entry + ibv_wc.qp_num$offset(), integer(readPairNumber));
    if (status != 0) {
      // Nothing else is defined for a failure.
      put(entry + ibv_wc.vendor_err$offset(), integer(readVendorError));
      put(entry + ibv_wc.wc_flags$offset(), 0);
      return;
    }
    int opcode = integer(readOpcode);
    put(entry + ibv_wc.opcode$offset(), opcode);
    put(entry + ibv_wc.byte_len$offset(), integer(readByteLength));
    put(entry + ibv_wc.wc_flags$offset(), integer(readFlags));
    if ((opcode & RECEIVE) != 0) {
      put(entry + ibv_wc.imm_data$offset(), integer(readImmediate));
      put(entry + ibv_wc.src_qp$offset(), integer(readSourcePair));
      array.set(
          ValueLayout.JAVA_SHORT, entry + ibv_wc.slid$offset(), (short) integer(readSourceLid));
      put(entry + ibv_wc.sl$offset(), octet(readServiceLevel));
      put(entry + ibv_wc.dlid_path_bits$offset(), octet(readPathBits));
    }
    if (timestamp != CompletionTimestamp.NONE) {
      timestamps[place] = ExtendedCompletions.readLong(readTimestamp, address);
    }
  }

  private int integer(long function) {
    return ExtendedCompletions.readInt(function, address);
  }

  private byte octet(long function) {
    return ExtendedCompletions.readByte(function, address);
  }

  private void put(long offset, int value) {
    array.set(ValueLayout.JAVA_INT, offset, value);
  }

  private void put(long offset, byte value) {
    array.set(ValueLayout.JAVA_BYTE, offset, value);
  }

  /** Of the completion at a place of the array. */
  long timestamp(int place) {
    if (timestamp == CompletionTimestamp.NONE) {
      throw CompletionQueue.noTimestamps();
    }
    return timestamps[place];
  }
}
