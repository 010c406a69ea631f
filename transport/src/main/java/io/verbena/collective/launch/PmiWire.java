package io.verbena.collective.launch;

import io.verbena.ffi.Errno;
import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.SystemCalls;
import io.verbena.ffi.libc.LibC;
import io.verbena.ffi.libc.pollfd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The line protocol of PMI-1 on the file descriptor that the launcher left open: {@code cmd=get
 * kvsname=x key=y}, as MPICH's {@code src/pmi} and Slurm's {@code pmi2} plugin speak it.
 */
final class PmiWire {
  private static final int BUFFER_BYTES = 4096;
  private static final int MAX_LINE_BYTES = 1 << 16;

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment capture = ErrnoCalls.capture(arena);
  private final MemorySegment buffer = arena.allocate(BUFFER_BYTES);
  private final MemorySegment entry = pollfd.allocate(arena);
  private final int descriptor;
  private int start;
  private int end;

  PmiWire(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Sends a command and waits for its answer.
   *
   * @param answer the answer's {@code cmd}
   * @return the answer's words
   * @throws LateException if the answer does not come before the deadline
   * @throws IOException if the launcher is gone, says something else or that it failed
   */
  Map<String, String> ask(String command, String answer, long deadline) throws IOException {
    tell(command);
    Map<String, String> words = read(deadline);
    if (!answer.equals(words.get("cmd"))) {
      throw new IOException(
          "the launcher answered '%s' to '%s'".formatted(words.get("cmd"), word(command)));
    }
    String status = words.getOrDefault("rc", "0");
    if (!status.equals("0")) {
      throw new IOException(
          "the launcher refused '%s': %s %s"
              .formatted(word(command), status, words.getOrDefault("msg", "")));
    }
    return words;
  }

  private static String word(String command) {
    int space = command.indexOf(' ');
    return space < 0 ? command : command.substring(0, space);
  }

  /** Sends a command without an answer. */
  void tell(String command) throws IOException {
    byte[] line = (command + "\n").getBytes(StandardCharsets.US_ASCII);
    try (Arena call = Arena.ofConfined()) {
      MemorySegment bytes = call.allocateFrom(ValueLayout.JAVA_BYTE, line);
      long sent = 0;
      while (sent < line.length) {
        long count =
            SystemCalls.write(capture, descriptor, bytes.asSlice(sent), line.length - sent);
        sent += Math.max(0, requireDone(count, "write"));
      }
    }
  }

  Map<String, String> read(long deadline) throws IOException {
    var line = new StringBuilder();
    while (true) {
      for (; start < end; start++) {
        char next = (char) (buffer.get(ValueLayout.JAVA_BYTE, start) & 0xff);
        if (next == '\n') {
          start++;
          return words(line.toString());
        }
        line.append(next);
      }
      if (line.length() > MAX_LINE_BYTES) {
        throw new IOException("the launcher's answer has no end");
      }
      awaitInput(deadline);
      start = 0;
      end = 0;
      long count = requireDone(SystemCalls.read(capture, descriptor, buffer, BUFFER_BYTES), "read");
      end = (int) Math.max(0, count);
      if (count == 0) {
        throw new IOException("the launcher has closed the connection");
      }
    }
  }

  /** The words of a line; of a text with spaces only the first. */
  static Map<String, String> words(String line) {
    Map<String, String> words = new HashMap<>();
    for (String word : line.strip().split(" +", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        words.putIfAbsent(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return words;
  }

  private void awaitInput(long deadline) throws IOException {
    while (true) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new LateException();
      }
      pollfd.fd(entry, descriptor);
      pollfd.events(entry, (short) LibC.POLLIN());
      int millis = (int) Math.min(Integer.MAX_VALUE, left / 1_000_000 + 1);
      if (requireDone(SystemCalls.poll(capture, entry, 1, millis), "poll") > 0) {
        return;
      }
    }
  }

  /** What a call returned; negative if a signal interrupted it. */
  private long requireDone(long result, String call) throws IOException {
    if (result >= 0) {
      return result;
    }
    int number = ErrnoCalls.errno(capture);
    if (number == LibC.EINTR()) {
      return result;
    }
    throw new IOException(
        "%s on PMI_FD=%d failed: %s".formatted(call, descriptor, Errno.of(number)));
  }

  /** An answer did not come in time. */
  static final class LateException extends IOException {
    private static final long serialVersionUID = 1;

    LateException() {
      super("the launcher did not answer in time");
    }
  }
}
