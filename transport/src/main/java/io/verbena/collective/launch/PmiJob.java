package io.verbena.collective.launch;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The processes of a PMI-1 server: of MPICH's Hydra, or of Slurm with {@code --mpi=pmi2}. */
final class PmiJob implements Job {
  private static final String DESCRIPTOR = "PMI_FD";
  private static final String RANK = "PMI_RANK";
  private static final String SIZE = "PMI_SIZE";

  /** What a launcher may take to answer a question that waits for nobody else. */
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /** For saying who is missing, after the others' time is over. */
  private static final Duration INQUIRY = Duration.ofSeconds(10);

  private final PmiWire wire;
  private final int rank;
  private final int size;
  private final String space;
  private boolean failed;

  private PmiJob(PmiWire wire, int rank, int size, String space) {
    this.wire = wire;
    this.rank = rank;
    this.size = size;
    this.space = space;
  }

  static PmiJob join(Map<String, String> environment, Duration timeout) throws LaunchException {
    int size = Variables.number(environment, SIZE, 1);
    int rank = Variables.number(environment, RANK, 0);
    Variables.requireRank(rank, size, RANK, SIZE);
    var wire = new PmiWire(Variables.number(environment, DESCRIPTOR, 0));
    long deadline = deadline(timeout);
    try {
      wire.ask("cmd=init pmi_version=1 pmi_subversion=1", "response_to_init", deadline);
      int room = number(wire.ask("cmd=get_maxes", "maxes", deadline), "vallen_max");
      if (room <= 2 * MAX_VALUE_BYTES) {
        throw new IOException("its values have only %d bytes".formatted(room));
      }
      String space =
          wire.ask("cmd=get_my_kvsname", "my_kvsname", deadline).getOrDefault("kvsname", "");
      return new PmiJob(wire, rank, size, space);
    } catch (IOException e) {
      throw failure("PMI-1 of the launcher failed", e);
    }
  }

  private static int number(Map<String, String> words, String name) throws IOException {
    try {
      return Integer.parseInt(words.getOrDefault(name, ""));
    } catch (NumberFormatException e) {
      throw new IOException("the launcher's %s is no number".formatted(name), e);
    }
  }

  private static long deadline(Duration timeout) {
    return System.nanoTime() + Variables.nanos(timeout);
  }

  private static LaunchException failure(String what, IOException e) {
    return new LaunchException(what + ": " + e.getMessage(), e);
  }

  @Override
  public String launcher() {
    return "PMI-1";
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  private static String key(int rank) {
    return "verbena-" + rank;
  }

  @Override
  public void exchange(byte[] mine, Duration timeout) throws LaunchException {
    String text = HexFormat.of().formatHex(Variables.requireValue(mine));
    try {
      wire.ask(
          "cmd=put kvsname=%s key=%s value=%s".formatted(space, key(rank), text),
          "put_result",
          deadline(ANSWER));
      // Values are not seen before the barrier is over, names are.
      wire.ask(
          "cmd=publish_name service=%s port=1".formatted(name(rank)),
          "publish_result",
          deadline(ANSWER));
      wire.ask("cmd=barrier_in", "barrier_out", deadline(timeout));
    } catch (PmiWire.LateException e) {
      failed = true;
      throw LaunchException.ofMissing(missing(), size, timeout);
    } catch (IOException e) {
      failed = true;
      throw failure("PMI-1 of the launcher failed", e);
    }
  }

  /** Who has published no name. */
  private List<Integer> missing() {
    long deadline = deadline(INQUIRY);
    List<Integer> missing = new ArrayList<>();
    try {
      for (int other = 0; other < size; other++) {
        if (!isOk(inquire("lookup_name service=" + name(other), "lookup_result", deadline))) {
          missing.add(other);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return missing;
  }

  private static boolean isOk(Map<String, String> words) {
    return words.getOrDefault("info", "ok").equals("ok")
        && words.getOrDefault("rc", "0").equals("0");
  }

  private String name(int other) {
    return "verbena-%s-%d".formatted(space, other);
  }

  /** Asks while the end of the barrier may still come. */
  private Map<String, String> inquire(String command, String answer, long deadline)
      throws IOException {
    wire.tell("cmd=" + command);
    Map<String, String> words = wire.read(deadline);
    while (!answer.equals(words.get("cmd"))) {
      words = wire.read(deadline);
    }
    return words;
  }

  private void requireUsable() throws IOException {
    if (failed) {
      throw new IOException("an answer of the launcher did not come");
    }
  }

  private String get(int other) {
    return "cmd=get kvsname=%s key=%s".formatted(space, key(other));
  }

  @Override
  public byte[] valueOf(int other) throws LaunchException {
    try {
      requireUsable();
      Map<String, String> words = wire.ask(get(other), "get_result", deadline(ANSWER));
      String value = words.get("value");
      if (value == null) {
        throw new IOException("its answer has no value");
      }
      return HexFormat.of().parseHex(value);
    } catch (IOException e) {
      // Answers do not say to what: after one that is late all others would be taken for its like.
      failed = true;
      throw failure("the launcher knows no address of rank " + other, e);
    } catch (IllegalArgumentException e) {
      throw new LaunchException("the launcher garbled the address of rank " + other, e);
    }
  }

  @Override
  public void abort(int status, String reason) {
    try {
      wire.tell("cmd=abort exitcode=" + status);
    } catch (IOException e) {
      // The launcher is gone: nothing is left to end.
    }
  }

  @Override
  public void close() {
    if (failed) {
      // The answer would come behind that of the barrier, if at all.
      return;
    }
    try {
      wire.ask("cmd=finalize", "finalize_ack", deadline(ANSWER));
    } catch (IOException e) {
      // The launcher sees the process end anyway.
    }
  }
}
