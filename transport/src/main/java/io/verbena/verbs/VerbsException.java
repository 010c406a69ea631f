package io.verbena.verbs;

import io.verbena.ffi.Errno;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The environment refused a verb or failed a work request: names the verb, its arguments, the error
 * and the likely cure. Immutable.
 */
public final class VerbsException extends IOException {
  private static final long serialVersionUID = 1;

  private final String verb;
  private final String arguments;
  private final int errno;
  private final String errnoName;
  private final @Nullable WorkStatus status;
  private final String cure;

  private VerbsException(
      String message,
      String verb,
      String arguments,
      int errno,
      String errnoName,
      @Nullable WorkStatus status,
      String cure) {
    super(cure.isEmpty() ? message : message + ": " + cure);
    this.verb = verb;
    this.arguments = arguments;
    this.errno = errno;
    this.errnoName = errnoName;
    this.status = status;
    this.cure = cure;
  }

  /** RDMA cannot be used at all: the message is this clause and nothing else. */
  static VerbsException unavailable(String cause) {
    return new VerbsException(cause, "", "", 0, "", null, "");
  }

  /** A verb failed with errno. */
  static VerbsException of(String verb, String arguments, int number) {
    return of(verb, arguments, number, Cures.of(verb, number));
  }

  /** A verb failed with errno, and the caller knows better than {@link Cures} what helps. */
  static VerbsException of(String verb, String arguments, int number, String cure) {
    Errno errno = Errno.of(number);
    return new VerbsException(
        verb + "(" + arguments + ") failed with " + errno.name() + " (" + errno.text() + ")",
        verb,
        arguments,
        number,
        errno.name(),
        null,
        cure);
  }

  /** A work request failed. */
  static VerbsException of(WorkStatus status, String request, int vendorError) {
    return new VerbsException(
        request
            + " failed with "
            + status
            + (vendorError == 0 ? "" : ", vendor code 0x" + Integer.toHexString(vendorError))
            + " ("
            + status.meaning()
            + ")",
        "ibv_poll_cq",
        request,
        0,
        "",
        status,
        status.cure());
  }

  /**
   * The C function that failed; {@code ibv_poll_cq} for a work request.
   *
   * @return for example {@code ibv_reg_mr}; empty if no verb could be called at all
   */
  public String verb() {
    return verb;
  }

  /**
   * What the verb was called with.
   *
   * @return names and values as text
   */
  public String arguments() {
    return arguments;
  }

  /**
   * The system's error number.
   *
   * @return errno, or 0 if the failure has none
   */
  public int errno() {
    return errno;
  }

  /**
   * The symbol of {@link #errno}.
   *
   * @return for example {@code ENOMEM}, or empty
   */
  public String errnoName() {
    return errnoName;
  }

  /**
   * The status of the work request that failed.
   *
   * @return empty if this is not about a work request
   */
  public Optional<WorkStatus> status() {
    return Optional.ofNullable(status);
  }

  /**
   * What most likely helps; part of the message too.
   *
   * @return a clause, empty if there is nothing to advise
   */
  public String cure() {
    return cure;
  }
}
