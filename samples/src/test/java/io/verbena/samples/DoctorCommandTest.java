package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.GsonNode;
import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.doctor.DoctorOptions;
import io.verbena.doctor.DoctorServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user sees of {@code ./verbena doctor} and {@code ./verbena info}. */
class DoctorCommandTest {
  private static final String METADATA = "verbena.metadata.url";
  private static final String PORT = "sys/class/infiniband/rxe0/ports/1/";
  private static final Pattern COLOUR = Pattern.compile("\033\\[[0-9;]*m");

  @TempDir private Path folder;

  @BeforeEach
  void forgetTheService() {
    System.clearProperty(METADATA);
  }

  @AfterEach
  void forgetItAgain() {
    System.clearProperty(METADATA);
    System.clearProperty("picocli.ansi");
  }

  /** A machine with a soft-RoCE device, as the testbed's guest is one. */
  private Path machine() throws IOException {
    String[][] files = {
      {"etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian"},
      {"proc/sys/kernel/osrelease", "6.1.0-41-amd64"},
      {"proc/self/limits", "Max locked memory         unlimited            unlimited   bytes"},
      {"sys/class/infiniband/rxe0/node_type", "1: CA"},
      {"sys/class/infiniband/rxe0/parent", "eth0"},
      {PORT + "state", "4: ACTIVE"},
      {PORT + "phys_state", "5: LinkUp"},
      {PORT + "link_layer", "Ethernet"},
      {PORT + "rate", "2.5 Gb/sec (1X SDR)"},
      {PORT + "pkeys/0", "0xffff"},
      {PORT + "gids/0", "0000:0000:0000:0000:0000:ffff:0a00:020f"},
      {PORT + "gid_attrs/types/0", "RoCE v2"},
      {"sys/class/infiniband_verbs/uverbs0/ibdev", "rxe0"},
      {"dev/infiniband/uverbs0", ""},
      {"dev/infiniband/rdma_cm", ""},
      {"usr/lib/x86_64-linux-gnu/libibverbs.so.1", ""},
      {"usr/lib/x86_64-linux-gnu/librdmacm.so.1", ""},
      {"usr/lib/x86_64-linux-gnu/libibverbs/librxe-rdmav34.so", ""},
    };
    for (String[] file : files) {
      Path path = folder.resolve(file[0]);
      Files.createDirectories(path.getParent());
      Files.writeString(path, file[1] + '\n');
    }
    return folder;
  }

  private Path azure() throws IOException {
    String[][] files = {
      {"sys_vendor", "Microsoft Corporation"},
      {"product_name", "Virtual Machine"},
      {"chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77"},
    };
    Path dmi = Files.createDirectories(folder.resolve("sys/class/dmi/id"));
    for (String[] file : files) {
      Files.writeString(dmi.resolve(file[0]), file[1] + '\n');
    }
    return folder;
  }

  private static Outcome doctor(Path root, String... more) {
    String[] args = new String[3 + more.length];
    args[0] = "doctor";
    args[1] = "--root";
    args[2] = root.toString();
    System.arraycopy(more, 0, args, 3, more.length);
    return Outcome.of(args);
  }

  @Test
  void shouldSayThatRdmaCanBeUsed() throws IOException {
    Outcome outcome = doctor(machine());
    assertEquals(0, outcome.status(), outcome.out());
    assertEquals("", outcome.err());
    assertEquals(
        """
        RDMA: yes. Verbena will use rxe0 port 1, RoCE v2 at 2500 Mb/s, GID 0, partition
        key 0xffff.""",
        String.join("\n", outcome.out().lines().limit(2).toList()));
    assertTrue(outcome.out().contains("\nOK      The right device\n"), outcome.out());
    shouldFitInColumns(outcome.out());
  }

  @Test
  void shouldSayWhatToDoNext() throws IOException {
    Files.delete(machine().resolve("dev/infiniband/uverbs0"));
    Outcome outcome = doctor(folder);
    assertEquals(1, outcome.status(), outcome.out());
    assertTrue(
        outcome
            .out()
            .startsWith(
                """
                RDMA: no. rxe0 is there, but its node /dev/infiniband/uverbs0 is not. Verbena
                will use TCP.
                Next: udevadm trigger"""),
        outcome.out());
    assertTrue(outcome.out().contains("\nFAIL    Modules and nodes\n"), outcome.out());
    assertTrue(outcome.out().contains("          /dev/infiniband/uverbs0: (absent)\n"));
    assertTrue(outcome.out().contains("        -> udevadm trigger"), outcome.out());
    shouldFitInColumns(outcome.out());
  }

  @Test
  void shouldSayTheSameInColour() throws IOException {
    machine();
    String plain = doctor(folder).out();
    assertFalse(plain.contains("\033"), plain);
    System.setProperty("picocli.ansi", "true");
    String coloured = doctor(folder).out();
    assertTrue(coloured.contains("\033"), coloured);
    assertEquals(plain, COLOUR.matcher(coloured).replaceAll(""));
  }

  @Test
  void shouldLookAtThisMachineToo() {
    Outcome outcome = Outcome.of("doctor", "--json");
    JsonObject diagnosis = JsonParser.parseString(outcome.out()).getAsJsonObject();
    assertEquals(diagnosis.get("rdmaUsable").getAsBoolean() ? 0 : 1, outcome.status());
    shouldFollowTheSchema(outcome.out());
    Outcome info = Outcome.of("info");
    assertEquals(0, info.status(), info.err());
    assertTrue(info.out().contains("java.runtime.version: " + Runtime.version()), info.out());
    shouldFitInColumns(info.out());
  }

  @Test
  void shouldWriteJsonThatFollowsTheSchema() throws IOException {
    Outcome bare = doctor(Files.createDirectories(folder.resolve("empty")), "--json");
    shouldFollowTheSchema(bare.out());
    assertTrue(JsonParser.parseString(bare.out()).getAsJsonObject().get("choice").isJsonNull());
    Outcome usable = doctor(machine(), "--json");
    shouldFollowTheSchema(usable.out());
    JsonObject diagnosis = JsonParser.parseString(usable.out()).getAsJsonObject();
    assertTrue(diagnosis.get("rdmaUsable").getAsBoolean());
    assertEquals("rxe0", diagnosis.getAsJsonObject("choice").get("device").getAsString());
    assertEquals(0xffff, diagnosis.getAsJsonObject("choice").get("pkey").getAsInt());
    shouldFollowTheSchema(Outcome.of("info", "--json", "--root", folder.toString()).out());
  }

  @Test
  void shouldHaveASchemaThatRefusesOther() throws IOException {
    String good = doctor(machine(), "--json").out();
    for (String[] change :
        new String[][] {
          {"\"severity\": \"OK\"", "\"severity\": \"GOOD\""},
          {"\"cure\": \"\"", "\"cure\": \"do something\""},
          {"\"rdmaUsable\"", "\"usable\""},
          {"\"pkey\": 65535", "\"pkey\": 65536"}
        }) {
      assertTrue(good.contains(change[0]), change[0]);
      assertFalse(validate(good.replaceFirst(change[0], change[1])).isValid(), change[1]);
    }
  }

  @Test
  void shouldListWhatIsThere() throws IOException {
    Outcome outcome = Outcome.of("info", "--root", machine().toString());
    assertEquals(0, outcome.status(), outcome.err());
    for (String each :
        new String[] {
          "/etc/os-release: Debian GNU/Linux 12 (bookworm)",
          "/sys/class/infiniband/rxe0/ports/1/state: 4: ACTIVE",
          "/sys/class/infiniband/rxe0/ports/1/gids/0: ::ffff:10.0.2.15 ROCE_V2",
          "/proc/self/limits: Max locked memory unlimited unlimited bytes",
        }) {
      assertTrue(outcome.out().contains("  " + each + "\n"), outcome.out());
    }
    shouldFitInColumns(outcome.out());
  }

  @Test
  void shouldAskAzureForTheSize() throws Exception {
    AtomicReference<String> asked = new AtomicReference<>("");
    HttpServer server = HttpServer.create(new InetSocketAddress(loopback(), 0), 0);
    server.createContext(
        "/metadata/instance",
        exchange -> {
          asked.set(exchange.getRequestHeaders().getFirst("Metadata"));
          byte[] answer =
              "{\"compute\":{\"location\":\"westeurope\",\"vmSize\":\"Standard_D4s_v5\"}}"
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    try {
      System.setProperty(METADATA, address(server.getAddress().getPort()));
      Outcome outcome = doctor(azure(), "--online");
      assertEquals("true", asked.get());
      assertEquals(1, outcome.status());
      String words = outcome.out().replaceAll("\\s+", " ");
      assertTrue(words.contains("of the size Standard_D4s_v5"), outcome.out());
      assertTrue(words.contains("Standard_D4s_v5 is not an RDMA-capable size"), outcome.out());
      asked.set("");
      doctor(folder);
      assertEquals("", asked.get(), "asks only who is told to");
    } finally {
      server.stop(0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "404, '{}', HTTP status 404",
    "200, '<html>', an answer without compute.vmSize",
    "200, '{\"compute\":[]}', an answer without compute.vmSize",
    "200, '{\"compute\":{}}', an answer without compute.vmSize",
    "200, '', an answer without compute.vmSize"
  })
  void shouldDoWithoutAProperAnswer(int status, String body, String problem) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(loopback(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] answer = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    try {
      System.setProperty(METADATA, address(server.getAddress().getPort()));
      shouldSayNotAvailable(problem);
    } finally {
      server.stop(0);
    }
  }

  @Test
  @Timeout(30)
  void shouldNotWaitForAServiceThatIsSilent() throws IOException {
    // Nobody accepts: what is asked waits in the backlog.
    try (var silent = new ServerSocket(0, 5, loopback())) {
      System.setProperty(METADATA, address(silent.getLocalPort()));
      shouldSayNotAvailable("no answer within a second");
    }
  }

  @Test
  void shouldDoWithoutAServiceThatIsNotThere() throws IOException {
    int port;
    try (var free = new ServerSocket(0, 5, loopback())) {
      port = free.getLocalPort();
    }
    System.setProperty(METADATA, address(port));
    shouldSayNotAvailable("nobody answers");
  }

  private void shouldSayNotAvailable(String problem) throws IOException {
    Outcome outcome = doctor(azure(), "--online");
    assertEquals(1, outcome.status());
    assertEquals("", outcome.err());
    String words = outcome.out().replaceAll("\\s+", " ");
    assertTrue(words.contains("(N/A: " + problem), outcome.out());
    assertTrue(words.contains("this size has no InfiniBand, or is not SR-IOV"), outcome.out());
  }

  @Test
  void shouldTryTheWayToAPeer() throws IOException {
    var off =
        DoctorOptions.defaults().withConfig(TransportConfig.defaults().withRdma(RdmaMode.OFF));
    try (var server = DoctorServer.open(off, new InetSocketAddress(loopback(), 0), _ -> {})) {
      String peer = loopback().getHostAddress() + ':' + server.address().getPort();
      Outcome text = Outcome.of("doctor", "--peer", peer);
      assertEquals(1, text.status(), text.out());
      assertEquals("", text.err());
      assertTrue(text.out().startsWith("RDMA to " + peer + ": no. "), text.out());
      assertTrue(text.out().contains("\nOK      Peer: message\n"), text.out());
      assertTrue(text.out().contains("\nFAIL    Peer: handshake\n"), text.out());
      shouldFitInColumns(text.out());
      Outcome json = Outcome.of("doctor", "--json", "--peer", peer);
      shouldFollowTheSchema(json.out());
      JsonObject said =
          JsonParser.parseString(json.out()).getAsJsonObject().getAsJsonObject("peer");
      assertEquals(peer, said.get("address").getAsString());
      assertFalse(said.get("rdmaWorks").getAsBoolean());
      assertTrue(said.get("link").getAsString().startsWith("TCP "), json.out());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--peer node2, 'is not a host and a port'",
    "--peer node2:, 'is not a host and a port'",
    "--peer node2:70000, 'is not a port'",
    "--peer node2:0, 'nobody listens on port 0'",
    "--serve x, 'is not a port'",
    "--serve 0 --json, '--serve: goes with none of'",
    "--serve 0 --peer node2:1, '--serve: goes with none of'",
    "--root /etc --serve 0, '--root: goes with neither'"
  })
  void shouldRefuseWhatMakesNoSense(String args, String words) {
    Outcome outcome = Outcome.of(("doctor " + args).split(" "));
    assertEquals(2, outcome.status());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains(words), outcome.err());
    assertEquals(1, outcome.err().strip().lines().count(), outcome.err());
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }

  private static String address(int port) {
    return "http://%s:%d/metadata/instance?api-version=2021-02-01"
        .formatted(loopback().getHostAddress(), port);
  }

  private static void shouldFitInColumns(String text) {
    text.lines().forEach(line -> assertTrue(line.length() <= 80, line));
  }

  private static void shouldFollowTheSchema(String json) {
    Validator.Result result = validate(json);
    assertTrue(
        result.isValid(),
        () -> result.getErrors().stream().map(each -> each.getError()).toList() + "\n" + json);
  }

  private static Validator.Result validate(String json) {
    Validator validator =
        new ValidatorFactory().withJsonNodeFactory(new GsonNode.Factory()).createValidator();
    try {
      URI schema =
          validator.registerSchema(Files.readString(Path.of("..", "docs", "doctor.schema.json")));
      return validator.validate(schema, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
