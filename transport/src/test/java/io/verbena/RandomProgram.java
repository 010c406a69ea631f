package io.verbena;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What two connected programs do, as it follows from a seed. A part of the steps is a program too.
 *
 * @param seed what all of it follows from
 * @param shape how the two are connected, and how they end
 * @param steps in their order, each side's own and, with one thread, that of both
 */
record RandomProgram(long seed, Shape shape, List<Step> steps) {
  /** What a step does; its numbers mean what {@link ProgramSide} makes of them. */
  enum Act {
    SEND,
    RECEIVE,
    WRITE,
    NOTIFY,
    READ,
    ADD,
    MANY_ADDS,
    SWAP,
    FLUSH,
    AWAIT,
    RANDOMIZE,
    REVOKE,
    MISUSE
  }

  /**
   * How the two sides are connected, and how they end.
   *
   * @param small whether both hold few bytes and little credit
   * @param threads whether each side has a thread of its own; else one does everything
   * @param clientHandles whether the client hears by a handler
   * @param serverHandles whether the server does
   * @param clientEnds which side ends it
   * @param reset whether without a goodbye
   * @param abrupt whether the side that ends does not wait for the other one's steps
   */
  record Shape(
      boolean small,
      boolean threads,
      boolean clientHandles,
      boolean serverHandles,
      boolean clientEnds,
      boolean reset,
      boolean abrupt) {}

  /** One step of one side. */
  record Step(int number, boolean byClient, Act act, int size, int at, int variant) {
    @Override
    public String toString() {
      return "%3d %s %s size %d at %d variant %d"
          .formatted(number, byClient ? "client" : "server", act, size, at, variant);
    }
  }

  /** Both sides' memory, in bytes. */
  static final int MEMORY = 128 << 10;

  private static final int MOST_STEPS = 40;

  /** Around these a lane changes what it does: inline, slots, copies, advertisements, frames. */
  private static final int[] THRESHOLDS = {
    0, 64, 220, 472, 512, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 1 << 20
  };

  private static final int[] AROUND = {-41, -40, -1, 0, 1, 40};

  private static final Act[] LIKELY = {
    Act.SEND, Act.SEND, Act.SEND, Act.RECEIVE, Act.RECEIVE, Act.WRITE, Act.READ, Act.NOTIFY
  };

  static RandomProgram of(long seed) {
    var random = new Random(seed);
    var shape =
        new Shape(
            random.nextBoolean(),
            random.nextInt(3) == 0,
            random.nextInt(3) == 0,
            random.nextInt(3) == 0,
            random.nextBoolean(),
            random.nextInt(4) == 0,
            random.nextInt(3) == 0);
    int count = 1 + random.nextInt(MOST_STEPS);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean likely = random.nextInt(3) > 0;
      Act[] from = likely ? LIKELY : Act.values();
      Act act = from[random.nextInt(from.length)];
      boolean message = act == Act.SEND;
      steps.add(
          new Step(
              i,
              random.nextBoolean(),
              act,
              size(random, message ? 1 << 21 : MEMORY / 2),
              random.nextInt(MEMORY / 2),
              random.nextInt(1 << 16)));
    }
    return new RandomProgram(seed, shape, List.copyOf(steps));
  }

  private static int size(Random random, int most) {
    int kind = random.nextInt(8);
    if (kind == 0) {
      return random.nextInt(most == MEMORY / 2 ? most : 40_000);
    }
    // The long ones are rare: they take long.
    int likely = kind == 1 ? THRESHOLDS.length : THRESHOLDS.length - 3;
    int size = THRESHOLDS[random.nextInt(likely)] + AROUND[random.nextInt(AROUND.length)];
    return Math.clamp(size, 0, most);
  }

  /** The same program without some of its steps. */
  RandomProgram with(List<Step> others) {
    return new RandomProgram(seed, shape, List.copyOf(others));
  }

  /** From what {@link #name} gave. */
  static RandomProgram named(String name) {
    String[] parts = name.split(":", 2);
    RandomProgram whole = of(Long.parseLong(parts[0]));
    if (parts.length == 1) {
      return whole;
    }
    List<Step> kept = new ArrayList<>();
    for (String number : parts[1].split(",", -1)) {
      if (!number.isBlank()) {
        kept.add(whole.steps.get(Integer.parseInt(number)));
      }
    }
    return whole.with(kept);
  }

  /** What tells this program from all others. */
  String name() {
    boolean whole = steps.size() == of(seed).steps.size();
    return seed
        + (whole
            ? ""
            : ":"
                + steps.stream()
                    .map(step -> Integer.toString(step.number()))
                    .collect(Collectors.joining(",")));
  }

  @Override
  public String toString() {
    return "%s%n%s%n%s"
        .formatted(
            name(),
            shape,
            IntStream.range(0, steps.size())
                .mapToObj(i -> steps.get(i).toString())
                .collect(Collectors.joining("\n")));
  }
}
