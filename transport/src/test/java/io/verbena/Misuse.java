package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;

/**
 * A wrong use of the API.
 *
 * @param what in words
 * @param how the exception that it has to get
 * @param kind of a {@link TransportException}
 * @param use does it
 */
public record Misuse(
    String what, Class<? extends Exception> how, @Nullable Kind kind, Executable use) {
  public static Misuse of(String what, Class<? extends Exception> how, Executable use) {
    return new Misuse(what, how, null, use);
  }

  /** What the environment is told to have done. */
  public static Misuse of(String what, Kind kind, Executable use) {
    return new Misuse(what, TransportException.class, kind, use);
  }

  /** What a program without null checks passes. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  public static <T> T nothing() {
    return null;
  }

  /**
   * A test for each.
   *
   * @param proof that everything goes on after it
   */
  public static Stream<DynamicTest> tests(List<Misuse> all, Executable proof) {
    return all.stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.what,
                    () -> {
                      each.require();
                      proof.execute();
                    }));
  }

  private void require() {
    Exception refusal = assertThrows(how, use, what);
    if (refusal instanceof TransportException failure) {
      assertEquals(kind, failure.kind(), failure.getMessage());
    }
  }

  /** A message goes through, both ways. */
  static void requireExchange(Endpoint one, Endpoint other) throws IOException {
    one.send(EndpointPair.number(6));
    requireNumber(6, other);
    other.send(EndpointPair.number(7));
    requireNumber(7, one);
  }

  private static void requireNumber(long value, Endpoint receiver) throws IOException {
    ByteBuf received = receiver.receive();
    assertEquals(value, received.readLong());
    received.release();
  }
}
