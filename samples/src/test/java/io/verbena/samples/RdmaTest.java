package io.verbena.samples;

import io.verbena.verbs.Device;
import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * A test that needs an RDMA device: it is skipped where there is none; with {@code
 * -Dverbena.rdma.required=true}, which the testbed sets, a missing device is a failure.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("rdma")
@EnabledIf(
    value = "io.verbena.samples.RdmaTest$Machine#hasDevice",
    disabledReason = "no RDMA device here; ./verbena test runs the RDMA tests in a guest")
public @interface RdmaTest {
  /** The machine that the test runs on. */
  public final class Machine {
    private Machine() {}

    /** Whether it can run RDMA tests. */
    public static boolean hasDevice() {
      try {
        if (!Device.list().isEmpty()) {
          return true;
        }
      } catch (IOException e) {
        if (Boolean.getBoolean("verbena.rdma.required")) {
          throw new IllegalStateException("RDMA tests must run here, but " + e.getMessage(), e);
        }
        return false;
      }
      if (Boolean.getBoolean("verbena.rdma.required")) {
        throw new IllegalStateException("RDMA tests must run here, but there is no RDMA device");
      }
      return false;
    }
  }
}
