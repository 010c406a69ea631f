package io.verbena.samples.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes on what the ranks write, each line whole and with its rank before it. Bytes are not looked
 * at but for the ends of lines.
 */
final class Output {
  /** A line that is longer than so many bytes is broken. */
  static final int LONGEST_LINE = 1 << 16;

  private static final int READ_BYTES = 1 << 13;

  private final Runnable broken;
  private final List<Thread> readers = new ArrayList<>();

  /**
   * Nothing yet.
   *
   * @param broken called, more than once, when nobody takes the output any more
   */
  Output(Runnable broken) {
    this.broken = broken;
  }

  /** Passes on what a rank writes from now on. */
  void add(int rank, Process process) {
    start(rank, process.getInputStream(), System.out);
    start(rank, process.getErrorStream(), System.err);
  }

  private void start(int rank, InputStream from, PrintStream to) {
    Thread reader =
        Thread.ofPlatform()
            .daemon()
            .name("output-" + rank)
            .unstarted(() -> new Lines(rank, to).passOn(from));
    readers.add(reader);
    reader.start();
  }

  /** Waits until all is written that has been; not for processes that nobody could end. */
  void drain(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (Thread reader : readers) {
      reader.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }
  }

  /** One stream of a rank. */
  private final class Lines {
    private final byte[] prefix;
    private final PrintStream to;

    /** The beginning of a line. */
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    private final ByteArrayOutputStream whole = new ByteArrayOutputStream();

    Lines(int rank, PrintStream to) {
      this.prefix = "[%d] ".formatted(rank).getBytes(StandardCharsets.US_ASCII);
      this.to = to;
    }

    void passOn(InputStream from) {
      byte[] bytes = new byte[READ_BYTES];
      try (from) {
        for (int count = from.read(bytes); count >= 0; count = from.read(bytes)) {
          take(bytes, count);
        }
      } catch (IOException e) {
        // The process has ended, and what it started was cut off.
      }
      if (line.size() > 0) {
        end();
      }
      write();
    }

    private void take(byte[] bytes, int count) {
      int start = 0;
      for (int at = 0; at < count; at++) {
        if (bytes[at] == '\n') {
          line.write(bytes, start, at - start);
          end();
          start = at + 1;
        }
      }
      line.write(bytes, start, count - start);
      if (line.size() >= LONGEST_LINE) {
        end();
      }
      write();
    }

    private void end() {
      whole.writeBytes(prefix);
      whole.writeBytes(line.toByteArray());
      whole.write('\n');
      line.reset();
    }

    /** In one piece, which another's cannot divide. */
    private void write() {
      if (whole.size() > 0) {
        to.writeBytes(whole.toByteArray());
        whole.reset();
        if (to.checkError()) {
          broken.run();
        }
      }
    }
  }
}
