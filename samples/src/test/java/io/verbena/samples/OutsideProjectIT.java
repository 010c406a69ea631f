package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.samples.OutsideProject.From;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Projects outside of this one, which Maven builds with nothing but what a user would have
 * installed: from class path and from module path.
 */
class OutsideProjectIT {
  private static final String PROGRAM =
      """
      package outside;

      import io.netty.buffer.ByteBuf;
      import io.verbena.Endpoint;
      import io.verbena.Link;
      import io.verbena.Listener;
      import io.verbena.MessageHandler;
      import io.verbena.Transport;
      import io.verbena.TransportException;
      import io.verbena.memory.RegisteredMemory;
      import io.verbena.memory.RemoteAccess;
      import io.verbena.memory.RemoteMemory;
      import java.net.InetSocketAddress;
      import java.util.concurrent.BlockingQueue;
      import java.util.concurrent.LinkedBlockingQueue;
      import java.util.concurrent.TimeUnit;

      public final class Program {
        private static final BlockingQueue<String> HEARD = new LinkedBlockingQueue<>();

        private static final class Handler implements MessageHandler {
          @Override
          public void message(Endpoint from, ByteBuf message) {
            HEARD.add("handled: " + message.readLong());
            message.release();
          }

          @Override
          public void notified(Endpoint from, int value) {
            HEARD.add("notified: " + value);
          }

          @Override
          public void ended(Endpoint endpoint, TransportException cause) {
            HEARD.add("ended: " + cause.kind());
          }
        }

        public static void main(String[] args) throws Exception {
          try (Transport transport = Transport.open();
              Listener listener = transport.listen(new InetSocketAddress("localhost", 0))) {
            Endpoint client = transport.connect(listener.address());
            Endpoint server = listener.accept();
            client.send(transport.allocator().directBuffer().writeLong(42));
            ByteBuf message = server.receive();
            System.out.println(message.readLong() + " over " + server.link());
            message.release();
            System.out.println(
                switch (client.link()) {
                  case Link.Rdma(String device, int port) -> "RDMA:" + device + ":" + port;
                  case Link.Tcp(String nic, String why) -> "TCP:" + nic + ":" + why;
                });

            server.handle(new Handler());
            client.send(transport.allocator().directBuffer().writeLong(43));
            RegisteredMemory page = transport.allocate(4096);
            RegisteredMemory local = transport.allocate(4096);
            RemoteMemory remote =
                server.grant(page, RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
            local.segment().setString(0, "from afar");
            client.writeAndNotify(local, 0, remote, 0, 64, 7).await();
            client.read(local, 1024, remote, 0, 64).await();
            client.fetchAdd(remote, 2048, 5).await();
            for (int i = 0; i < 2; i++) {
              System.out.println(HEARD.poll(30, TimeUnit.SECONDS));
            }
            System.out.println("read back: " + local.segment().getString(1024));
            System.out.println("counted: " + client.fetchAdd(remote, 2048, 0).await());
            client.close();
            System.out.println(HEARD.poll(30, TimeUnit.SECONDS));
          }
        }
      }
      """;

  /** What it prints after the two lines that say which link. */
  private static final List<String> LINES =
      List.of(
          "handled: 43", "notified: 7", "read back: from afar", "counted: 5", "ended: PEER_CLOSED");

  @TempDir private static Path project;

  @BeforeAll
  static void build() throws Exception {
    OutsideProject.create(project, PROGRAM);
    Child mvn = OutsideProject.build(project);
    assertEquals(0, mvn.status(), () -> mvn.out() + mvn.err());
  }

  /** Otherwise this would test what this build has in its folders, or what somebody else built. */
  @ParameterizedTest
  @EnumSource
  void shouldGetVerbenaFromTheRepositoryThatItWasInstalledIn(From from) throws Exception {
    List<String> path = List.of(from.path(project).split(File.pathSeparator));
    List<String> jars = path.subList(1, path.size());
    // Either may be named through a symbolic link.
    Path repository = OutsideProject.REPOSITORY.toRealPath();
    for (String jar : jars) {
      assertTrue(Path.of(jar).toRealPath().startsWith(repository), jars.toString());
    }
    assertEquals(
        List.of("verbena", "verbena-ffi"),
        jars.stream()
            .map(jar -> Path.of(jar).getParent().getParent().getFileName().toString())
            .filter(name -> name.startsWith("verbena"))
            .toList());
  }

  private static Child run(From from, String... flags) throws Exception {
    Child program = run("Program", from, flags);
    List<String> lines = program.out().lines().toList();
    assertTrue(lines.getFirst().startsWith("42 over "), program.out());
    assertTrue(lines.get(1).matches("(RDMA|TCP):.+:.+"), program.out());
    assertEquals(LINES, lines.subList(2, lines.size()));
    return program;
  }

  private static Child run(String name, From from, String... flags) throws Exception {
    var arguments = new ArrayList<>(List.of(flags));
    arguments.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    arguments.addAll(
        switch (from) {
          case CLASS_PATH -> List.of("-cp", from.path(project), "outside." + name);
          case MODULE_PATH -> List.of("-p", from.path(project), "-m", "outside/outside." + name);
        });
    Child program = Child.run(project, "java", arguments);
    assertEquals(0, program.status(), program.err());
    return program;
  }

  @Test
  void shouldRunTheShortestProgramOfTheReadme() throws Exception {
    Child fromClassPath = run("Hello", From.CLASS_PATH, "--enable-native-access=ALL-UNNAMED");
    assertEquals("", fromClassPath.err());
    assertTrue(fromClassPath.out().startsWith("hello over "), fromClassPath.out());
    Child fromModulePath = run("Hello", From.MODULE_PATH, "--enable-native-access=io.verbena.ffi");
    assertEquals("", fromModulePath.err());
    assertEquals(fromClassPath.out(), fromModulePath.out());
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
  @EnumSource
  void shouldRunWithoutFlagWithTheWarningOfTheJdk(From from) throws Exception {
    Child program = run(from);
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
            .lines()
            .findFirst()
            .orElseThrow()
            .matches("42 over TCP \\S+, no RDMA: .*start java with --enable-native-access=" + who),
        program.out());
  }
}
