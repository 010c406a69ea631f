package io.verbena.samples;

import io.verbena.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A sample that listens, in a process of its own; what it prints after its port is dropped. */
final class ServerProcess implements AutoCloseable {
  private static final String READY = "listening on port ";

  private final Process process;
  private final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static ServerProcess start(String... sample) throws IOException {
    return start(Map.of(), sample);
  }

  static ServerProcess start(Map<String, String> environment, String... sample) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("sample"));
    arguments.addAll(List.of(sample));
    var builder =
        ChildJvm.of(Main.class, arguments.toArray(String[]::new)).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    var out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (line == null || !line.startsWith(READY)) {
      process.destroyForcibly();
      throw new IOException(sample[0] + " says " + line);
    }
    Thread.startVirtualThread(
        () -> {
          try (out) {
            while (out.readLine() != null) {
              // A full pipe would hold the server up.
            }
          } catch (IOException e) {
            // The process has ended.
          }
        });
    return new ServerProcess(process, Integer.parseInt(line.substring(READY.length())));
  }

  String port() {
    return String.valueOf(port);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
