package io.verbena;

import io.verbena.verbs.Device;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The device that the RDMA tests run on: {@code VERBENA_DEVICE}, or the first that is there. */
public final class RdmaDevice implements ExecutionCondition {
  private static final Optional<String> WANTED =
      Optional.ofNullable(System.getenv("VERBENA_DEVICE")).filter(name -> !name.isBlank());

  /** Finds the device that tests use. */
  public static Device find() throws IOException {
    if (WANTED.isPresent()) {
      return Device.named(WANTED.get());
    }
    return Device.list().stream()
        .findFirst()
        .orElseThrow(() -> new IOException("this machine has no RDMA device"));
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    try {
      return ConditionEvaluationResult.enabled("runs on " + find().name());
    } catch (IOException e) {
      if (Boolean.getBoolean("verbena.rdma.required") || WANTED.isPresent()) {
        throw new IllegalStateException("RDMA tests must run here, but " + e.getMessage(), e);
      }
      return ConditionEvaluationResult.disabled(
          e.getMessage() + "; ./verbena test runs the RDMA tests in a guest");
    }
  }
}
