package io.verbena.collective;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What makes one element of two, in a reduce, all-reduce, reduce-scatter or scan. Immutable; any
 * number of threads may use one.
 *
 * <p>Elements are numbers: byte, short, char, int, long, float and double in any byte order. What
 * is not defined for an element's layout is refused with an {@link IllegalArgumentException} by the
 * collective that is asked for it.
 *
 * <p>Stands for MPI's {@code MPI_Op} (MPI 4.1, section 6.9).
 */
public final class Reduction {
  /** The sum. That of integers wraps around, that of floats is rounded each time. */
  public static final Reduction SUM = new Reduction(Operator.SUM);

  /** The product. That of integers wraps around, that of floats is rounded each time. */
  public static final Reduction PRODUCT = new Reduction(Operator.PRODUCT);

  /**
   * The least, as {@link Math#min(double, double)}: NaN if one operand is, and -0 is less than +0.
   */
  public static final Reduction MIN = new Reduction(Operator.MIN);

  /**
   * The greatest, as {@link Math#max(double, double)}: NaN if one operand is, and +0 is greater
   * than -0.
   */
  public static final Reduction MAX = new Reduction(Operator.MAX);

  /** The bits that both operands have; of integers. */
  public static final Reduction AND = new Reduction(Operator.AND);

  /** The bits that one of the operands has, or both; of integers. */
  public static final Reduction OR = new Reduction(Operator.OR);

  /** The bits that one of the operands has, and not both; of integers. */
  public static final Reduction XOR = new Reduction(Operator.XOR);

  /**
   * The least value and where it is. An element is a struct of two members, between which and after
   * which there may be padding: first a value (int, long, float or double), then an index (int or
   * long). Values are compared as by {@link #MIN}; of equal ones that with the smaller index is
   * taken. Padding is not written.
   */
  public static final Reduction MIN_LOC = new Reduction(Operator.MIN_LOC);

  /**
   * The greatest value and where it is. Elements are those of {@link #MIN_LOC}, values are compared
   * as by {@link #MAX}; of equal ones that with the smaller index is taken.
   */
  public static final Reduction MAX_LOC = new Reduction(Operator.MAX_LOC);

  private final String name;
  private final boolean commutative;
  private final @Nullable Operator operator;
  private final @Nullable ReductionFunction function;

  private Reduction(Operator operator) {
    this.name = operator.title;
    this.commutative = true;
    this.operator = operator;
    this.function = null;
  }

  private Reduction(String name, ReductionFunction function, boolean commutative) {
    this.name = name;
    this.commutative = commutative;
    this.operator = null;
    this.function = function;
  }

  /**
   * A reduction of the caller's own, of elements of any layout.
   *
   * @param name what messages call it
   * @param function reduces; must be associative
   * @param commutative whether operands may change places. If not, each result is that of all ranks
   *     in their order
   * @return the reduction
   */
  public static Reduction of(String name, ReductionFunction function, boolean commutative) {
    return new Reduction(
        Objects.requireNonNull(name, "name"),
        Objects.requireNonNull(function, "function"),
        commutative);
  }

  /**
   * What messages call it, as {@code sum}.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  /**
   * Whether operands may change places.
   *
   * @return whether it is commutative
   */
  public boolean isCommutative() {
    return commutative;
  }

  /** Which of those that are built in, or null if the caller defined it. */
  @Nullable Operator operator() {
    return operator;
  }

  /** What the caller defined, or null if it is built in. */
  @Nullable ReductionFunction function() {
    return function;
  }

  @Override
  public String toString() {
    return name;
  }
}
