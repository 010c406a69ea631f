package io.verbena;

import io.verbena.lane.Frame;
import io.verbena.memory.RemoteMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Streams of frames as a peer may send them over TCP, each of which follows from a seed: correct
 * ones first, then with faults.
 */
final class FrameMutations {
  private static final byte READ = 16;
  private static final byte READ_DATA = 17;
  private static final byte WRITE = 18;
  private static final byte FETCH_ADD = 19;
  private static final byte COMPARE_SWAP = 20;
  private static final byte DONE = 21;

  private static final byte[] TYPES = {
    Frame.DATA,
    Frame.DATA,
    Frame.DATA,
    Frame.CREDIT,
    Frame.CLOSE,
    Frame.ADVERTISE,
    Frame.NOTIFY,
    Frame.FLUSH,
    Frame.FLUSHED,
    Frame.PING,
    Frame.PONG,
    READ,
    READ_DATA,
    WRITE,
    FETCH_ADD,
    COMPARE_SWAP,
    DONE,
    10,
    15,
    22,
    -1
  };

  /** Values at which a length, a number or an address may be taken for something else. */
  private static final long[] EDGES = {
    0,
    1,
    -1,
    7,
    40,
    1 << 16,
    (1 << 16) + 1,
    1 << 20,
    (1 << 20) + 1,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 61,
    1L << 62,
    1L << 32
  };

  private static final int MOST_FRAMES = 12;

  private final Random random;
  private final RemoteMemory granted;
  private final List<Long> cookies;
  private final List<byte[]> frames = new ArrayList<>();
  private long sequence;

  private FrameMutations(long seed, RemoteMemory granted, List<Long> cookies) {
    this.random = new Random(seed);
    this.granted = granted;
    this.cookies = cookies;
  }

  /**
   * A stream.
   *
   * @param granted what requests may name
   * @param cookies of what the endpoint waits for: a read of 8 bytes, an atomic and a flush
   */
  static List<byte[]> stream(long seed, RemoteMemory granted, List<Long> cookies) {
    return new FrameMutations(seed, granted, cookies).make();
  }

  private List<byte[]> make() {
    int count = 1 + random.nextInt(MOST_FRAMES);
    for (int i = 0; i < count; i++) {
      add(TYPES[random.nextInt(TYPES.length)]);
    }
    for (int faults = random.nextInt(4); faults > 0; faults--) {
      spoil();
    }
    return frames;
  }

  private void add(byte type) {
    int length =
        switch (type) {
          case Frame.DATA -> size();
          case READ, FETCH_ADD -> 24;
          case COMPARE_SWAP -> 32;
          case WRITE -> 16 + random.nextInt(100);
          case READ_DATA -> 8;
          case DONE -> 16;
          case Frame.ADVERTISE -> 16 * random.nextInt(3);
          default -> 0;
        };
    ByteBuffer bytes = ByteBuffer.allocate(Frame.BYTES + length);
    header(type, length).write(bytes, 0);
    bytes.position(Frame.BYTES);
    if (type >= READ && type != READ_DATA && type != DONE && type <= DONE) {
      bytes.putLong(granted.handle()).putLong(granted.address() + 8L * random.nextInt(8));
      if (type == READ) {
        bytes.putLong(random.nextInt(200));
      }
    } else if (type == DONE) {
      bytes.putLong(random.nextInt()).putLong(random.nextInt(3));
    }
    frames.add(bytes.array());
  }

  private int size() {
    int[] sizes = {0, 8, 100, 8 << 10, 16 << 10, (16 << 10) + 1, 40_000};
    return sizes[random.nextInt(sizes.length)];
  }

  private Frame header(byte type, int length) {
    var header = new Frame();
    header.type = type;
    header.length = length;
    header.credit = random.nextInt(40);
    if (type == Frame.DATA
        || type == Frame.NOTIFY
        || type == Frame.CLOSE
        || type == Frame.ADVERTISE) {
      header.sequence = sequence++;
    }
    switch (type) {
      case Frame.DATA -> {
        header.flags = random.nextInt(5) == 0 ? Frame.FIRST : Frame.FIRST | Frame.LAST;
        header.detail = header.isLast() ? length : length * 2L;
      }
      case Frame.ADVERTISE -> header.detail = 20_000;
      case Frame.NOTIFY, Frame.FLUSH -> header.detail = random.nextInt(10);
      case READ_DATA -> header.detail = cookies.get(0);
      case DONE -> header.detail = cookies.get(random.nextInt(2));
      case Frame.FLUSHED -> header.detail = cookies.get(2);
      default -> header.detail = 0;
    }
    if (type >= READ) {
      header.flags = Frame.LAST;
    }
    return header;
  }

  private void spoil() {
    int which = random.nextInt(frames.size());
    byte[] frame = frames.get(which);
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    // What was cut off already has no fields any more.
    int kind = frame.length < Frame.BYTES ? 5 + random.nextInt(2) : random.nextInt(9);
    switch (kind) {
      case 0 -> {
        int at = random.nextInt(Frame.BYTES);
        frame[at] = (byte) (frame[at] ^ (1 << random.nextInt(8)));
      }
      case 1 -> frame[random.nextInt(frame.length)] = (byte) random.nextInt();
      case 2 -> bytes.putInt(Frame.LENGTH_AT, (int) edge());
      case 3 -> bytes.putLong(8 * (1 + random.nextInt(4)), edge());
      case 4 -> {
        if (frame.length >= Frame.BYTES + 24) {
          bytes.putLong(Frame.BYTES + 8 * random.nextInt(3), edge());
        }
      }
      case 5 -> frames.add(which, frame);
      case 6 -> frames.remove(which);
      case 7 -> frames.set(which, java.util.Arrays.copyOf(frame, random.nextInt(frame.length)));
      default -> {
        byte[] noise = new byte[1 + random.nextInt(200)];
        random.nextBytes(noise);
        frames.add(which, noise);
      }
    }
    if (frames.isEmpty()) {
      add(Frame.PING);
    }
  }

  private long edge() {
    return EDGES[random.nextInt(EDGES.length)];
  }
}
