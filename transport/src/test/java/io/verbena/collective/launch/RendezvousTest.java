package io.verbena.collective.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes, here threads, that meet at an address. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RendezvousTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(500);

  private static RendezvousServer serve(int size) throws IOException {
    return new RendezvousServer(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "job", size);
  }

  private static Map<String, String> launched(int port, int rank, int size) {
    return new HashMap<>(
        Map.of(
            "VERBENA_RANK", "" + rank,
            "VERBENA_SIZE", "" + size,
            "VERBENA_LAUNCHER", "127.0.0.1:" + port,
            "VERBENA_JOB", "job"));
  }

  private static Map<String, String> served(int port, int rank, int size) {
    Map<String, String> environment = launched(port, rank, size);
    environment.put("VERBENA_RENDEZVOUS", environment.remove("VERBENA_LAUNCHER"));
    return environment;
  }

  private static FutureTask<List<String>> start(Map<String, String> environment, Duration timeout) {
    var task =
        new FutureTask<>(
            () -> {
              try (Job job = Launch.join(environment, LONG)) {
                job.exchange(("value of " + job.rank()).getBytes(UTF_8), timeout);
                List<String> values = new ArrayList<>();
                for (int rank = 0; rank < job.size(); rank++) {
                  values.add(new String(job.valueOf(rank), UTF_8));
                }
                return values;
              }
            });
    Thread.ofPlatform().start(task);
    return task;
  }

  private static LaunchException failure(FutureTask<?> task) {
    var e = assertThrows(ExecutionException.class, () -> task.get(90, TimeUnit.SECONDS));
    return (LaunchException) e.getCause();
  }

  @Test
  void shouldGiveEverybodyTheValuesOfAll() throws Exception {
    int size = 20;
    try (RendezvousServer server = serve(size)) {
      List<FutureTask<List<String>>> tasks = new ArrayList<>();
      for (int rank = size - 1; rank >= 0; rank--) {
        tasks.add(start(launched(server.port(), rank, size), LONG));
      }
      for (FutureTask<List<String>> task : tasks) {
        List<String> values = task.get(90, TimeUnit.SECONDS);
        assertEquals(size, values.size());
        for (int rank = 0; rank < size; rank++) {
          assertEquals("value of " + rank, values.get(rank));
        }
      }
    }
  }

  @Test
  void shouldMeetAtAnAddressThatRankZeroServes() throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<FutureTask<List<String>>> tasks = new ArrayList<>();
    // Rank 0 last: the others must try again.
    for (int rank = 2; rank >= 0; rank--) {
      tasks.add(start(served(port, rank, 3), LONG));
    }
    for (FutureTask<List<String>> task : tasks) {
      assertEquals(
          List.of("value of 0", "value of 1", "value of 2"), task.get(90, TimeUnit.SECONDS));
    }
  }

  @Test
  void shouldNameThoseWhoDidNotCome() throws Exception {
    try (RendezvousServer server = serve(5)) {
      var patient = start(launched(server.port(), 4, 5), LONG);
      while (server.inside() == 0) {
        Thread.onSpinWait();
      }
      var early = start(launched(server.port(), 1, 5), SHORT);
      LaunchException e = failure(early);
      assertEquals("3 of 5 processes did not come within 0.5 s: ranks 0, 2, 3", e.getMessage());
      assertEquals(List.of(0, 2, 3), e.missing());
      // Nobody waits for what cannot come any more.
      assertEquals(List.of(0, 2, 3), failure(patient).missing());
      assertTrue(
          failure(start(launched(server.port(), 0, 5), LONG)).getMessage().contains("too late"));
    }
  }

  @Test
  void shouldTellEverybodyWhoIsMissingWhenRankZeroServes() throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    // Rank 0 gives up first, and must not take the others' answers along.
    List<FutureTask<List<String>>> others = new ArrayList<>();
    for (int rank : new int[] {1, 3, 4}) {
      others.add(start(served(port, rank, 5), LONG));
    }
    assertEquals(List.of(2), failure(start(served(port, 0, 5), Duration.ofSeconds(5))).missing());
    for (FutureTask<List<String>> other : others) {
      assertEquals(List.of(2), failure(other).missing());
    }
  }

  @Test
  void shouldNotTakeMoreThanLaunchersTake() throws Exception {
    try (Job job = Launch.join(launched(1, 0, 2), LONG)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> job.exchange(new byte[Job.MAX_VALUE_BYTES + 1], SHORT));
    }
  }

  @Test
  void shouldRefuseWhoDoesNotBelongHereAndGoOn() throws Exception {
    try (RendezvousServer server = serve(2)) {
      var first = start(launched(server.port(), 0, 2), LONG);
      Map<String, String> stranger = launched(server.port(), 1, 2);
      stranger.put("VERBENA_JOB", "another");
      assertTrue(failure(start(stranger, LONG)).getMessage().contains("another job"));
      assertTrue(
          failure(start(launched(server.port(), 1, 3), LONG))
              .getMessage()
              .contains("it expects 3 processes, here are to be 2"));
      garbage(server.port());
      var second = start(launched(server.port(), 1, 2), LONG);
      first.get(90, TimeUnit.SECONDS);
      second.get(90, TimeUnit.SECONDS);
      assertTrue(
          failure(start(launched(server.port(), 1, 2), LONG))
              .getMessage()
              .contains("another process is rank 1 already"));
    }
  }

  private static void garbage(int port) throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 50; i++) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        var out = new DataOutputStream(socket.getOutputStream());
        if (random.nextBoolean()) {
          out.writeInt(Rendezvous.MAGIC);
          out.writeByte(Rendezvous.VERSION);
        }
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        out.write(bytes);
      } catch (IOException e) {
        // It was sent away before it had said everything.
      }
    }
  }

  @Test
  void shouldNotWaitForWhoHasGone() throws Exception {
    try (RendezvousServer server = serve(3)) {
      var waiting = start(launched(server.port(), 0, 3), LONG);
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        new Rendezvous.Hello("job", 2, 3, 60_000, new byte[0]).write(socket.getOutputStream());
      }
      assertTrue(
          failure(waiting).getMessage().contains("rank 2 came and ended before all were there"));
    }
    try (RendezvousServer server = serve(3)) {
      var waiting = start(launched(server.port(), 0, 3), LONG);
      server.ended(1, "ended with status 3");
      assertTrue(
          failure(waiting).getMessage().contains("rank 1 ended with status 3 before it came"));
    }
  }

  @Test
  void shouldSayThatNobodyServes() throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    assertEquals(List.of(), failure(start(launched(port, 1, 2), SHORT)).missing());
    LaunchException e = failure(start(served(port, 1, 2), SHORT));
    assertTrue(e.getMessage().contains("is rank 0 running there?"), e.getMessage());
    assertEquals(List.of(0), e.missing());
  }

  /** What strangers do to a rendezvous, for as long as they are let. */
  enum Stranger {
    SILENT("", -1),
    OF_ANOTHER_JOB("another", 1),
    TWICE("job", 0),
    DRIPPING("job", 1);

    private final String job;
    private final int rank;

    Stranger(String job, int rank) {
      this.job = job;
      this.rank = rank;
    }

    private byte[] hello() throws IOException {
      var bytes = new ByteArrayOutputStream();
      new Rendezvous.Hello(job, rank, 2, 60_000, new byte[0]).write(bytes);
      return bytes.toByteArray();
    }

    /** Never closes; one that drips says a byte each time it is asked to, but its last. */
    void say(Socket socket, int time) throws IOException {
      byte[] hello = hello();
      if (this == DRIPPING && time < hello.length - 1) {
        socket.getOutputStream().write(hello[time]);
      } else if (this != SILENT && this != DRIPPING && time == 0) {
        socket.getOutputStream().write(hello);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void shouldBeThereForItsOwnWhateverStrangersDo(Stranger kind) throws Exception {
    // More than it has places for.
    int strangers = 80;
    List<Socket> sockets = new ArrayList<>();
    try (var server =
        new RendezvousServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "job", 2, 1000)) {
      var first = start(launched(server.port(), 0, 2), LONG);
      while (server.inside() == 0) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < strangers; i++) {
        sockets.add(new Socket(InetAddress.getLoopbackAddress(), server.port()));
        kind.say(sockets.getLast(), 0);
      }
      var second = start(launched(server.port(), 1, 2), Duration.ofSeconds(20));
      for (int time = 1; !second.isDone(); time++) {
        Thread.sleep(50);
        for (Socket socket : sockets) {
          try {
            kind.say(socket, time);
          } catch (IOException e) {
            // It was cut off, as it should be.
          }
        }
      }
      assertEquals(List.of("value of 0", "value of 1"), second.get());
      assertEquals(List.of("value of 0", "value of 1"), first.get(90, TimeUnit.SECONDS));
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  @Test
  void shouldNotWaitLongerForAnAnswerThatComesInDrops() throws Exception {
    try (var slow = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var rank = start(launched(slow.getLocalPort(), 0, 1000), SHORT);
      try (Socket peer = slow.accept()) {
        OutputStream out = peer.getOutputStream();
        out.write(Rendezvous.ALL);
        while (!rank.isDone()) {
          out.write(0);
          Thread.sleep(100);
        }
      } catch (IOException e) {
        // It has hung up.
      }
      LaunchException e = failure(rank);
      assertTrue(String.valueOf(e.getMessage()).endsWith(" does not answer"), e.getMessage());
    }
  }

  @Test
  void shouldNotTakeItselfForTheRendezvous() throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (var socket = new Socket()) {
      socket.bind(new InetSocketAddress(here, 0));
      socket.connect(new InetSocketAddress(here, socket.getLocalPort()));
      assertTrue(RendezvousJob.isItself(socket));
    }
    try (var server = new ServerSocket(0, 1, here);
        var socket = new Socket(here, server.getLocalPort())) {
      assertFalse(RendezvousJob.isItself(socket));
    }
  }
}
