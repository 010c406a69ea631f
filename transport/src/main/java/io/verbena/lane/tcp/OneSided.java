package io.verbena.lane.tcp;

import io.verbena.lane.Frame;

/**
 * One-sided operations as frames. The detail of their headers is the requester's cookie.
 *
 * <pre>
 * READ          handle, address, length              answered by READ_DATA until LAST, or by DONE
 * WRITE         handle, address, bytes               as many as it takes until LAST, then DONE
 * FETCH_ADD     handle, address, delta               answered by DONE
 * COMPARE_SWAP  handle, address, expected, desired   answered by DONE
 * READ_DATA     bytes
 * DONE          result, status
 * </pre>
 */
final class OneSided {
  static final byte READ = 16;
  static final byte READ_DATA = 17;
  static final byte WRITE = 18;
  static final byte FETCH_ADD = 19;
  static final byte COMPARE_SWAP = 20;
  static final byte DONE = 21;

  /** Flag of the last frame of a WRITE: the next NOTIFY is about it. */
  static final byte NOTIFIES = 4;

  /** Flag of the last frame of a WRITE: its bytes were not all there to be sent. */
  static final byte TORN = 8;

  /** Statuses of DONE. */
  static final long OK = 0;

  static final long REFUSED = 1;

  /** Handle and address, before the bytes of a WRITE. */
  static final int WRITE_PREFIX = 2 * Long.BYTES;

  static final int READ_BYTES = 3 * Long.BYTES;
  static final int FETCH_ADD_BYTES = 3 * Long.BYTES;
  static final int COMPARE_SWAP_BYTES = 4 * Long.BYTES;
  static final int DONE_BYTES = 2 * Long.BYTES;

  private OneSided() {}

  /** Sets a header of a lane frame; the fields of endpoints stay zero. */
  static Frame header(Frame frame, byte type, boolean last, int length, long cookie) {
    frame.type = type;
    frame.flags = last ? Frame.LAST : 0;
    frame.length = length;
    frame.detail = cookie;
    return frame;
  }
}
