package io.verbena.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * What is measured against perftest: the same work for its program and for {@link PerftestTwin}.
 */
enum PerftestCase {
  SEND_8("send latency 8 B", "ib_send_lat", 8, Work.SEND),
  SEND_4K("send latency 4 KiB", "ib_send_lat", 4096, Work.SEND),
  SEND_EVENTS_8("send latency 8 B, sleeping", "ib_send_lat", 8, Work.SEND_SLEEPING, "--events"),
  SEND_EVENTS_4K(
      "send latency 4 KiB, sleeping", "ib_send_lat", 4096, Work.SEND_SLEEPING, "--events"),
  WRITE_8("write latency 8 B", "ib_write_lat", 8, Work.WRITE),
  WRITE_4K("write latency 4 KiB", "ib_write_lat", 4096, Work.WRITE),
  READ_8("read latency 8 B", "ib_read_lat", 8, Work.READ),
  READ_4K("read latency 4 KiB", "ib_read_lat", 4096, Work.READ),
  FETCH_AND_ADD("fetch-add latency 8 B", "ib_atomic_lat", 8, Work.FETCH_AND_ADD),
  WRITE_64K("write bandwidth 64 KiB", "ib_write_bw", 65536, Work.STREAM, 1, 1),
  WRITE_RATE("write rate 8 B", "ib_write_bw", 8, Work.STREAM, 1, 100),
  WRITE_RATE_LISTS("write rate 8 B, lists of 16", "ib_write_bw", 8, Work.STREAM, 16, 16);

  /** What one exchange is. */
  enum Work {
    /** One sends, the other sends back; completions are polled for. */
    SEND,
    /** The same, but completions are waited for on their channel. */
    SEND_SLEEPING,
    /** One writes, the other sees the last byte change and writes back. */
    WRITE,
    /** One reads; the other's processor has nothing to do with it. */
    READ,
    /** One adds to the other's number. */
    FETCH_AND_ADD,
    /** Writes one way, as many under way as the send queue holds. */
    STREAM;

    /** Whether both sides take part: then an exchange counts half of the way there and back. */
    boolean isThereAndBack() {
      return this == SEND || this == SEND_SLEEPING || this == WRITE;
    }
  }

  /** Requests under way with {@link Work#STREAM}, which is perftest's own choice. */
  static final int STREAM_DEPTH = 128;

  private final String title;
  private final String program;
  private final int bytes;
  private final Work work;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.copyOf
  private final List<String> options;

  private final int listLength;
  private final int moderation;

  PerftestCase(String title, String program, int bytes, Work work, String... options) {
    this.title = title;
    this.program = program;
    this.bytes = bytes;
    this.work = work;
    this.listLength = 1;
    this.moderation = 1;
    List<String> all = new ArrayList<>(List.of(options));
    if (work != Work.FETCH_AND_ADD) { // its program knows one size only
      all.addAll(List.of("--size", Integer.toString(bytes)));
    }
    this.options = List.copyOf(all);
  }

  PerftestCase(String title, String program, int bytes, Work work, int listLength, int moderation) {
    this.title = title;
    this.program = program;
    this.bytes = bytes;
    this.work = work;
    this.listLength = listLength;
    this.moderation = moderation;
    // --noPeak: no look at the clock for each request.
    List<String> all = new ArrayList<>(List.of("--noPeak", "--size", Integer.toString(bytes)));
    all.addAll(List.of("--tx-depth", Integer.toString(STREAM_DEPTH)));
    all.addAll(List.of("--cq-mod", Integer.toString(moderation)));
    if (listLength > 1) {
      all.addAll(List.of("--post_list", Integer.toString(listLength)));
    }
    this.options = List.copyOf(all);
  }

  String title() {
    return title;
  }

  /** perftest's program. */
  String program() {
    return program;
  }

  /** What the program must be told besides the number of exchanges. */
  List<String> options() {
    return options;
  }

  /** The length of a message. */
  int bytes() {
    return bytes;
  }

  Work work() {
    return work;
  }

  /** Requests for one doorbell. */
  int listLength() {
    return listLength;
  }

  /** One of so many requests is signaled. */
  int moderation() {
    return moderation;
  }

  boolean isLatency() {
    return work != Work.STREAM;
  }

  /** How many exchanges a measurement takes. */
  int exchanges(boolean quick) {
    int all = bytes > 4096 ? 800 : isLatency() ? 4000 : 16_000;
    return quick ? all / 4 : all;
  }
}
