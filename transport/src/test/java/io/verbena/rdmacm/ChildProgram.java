package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program of the tests in a JVM of its own, which is gone when this is closed. */
final class ChildProgram implements AutoCloseable {
  /** A JVM takes long to start on an emulated processor. */
  private static final int PATIENCE_SECONDS = 60;

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  ChildProgram(Class<?> program, String... arguments) throws IOException {
    process = ChildJvm.of(program, arguments).start();
    Thread.ofPlatform().daemon().start(this::listen);
  }

  private void listen() {
    try {
      process.inputReader(StandardCharsets.UTF_8).lines().forEach(lines::add);
    } catch (UncheckedIOException e) {
      // It was killed.
    }
  }

  /** The next line that it prints. */
  String line() throws InterruptedException {
    String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertNotNull(line, "the program says nothing");
    return line;
  }

  /** Lets a program go on that waits for input. */
  void goOn() throws IOException {
    try (OutputStream input = process.getOutputStream()) {
      input.write('\n');
    }
  }

  /** Its exit status, when it has ended by itself. */
  int exitValue() throws InterruptedException {
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the program does not end");
    return process.exitValue();
  }

  /** Returns when it is dead. */
  void kill() {
    process.destroyForcibly().onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    kill();
  }
}
