package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A project outside of this one, on the built jars: from class path and from module path. */
class OutsideProjectIT {
  private static final String MODULE = "module outside { requires io.verbena; }";

  private static final String PROGRAM =
      """
      package outside;

      import io.netty.buffer.ByteBuf;
      import io.verbena.Endpoint;
      import io.verbena.Link;
      import io.verbena.Listener;
      import io.verbena.Transport;
      import java.net.InetSocketAddress;

      public final class Program {
        public static void main(String[] args) throws Exception {
          try (Transport transport = Transport.open();
              Listener listener = transport.listen(new InetSocketAddress("localhost", 0));
              Endpoint client = transport.connect(listener.address());
              Endpoint server = listener.accept()) {
            client.send(transport.allocator().directBuffer().writeLong(42));
            ByteBuf message = server.receive();
            System.out.println(message.readLong() + " over " + server.link());
            message.release();
          }
        }
      }
      """;

  /** Says which annotations an outside project gets: the parent's are optional. */
  private static final Path TRANSPORT_POM = Path.of("..", "transport", "pom.xml");

  @TempDir private static Path project;

  private static String jars;

  @BeforeAll
  static void compile() throws Exception {
    List<Path> paths = new ArrayList<>();
    for (String type :
        List.of(
            "io.verbena.Transport",
            "io.verbena.ffi.Native",
            "io.netty.buffer.ByteBuf",
            "io.netty.util.ReferenceCounted",
            "org.slf4j.Logger",
            "org.slf4j.simple.SimpleLogger")) {
      paths.add(Child.home(type));
    }
    if (Files.readString(TRANSPORT_POM).contains("<artifactId>jspecify</artifactId>")) {
      paths.add(Child.home("org.jspecify.annotations.Nullable"));
    }
    jars = paths.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    // Otherwise this would test folders of classes, not what an outside project gets.
    assertTrue(paths.stream().allMatch(path -> path.toString().endsWith(".jar")), jars);

    Path sources = Files.createDirectories(project.resolve("src/outside"));
    Path program = Files.writeString(sources.resolve("Program.java"), PROGRAM);
    Path module = Files.writeString(project.resolve("src/module-info.java"), MODULE);
    compile("-cp", jars, "-d", "classes", program.toString());
    compile("-p", jars, "-d", "module", module.toString(), program.toString());
  }

  private static void compile(String... arguments) throws Exception {
    var all = new ArrayList<>(List.of("-Xlint:all", "-Werror"));
    all.addAll(List.of(arguments));
    Child javac = Child.run(project, "javac", all);
    assertEquals("", javac.out() + javac.err());
    assertEquals(0, javac.status());
  }

  private enum From {
    CLASS_PATH,
    MODULE_PATH
  }

  private static Child run(From from, String... flags) throws Exception {
    var arguments = new ArrayList<>(List.of(flags));
    arguments.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    if (from == From.CLASS_PATH) {
      String path = "classes" + File.pathSeparator + jars;
      arguments.addAll(List.of("-cp", path, "outside.Program"));
    } else {
      String path = "module" + File.pathSeparator + jars;
      arguments.addAll(List.of("-p", path, "-m", "outside/outside.Program"));
    }
    Child program = Child.run(project, "java", arguments);
    assertEquals(0, program.status(), program.err());
    assertTrue(program.out().startsWith("42 over "), program.out());
    return program;
  }

  @Test
  void shouldRunFromClassPath() throws Exception {
    assertEquals("", run(From.CLASS_PATH, "--enable-native-access=ALL-UNNAMED").err());
  }

  @Test
  void shouldRunFromModulePath() throws Exception {
    assertEquals("", run(From.MODULE_PATH, "--enable-native-access=io.verbena.ffi").err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"CLASS_PATH", "MODULE_PATH"})
  void shouldRunWithoutFlagWithTheWarningOfTheJdk(String from) throws Exception {
    Child program = run(From.valueOf(from));
    assertTrue(
        program.err().lines().allMatch(line -> line.isBlank() || line.startsWith("WARNING: ")),
        program.err());
    assertTrue(program.err().contains("--enable-native-access="), program.err());
  }

  @Test
  void shouldNameTheFlagForClassPathWhenNativeAccessIsDenied() throws Exception {
    shouldFallBackNaming("ALL-UNNAMED", run(From.CLASS_PATH, "--illegal-native-access=deny"));
  }

  @Test
  void shouldNameTheFlagForModulePathWhenNativeAccessIsDenied() throws Exception {
    shouldFallBackNaming("io.verbena.ffi", run(From.MODULE_PATH, "--illegal-native-access=deny"));
  }

  private static void shouldFallBackNaming(String who, Child program) {
    assertEquals("", program.err());
    assertTrue(
        program
            .out()
            .matches(
                "42 over TCP \\S+, no RDMA: .*start java with --enable-native-access="
                    + who
                    + "\n"),
        program.out());
  }
}
