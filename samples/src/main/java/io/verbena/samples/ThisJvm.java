package io.verbena.samples;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The running JVM as a command, for more processes of its kind: nothing is built or looked for. */
public final class ThisJvm {
  private ThisJvm() {}

  /**
   * This JVM's executable, flags and class path.
   *
   * @param main what to run
   * @param arguments for it
   * @return the words of a command
   */
  public static List<String> command(Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      // Two processes cannot wait for a debugger on one port.
      if (!flag.startsWith("-agentlib:jdwp")) {
        command.add(flag);
      }
    }
    if (ThisJvm.class.getModule().isNativeAccessEnabled()) {
      // May have come from the manifest of a jar, which is no flag.
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }
}
