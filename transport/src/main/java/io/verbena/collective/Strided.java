package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the numbers of a buffer with gaps are: runs of bytes at regular distances, in any number of
 * dimensions. Immutable.
 *
 * <p>It is described by a layout of sequences, of padding, and of one kind of number. Three columns
 * of a matrix of {@code width} floats, which MPI calls {@code MPI_Type_vector(height, 3, width)},
 * are
 *
 * <pre>{@code
 * sequenceLayout(height,
 *     structLayout(sequenceLayout(3, JAVA_FLOAT), paddingLayout((width - 3) * 4)))
 * }</pre>
 *
 * <p>Only what is no padding is ever touched, so a buffer may end with its last number. Numbers are
 * counted in the order in which they are in the layout; after its last one the layout starts again
 * where it ends.
 */
final class Strided {
  private static final long UNBOUNDED = Long.MAX_VALUE;

  /** The same thing so many times, at a distance in bytes. */
  private record Dimension(long count, long stride) {
    /** Whether the next of these starts where the last one of the inner dimension ends. */
    boolean continues(Dimension inner) {
      return inner.count != UNBOUNDED && stride == inner.count * inner.stride;
    }
  }

  private final ValueLayout number;
  private final long start;
  private final long runBytes;

  /** The innermost first; the last one has no bound. */
  private final List<Dimension> dimensions;

  private Strided(ValueLayout number, long start, long runBytes, List<Dimension> dimensions) {
    this.number = number;
    this.start = start;
    this.runBytes = runBytes;
    this.dimensions = List.copyOf(dimensions);
  }

  /**
   * The numbers of a layout.
   *
   * @throws IllegalArgumentException if it has other than sequences, padding and one kind of number
   */
  static Strided of(MemoryLayout layout) {
    List<Dimension> dimensions = new ArrayList<>();
    dimensions.add(new Dimension(UNBOUNDED, layout.byteSize()));
    long start = 0;
    MemoryLayout inner = layout;
    while (!(inner instanceof ValueLayout number)) {
      switch (inner) {
        case SequenceLayout sequence when sequence.elementCount() > 0 -> {
          inner = sequence.elementLayout();
          dimensions.add(0, new Dimension(sequence.elementCount(), inner.byteSize()));
        }
        case StructLayout struct -> {
          inner = onlyMember(struct, layout);
          start += paddingBefore(struct);
        }
        default -> throw refused(layout);
      }
    }
    return of(number, start, dimensions);
  }

  /** Makes runs as long, and dimensions as few, as they can be. */
  private static Strided of(ValueLayout number, long start, List<Dimension> dimensions) {
    List<Dimension> merged = new ArrayList<>();
    merged.add(new Dimension(1, number.byteSize()));
    for (Dimension dimension : dimensions) {
      Dimension inner = merged.getLast();
      if (dimension.count == 1) {
        continue;
      }
      if (dimension.continues(inner)) {
        long count = dimension.count == UNBOUNDED ? UNBOUNDED : dimension.count * inner.count;
        merged.set(merged.size() - 1, new Dimension(count, inner.stride));
      } else {
        merged.add(dimension);
      }
    }
    Dimension run = merged.removeFirst();
    long runBytes = run.count == UNBOUNDED ? UNBOUNDED : run.count * run.stride;
    return new Strided(number, start, runBytes, merged);
  }

  private static MemoryLayout onlyMember(StructLayout struct, MemoryLayout whole) {
    List<MemoryLayout> members =
        struct.memberLayouts().stream().filter(each -> !(each instanceof PaddingLayout)).toList();
    if (members.size() != 1) {
      throw refused(whole);
    }
    return members.getFirst();
  }

  private static long paddingBefore(StructLayout struct) {
    return struct.memberLayouts().stream()
        .takeWhile(PaddingLayout.class::isInstance)
        .mapToLong(MemoryLayout::byteSize)
        .sum();
  }

  private static IllegalArgumentException refused(MemoryLayout layout) {
    return new IllegalArgumentException(
        "layout %s is not strided: it may have sequences that are not empty, padding, and one number"
            .formatted(layout));
  }

  /** How many bytes are behind the last number of a layout that is strided. */
  static long gapAtEnd(MemoryLayout layout) {
    return switch (layout) {
      case SequenceLayout sequence -> gapAtEnd(sequence.elementLayout());
      case StructLayout struct -> {
        MemoryLayout member = onlyMember(struct, layout);
        yield struct.byteSize() - paddingBefore(struct) - member.byteSize() + gapAtEnd(member);
      }
      default -> 0;
    };
  }

  /** The layout of a number. */
  ValueLayout number() {
    return number;
  }

  /** Whether there are no gaps, so that nothing has to be packed. */
  boolean isPacked() {
    return runBytes == UNBOUNDED;
  }

  /** How many bytes are in one piece. */
  long runBytes() {
    return runBytes;
  }

  /** How many bytes are between the beginnings of runs that follow each other. */
  long stride() {
    return dimensions.isEmpty() ? 0 : dimensions.getFirst().stride;
  }

  /** How many runs there are from this one on before they no longer are a stride apart. */
  long runsInRow(long run) {
    if (dimensions.isEmpty()) {
      return 1;
    }
    long count = dimensions.getFirst().count;
    return count == UNBOUNDED ? UNBOUNDED : count - run % count;
  }

  /** Where a run is, in bytes from the beginning of the layout. */
  long offset(long run) {
    long offset = start;
    long index = run;
    for (int i = 0; i < dimensions.size(); i++) {
      Dimension dimension = dimensions.get(i);
      offset += index % dimension.count * dimension.stride;
      index /= dimension.count;
    }
    return offset;
  }

  @Override
  public String toString() {
    return isPacked()
        ? "%s, packed".formatted(number)
        : "%s, runs of %d bytes, %s".formatted(number, runBytes, dimensions);
  }
}
