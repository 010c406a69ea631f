package io.verbena.collective;

import io.netty.buffer.ByteBuf;
import io.verbena.collective.peer.Region;
import io.verbena.memory.RegisteredMemory;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a rank contributes to a collective, or where it finds the result: elements of one layout,
 * one behind the other or, by {@link #strided}, with gaps. Names memory and does not own it: the
 * caller keeps it as it is, and leaves it alone, until the collective has ended.
 *
 * <p>Memory outside of the heap is used where it lies, except that of confined arenas and that of
 * mapped files. That, and arrays, are copied to memory that can be sent from, and results back:
 * those of confined memory when the thread that owns it waits for the end. To be created once and
 * used often. Threads: in one collective at a time.
 *
 * <p>Stands for the three arguments buffer, count and datatype of MPI (MPI 4.1, section 3.2.2).
 */
public final class Elements {
  private static final Thread ANYBODY = Thread.ofPlatform().unstarted(() -> {});

  private static final Elements NONE = mark("none");
  private static final Elements IN_PLACE = mark("in place");

  private final MemorySegment segment;
  private final MemoryLayout layout;
  private final long count;

  /** Where they are if there are gaps between them, and which of them is the first one. */
  private final @Nullable Strided strided;

  private final long first;

  /** Null where it must be copied to be sent. */
  private final @Nullable Region region;

  private Elements(MemorySegment segment, MemoryLayout layout, long count) {
    this(segment, layout, count, null, 0);
  }

  private Elements(
      MemorySegment segment,
      MemoryLayout layout,
      long count,
      @Nullable Strided strided,
      long first) {
    this.segment = segment;
    this.layout = layout;
    this.count = count;
    this.strided = strided;
    this.first = first;
    // Not from a file that is mapped: somebody may make that shorter while a connection reads it.
    boolean canBeSent =
        strided == null
            && segment.isNative()
            && !segment.isMapped()
            && segment.isAccessibleBy(ANYBODY);
    this.region = canBeSent ? new Region(segment) : null;
  }

  private static Elements mark(String name) {
    MemoryLayout nothing = MemoryLayout.sequenceLayout(0, ValueLayout.JAVA_BYTE);
    return new Elements(MemorySegment.NULL, nothing.withName(name), 0);
  }

  /**
   * All elements of a segment.
   *
   * @param segment alive as long as this is used
   * @param layout of one element
   * @return the elements
   * @throws IllegalArgumentException if the segment ends within an element
   */
  public static Elements of(MemorySegment segment, MemoryLayout layout) {
    long bytes = Objects.requireNonNull(segment, "segment").byteSize();
    long size = Objects.requireNonNull(layout, "layout").byteSize();
    if (size == 0 || bytes % size != 0) {
      throw new IllegalArgumentException(
          "%d bytes are no whole number of elements of %d bytes".formatted(bytes, size));
    }
    return new Elements(segment, layout, bytes / size);
  }

  /**
   * The numbers of a buffer with gaps, as some columns of a matrix: what is in the gaps is neither
   * sent nor changed. They are copied together to be sent, and apart when they have come.
   *
   * <p>Three columns of a matrix of {@code width} floats, which MPI calls {@code
   * MPI_Type_vector(height, 3, width)}, are
   *
   * <pre>{@code
   * sequenceLayout(height,
   *     structLayout(sequenceLayout(3, JAVA_FLOAT), paddingLayout((width - 3) * 4)))
   * }</pre>
   *
   * @param segment alive as long as this is used; it may end with the last number
   * @param layout of sequences, padding and one kind of number
   * @param times how often it stands there, one behind the other
   * @return the numbers, in the order in which they lie in the layout
   * @throws IllegalArgumentException if the layout has anything else
   * @throws IndexOutOfBoundsException if the segment is too short
   */
  public static Elements strided(MemorySegment segment, MemoryLayout layout, long times) {
    if (times < 0) {
      throw new IllegalArgumentException("times is %d: it must not be negative".formatted(times));
    }
    Strided strided = Strided.of(layout);
    long count = Math.multiplyExact(times, numbers(layout));
    if (count > 0) {
      long end = Math.multiplyExact(times, layout.byteSize()) - Strided.gapAtEnd(layout);
      Objects.checkFromIndexSize(0, end, segment.byteSize());
    }
    return new Elements(segment, strided.number(), count, strided, 0);
  }

  private static long numbers(MemoryLayout layout) {
    return switch (layout) {
      case SequenceLayout sequence ->
          Math.multiplyExact(sequence.elementCount(), numbers(sequence.elementLayout()));
      case GroupLayout group -> group.memberLayouts().stream().mapToLong(Elements::numbers).sum();
      case PaddingLayout _ -> 0;
      default -> 1;
    };
  }

  /**
   * All elements of registered memory, which an adapter reads and writes without a copy.
   *
   * @param memory open as long as this is used
   * @param layout of one element
   * @return the elements
   * @throws IllegalArgumentException if the memory ends within an element
   */
  public static Elements of(RegisteredMemory memory, MemoryLayout layout) {
    return of(memory.segment(), layout);
  }

  /**
   * The readable bytes of a buffer, which its indexes mark: also for results, which take their
   * place.
   *
   * @param buffer in one piece; neither released nor changed in size as long as this is used
   * @param layout of one element
   * @return the elements
   * @throws IllegalArgumentException if it is in several pieces, or ends within an element
   */
  public static Elements of(ByteBuf buffer, MemoryLayout layout) {
    if (buffer.nioBufferCount() != 1) {
      throw new IllegalArgumentException(
          "a buffer in %d pieces: copy() makes one of them".formatted(buffer.nioBufferCount()));
    }
    return of(MemorySegment.ofBuffer(buffer.nioBuffer()), layout);
  }

  /**
   * All elements of an array.
   *
   * @param array not kept any longer than this
   * @return the elements
   */
  public static Elements of(byte... array) {
    return of(MemorySegment.ofArray(array), ValueLayout.JAVA_BYTE);
  }

  /**
   * All elements of an array.
   *
   * @param array not kept any longer than this
   * @return the elements
   */
  public static Elements of(short... array) {
    return of(MemorySegment.ofArray(array), ValueLayout.JAVA_SHORT);
  }

  /**
   * All elements of an array.
   *
   * @param array not kept any longer than this
   * @return the elements
   */
  public static Elements of(char... array) {
    return of(MemorySegment.ofArray(array), ValueLayout.JAVA_CHAR);
  }

  /**
   * All elements of an array.
   *
   * @param array not kept any longer than this
   * @return the elements
   */
  public static Elements of(int... array) {
    return of(MemorySegment.ofArray(array), ValueLayout.JAVA_INT);
  }

  /**
   * All elements of an array.
   *
   * @param array not kept any longer than this
   * @return the elements
   */
  public static Elements of(long... array) {
    return of(MemorySegment.ofArray(array), ValueLayout.JAVA_LONG);
  }

  /**
   * All elements of an array.
   *
   * @param array not kept any longer than this
   * @return the elements
   */
  public static Elements of(float... array) {
    return of(MemorySegment.ofArray(array), ValueLayout.JAVA_FLOAT);
  }

  /**
   * All elements of an array.
   *
   * @param array not kept any longer than this
   * @return the elements
   */
  public static Elements of(double... array) {
    return of(MemorySegment.ofArray(array), ValueLayout.JAVA_DOUBLE);
  }

  /**
   * For arguments that mean nothing at this rank, as the result of a reduction at others than its
   * root.
   *
   * @return no elements
   */
  public static Elements none() {
    return NONE;
  }

  /**
   * As what a rank contributes: what it contributes is where the result is going to be.
   *
   * @return a mark without elements of its own
   */
  public static Elements inPlace() {
    return IN_PLACE;
  }

  /**
   * Some of these elements.
   *
   * @param from the first, counted from 0
   * @param howMany their number
   * @return the elements, in the same memory
   * @throws IndexOutOfBoundsException if there are not that many
   */
  public Elements slice(long from, long howMany) {
    Objects.checkFromIndexSize(from, howMany, count);
    if (strided != null) {
      return new Elements(segment, layout, howMany, strided, first + from);
    }
    long size = layout.byteSize();
    return new Elements(segment.asSlice(from * size, howMany * size), layout, howMany);
  }

  /**
   * How many there are.
   *
   * @return at least 0
   */
  public long count() {
    return count;
  }

  /**
   * The layout of one element.
   *
   * @return that it was made with
   */
  public MemoryLayout layout() {
    return layout;
  }

  MemorySegment segment() {
    return segment;
  }

  /** So much is sent of them. */
  long bytes() {
    return count * layout.byteSize();
  }

  /** Copies them to the start of other memory. */
  void copyTo(MemorySegment to) {
    if (strided == null) {
      MemorySegment.copy(segment, 0, to, 0, bytes());
    } else {
      Packing.pack(segment, 0, strided, first, to, 0, count);
    }
  }

  /** Copies the first of them from the start of other memory. */
  void copyFrom(MemorySegment from, long howMany) {
    if (strided == null) {
      MemorySegment.copy(from, 0, segment, 0, howMany * layout.byteSize());
    } else {
      Packing.unpack(from, 0, segment, 0, strided, first, howMany);
    }
  }

  /** Refuses to take results where nothing may be written. */
  void requireWritable(String name) {
    if (segment.isReadOnly()) {
      throw new IllegalArgumentException(name + " is read-only memory, and is to be written");
    }
  }

  @Nullable Region region() {
    return region;
  }

  boolean isMark() {
    return this.equals(NONE) || this.equals(IN_PLACE);
  }

  boolean isInPlace() {
    return this.equals(IN_PLACE);
  }

  @Override
  public String toString() {
    return "%d elements of %s".formatted(count, layout);
  }
}
