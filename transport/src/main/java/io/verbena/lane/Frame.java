package io.verbena.lane;

import java.nio.ByteBuffer;

/**
 * The header of a frame: {@value #BYTES} bytes, big-endian, before the payload. One mutable
 * instance serves many frames. Not thread-safe.
 *
 * <pre>
 *  0  u8   type
 *  1  u8   flags
 *  2  u16  zero
 *  4  u32  payload bytes
 *  8  u64  sequence      DATA, ADVERTISE, NOTIFY and CLOSE: number of the frame in its direction,
 *                        from 0
 * 16  u64  acknowledged  how many numbered frames the sender of this frame has taken
 * 24  u64  credit        how many DATA, ADVERTISE and NOTIFY frames, counted from 0, the receiver of
 *                        this frame may send; a DATA frame may count for several
 * 32  u64  detail        first frame of a message, and ADVERTISE: its length; else see the types;
 *                        lane frames: see their lane
 * </pre>
 */
public final class Frame {
  /** Length of a header. */
  public static final int BYTES = 40;

  /** A message, or a part of one. */
  public static final byte DATA = 1;

  /** News of credit only. */
  public static final byte CREDIT = 2;

  /** The sender will send no more. */
  public static final byte CLOSE = 3;

  /** Where a message lies, for the receiver to pull it; uses credit and is numbered, as DATA. */
  public static final byte ADVERTISE = 4;

  /** A 32-bit value for the peer's handler, in {@link #detail}; uses credit, as DATA. */
  public static final byte NOTIFY = 5;

  /** Asks for FLUSHED with the same detail; not numbered. */
  public static final byte FLUSH = 6;

  /** All that was before the FLUSH of this detail is there; not numbered. */
  public static final byte FLUSHED = 7;

  /** Asks for PONG: is the peer's program alive? Not numbered. */
  public static final byte PING = 8;

  /** Answers PING. */
  public static final byte PONG = 9;

  /** Types from here on belong to the lane and do not reach the endpoint. */
  public static final byte FIRST_LANE_TYPE = 16;

  /** Flag: the first frame of a message. */
  public static final byte FIRST = 1;

  /** Flag: the last frame of a message, or of a lane's transfer. */
  public static final byte LAST = 2;

  /** Flag of a NOTIFY: what it is about was not written, so that nobody is to hear of it. */
  public static final byte VOID = 4;

  private static final int TYPE_AT = 0;
  private static final int FLAGS_AT = 1;
  private static final int ZERO_AT = 2;

  /** Where the payload length stands in a header. */
  public static final int LENGTH_AT = 4;

  private static final int SEQUENCE_AT = 8;
  private static final int ACKNOWLEDGED_AT = 16;
  private static final int CREDIT_AT = 24;
  private static final int DETAIL_AT = 32;

  public byte type;
  public byte flags;
  public int length;
  public long sequence;
  public long acknowledged;
  public long credit;
  public long detail;

  /** Whether this frame starts a message. */
  public boolean isFirst() {
    return (flags & FIRST) != 0;
  }

  /** Whether a notification is about nothing. */
  public boolean isVoid() {
    return (flags & VOID) != 0;
  }

  /** Whether this frame ends a message. */
  public boolean isLast() {
    return (flags & LAST) != 0;
  }

  /** Writes the header at an absolute index of a big-endian buffer. */
  public void write(ByteBuffer target, int at) {
    target.put(at + TYPE_AT, type);
    target.put(at + FLAGS_AT, flags);
    target.putShort(at + ZERO_AT, (short) 0);
    target.putInt(at + LENGTH_AT, length);
    target.putLong(at + SEQUENCE_AT, sequence);
    target.putLong(at + ACKNOWLEDGED_AT, acknowledged);
    target.putLong(at + CREDIT_AT, credit);
    target.putLong(at + DETAIL_AT, detail);
  }

  /**
   * Reads the header at an absolute index of a big-endian buffer.
   *
   * @return whether it is one: a length from 0 to {@code maxPayload} and zero where zero must be
   */
  public boolean read(ByteBuffer source, int at, int maxPayload) {
    type = source.get(at + TYPE_AT);
    flags = source.get(at + FLAGS_AT);
    length = source.getInt(at + LENGTH_AT);
    sequence = source.getLong(at + SEQUENCE_AT);
    acknowledged = source.getLong(at + ACKNOWLEDGED_AT);
    credit = source.getLong(at + CREDIT_AT);
    detail = source.getLong(at + DETAIL_AT);
    return source.getShort(at + ZERO_AT) == 0 && length >= 0 && length <= maxPayload;
  }
}
